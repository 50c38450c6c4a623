/* Device code: which fit a tile or a component of the batch belongs to, the numbers of its rows, and sums of a block. */
#ifndef MIXTURE_FIND_H
#define MIXTURE_FIND_H

#include "kernel.h"
#include "mixture_batch.h"

/* The last one that begins at or before the tile. */
DEVICE int mixture_fit_of_tile(const struct mixture_batch_args *a, int tile)
{
    int low = 0, high = a->n_fits;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (a->fits[middle].first_tile <= tile)
            low = middle;
        else
            high = middle;
    }
    return low;
}

DEVICE int mixture_fit_of_component(const struct mixture_batch_args *a, int component)
{
    int low = 0, high = a->n_fits;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (a->fits[middle].first_component <= component)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ------------------------------------------------------------------------------------ numbers of rows */

/* The row of a fit as it is stored. */
DEVICE const float *mixture_stored(const struct mixture_fit *fit, int row)
{
    return fit->x + (size_t)(fit->rows ? fit->rows[row] : row) * fit->columns;
}

/* How a column is standardised. (x - 0 - 0) · 1 is x, to the bit. */
struct mixture_scaling {
    float shift, shift_rest, factor;
};

DEVICE struct mixture_scaling mixture_scaling_of(const struct mixture_fit *fit, int column)
{
    struct mixture_scaling scaling = { 0, 0, 1 };
    if (fit->shift == NULL) return scaling;
    scaling.shift = fit->shift[column];
    scaling.shift_rest = fit->shift_rest[column];
    scaling.factor = fit->factor[column];
    return scaling;
}

/* Every kernel has its numbers from here, so that all see the same float. It is that of rows standardised beforehand,
 * whatever is done with it: the product is rounded before anything is added to it. */
DEVICE float mixture_scaled(struct mixture_scaling scaling, float x)
{
    return __fmul_rn((x - scaling.shift) - scaling.shift_rest, scaling.factor);
}

DEVICE float mixture_value(const struct mixture_fit *fit, const float *stored, int column)
{
    return mixture_scaled(mixture_scaling_of(fit, column), stored[column]);
}

/* --------------------------------------------------------------------------------------------- a block */

/* The sum over all threads of a block, whose number is a power of two, by halves; every thread gets it. `parts` is
 * shared memory for a number a thread. */
DEVICE double mixture_block_sum(double mine, double *parts)
{
    __syncthreads();
    parts[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
        __syncthreads();
    }
    return parts[0]; /* the next call's first barrier keeps it until all have it */
}

#endif
