#include "kernel.h"
#include "probe.h"

KERNEL(probe_places, probe_places_args)
{
    const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    const unsigned i = block * blockDim.x * blockDim.y * blockDim.z + thread;
    a.out[i] += (int)(((blockIdx.z * 10 + blockIdx.y) * 10 + blockIdx.x) * 1000 +
                      (threadIdx.z * 10 + threadIdx.y) * 10 + threadIdx.x);
}

SHAPE(probe_places, probe_places_args)
{
    (void)a;
    const struct kernel_shape shape = { { 2, 3, 4 }, { 5, 6, 7 }, 0 };
    return shape;
}

KERNEL(probe_lanes, probe_lanes_args)
{
    const unsigned lane = threadIdx.x;
    const float value = a.in[lane];
    a.across[lane] = __shfl_xor_sync(a.mask, value, 1);
    a.down[lane] = __shfl_down_sync(a.mask, value, 3);
    a.from[lane] = __shfl_sync(a.mask, value, 5);
    a.ballot[lane] = (int)__ballot_sync(a.mask, value > 10);
    a.twice[lane] = __shfl_xor_sync(a.mask, 2 * (double)value, 1);
    const int place = __shfl_down_sync(a.mask, (int)lane, 0);
    a.twice[lane] += place;
}

SHAPE(probe_lanes, probe_lanes_args)
{
    (void)a;
    const struct kernel_shape shape = { { 1, 1, 1 }, { WARP, 1, 1 }, 0 };
    return shape;
}

KERNEL(probe_atomics, probe_atomics_args)
{
    const int i = (int)thread_of_grid();
    atomicAdd(a.sum, i);
    atomicMax(a.most, i * 37 % 101);
}

SHAPE(probe_atomics, probe_atomics_args)
{
    (void)a;
    const struct kernel_shape shape = { { 3, 1, 1 }, { 50, 1, 1 }, 0 };
    return shape;
}
