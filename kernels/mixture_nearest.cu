/* k-means: components are centres. mixture_filter's rough log densities are rough distances then, times -1/2. */
#include "mixture_row.h"

/* The nearest centre of one row, the first of those that are equally near. */
DEVICE void nearest_of_row(const struct mixture_row *row, int n)
{
    const struct mixture_best best = mixture_best_of(row);
    double most = -INFINITY;
    int nearest = 0;
    for (int first = 0; first < row->fit->components; first += WARP) {
        const unsigned live = mixture_live(row, first, best.value);
        for (int i = 0; i < WARP; i++) {
            if (!(live >> i & 1)) continue;
            const double v = mixture_log_density(row, first + i);
            if (v > most) {
                most = v;
                nearest = first + i;
            }
        }
    }
    if (row->lane != 0) return;
    row->fit->nearest[n] = nearest;
    row->fit->squared[n] = -2 * most;
}

/* A block a tile, a warp a row. */
KERNEL(mixture_nearest, mixture_batch_args)
{
    const struct mixture_fit *fit = &a.fits[mixture_fit_of_tile(&a, (int)blockIdx.x)];
    for (int n = mixture_first_row(fit); n < mixture_end_row(fit); n += MIXTURE_ROW_THREADS / WARP) {
        const struct mixture_row row = mixture_row_of(fit, n);
        nearest_of_row(&row, n);
    }
}

SHAPE(mixture_nearest, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { MIXTURE_ROW_THREADS, 1, 1 }, 0 };
    return shape;
}

KERNEL(mixture_squares, mixture_batch_args)
{
    const struct mixture_fit *fit = &a.fits[mixture_fit_of_tile(&a, (int)blockIdx.x)];
    for (int n = mixture_first_row(fit); n < mixture_end_row(fit); n += MIXTURE_ROW_THREADS / WARP) {
        const struct mixture_row row = mixture_row_of(fit, n);
        for (int k = 0; k < fit->components; k++) {
            const double square = -2 * mixture_log_density(&row, k);
            if (row.lane == 0) fit->squared[(size_t)n * fit->components + k] = square;
        }
    }
}

SHAPE(mixture_squares, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { MIXTURE_ROW_THREADS, 1, 1 }, 0 };
    return shape;
}
