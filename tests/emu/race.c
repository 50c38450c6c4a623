/* Finds unordered accesses, host pointers and reads of what nobody wrote. Kernels are compiled with
 * -fsanitize=thread, but libtsan is not linked: the calls that gcc puts at every access come here.
 *
 * Two accesses of one byte conflict if one of them at least writes, not both are atomic, and nothing orders them:
 * same block and a barrier between them, or same warp and a full __syncwarp() between them, or the same thread.
 * Of each byte's accesses in a launch, as many are remembered as are needed to answer exactly for those that were
 * executed, whatever the order of threads was. Shared memory of another block is other memory.
 * This file itself is compiled without -fsanitize=thread. */
#include "emu_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Who touched a byte, and when; launch 0: nobody. */
struct touch {
    uint32_t launch, block, epoch, warp_epoch, thread, caller;
};

/* Two accesses that stand for all of their kind: no later one conflicts with another but with neither of them. */
struct crowd {
    struct touch one, other;
};

struct cell {
    struct touch write; /* the last one */
    struct crowd reads, atomics;
    int is_written; /* by a copy or by an earlier launch */
};

enum access { READ, WRITE, ATOMIC };

enum { N_SHARED_CELLS = 256 * 1024 };
static struct cell shared_cells[N_SHARED_CELLS];

static int is_ordered(const struct touch *before, const struct touch *now, int is_shared)
{
    if (before->launch != now->launch) return 1;
    if (before->block != now->block) return is_shared;
    if (before->thread == now->thread || before->epoch != now->epoch) return 1;
    return before->thread / EMU_WARP == now->thread / EMU_WARP && before->warp_epoch != now->warp_epoch;
}

/* How much an access tells beyond another: 3 another block, 2 another warp, 1 another thread; 0: what conflicts
 * with `a` later on conflicts with `b` as well, since b came after it. */
static int distance(const struct touch *a, const struct touch *b, int is_shared)
{
    if (a->launch != b->launch) return 0;
    if (a->block != b->block) return is_shared ? 0 : 3;
    if (a->epoch != b->epoch) return 0;
    if (a->thread / EMU_WARP != b->thread / EMU_WARP) return 2;
    return a->warp_epoch == b->warp_epoch && a->thread != b->thread;
}

/* The newest access is always kept, and of the two before it the one that tells more. */
static void join_crowd(struct crowd *crowd, const struct touch *now, int is_shared)
{
    const int one = distance(&crowd->one, now, is_shared), other = distance(&crowd->other, now, is_shared);
    if (one > other) crowd->other = crowd->one;
    if (one == 0 && other == 0) crowd->other = *now;
    crowd->one = *now;
}

static const char *const names[] = { "read", "write", "atomic" };

static void report(enum access access, const struct touch *now, enum access earlier,
                   const struct touch *before, const void *place)
{
    emu_fault("race at %p: %s by this thread (code at +0x%x), %s by thread %u of block %u (code at +0x%x)",
              place, names[access], now->caller, names[earlier], before->thread, before->block,
              before->caller);
}

static void check(const struct touch *before, enum access earlier, const struct touch *now,
                  enum access access, int is_shared, const void *place)
{
    if (before->launch && !is_ordered(before, now, is_shared) && emu_watches(EMU_RACES))
        report(access, now, earlier, before, place);
}

static void check_crowd(const struct crowd *crowd, enum access earlier, const struct touch *now,
                        enum access access, int is_shared, const void *place)
{
    check(&crowd->one, earlier, now, access, is_shared, place);
    check(&crowd->other, earlier, now, access, is_shared, place);
}

static int is_fresh(const struct cell *cell, const struct touch *now, int is_shared)
{
    const struct touch *touches[] = { &cell->write, &cell->atomics.one };
    for (int i = 0; i < 2; i++) {
        if (!touches[i]->launch) continue;
        if (!is_shared || (touches[i]->launch == now->launch && touches[i]->block == now->block)) return 0;
    }
    return is_shared || !cell->is_written;
}

static void touch_byte(struct cell *cell, const struct touch *now, enum access access, int is_shared,
                       const char *place)
{
    if (access != WRITE && is_fresh(cell, now, is_shared) && emu_watches(EMU_UNWRITTEN))
        emu_fault("reads what nobody wrote, at %p (code at +0x%x)", (const void *)place, now->caller);
    check(&cell->write, WRITE, now, access, is_shared, place);
    if (access != ATOMIC) check_crowd(&cell->atomics, ATOMIC, now, access, is_shared, place);
    if (access != READ) check_crowd(&cell->reads, READ, now, access, is_shared, place);
    if (access == WRITE) cell->write = *now;
    if (access == READ) join_crowd(&cell->reads, now, is_shared);
    if (access == ATOMIC) join_crowd(&cell->atomics, now, is_shared);
}

/* The cells of an allocation are zero until they are touched, and take no memory before. */
static struct cell *shadow_of(struct emu_allocation *allocation)
{
    if (allocation->shadow) return allocation->shadow;
    allocation->shadow_bytes = allocation->bytes * sizeof(struct cell);
    void *shadow = mmap(NULL, allocation->shadow_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shadow == MAP_FAILED) {
        perror("shadow of device memory");
        abort();
    }
    return allocation->shadow = shadow;
}

/* Static shared memory first, dynamic shared memory behind it. NULL: not shared. */
static struct cell *shared_cell(const char *place, size_t bytes)
{
    const size_t statics = (size_t)(__stop_kernel_shared - __start_kernel_shared);
    const uintptr_t at = (uintptr_t)place;
    const uintptr_t start = (uintptr_t)__start_kernel_shared, dynamic = (uintptr_t)emu_current.dynamic;
    size_t cell = N_SHARED_CELLS;
    if (start && at >= start && at + bytes <= start + statics) cell = at - start;
    if (dynamic && at >= dynamic && at + bytes <= dynamic + emu_current.dynamic_bytes)
        cell = statics + (at - dynamic);
    return cell + bytes <= N_SHARED_CELLS ? &shared_cells[cell] : NULL;
}

static int is_within(const void *place, size_t bytes, const void *start, size_t size)
{
    const uintptr_t at = (uintptr_t)place, from = (uintptr_t)start;
    return at >= from && at + bytes <= from + size;
}

/* Where the compiler keeps what belongs to one thread: its stack, the arguments, its place in the grid. */
static int is_private(const void *place, size_t bytes)
{
    const struct fiber *fiber = &emu_current.thread[emu_current.current].fiber;
    return fiber_holds(fiber, place) || is_within(place, bytes, &emu_place, sizeof emu_place) ||
           is_within(place, bytes, emu_current.args, emu_current.kernel->args_bytes);
}

static uint32_t offset_of_code(const void *caller)
{
    extern char __executable_start[];
    return (uint32_t)((uintptr_t)caller - (uintptr_t)__executable_start);
}

static void touch(void *place, size_t bytes, enum access access, const void *caller)
{
    if (!emu_current.kernel || is_private(place, bytes)) return;
    struct cell *cells = shared_cell(place, bytes);
    const int is_shared = cells != NULL;
    struct emu_allocation *allocation = is_shared ? NULL : emu_allocation_of(place, bytes);
    if (allocation) cells = shadow_of(allocation) + ((char *)place - allocation->memory);
    if (!cells) {
        if (emu_watches(EMU_SPACES))
            emu_fault("touches %zu bytes at %p, which is neither device nor shared memory (code at +0x%x)",
                      bytes, place, offset_of_code(caller));
        return;
    }
    const uint32_t thread = (uint32_t)emu_current.current;
    const struct touch now = { emu_current.number,
                               emu_current.block,
                               emu_current.epoch,
                               emu_current.warp_epoch[thread / EMU_WARP],
                               thread,
                               offset_of_code(caller) };
    for (size_t i = 0; i < bytes; i++)
        touch_byte(&cells[i], &now, access, is_shared, (const char *)place + i);
}

void emu_race_atomic(void *place, const void *caller)
{
    touch(place, sizeof(int), ATOMIC, caller);
}

void emu_race_written(void *place, size_t bytes)
{
    struct emu_allocation *allocation = emu_allocation_of(place, bytes);
    if (!allocation || emu_current.kernel) return;
    struct cell *cells = shadow_of(allocation) + ((char *)place - allocation->memory);
    for (size_t i = 0; i < bytes; i++) cells[i].is_written = 1;
}

/* ---------------------------------------------------------------------- what -fsanitize=thread calls */

#define CALLER __builtin_return_address(0)
#define ACCESSES(n)                              \
    void __tsan_read##n(void *place);            \
    void __tsan_write##n(void *place);           \
    void __tsan_unaligned_read##n(void *place);  \
    void __tsan_unaligned_write##n(void *place); \
    void __tsan_read##n(void *place)             \
    {                                            \
        touch(place, n, READ, CALLER);           \
    }                                            \
    void __tsan_write##n(void *place)            \
    {                                            \
        touch(place, n, WRITE, CALLER);          \
    }                                            \
    void __tsan_unaligned_read##n(void *place)   \
    {                                            \
        touch(place, n, READ, CALLER);           \
    }                                            \
    void __tsan_unaligned_write##n(void *place)  \
    {                                            \
        touch(place, n, WRITE, CALLER);          \
    }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

void __tsan_read_range(void *place, size_t bytes);
void __tsan_write_range(void *place, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memset(void *to, int byte, size_t bytes);
void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);

void __tsan_read_range(void *place, size_t bytes)
{
    touch(place, bytes, READ, CALLER);
}

void __tsan_write_range(void *place, size_t bytes)
{
    touch(place, bytes, WRITE, CALLER);
}

void *__tsan_memcpy(void *to, const void *from, size_t bytes)
{
    touch((void *)(uintptr_t)from, bytes, READ, CALLER);
    touch(to, bytes, WRITE, CALLER);
    return memcpy(to, from, bytes);
}

void *__tsan_memset(void *to, int byte, size_t bytes)
{
    touch(to, bytes, WRITE, CALLER);
    return memset(to, byte, bytes);
}

void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void)
{
}
