/* Patches for the autoencoders' tests: bands that lie still, with noise, cells of 0 … 1. */
#ifndef PATCHES_EXAMPLE_H
#define PATCHES_EXAMPLE_H

#include "test.h"

#include "core/matrix.h"
#include "core/rng.h"

enum { CELLS = 64 * 64 };

static inline void fill_patch(struct rng *rng, float *patch)
{
    for (int i = 0; i < CELLS; i++) patch[i] = (float)(0.2 + 0.5 * (i / 64 % 8 < 4) + 0.1 * rng_uniform(rng));
}

static inline void make_rows(struct matrix *x, int rows)
{
    struct rng rng = rng_seeded(5, 0);
    assert_ok(matrix_init(x, rows, CELLS));
    for (int n = 0; n < rows; n++) fill_patch(&rng, matrix_row(x, n));
}

#endif
