/* Small kernels with a bug each, which `bug` turns on: what check_emu_planted.c sees the detectors find. */
#include "kernel.h"
#include "planted.h"

/* A neighbour's value is read before it is sure to be there. */
KERNEL(planted_barrier, planted_args)
{
    SHARED float values[PLANTED_THREADS];
    const unsigned i = threadIdx.x;
    values[i] = a.in[i];
    if (!a.bug) __syncthreads();
    a.out[i] = values[(i + 1) % PLANTED_THREADS];
}

/* The next round overwrites what others still read. */
KERNEL(planted_loop, planted_args)
{
    SHARED float values[PLANTED_THREADS];
    const unsigned i = threadIdx.x;
    float sum = 0;
    for (int round = 0; round < 3; round++) {
        values[i] = a.in[i] + (float)round;
        __syncthreads();
        sum += values[(i + 1) % PLANTED_THREADS];
        if (!a.bug) __syncthreads();
    }
    a.out[i] = sum;
}

KERNEL(planted_warp, planted_args)
{
    SHARED float values[PLANTED_THREADS];
    const unsigned i = threadIdx.x, first = i / WARP * WARP;
    values[i] = a.in[i];
    if (!a.bug) __syncwarp();
    a.out[i] = values[first + (i + 1) % WARP];
}

KERNEL(planted_count, planted_args)
{
    if (a.bug)
        *a.count += 1;
    else
        atomicAdd(a.count, 1);
    a.out[threadIdx.x] = a.in[threadIdx.x];
}

/* One thread of each block writes to the same place. */
KERNEL(planted_blocks, planted_args)
{
    if (blockIdx.x == 0) a.out[threadIdx.x] = a.in[threadIdx.x];
    if (threadIdx.x == 0) a.count[a.bug ? 0 : blockIdx.x] = 1;
}

KERNEL(planted_static, planted_args)
{
    SHARED float values[PLANTED_THREADS];
    const unsigned i = threadIdx.x;
    values[i + (unsigned)a.bug] = a.in[i];
    __syncthreads();
    a.out[i] = values[i + (unsigned)a.bug];
}

KERNEL(planted_dynamic, planted_args)
{
    SHARED_DYNAMIC(float, values);
    const unsigned i = threadIdx.x;
    values[i + (unsigned)a.bug] = a.in[i];
    __syncthreads();
    a.out[i] = values[i + (unsigned)a.bug];
}

KERNEL(planted_write, planted_args)
{
    a.out[threadIdx.x + (unsigned)a.bug] = a.in[threadIdx.x];
}

KERNEL(planted_read, planted_args)
{
    a.out[threadIdx.x] = a.in[threadIdx.x + (unsigned)a.bug];
}

KERNEL(planted_host, planted_args)
{
    a.out[threadIdx.x] = a.bug ? a.host[threadIdx.x] : a.in[threadIdx.x];
}

KERNEL(planted_divergence, planted_args)
{
    if (!a.bug || threadIdx.x < WARP) __syncthreads();
    a.out[threadIdx.x] = a.in[threadIdx.x];
}

KERNEL(planted_lines, planted_args)
{
    if (a.bug && threadIdx.x < WARP)
        __syncthreads();
    else
        __syncthreads();
    a.out[threadIdx.x] = a.in[threadIdx.x];
}

/* Half of the warp has ended when the other half asks it. */
KERNEL(planted_lanes, planted_args)
{
    if (a.bug && threadIdx.x % WARP >= WARP / 2) return;
    a.out[threadIdx.x] = __shfl_xor_sync(ALL_LANES, a.in[threadIdx.x], WARP / 2);
}

KERNEL(planted_mask, planted_args)
{
    const unsigned mask = a.bug ? 0xffffU : ALL_LANES;
    a.out[threadIdx.x] = __shfl_xor_sync(mask, a.in[threadIdx.x], 1);
}

/* The first thread forgets to write. */
KERNEL(planted_unwritten, planted_args)
{
    SHARED float values[PLANTED_THREADS];
    const unsigned i = threadIdx.x;
    if (!a.bug || i > 0) values[i] = a.in[i];
    __syncthreads();
    a.out[i] = values[i];
}

KERNEL(planted_fresh, planted_args)
{
    a.out[threadIdx.x] = a.bug ? a.fresh[threadIdx.x] : a.in[threadIdx.x];
}
