/* Device memory: each allocation between red zones, NaN until written, out of the host's reach outside of
 * launches (under AddressSanitizer). */
#include "emu_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
void emu_poison(const void *memory, size_t bytes)
{
    __asan_poison_memory_region(memory, bytes);
}

void emu_unpoison(const void *memory, size_t bytes)
{
    __asan_unpoison_memory_region(memory, bytes);
}
#else
void emu_poison(const void *memory, size_t bytes)
{
    (void)memory, (void)bytes;
}

void emu_unpoison(const void *memory, size_t bytes)
{
    (void)memory, (void)bytes;
}
#endif

enum { RED = 0x5a };

static struct emu_allocation *allocations;
static size_t n_allocations, most_allocations, used;

static int is_open(void) /* a kernel runs */
{
    return emu_current.kernel != NULL;
}

static size_t whole_size(size_t bytes)
{
    return (bytes + 3 * EMU_RED_ZONE - 1) / EMU_RED_ZONE * EMU_RED_ZONE;
}

void *emu_new(size_t bytes)
{
    if (bytes == 0 || bytes > SIZE_MAX / 2) return NULL;
    if (n_allocations == most_allocations) {
        const size_t most = most_allocations ? 2 * most_allocations : 64;
        struct emu_allocation *more = realloc(allocations, most * sizeof *more);
        if (!more) return NULL;
        allocations = more;
        most_allocations = most;
    }
    char *memory = aligned_alloc(EMU_RED_ZONE, whole_size(bytes));
    if (!memory) return NULL;
    memset(memory, RED, whole_size(bytes));
    memory += EMU_RED_ZONE;
    memset(memory, emu_watches(EMU_POISON) ? 0xff : 0, bytes);
    allocations[n_allocations++] = (struct emu_allocation){ .memory = memory, .bytes = bytes };
    used += bytes;
    if (emu_watches(EMU_RED_ZONES)) emu_poison(memory - EMU_RED_ZONE, whole_size(bytes));
    return memory;
}

/* What AddressSanitizer would have said at once is said here when the memory is freed. */
static void check_red_zones(const struct emu_allocation *allocation)
{
    const char *start = allocation->memory - EMU_RED_ZONE, *end = allocation->memory + allocation->bytes;
    const size_t behind = whole_size(allocation->bytes) - EMU_RED_ZONE - allocation->bytes;
    int is_red = 1;
    for (size_t i = 0; i < EMU_RED_ZONE; i++) is_red &= start[i] == RED;
    for (size_t i = 0; i < behind; i++) is_red &= end[i] == RED;
    if (is_red) return;
    fprintf(stderr, "a kernel wrote beyond %zu bytes of device memory\n", allocation->bytes);
    abort();
}

static struct emu_allocation *find(const void *memory)
{
    for (size_t i = 0; i < n_allocations; i++)
        if (allocations[i].memory == memory) return &allocations[i];
    return NULL;
}

void emu_free(void *memory)
{
    struct emu_allocation *found = find(memory);
    if (!memory) return;
    if (!found) {
        fprintf(stderr, "emu_free: %p is no start of an allocation\n", memory);
        abort();
    }
    emu_unpoison(found->memory - EMU_RED_ZONE, whole_size(found->bytes));
    if (emu_watches(EMU_RED_ZONES)) check_red_zones(found);
    if (found->shadow) munmap(found->shadow, found->shadow_bytes);
    free(found->memory - EMU_RED_ZONE);
    used -= found->bytes;
    *found = allocations[--n_allocations];
}

size_t emu_used(void)
{
    return used;
}

/* The last one found comes first: neighbouring accesses are mostly of one array. */
struct emu_allocation *emu_allocation_of(const void *memory, size_t bytes)
{
    static size_t last;
    const uintptr_t at = (uintptr_t)memory;
    for (size_t k = 0; k <= n_allocations; k++) {
        const size_t i = k ? k - 1 : last;
        if (i >= n_allocations) continue;
        const uintptr_t start = (uintptr_t)allocations[i].memory;
        if (at < start || at - start > allocations[i].bytes || bytes > allocations[i].bytes - (at - start))
            continue;
        last = i;
        return &allocations[i];
    }
    return NULL;
}

int emu_owns(const void *memory, size_t bytes)
{
    return emu_allocation_of(memory, bytes) != NULL;
}

static void let_touch(const void *memory, size_t bytes)
{
    if (emu_owns(memory, bytes)) emu_unpoison(memory, bytes);
}

/* AddressSanitizer keeps track of 8 bytes together: the whole allocation is closed again. */
static void forbid(const void *memory, size_t bytes)
{
    const struct emu_allocation *found = emu_allocation_of(memory, bytes);
    if (found && !is_open() && emu_watches(EMU_RED_ZONES)) emu_poison(found->memory, found->bytes);
}

void emu_copy(void *to, const void *from, size_t bytes)
{
    let_touch(from, bytes);
    let_touch(to, bytes);
    memcpy(to, from, bytes);
    if (emu_race_written) emu_race_written(to, bytes);
    forbid(from, bytes);
    forbid(to, bytes);
}

void emu_set(void *to, int byte, size_t bytes)
{
    let_touch(to, bytes);
    memset(to, byte, bytes);
    if (emu_race_written) emu_race_written(to, bytes);
    forbid(to, bytes);
}

void emu_memory_enter(void)
{
    for (size_t i = 0; i < n_allocations; i++) emu_unpoison(allocations[i].memory, allocations[i].bytes);
}

void emu_memory_leave(void)
{
    for (size_t i = 0; i < n_allocations && emu_watches(EMU_RED_ZONES); i++)
        emu_poison(allocations[i].memory, allocations[i].bytes);
}
