/* A thread an output number; neighbouring threads take neighbouring channels, and so neighbouring places in
 * memory. */
#include "kernel.h"
#include "pooling.h"

enum { THREADS = 256 };

/* Rows `top` … `bottom` - 1 and columns `left` … `right` - 1. */
struct window {
    int top, bottom, left, right;
};

/* Which output number a thread has: the grid is [n_patches][out_height][out_width × channels / THREADS]. */
struct output {
    int x, channel, is_there;
};

DEVICE struct output output_of(const struct pooling_nhwc_args *a)
{
    const unsigned i = blockIdx.x * THREADS + threadIdx.x, channels = (unsigned)a->channels;
    const struct output output = { (int)(i / channels), (int)(i % channels),
                                   i < channels * (unsigned)a->out_width };
    return output;
}

DEVICE size_t place_of(const struct pooling_nhwc_args *a, int y, int x, int channel)
{
    return (((size_t)blockIdx.z * a->in_height + y) * a->in_width + x) * a->channels + channel;
}

DEVICE void store_output(const struct pooling_nhwc_args *a, struct output output, float value)
{
    const size_t pixel = ((size_t)blockIdx.z * a->out_height + blockIdx.y) * a->out_width + output.x;
    store_number(a->out, pixel * a->channels + output.channel, a->number, value);
}

static struct kernel_shape shape_of(const struct pooling_nhwc_args *a)
{
    const struct kernel_shape shape = {
        { blocks_of((size_t)a->out_width * a->channels, THREADS), (unsigned)a->out_height,
          (unsigned)a->n_patches },
        { THREADS, 1, 1 },
        0,
    };
    return shape;
}

/* ---------------------------------------------------------------------------------------------- largest */

DEVICE int larger(int a, int b)
{
    return a > b ? a : b;
}

DEVICE int smaller(int a, int b)
{
    return a < b ? a : b;
}

KERNEL(maxpool, pooling_nhwc_args)
{
    const struct output output = output_of(&a);
    if (!output.is_there) return;
    const int top = (int)blockIdx.y * a.stride - a.pad, left = output.x * a.stride - a.pad;
    const struct window window = { larger(top, 0), smaller(top + a.size, a.in_height), larger(left, 0),
                                   smaller(left + a.size, a.in_width) };
    float most = -INFINITY;
    for (int y = window.top; y < window.bottom; y++)
        for (int x = window.left; x < window.right; x++)
            most = fmaxf(most, load_number(a.in, place_of(&a, y, x, output.channel), a.number));
    store_output(&a, output, most);
}

SHAPE(maxpool, pooling_nhwc_args)
{
    return shape_of(a);
}

/* ------------------------------------------------------------------------------------------------- mean */

DEVICE int adaptive_from(int i, int n_in, int n_out)
{
    return i * n_in / n_out;
}

DEVICE int adaptive_to(int i, int n_in, int n_out)
{
    return ((i + 1) * n_in + n_out - 1) / n_out;
}

KERNEL(avgpool, pooling_nhwc_args)
{
    const struct output output = output_of(&a);
    if (!output.is_there) return;
    const int row = (int)blockIdx.y;
    const struct window window = { adaptive_from(row, a.in_height, a.out_height),
                                   adaptive_to(row, a.in_height, a.out_height),
                                   adaptive_from(output.x, a.in_width, a.out_width),
                                   adaptive_to(output.x, a.in_width, a.out_width) };
    float sum = 0;
    for (int y = window.top; y < window.bottom; y++)
        for (int x = window.left; x < window.right; x++)
            sum += load_number(a.in, place_of(&a, y, x, output.channel), a.number);
    store_output(&a, output, sum / (float)((window.bottom - window.top) * (window.right - window.left)));
}

SHAPE(avgpool, pooling_nhwc_args)
{
    return shape_of(a);
}
