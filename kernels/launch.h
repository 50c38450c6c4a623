/* What a kernel gives to whoever launches it: its symbol and its shape. Plain C11 and C++; included by the
 * headers of stages that have a kernel.
 *
 *   const struct frame_batch_args args = { … };
 *   const struct kernel_shape shape = frame_batch_shape(&args);
 *   cudaLaunchKernel((const void *)frame_batch_kernel, grid, block, (void *[]){ &args }, shape.shared, stream);
 *
 * A kernel takes its arguments as one struct, by value: plain pointers to device memory, and sizes. Sizes of
 * zero give a shape that no device accepts, so nothing is launched for an empty batch. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stddef.h>

struct kernel_shape {
    unsigned grid[3];  /* blocks per grid   */
    unsigned block[3]; /* threads per block */
    size_t shared;     /* bytes of dynamic shared memory */
};

#ifdef __CUDACC__
#define LAUNCHED(name, args)                                       \
    extern "C" __global__ void name##_kernel(const struct args a); \
    extern "C" struct kernel_shape name##_shape(const struct args *a)
#else
#define LAUNCHED(name, args)                 \
    void name##_kernel(const struct args a); \
    struct kernel_shape name##_shape(const struct args *a)
#endif

/* How a network's numbers are stored on the device. All arithmetic is in float. */
enum number { NUMBER_FLOAT, NUMBER_HALF };

/* ceil(n / size): blocks of a grid, warps of a block. */
static inline unsigned blocks_of(size_t n, unsigned size)
{
    return (unsigned)((n + size - 1) / size);
}

#endif
