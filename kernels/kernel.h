/* The C11 subset of CUDA C that every kernel is written in. One source, two builds:
 *
 *   nvcc                a GPU kernel
 *   gcc -std=c11 -x c   the same kernel for the CPU, run thread by thread by tests/emu, which needs no header and
 *                       no library of NVIDIA's (kernel_cpu.h)
 *
 * A kernel takes one argument, `a`, a struct of plain pointers and sizes. In it there are threadIdx, blockIdx,
 * blockDim and gridDim, SHARED and SHARED_DYNAMIC memory, __syncthreads, __syncwarp, __shfl_xor_sync,
 * __shfl_down_sync, __shfl_sync, __ballot_sync, atomicAdd and atomicMax on integers, the float functions of
 * <math.h>, __fmul_rn (a product that no addition is fused with), and what stands below. No templates, references, overloads, textures, clusters, inline PTX, tensor
 * cores: cuBLAS and cuDNN have those. No float atomics: sums have one order, so that a run can be repeated.
 *
 * half is storage, never arithmetic. Sizes are int, products of sizes size_t. A thread that has nothing to do
 * stays until the last barrier, or its whole block leaves before the first one. */
#ifndef KERNEL_H
#define KERNEL_H

#include "launch.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __CUDACC__
#include <cuda_fp16.h>
#define KERNEL(name, args)      extern "C" __global__ void name##_kernel(const struct args a)
#define SHAPE(name, args)       extern "C" struct kernel_shape name##_shape(const struct args *a)
#define DEVICE                  static __device__ __forceinline__
#define SHARED                  __shared__
#define SHARED_DYNAMIC(type, v) extern __shared__ type v[]

DEVICE uint16_t half_of(float value)
{
    return __half_as_ushort(__float2half_rn(value));
}

DEVICE float of_half(uint16_t value)
{
    return __half2float(__ushort_as_half(value));
}
#else
#include "kernel_cpu.h"
#endif

enum { WARP = 32 };
#define ALL_LANES 0xffffffffU

/* 16 bytes that are loaded and stored at once; their place must be aligned to 16. */
#if defined(__CUDACC__)
struct __align__(16) quad_floats
{
    float v[4];
};
struct __align__(16) quad_words
{
    uint32_t v[4];
};
#else
struct quad_floats {
    _Alignas(16) float v[4];
};
struct quad_words {
    _Alignas(16) uint32_t v[4];
};
#endif

DEVICE float load_half(const uint16_t *halves, size_t i)
{
    return of_half(halves[i]);
}

DEVICE void store_half(uint16_t *halves, size_t i, float value)
{
    halves[i] = half_of(value);
}

/* Element i of an array of either kind. The branch is the same for all threads. */
DEVICE float load_number(const void *numbers, size_t i, enum number number)
{
    return number == NUMBER_HALF ? load_half((const uint16_t *)numbers, i) : ((const float *)numbers)[i];
}

DEVICE void store_number(void *numbers, size_t i, enum number number, float value)
{
    if (number == NUMBER_HALF)
        store_half((uint16_t *)numbers, i, value);
    else
        ((float *)numbers)[i] = value;
}

/* The place of this thread among all of a grid's along x. */
DEVICE size_t thread_of_grid(void)
{
    return (size_t)blockIdx.x * blockDim.x + threadIdx.x;
}

#endif
