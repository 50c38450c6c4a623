#include "colorize.h"

#include <math.h>
#include <stddef.h>

struct limits {
    double low, high;
};

/* The least and the largest of n_columns values in each row, rows n_frames apart. */
static struct limits limits_of(const float *decibel, int n_rows, int n_frames, int n_columns)
{
    struct limits limits = { INFINITY, -INFINITY };
    for (int y = 0; y < n_rows; y++) {
        for (int x = 0; x < n_columns; x++) {
            const double value = decibel[(size_t)y * n_frames + x];
            limits.low = fmin(limits.low, value);
            limits.high = fmax(limits.high, value);
        }
    }
    return limits;
}

static struct limits choose_limits(const struct colorize_args *a, int patch)
{
    if (a->range == COLOR_PATCH)
        return limits_of(a->decibel + (size_t)patch * a->offset, a->n_mels, a->n_frames, a->width);
    struct limits limits = limits_of(a->decibel, a->n_mels, a->n_frames, a->n_frames);
    if (a->range == COLOR_RECORDING) limits.low = limits.high - (double)a->range_db;
    return limits;
}

static int color_index(double decibel, struct limits limits)
{
    if (limits.low >= limits.high) return 0;
    const double v = fmin(fmax((decibel - limits.low) / (limits.high - limits.low), 0), 1);
    return v < 1 ? (int)floor(256 * v) : 255;
}

void colorize_ref(const struct colorize_args *a)
{
    float *rgb = a->rgb;
    for (int p = 0; p < a->n_patches; p++) {
        const struct limits limits = choose_limits(a, p);
        for (int y = 0; y < a->n_mels; y++) {
            const int band = a->flip ? a->n_mels - 1 - y : y;
            const float *row = a->decibel + (size_t)band * a->n_frames + (size_t)p * a->offset;
            for (int x = 0; x < a->width; x++, rgb += 3)
                for (int c = 0; c < 3; c++) rgb[c] = a->colormap[3 * color_index(row[x], limits) + c];
        }
    }
}
