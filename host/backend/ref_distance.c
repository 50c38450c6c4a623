#include "backend/ref_distance.h"

enum { TILE = 32 }; /* rows of x and of y */

static int tile_rows(const struct matrix *matrix, int first)
{
    return matrix->rows - first < TILE ? matrix->rows - first : TILE;
}

/* Rough distances are the true ones, rounded to float. */
static void fill(const struct matrix *x, const struct matrix *y, const struct distance_tile *tile,
                 float *squared)
{
    double exact[TILE * TILE];
    distance_ref(&(struct distance_args){ .x = matrix_row(x, tile->x_first),
                                          .y = matrix_row(y, tile->y_first),
                                          .x_rows = tile->x_rows,
                                          .y_rows = tile->y_rows,
                                          .columns = x->columns,
                                          .squared = exact });
    for (int i = 0; i < tile->x_rows * tile->y_rows; i++) squared[i] = (float)exact[i];
}

enum status ref_distance(struct backend *backend, const struct matrix *x, const struct matrix *y,
                         const struct distance_taker *taker)
{
    (void)backend;
    float squared[TILE * TILE];
    for (int i = 0; i < x->rows; i += TILE)
        for (int j = 0; j < y->rows; j += TILE) {
            struct distance_tile tile = { .x_first = i,
                                          .x_rows = tile_rows(x, i),
                                          .y_first = j,
                                          .y_rows = tile_rows(y, j),
                                          .squared = taker->is_exact ? NULL : squared,
                                          .stride = tile_rows(y, j),
                                          .error = (double)FLT_EPSILON,
                                          .exact = distance_pair_ref };
            if (!taker->is_exact) fill(x, y, &tile, squared);
            taker->take(taker->context, &tile);
        }
    return OK;
}
