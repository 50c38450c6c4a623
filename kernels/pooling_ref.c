#include "pooling.h"

#include <math.h>
#include <stddef.h>

/* Rows `top` … `bottom` - 1 and columns `left` … `right` - 1 of one channel. */
struct window {
    int top, bottom, left, right;
};

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static struct window max_window(const struct pooling_args *a, int y, int x)
{
    const int top = y * a->stride - a->pad, left = x * a->stride - a->pad;
    return (struct window){ larger(top, 0), smaller(top + a->size, a->in_height), larger(left, 0),
                            smaller(left + a->size, a->in_width) };
}

static int adaptive_from(int i, int n_in, int n_out)
{
    return i * n_in / n_out;
}

static int adaptive_to(int i, int n_in, int n_out)
{
    return ((i + 1) * n_in + n_out - 1) / n_out;
}

static struct window mean_window(const struct pooling_args *a, int y, int x)
{
    return (struct window){ adaptive_from(y, a->in_height, a->out_height),
                            adaptive_to(y, a->in_height, a->out_height),
                            adaptive_from(x, a->in_width, a->out_width),
                            adaptive_to(x, a->in_width, a->out_width) };
}

static double largest(const float *in, int in_width, struct window window)
{
    double most = -INFINITY;
    for (int y = window.top; y < window.bottom; y++)
        for (int x = window.left; x < window.right; x++) most = fmax(most, (double)in[y * in_width + x]);
    return most;
}

static double mean(const float *in, int in_width, struct window window)
{
    double sum = 0;
    for (int y = window.top; y < window.bottom; y++)
        for (int x = window.left; x < window.right; x++) sum += (double)in[y * in_width + x];
    return sum / ((window.bottom - window.top) * (window.right - window.left));
}

void maxpool_ref(const struct pooling_args *a)
{
    float *out = a->out;
    for (int i = 0; i < a->n_patches * a->channels; i++) {
        const float *in = a->in + (size_t)i * a->in_height * a->in_width;
        for (int y = 0; y < a->out_height; y++)
            for (int x = 0; x < a->out_width; x++)
                *out++ = (float)largest(in, a->in_width, max_window(a, y, x));
    }
}

void avgpool_ref(const struct pooling_args *a)
{
    float *out = a->out;
    for (int i = 0; i < a->n_patches * a->channels; i++) {
        const float *in = a->in + (size_t)i * a->in_height * a->in_width;
        for (int y = 0; y < a->out_height; y++)
            for (int x = 0; x < a->out_width; x++)
                *out++ = (float)mean(in, a->in_width, mean_window(a, y, x));
    }
}
