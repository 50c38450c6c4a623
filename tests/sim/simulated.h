/* What tests on the simulated card share: faults that are kept, and calls that must succeed. */
#ifndef SIMULATED_H
#define SIMULATED_H

#include "sim/sim.h"
#include "test.h"

#include <cuda_runtime_api.h>

static char first_fault[700];

static void keep_fault(const char *sentence)
{
    if (!first_fault[0]) snprintf(first_fault, sizeof first_fault, "%s", sentence);
}

/* A fresh card whose faults are kept in first_fault. */
static inline void sim_begin(enum sim_timing timing, uint64_t seed)
{
    sim_reset();
    sim_options.timing = timing;
    sim_options.seed = seed;
    sim_options.fault = keep_fault;
    first_fault[0] = 0;
}

/* The test's own things are closed again. */
static inline void sim_end(void)
{
    if (sim_leaks()) fail_msg("left open: %s", sim_leaks());
}

#define assert_no_fault()                                \
    do {                                                 \
        if (first_fault[0]) fail_msg("%s", first_fault); \
    } while (0)

#define assert_fault(words)                                                                          \
    do {                                                                                             \
        if (!strstr(first_fault, words)) fail_msg("\"%s\" does not say \"%s\"", first_fault, words); \
        first_fault[0] = 0;                                                                          \
    } while (0)

#define assert_cuda(call) assert_int_equal(call, cudaSuccess)

static inline void *on_card(size_t bytes)
{
    void *memory;
    assert_cuda(cudaMalloc(&memory, bytes));
    return memory;
}

static inline void *on_card_with(const void *values, size_t bytes)
{
    void *memory = on_card(bytes);
    assert_cuda(cudaMemcpy(memory, values, bytes, cudaMemcpyHostToDevice));
    return memory;
}

static inline void *pinned(size_t bytes)
{
    void *memory;
    assert_cuda(cudaMallocHost(&memory, bytes));
    return memory;
}

static inline cudaStream_t new_stream(void)
{
    cudaStream_t stream;
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    return stream;
}

static inline cudaEvent_t new_event(void)
{
    cudaEvent_t event;
    assert_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    return event;
}

#endif
