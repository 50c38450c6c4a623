/* Device code: one row of a fit and its components, looked at by a warp: rough log densities of mixture_filter, which of
 * them can matter, and exact ones. */
#ifndef MIXTURE_ROW_H
#define MIXTURE_ROW_H

#include "mixture_find.h"

enum { MIXTURE_ROW_THREADS = 256 }; /* of a block whose warps share a tile of rows */

/* exp(-60) of a million rows is a few millionths of the 10 eps that every N_k has: what is dropped is not seen even in a
 * component that has died out. */
#define MIXTURE_LIVE_NATS 60.0F

/* A row of a fit, as its warp sees it. Lane k % WARP has component k. */
struct mixture_row {
    const struct mixture_fit *fit;
    const float *stored; /* [columns] */
    float *cells; /* [components] rough log densities; exact ones from a reference on; responsibilities */
    int lane;
};

/* How wrong a rough log density may be: a sum of n positive floats is off by n half units at most. */
DEVICE float mixture_slack(const struct mixture_row *row, int k)
{
    const float offset = (float)row->fit->offsets[k];
    return (float)(row->fit->columns + 8) * 6e-8F * (fabsf(offset) + fabsf(row->cells[k]));
}

/* The least that the largest log density can be, and whose it is. */
struct mixture_best {
    float value;
    int component;
};

DEVICE struct mixture_best mixture_best_of(const struct mixture_row *row)
{
    struct mixture_best best = { -INFINITY, 0 };
    for (int k = row->lane; k < row->fit->components; k += WARP) {
        const float value = row->cells[k] - mixture_slack(row, k);
        if (value > best.value) {
            best.value = value;
            best.component = k;
        }
    }
    for (int lanes = WARP / 2; lanes > 0; lanes /= 2) {
        const float value = __shfl_xor_sync(ALL_LANES, best.value, lanes);
        const int component = __shfl_xor_sync(ALL_LANES, best.component, lanes);
        if (value > best.value || (value == best.value && component < best.component)) {
            best.value = value;
            best.component = component;
        }
    }
    return best;
}

/* Of components first … first + WARP - 1, those that can matter, as bits. Where even the best overflowed, all can. */
DEVICE unsigned mixture_live(const struct mixture_row *row, int first, float best)
{
    const int k = first + row->lane;
    int is_live = 0;
    if (k < row->fit->components)
        is_live = !(row->cells[k] + mixture_slack(row, k) < best - MIXTURE_LIVE_NATS);
    return __ballot_sync(ALL_LANES, is_live);
}

/* In double, by the whole warp; every lane gets it. */
DEVICE double mixture_log_density(const struct mixture_row *row, int k)
{
    const struct mixture_fit *fit = row->fit;
    const size_t at = (size_t)k * fit->columns;
    double sum = 0;
    for (int column = row->lane; column < fit->columns; column += WARP) {
        const double y = (double)mixture_value(fit, row->stored, column) - fit->means[at + column];
        sum += y * y * fit->precisions[at + column];
    }
    for (int lanes = WARP / 2; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(ALL_LANES, sum, lanes);
    return fit->offsets[k] - sum / 2;
}

/* Row n of a fit. mixture_squares may have no responsibilities. */
DEVICE struct mixture_row mixture_row_of(const struct mixture_fit *fit, int n)
{
    const size_t first = (size_t)n * fit->components;
    const struct mixture_row row = { fit, mixture_stored(fit, n),
                                     fit->responsibilities ? fit->responsibilities + first : NULL,
                                     (int)threadIdx.x % WARP };
    return row;
}

/* The rows of this block's tile are first … end - 1 of its fit; warp w has first + w and each eighth after it. */
DEVICE int mixture_first_row(const struct mixture_fit *fit)
{
    return ((int)blockIdx.x - fit->first_tile) * MIXTURE_TILE + (int)threadIdx.x / WARP;
}

DEVICE int mixture_end_row(const struct mixture_fit *fit)
{
    const int end = ((int)blockIdx.x - fit->first_tile + 1) * MIXTURE_TILE;
    return end < fit->n_rows ? end : fit->n_rows;
}

#endif
