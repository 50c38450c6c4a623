/* k-means: components are centres. mixture_filter's rough log densities are rough distances then, times -1/2. */
#include "mixture_row.h"

/* The nearest centre of one row, the first of those that are equally near. */
DEVICE void nearest_of_row(const struct mixture_batch_args *a, const struct mixture_row *row, size_t number)
{
    const struct mixture_best best = mixture_best_of(a, row);
    double most = -INFINITY;
    int nearest = 0;
    for (int first = 0; first < row->components; first += WARP) {
        const unsigned live = mixture_live(a, row, first, best.value);
        for (int i = 0; i < WARP; i++) {
            if (!(live >> i & 1)) continue;
            const double v = mixture_log_density(a, row, first + i);
            if (v > most) {
                most = v;
                nearest = first + i;
            }
        }
    }
    if (row->lane != 0) return;
    a->nearest[number] = nearest;
    a->squared[number] = -2 * most;
}

/* A block a tile, a warp a row. */
KERNEL(mixture_nearest, mixture_batch_args)
{
    const int number = mixture_fit_of_tile(&a, (int)blockIdx.x);
    const struct mixture_fit fit = a.fits[number];
    if (a.is_done[number]) return;
    for (int n = mixture_first_row(&fit); n < mixture_end_row(&fit); n += MIXTURE_ROW_THREADS / WARP) {
        const struct mixture_row row = mixture_row_of(&a, &fit, n);
        nearest_of_row(&a, &row, (size_t)(fit.first_row + n));
    }
}

SHAPE(mixture_nearest, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { MIXTURE_ROW_THREADS, 1, 1 }, 0 };
    return shape;
}

KERNEL(mixture_squares, mixture_batch_args)
{
    const int number = mixture_fit_of_tile(&a, (int)blockIdx.x);
    const struct mixture_fit fit = a.fits[number];
    if (a.is_done[number]) return;
    for (int n = mixture_first_row(&fit); n < mixture_end_row(&fit); n += MIXTURE_ROW_THREADS / WARP) {
        const struct mixture_row row = mixture_row_of(&a, &fit, n);
        for (int k = 0; k < fit.components; k++) {
            const double square = -2 * mixture_log_density(&a, &row, k);
            if (row.lane == 0) a.squared[fit.first_cell + (size_t)n * fit.components + k] = square;
        }
    }
}

SHAPE(mixture_squares, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { MIXTURE_ROW_THREADS, 1, 1 }, 0 };
    return shape;
}
