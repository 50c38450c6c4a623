/* Device memory, pinned memory, and copies between. */
#include "sim/sim_internal.h"

#include "emu/emu.h"

#include <stdlib.h>
#include <string.h>

/* What was allocated; freed device memory stays in the list until its place is used again. */
struct range {
    char *memory;
    size_t bytes;
    int is_pinned, is_freed;
};
static struct range *ranges;
static size_t n_ranges, capacity;

static int overlap(const struct range *range, uintptr_t start, size_t bytes)
{
    const uintptr_t from = (uintptr_t)range->memory;
    return start < from + range->bytes && from < start + bytes;
}

static void add_range(char *memory, size_t bytes, int is_pinned)
{
    for (size_t i = n_ranges; i-- > 0;)
        if (overlap(&ranges[i], (uintptr_t)memory, bytes)) ranges[i] = ranges[--n_ranges];
    if (n_ranges == capacity) {
        capacity = capacity ? 2 * capacity : 64;
        ranges = realloc(ranges, capacity * sizeof *ranges);
        if (!ranges) abort();
    }
    ranges[n_ranges++] = (struct range){ .memory = memory, .bytes = bytes, .is_pinned = is_pinned };
}

/* The live one that begins here; NULL: none. */
static struct range *range_at(const void *memory, int is_pinned)
{
    for (size_t i = 0; i < n_ranges; i++)
        if (ranges[i].memory == memory && ranges[i].is_pinned == is_pinned && !ranges[i].is_freed)
            return &ranges[i];
    return NULL;
}

static struct range *range_around(const void *memory, size_t bytes)
{
    for (size_t i = 0; i < n_ranges; i++)
        if (overlap(&ranges[i], (uintptr_t)memory, bytes ? bytes : 1)) return &ranges[i];
    return NULL;
}

static int is_inside(const struct range *range, const void *memory, size_t bytes)
{
    return (const char *)memory >= range->memory &&
           (const char *)memory + bytes <= range->memory + range->bytes;
}

static size_t used_memory(void)
{
    return emu_used() + sim_options.taken_bytes;
}

/* --------------------------------------------------------------------------------------------- checking */

int sim_check_memory(const void *memory, size_t bytes, const char *whose)
{
    if (emu_owns(memory, bytes)) return 1;
    const struct range *near = range_around(memory, bytes);
    if (near && near->is_freed && sim_watches(SIM_IN_USE))
        sim_fault("%s: used after it was freed", whose);
    else if (sim_watches(SIM_BOUNDS))
        sim_fault("%s: %zu bytes at %p are not inside one allocation of the card", whose, bytes, memory);
    return 0;
}

/* Host memory is none of the card's; what touches pinned memory is inside it. */
static int check_host(const void *memory, size_t bytes, const char *whose)
{
    const struct range *near = range_around(memory, bytes);
    if (!near || near->is_freed || (near->is_pinned && is_inside(near, memory, bytes))) return 1;
    if (!sim_watches(SIM_BOUNDS)) return 0;
    sim_fault("%s: %s", whose,
              near->is_pinned ? "reaches beyond a piece of pinned memory"
                              : "is the card's, the call says the host's");
    return 0;
}

static int is_pinned(const void *memory)
{
    const struct range *near = range_around(memory, 1);
    return near && near->is_pinned && !near->is_freed;
}

/* A count of 4 bytes and padding behind it that still holds half of an old pointer: no address, though it may look
 * like one. Memory that begins so low in its 4 GiB is rare enough to be let through. */
static int is_padded_count(uintptr_t word)
{
    return (word & 0xffffffff) < 1 << 20;
}

void sim_check_words(const void *words, size_t bytes, const char *whose)
{
    uintptr_t word;
    for (size_t i = 0; i + sizeof word <= bytes && sim_watches(SIM_IN_USE); i += sizeof word) {
        memcpy(&word, (const char *)words + i, sizeof word);
        if (is_padded_count(word)) continue;
        const struct range *near = range_around((const void *)word, 1);
        if (near && near->is_freed) sim_fault("%s: is given memory that was freed", whose);
    }
}

static void check_unused(const struct range *range, const char *call)
{
    const char *user = sim_queued_use(range->memory, range->bytes);
    if (user && sim_watches(SIM_IN_USE)) sim_fault("%s: queued work still uses this memory: %s", call, user);
}

/* ----------------------------------------------------------------------------------------- allocations */

void *sim_new(size_t bytes)
{
    if (used_memory() + bytes > sim_options.memory_bytes) return NULL;
    void *memory = emu_new(bytes);
    if (!memory) return NULL;
    add_range(memory, bytes, 0);
    sim_opened(SIM_MEMORY);
    return memory;
}

void sim_delete(void *memory)
{
    struct range *range = range_at(memory, 0);
    if (!range) return;
    range->is_freed = 1;
    emu_free(memory);
    sim_closed(SIM_MEMORY);
}

cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    SIM_LOCK();
    *memory = NULL;
    if (sim_fails("cudaMalloc")) return sim_is_lost() ? cudaErrorLaunchFailure : cudaErrorMemoryAllocation;
    if (bytes == 0) return cudaSuccess;
    *memory = sim_new(bytes);
    return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaFree(void *memory)
{
    SIM_LOCK();
    if (!memory) return cudaSuccess;
    const struct range *range = range_at(memory, 0);
    if (!range) {
        sim_fault("cudaFree: %p is no start of a live allocation", memory);
        return cudaErrorInvalidValue;
    }
    check_unused(range, "cudaFree");
    sim_delete(memory);
    return sim_is_lost() ? cudaErrorLaunchFailure : cudaSuccess;
}

cudaError_t cudaHostAlloc(void **memory, size_t bytes, unsigned flags)
{
    SIM_LOCK();
    (void)flags;
    *memory = NULL;
    if (sim_fails("cudaHostAlloc")) return sim_is_lost() ? cudaErrorLaunchFailure : cudaErrorMemoryAllocation;
    *memory = aligned_alloc(4096, (bytes + 4096) / 4096 * 4096);
    if (!*memory) return cudaErrorMemoryAllocation;
    memset(*memory, 0xff, bytes);
    add_range(*memory, bytes ? bytes : 1, 1);
    sim_opened(SIM_PINNED_MEMORY);
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **memory, size_t bytes)
{
    return cudaHostAlloc(memory, bytes, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void *memory)
{
    SIM_LOCK();
    if (!memory) return cudaSuccess;
    struct range *range = range_at(memory, 1);
    if (!range) {
        sim_fault("cudaFreeHost: %p is no start of live pinned memory", memory);
        return cudaErrorInvalidValue;
    }
    check_unused(range, "cudaFreeHost");
    *range = ranges[--n_ranges];
    free(memory);
    sim_closed(SIM_PINNED_MEMORY);
    return sim_is_lost() ? cudaErrorLaunchFailure : cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *available, size_t *total)
{
    SIM_LOCK();
    if (sim_fails("cudaMemGetInfo")) return cudaErrorUnknown;
    *total = sim_options.memory_bytes;
    *available = *total - used_memory();
    return cudaSuccess;
}

/* ------------------------------------------------------------------------------------------ for libraries */

void *sim_fetch(const void *memory, size_t bytes, const char *whose)
{
    void *copy = malloc(bytes ? bytes : 1);
    if (!copy) abort();
    if (sim_check_memory(memory, bytes, whose))
        emu_copy(copy, memory, bytes);
    else
        memset(copy, 0xff, bytes);
    return copy;
}

void sim_store(void *memory, const void *from, size_t bytes, const char *whose)
{
    if (sim_check_memory(memory, bytes, whose)) emu_copy(memory, from, bytes);
}

/* ------------------------------------------------------------------------------------------------ copies */

struct copy {
    char *to;
    const char *from; /* NULL: the host's bytes as they were at the call stand behind this struct */
    size_t bytes;
};

static int is_right(const struct copy *copy, enum cudaMemcpyKind kind)
{
    const int to_card = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const int from_card = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    const int to = to_card ? sim_check_memory(copy->to, copy->bytes, "copy, destination")
                           : check_host(copy->to, copy->bytes, "copy, destination");
    const int from = from_card ? sim_check_memory(copy->from, copy->bytes, "copy, source")
                               : check_host(copy->from, copy->bytes, "copy, source");
    return to && from;
}

static void run_copy(void *payload)
{
    const struct copy *copy = payload;
    emu_copy(copy->to, copy->from ? copy->from : (const char *)(copy + 1), copy->bytes);
}

static void count_copy(const struct copy *copy, enum cudaMemcpyKind kind)
{
    if (kind == cudaMemcpyHostToDevice) {
        sim_counts.uploads++;
        sim_counts.bytes_up += copy->bytes;
    }
    if (kind == cudaMemcpyDeviceToHost) {
        sim_counts.downloads++;
        sim_counts.bytes_down += copy->bytes;
    }
}

static void enqueue_staged(const struct copy *copy, cudaStream_t stream)
{
    struct copy *staged = malloc(sizeof *staged + copy->bytes);
    if (!staged) abort();
    *staged = (struct copy){ .to = copy->to, .bytes = copy->bytes };
    memcpy(staged + 1, copy->from, copy->bytes);
    sim_enqueue(stream, "a copy", run_copy, staged, sizeof *staged + copy->bytes);
    free(staged);
}

/* Pinned memory is read and written when the copy runs. Other memory is read before the call returns, and what is
 * written there makes the call wait (CUDA Runtime API, "API synchronization behavior"). */
static cudaError_t enqueue_copy(const struct copy *copy, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    if (kind == cudaMemcpyHostToDevice && !is_pinned(copy->from)) {
        sim_counts.unpinned++;
        enqueue_staged(copy, stream);
        return cudaSuccess;
    }
    const int is_download = kind == cudaMemcpyDeviceToHost, is_direct = is_download && is_pinned(copy->to);
    if (is_direct && sim_watches(SIM_PINNED)) memset(copy->to, 0xff, copy->bytes);
    sim_enqueue(stream, "a copy", run_copy, copy, sizeof *copy);
    if (!is_download || is_direct) return cudaSuccess;
    sim_counts.unpinned++;
    sim_drain(stream);
    sim_counts.waits++;
    return sim_is_lost() ? cudaErrorLaunchFailure : cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                            cudaStream_t stream)
{
    SIM_LOCK();
    const struct copy copy = { .to = to, .from = from, .bytes = bytes };
    if (!sim_is_stream(stream)) return cudaErrorInvalidResourceHandle;
    if (sim_fails("cudaMemcpyAsync")) return cudaErrorUnknown;
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDeviceToDevice)
        return cudaErrorInvalidMemcpyDirection;
    if (!is_right(&copy, kind)) return cudaErrorInvalidValue;
    count_copy(&copy, kind);
    return enqueue_copy(&copy, kind, stream);
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind)
{
    const cudaError_t error = cudaMemcpyAsync(to, from, bytes, kind, NULL);
    SIM_LOCK();
    sim_counts.on_default -= error == cudaSuccess;
    sim_drain(NULL);
    sim_counts.waits++;
    return error == cudaSuccess && sim_is_lost() ? cudaErrorLaunchFailure : error;
}

struct set {
    void *memory;
    size_t bytes;
    int byte;
};

static void run_set(void *payload)
{
    const struct set *set = payload;
    if (sim_check_memory(set->memory, set->bytes, "cudaMemset")) emu_set(set->memory, set->byte, set->bytes);
}

cudaError_t cudaMemsetAsync(void *memory, int byte, size_t bytes, cudaStream_t stream)
{
    SIM_LOCK();
    const struct set set = { memory, bytes, byte };
    if (!sim_is_stream(stream)) return cudaErrorInvalidResourceHandle;
    if (sim_fails("cudaMemsetAsync")) return cudaErrorUnknown;
    if (!sim_check_memory(memory, bytes, "cudaMemset")) return cudaErrorInvalidValue;
    sim_enqueue(stream, "cudaMemset", run_set, &set, sizeof set);
    return cudaSuccess;
}
