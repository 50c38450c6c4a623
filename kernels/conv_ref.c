#include "conv.h"

#include <stddef.h>

/* Sums of one output row are kept side by side, this many columns at a time, so that a compiler can take
 * several at once; each is summed in the order of conv.h all the same. */
enum { COLUMNS = 64 };

/* The part of an output row that is summed at once: patch p, channel o, row y, columns x … x + n - 1. */
struct part {
    int p, o, y, x, n;
};

/* sum[x] += weight * in[(x + part.x) * stride + shift] wherever that lies inside. */
static void add_row(const struct conv_args *a, const float *in, double weight, int shift, struct part part,
                    double *sum)
{
    int from = 0, to = part.n;
    while (from < to && (part.x + from) * a->stride + shift < 0) from++;
    while (to > from && (part.x + to - 1) * a->stride + shift >= a->in_width) to--;
    for (int x = from; x < to; x++) sum[x] += weight * (double)in[(part.x + x) * a->stride + shift];
}

static void add_channel(const struct conv_args *a, int c, struct part part, double *sum)
{
    const float *in = a->in + ((size_t)part.p * a->in_channels + c) * a->in_height * a->in_width;
    const float *weight = a->weight + ((size_t)part.o * a->in_channels + c) * a->size * a->size;
    for (int j = 0; j < a->size; j++) {
        const int row = part.y * a->stride + j - a->pad;
        if (row < 0 || row >= a->in_height) continue;
        for (int i = 0; i < a->size; i++)
            add_row(a, in + (size_t)row * a->in_width, weight[j * a->size + i], i - a->pad, part, sum);
    }
}

static void conv_part(const struct conv_args *a, struct part part)
{
    double sum[COLUMNS];
    for (int x = 0; x < part.n; x++) sum[x] = a->bias[part.o];
    for (int c = 0; c < a->in_channels; c++) add_channel(a, c, part, sum);
    const size_t at =
        (((size_t)part.p * a->out_channels + part.o) * a->out_height + part.y) * a->out_width + part.x;
    for (int x = 0; x < part.n; x++) {
        const double value = sum[x] + (a->residual ? (double)a->residual[at + x] : 0);
        a->out[at + x] = a->relu && value < 0 ? 0 : (float)value;
    }
}

void conv_ref(const struct conv_args *a)
{
    for (int p = 0; p < a->n_patches; p++)
        for (int o = 0; o < a->out_channels; o++)
            for (int y = 0; y < a->out_height; y++)
                for (int x = 0; x < a->out_width; x += COLUMNS) {
                    const int left = a->out_width - x;
                    conv_part(a, (struct part){ p, o, y, x, left < COLUMNS ? left : COLUMNS });
                }
}
