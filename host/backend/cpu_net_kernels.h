/* What the kernels of a network take: views of buffers, and one struct of arguments a kind of layer. The
 * kernels are compiled once per instruction set (cpu_net_kernels.c); everything else is compiled once. */
#ifndef CPU_NET_KERNELS_H
#define CPU_NET_KERNELS_H

#include <stddef.h>

/* Channels that lie side by side for one pixel, except in the picture, which has its three. */
enum { CPU_LANES = 8, CPU_COLOURS = 3 };

/* Outputs of one pixel whose sums the micro-kernel holds, at most. */
enum { CPU_CONV_SUMS = 32 };

/* The activations of a layer inside a buffer [patch][block][row][column][lane]; the strides are in floats.
 * `data` is row 0, column 0 of patch 0; the zero border of `pad` pixels lies around it, also before it, and
 * `margin` more columns and rows of zeros lie on the right and below. */
struct cpu_view {
    float *data;
    int blocks, height, width, pad, margin, lanes;
    size_t patch, block, row;
};

/* Where one output pixel's window, result and residual begin, in floats from `data` of their views. */
struct cpu_pixel {
    size_t in, out, with;
};

/* A convolution. A window's values are runs of contiguous floats: for each block of input channels and each
 * row of the kernel, columns × lanes of them. */
struct cpu_conv {
    struct cpu_view in, with, out; /* with.data NULL: no residual */
    const float *weights; /* [group of 16 outputs][run][place in the run][16]; zeros where outputs end */
    const float *bias;    /* [group of 16 outputs][16] */
    const size_t *runs;   /* [n_runs] where each begins, in floats from the window's first value */
    int n_runs, run_length;
    int runs_at_once; /* so many that their weights for 16 outputs stay in the first-level cache */
    int stride, pad, relu;
};

/* A part of it: pixels are counted over all patches of the call, groups are of sixteen output channels. */
struct cpu_conv_task {
    int first_pixel, n_pixels;
    int first_group, n_groups;
    struct cpu_pixel *pixels; /* scratch [n_pixels] */
    float *sums;              /* scratch [n_pixels][CPU_CONV_SUMS] */
};

struct cpu_pooling {
    struct cpu_view in, out;
    int size, stride, pad; /* of maxpool */
};

struct cpu_net_kernels {
    void (*conv)(const struct cpu_conv *conv, const struct cpu_conv_task *task);
    /* One block of channels of one patch. */
    void (*maxpool)(const struct cpu_pooling *pooling, int patch, int block);
    void (*avgpool)(const struct cpu_pooling *pooling, int patch, int block);
    const struct cpu_winograd_kernels *winograd; /* cpu_winograd.h */
};

#endif
