/* The E step: rows → responsibilities. The filter is laid out as a matrix product, tiles of rows against tiles of
 * components in shared memory, eight pairs a thread; then each row has a warp. */
#include "mixture_row.h"

enum {
    THREADS = 256,
    SIDE = 16,          /* threads of a block along either direction of a tile */
    ROWS_OF_THREAD = 4, /* rows i, i + SIDE, … of the tile */
    COMPONENTS_OF_THREAD = 2,
    COMPONENTS = SIDE * COMPONENTS_OF_THREAD,
    COLUMNS = 32 /* at a time in shared memory */
};

/* ---------------------------------------------------------------------------------------------- filter */

struct filter_tile {
    float x[MIXTURE_TILE][COLUMNS + 1]; /* one more: neighbouring rows lie in other banks */
    float high[COMPONENTS][COLUMNS + 1], low[COMPONENTS][COLUMNS + 1], scale[COMPONENTS][COLUMNS + 1];
};

/* What is beyond the rows, the components or the columns counts as 0, so that it adds nothing. */
DEVICE void load_tile(const struct mixture_fit *fit, int first_row, int first_component, int first_column,
                      struct filter_tile *tile)
{
    const int c = (int)threadIdx.x % COLUMNS, column = first_column + c, is_column = column < fit->columns;
    const struct mixture_scaling scaling = mixture_scaling_of(fit, is_column ? column : 0);
    for (int i = (int)threadIdx.x / COLUMNS; i < MIXTURE_TILE; i += THREADS / COLUMNS) {
        const int row = first_row + i, is_there = row < fit->n_rows && is_column;
        tile->x[i][c] = is_there ? mixture_scaled(scaling, mixture_stored(fit, row)[column]) : 0;
    }
    for (int i = (int)threadIdx.x / COLUMNS; i < COMPONENTS; i += THREADS / COLUMNS) {
        const int k = first_component + i, is_there = k < fit->components && is_column;
        const size_t at = is_there ? (size_t)k * fit->columns + column : 0;
        tile->high[i][c] = is_there ? fit->high[at] : 0;
        tile->low[i][c] = is_there ? fit->low[at] : 0;
        tile->scale[i][c] = is_there ? fit->scale[at] : 0;
    }
}

DEVICE void add_tile(const struct filter_tile *tile, int row, int component,
                     float squares[ROWS_OF_THREAD][COMPONENTS_OF_THREAD])
{
    for (int c = 0; c < COLUMNS; c++)
        for (int j = 0; j < COMPONENTS_OF_THREAD; j++) {
            const int k = component + j * SIDE;
            const float high = tile->high[k][c], low = tile->low[k][c], scale = tile->scale[k][c];
            for (int i = 0; i < ROWS_OF_THREAD; i++) {
                const float y = (tile->x[row + i * SIDE][c] - high) * scale - low;
                squares[i][j] += y * y;
            }
        }
}

KERNEL(mixture_filter, mixture_batch_args)
{
    SHARED struct filter_tile tile;
    const struct mixture_fit *fit = &a.fits[mixture_fit_of_tile(&a, (int)blockIdx.x)];
    const int first_row = ((int)blockIdx.x - fit->first_tile) * MIXTURE_TILE;
    const int first_component = (int)blockIdx.y * COMPONENTS;
    const int row = (int)threadIdx.x / SIDE, component = (int)threadIdx.x % SIDE;
    float squares[ROWS_OF_THREAD][COMPONENTS_OF_THREAD] = { { 0 } };
    if (first_component >= fit->components) return;
    for (int column = 0; column < fit->columns; column += COLUMNS) {
        load_tile(fit, first_row, first_component, column, &tile);
        __syncthreads();
        add_tile(&tile, row, component, squares);
        __syncthreads();
    }
    for (int j = 0; j < COMPONENTS_OF_THREAD; j++) {
        const int k = first_component + component + j * SIDE;
        if (k >= fit->components) continue;
        const float offset = (float)fit->offsets[k];
        for (int i = 0; i < ROWS_OF_THREAD; i++) {
            const int n = first_row + row + i * SIDE;
            if (n < fit->n_rows)
                fit->responsibilities[(size_t)n * fit->components + k] = offset - squares[i][j] / 2;
        }
    }
}

SHAPE(mixture_filter, mixture_batch_args)
{
    const struct kernel_shape shape = {
        { (unsigned)a->n_tiles, blocks_of((size_t)a->most_components, COMPONENTS), 1 },
        { THREADS, 1, 1 },
        0,
    };
    return shape;
}

/* -------------------------------------------------------------------------------------------- one row */

/* Those that were live before. */
DEVICE unsigned kept_of(const struct mixture_row *row, int first)
{
    const int k = first + row->lane;
    return __ballot_sync(ALL_LANES, k < row->fit->components &&
                                        row->cells[k < row->fit->components ? k : 0] > -INFINITY);
}

/* log Σ exp(v) with a running maximum, and Σ exp(v) v for the entropy. */
struct log_sum {
    double most, sum, sum_of_logs;
};

DEVICE void add_log(struct log_sum *all, double v)
{
    if (v > all->most) {
        const double shrunk = exp(all->most - v);
        all->sum *= shrunk;
        all->sum_of_logs *= shrunk;
        all->most = v;
    }
    const double share = exp(v - all->most);
    all->sum += share;
    all->sum_of_logs += share * v;
}

/* Log densities of what is live, as differences from a reference, the best one's: a float holds those well that
 * matter. The reference is component `known`'s; or it is -1, the second time. What is not live is -INFINITY. */
DEVICE struct log_sum take_live(const struct mixture_row *row, float best, int known, double reference)
{
    struct log_sum all = { -INFINITY, 0, 0 };
    for (int first = 0; first < row->fit->components; first += WARP) {
        const unsigned live = known < 0 ? kept_of(row, first) : mixture_live(row, first, best);
        float mine = -INFINITY;
        for (int i = 0; i < WARP; i++) {
            if (!(live >> i & 1)) continue;
            const double v = first + i == known ? 0 : mixture_log_density(row, first + i) - reference;
            add_log(&all, v);
            if (row->lane == i) mine = (float)v;
        }
        if (first + row->lane < row->fit->components) row->cells[first + row->lane] = mine;
    }
    return all;
}

/* Far from every component the rough best may not be the best one: then all is taken once more, around that. */
DEVICE void expect_row(const struct mixture_row *row, int n)
{
    const struct mixture_best best = mixture_best_of(row);
    double reference = mixture_log_density(row, best.component);
    struct log_sum all = take_live(row, best.value, best.component, reference);
    if (all.most > 1) {
        reference += all.most;
        all = take_live(row, -INFINITY, -1, reference);
    }
    const double log_total = all.most + log(all.sum);
    for (int k = row->lane; k < row->fit->components; k += WARP)
        row->cells[k] = row->cells[k] > -INFINITY ? (float)exp((double)row->cells[k] - log_total) : 0;
    if (row->lane != 0) return;
    row->fit->log_likelihood[n] = reference + log_total;
    row->fit->entropy[n] = log_total - all.sum_of_logs / all.sum;
}

/* A block a tile, a warp a row. */
KERNEL(mixture_expect, mixture_batch_args)
{
    const struct mixture_fit *fit = &a.fits[mixture_fit_of_tile(&a, (int)blockIdx.x)];
    for (int n = mixture_first_row(fit); n < mixture_end_row(fit); n += MIXTURE_ROW_THREADS / WARP) {
        const struct mixture_row row = mixture_row_of(fit, n);
        expect_row(&row, n);
    }
}

SHAPE(mixture_expect, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { MIXTURE_ROW_THREADS, 1, 1 }, 0 };
    return shape;
}

/* ----------------------------------------------------------------------------------------------- total */

/* A block a fit-> */
KERNEL(mixture_total, mixture_batch_args)
{
    SHARED double parts[THREADS];
    const struct mixture_fit *fit = &a.fits[blockIdx.x];
    double likelihood = 0, entropy = 0;
    for (int n = (int)threadIdx.x; n < fit->n_rows; n += THREADS) {
        likelihood += fit->log_likelihood[n];
        entropy += fit->entropy[n];
    }
    likelihood = mixture_block_sum(likelihood, parts);
    entropy = mixture_block_sum(entropy, parts);
    if (threadIdx.x != 0) return;
    *fit->lower_bound = likelihood / fit->n_rows;
    *fit->total_entropy = entropy;
}

SHAPE(mixture_total, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_fits, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}
