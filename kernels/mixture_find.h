/* Device code: which fit a tile or a component of the batch belongs to, and sums of a block. */
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
