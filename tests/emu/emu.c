/* Launches: blocks one by one, each thread to its next stop, in the order that was asked for. */
#include "emu_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct emu_options emu_options;
struct emu_counts emu_counts;
struct emu_place emu_place;
struct emu_launch emu_current;

static struct emu_kernel *kernels;
static uint64_t shuffle_state;

/* ---------------------------------------------------------------------------------------------- kernels */

void emu_register(struct emu_kernel *kernel)
{
    kernel->next = kernels;
    kernels = kernel;
}

const struct emu_kernel *emu_find(const void *symbol)
{
    const struct emu_kernel *kernel = kernels;
    while (kernel && kernel->symbol != symbol) kernel = kernel->next;
    return kernel;
}

/* ----------------------------------------------------------------------------------------------- faults */

void emu_fault(const char *format, ...)
{
    char what[400], sentence[600];
    va_list list;
    if (emu_current.is_given_up) return;
    emu_current.is_given_up = 1;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(sentence, sizeof sentence, "kernel %s, block (%u,%u,%u), thread %d: %s",
             emu_current.kernel->name, blockIdx.x, blockIdx.y, blockIdx.z, emu_current.current, what);
    if (emu_options.fault) {
        emu_options.fault(sentence);
        return;
    }
    fprintf(stderr, "%s\n", sentence);
    abort();
}

/* ---------------------------------------------------------------------------------------------- threads */

void emu_wait(enum emu_state state)
{
    struct emu_thread *thread = &emu_current.thread[emu_current.current];
    thread->state = state;
    fiber_switch(&thread->fiber, &emu_current.scheduler);
}

void emu_barrier(const char *file, int line)
{
    struct emu_thread *thread = &emu_current.thread[emu_current.current];
    thread->file = file;
    thread->line = line;
    emu_wait(EMU_AT_BARRIER);
}

void *emu_dynamic_shared(void)
{
    return emu_current.dynamic;
}

static void run_thread(void)
{
    fiber_entered();
    emu_current.kernel->call(emu_current.args);
    struct emu_thread *thread = &emu_current.thread[emu_current.current];
    thread->state = EMU_EXITED;
    fiber_leave(&thread->fiber, &emu_current.scheduler);
}

static void resume(int i)
{
    struct emu_thread *thread = &emu_current.thread[i];
    emu_current.current = i;
    threadIdx = thread->index;
    emu_counts.switches++;
    fiber_switch(&emu_current.scheduler, &thread->fiber);
}

/* --------------------------------------------------------------------------------------------- barriers */

static const char *doing(const struct emu_thread *thread)
{
    static const char *const words[] = {
        [EMU_READY] = "runs",
        [EMU_AT_BARRIER] = "waits at a barrier",
        [EMU_AT_MEETING] = "waits at a shuffle",
        [EMU_EXITED] = "has ended",
    };
    return words[thread->state];
}

static int is_same_stop(const struct emu_thread *a, const struct emu_thread *b)
{
    return a->state == b->state && a->line == b->line &&
           (a->state == EMU_EXITED || strcmp(a->file, b->file) == 0);
}

static const char *base_name(const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    return slash ? slash + 1 : file ? file : "";
}

static void diverged(int a, int b)
{
    const struct emu_thread *first = &emu_current.thread[a], *second = &emu_current.thread[b];
    emu_current.current = b;
    emu_fault("barrier divergence: thread %d %s (%s:%d), thread %d %s (%s:%d)", a, doing(first),
              base_name(first->file), first->line, b, doing(second), base_name(second->file), second->line);
}

/* The first thread that waits at a barrier; -1: none. */
static int first_waiting(void)
{
    for (int i = 0; i < emu_current.n_threads; i++)
        if (emu_current.thread[i].state == EMU_AT_BARRIER) return i;
    return -1;
}

/* Nobody can run: lets the block through its barrier, or tells why it may not. */
static int pass_barrier(void)
{
    const int first = first_waiting();
    for (int i = 0; i < emu_current.n_threads && emu_watches(EMU_BARRIERS); i++)
        if (first < 0 || !is_same_stop(&emu_current.thread[first], &emu_current.thread[i])) {
            diverged(first < 0 ? 0 : first, i);
            return 0;
        }
    if (first < 0) {
        emu_fault("no thread can go on");
        return 0;
    }
    for (int i = 0; i < emu_current.n_threads; i++)
        if (emu_current.thread[i].state == EMU_AT_BARRIER) emu_current.thread[i].state = EMU_READY;
    emu_current.epoch++;
    return 1;
}

/* ----------------------------------------------------------------------------------------------- blocks */

static uint64_t next_random(void) /* xorshift64, Marsaglia 2003 */
{
    shuffle_state ^= shuffle_state << 13;
    shuffle_state ^= shuffle_state >> 7;
    shuffle_state ^= shuffle_state << 17;
    return shuffle_state;
}

/* 0 … n - 1 as emu_options.order has them. */
static void put_in_order(uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) order[i] = emu_options.order == EMU_REVERSED ? n - 1 - i : i;
    for (uint32_t i = n; i > 1 && emu_options.order == EMU_SHUFFLED; i--) {
        const uint32_t other = (uint32_t)(next_random() % i), moved = order[i - 1];
        order[i - 1] = order[other];
        order[other] = moved;
    }
}

/* Not memset: the section also holds AddressSanitizer's red zones, which it would report. */
__attribute__((no_sanitize("address"))) static void fill_static_shared(int byte)
{
    volatile uint32_t *word = (volatile uint32_t *)__start_kernel_shared;
    if (!word) return;
    for (; (char *)(word + 1) <= __stop_kernel_shared; word++) *word = byte ? UINT32_MAX : 0;
    for (volatile char *p = (volatile char *)word; p < __stop_kernel_shared; p++) *p = (char)byte;
}

static void start_block(void)
{
    const int byte = emu_watches(EMU_POISON) ? 0xff : 0;
    fill_static_shared(byte);
    if (emu_current.dynamic) memset(emu_current.dynamic, byte, emu_current.dynamic_bytes);
    emu_current.epoch = 0;
    memset(emu_current.warp_epoch, 0, sizeof emu_current.warp_epoch);
    for (int i = 0; i < emu_current.n_threads; i++) {
        struct emu_thread *thread = &emu_current.thread[i];
        const unsigned n = (unsigned)i;
        thread->state = EMU_READY;
        thread->file = NULL;
        thread->line = 0;
        thread->index =
            (struct emu_dim){ n % blockDim.x, n / blockDim.x % blockDim.y, n / blockDim.x / blockDim.y };
        fiber_start(&thread->fiber, run_thread);
    }
}

/* Every thread that can run, up to its next stop. How many ran. */
static int run_ready_threads(const uint32_t *order)
{
    int n = 0;
    for (int k = 0; k < emu_current.n_threads && !emu_current.is_given_up; k++) {
        const int i = (int)order[k];
        if (emu_current.thread[i].state != EMU_READY) continue;
        n++;
        resume(i);
        if (emu_current.thread[i].state == EMU_AT_MEETING) emu_hold_meeting(i);
    }
    return n;
}

/* Meetings that are complete because the others have ended. */
static int hold_some_meeting(void)
{
    for (int i = 0; i < emu_current.n_threads; i++)
        if (emu_current.thread[i].state == EMU_AT_MEETING && emu_hold_meeting(i)) return 1;
    return 0;
}

static int have_all_ended(void)
{
    int ended = 0;
    for (int i = 0; i < emu_current.n_threads; i++) ended += emu_current.thread[i].state == EMU_EXITED;
    return ended == emu_current.n_threads;
}

static void run_block(void)
{
    static uint32_t order[EMU_MAX_THREADS];
    start_block();
    do {
        put_in_order(order, (uint32_t)emu_current.n_threads);
        while (run_ready_threads(order)) continue;
        if (emu_current.is_given_up || have_all_ended()) break;
    } while (hold_some_meeting() || pass_barrier());
    for (int i = 0; i < emu_current.n_threads && emu_current.is_given_up; i++)
        fiber_forget(&emu_current.thread[i].fiber);
}

static void run_grid(void)
{
    const uint32_t n_blocks = gridDim.x * gridDim.y * gridDim.z;
    uint32_t *order = malloc(n_blocks * sizeof *order);
    if (!order) abort();
    put_in_order(order, n_blocks);
    for (uint32_t k = 0; k < n_blocks && !emu_current.is_given_up; k++) {
        const uint32_t block = order[k];
        emu_current.block = block;
        blockIdx = (struct emu_dim){ block % gridDim.x, block / gridDim.x % gridDim.y,
                                     block / gridDim.x / gridDim.y };
        run_block();
    }
    emu_counts.blocks += n_blocks;
    emu_counts.threads += (uint64_t)n_blocks * emu_current.n_threads;
    free(order);
}

/* --------------------------------------------------------------------------------------------- launches */

/* The limits of compute capability 7.5 to 12.1 (CUDA C++ Programming Guide, "Compute Capabilities"); shared
 * memory beyond 48 KiB would need an attribute that our kernels do not ask for. */
static const char *refusal(const struct emu_kernel *kernel, const struct kernel_shape *shape)
{
    static const unsigned most_blocks[3] = { 0x7fffffff, 65535, 65535 }, most_threads[3] = { 1024, 1024, 64 };
    for (int i = 0; i < 3; i++) {
        if (shape->grid[i] == 0 || shape->block[i] == 0) return "an empty grid or block";
        if (shape->grid[i] > most_blocks[i]) return "more blocks in one direction than a device takes";
        if (shape->block[i] > most_threads[i]) return "more threads in one direction than a device takes";
    }
    if ((uint64_t)shape->block[0] * shape->block[1] * shape->block[2] > EMU_MAX_THREADS)
        return "more than 1024 threads in a block";
    if (shape->shared > EMU_MAX_SHARED) return "more than 48 KiB of shared memory";
    if (kernel->args_bytes > 4096) return "more than 4096 bytes of arguments";
    if ((uint64_t)shape->grid[0] * shape->grid[1] * shape->grid[2] > UINT32_MAX)
        return "more blocks than the emulator counts";
    return NULL;
}

/* Dynamic shared memory of exactly this many bytes, between red zones. */
static char *new_dynamic(size_t bytes)
{
    char *memory =
        bytes ? aligned_alloc(EMU_RED_ZONE, (bytes + 3 * EMU_RED_ZONE) / EMU_RED_ZONE * EMU_RED_ZONE) : NULL;
    if (!memory) return NULL;
    if (emu_watches(EMU_RED_ZONES)) {
        emu_poison(memory, EMU_RED_ZONE);
        emu_poison(memory + EMU_RED_ZONE + bytes, EMU_RED_ZONE);
    }
    return memory + EMU_RED_ZONE;
}

static void free_dynamic(char *dynamic, size_t bytes)
{
    if (!dynamic) return;
    emu_unpoison(dynamic - EMU_RED_ZONE, bytes + 2 * EMU_RED_ZONE);
    free(dynamic - EMU_RED_ZONE);
}

const char *emu_launch(const struct emu_kernel *kernel, const void *args, struct kernel_shape shape)
{
    const char *reason = refusal(kernel, &shape);
    if (reason) return reason;
    void *copy = malloc(kernel->args_bytes);
    if (!copy) abort();
    memcpy(copy, args, kernel->args_bytes);
    emu_current.kernel = kernel;
    emu_current.args = copy;
    emu_current.n_threads = (int)(shape.block[0] * shape.block[1] * shape.block[2]);
    emu_current.is_given_up = 0;
    emu_current.number++;
    emu_current.dynamic_bytes = shape.shared;
    emu_current.dynamic = new_dynamic(shape.shared);
    gridDim = (struct emu_dim){ shape.grid[0], shape.grid[1], shape.grid[2] };
    blockDim = (struct emu_dim){ shape.block[0], shape.block[1], shape.block[2] };
    shuffle_state = emu_options.seed * 0x9e3779b97f4a7c15U + emu_current.number + 1;
    emu_counts.launches++;
    emu_memory_enter();
    run_grid();
    emu_memory_leave();
    free_dynamic(emu_current.dynamic, emu_current.dynamic_bytes);
    emu_current.kernel = NULL;
    free(copy);
    return NULL;
}

void emu_run_symbol(const void *symbol, const void *args, struct kernel_shape shape)
{
    const struct emu_kernel *kernel = emu_find(symbol);
    const char *reason = kernel ? emu_launch(kernel, args, shape) : "not a kernel";
    if (!reason) return;
    fprintf(stderr, "kernel %s: %s: grid %u × %u × %u, block %u × %u × %u, %zu bytes shared\n",
            kernel ? kernel->name : "?", reason, shape.grid[0], shape.grid[1], shape.grid[2], shape.block[0],
            shape.block[1], shape.block[2], shape.shared);
    abort();
}
