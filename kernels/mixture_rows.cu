/* The E step: rows → responsibilities. The filter is laid out as a matrix product, tiles of rows against tiles of
 * components in shared memory, eight pairs a thread; then each row has a warp. */
#include "mixture_find.h"

enum {
    THREADS = 256,
    SIDE = 16,          /* threads of a block along either direction of a tile */
    ROWS_OF_THREAD = 4, /* rows i, i + SIDE, … of the tile */
    COMPONENTS_OF_THREAD = 2,
    COMPONENTS = SIDE * COMPONENTS_OF_THREAD,
    COLUMNS = 32 /* at a time in shared memory */
};

/* exp(-60) of a million rows is a few millionths of the 10 eps that every N_k has: what is dropped is not seen even in a
 * component that has died out. */
#define LIVE_NATS 60.0F

/* ---------------------------------------------------------------------------------------------- filter */

struct filter_tile {
    float x[MIXTURE_TILE][COLUMNS + 1]; /* one more: neighbouring rows lie in other banks */
    float high[COMPONENTS][COLUMNS + 1], low[COMPONENTS][COLUMNS + 1], scale[COMPONENTS][COLUMNS + 1];
};

/* What is beyond the rows, the components or the columns counts as 0, so that it adds nothing. */
DEVICE void load_tile(const struct mixture_batch_args *a, const struct mixture_fit *fit, int first_row,
                      int first_component, int first_column, struct filter_tile *tile)
{
    for (int i = (int)threadIdx.x; i < MIXTURE_TILE * COLUMNS; i += THREADS) {
        const int row = first_row + i / COLUMNS, column = first_column + i % COLUMNS;
        float value = 0;
        if (row < fit->n_rows && column < a->columns)
            value = a->x[(size_t)a->rows[fit->first_row + row] * a->columns + column];
        tile->x[i / COLUMNS][i % COLUMNS] = value;
    }
    for (int i = (int)threadIdx.x; i < COMPONENTS * COLUMNS; i += THREADS) {
        const int k = i / COLUMNS, c = i % COLUMNS, component = first_component + k,
                  column = first_column + c;
        const int is_there = component < fit->components && column < a->columns;
        const size_t at = is_there ? (size_t)(fit->first_component + component) * a->columns + column : 0;
        tile->high[k][c] = is_there ? a->high[at] : 0;
        tile->low[k][c] = is_there ? a->low[at] : 0;
        tile->scale[k][c] = is_there ? a->scale[at] : 0;
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
    const int number = mixture_fit_of_tile(&a, (int)blockIdx.x);
    const struct mixture_fit fit = a.fits[number];
    const int first_row = ((int)blockIdx.x - fit.first_tile) * MIXTURE_TILE;
    const int first_component = (int)blockIdx.y * COMPONENTS;
    const int row = (int)threadIdx.x / SIDE, component = (int)threadIdx.x % SIDE;
    float squares[ROWS_OF_THREAD][COMPONENTS_OF_THREAD] = { { 0 } };
    if (first_component >= fit.components || a.is_done[number]) return;
    for (int column = 0; column < a.columns; column += COLUMNS) {
        load_tile(&a, &fit, first_row, first_component, column, &tile);
        __syncthreads();
        add_tile(&tile, row, component, squares);
        __syncthreads();
    }
    for (int j = 0; j < COMPONENTS_OF_THREAD; j++) {
        const int k = first_component + component + j * SIDE;
        if (k >= fit.components) continue;
        const float offset = (float)a.offsets[fit.first_component + k];
        for (int i = 0; i < ROWS_OF_THREAD; i++) {
            const int n = first_row + row + i * SIDE;
            if (n < fit.n_rows)
                a.responsibilities[fit.first_cell + (size_t)n * fit.components + k] =
                    offset - squares[i][j] / 2;
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

/* A row of a fit, as its warp sees it. Lane k % WARP has component k. */
struct row {
    const float *x; /* [columns] */
    float *cells;   /* [components] rough log densities; exact ones from a reference on; responsibilities */
    int components, first_component, lane;
};

/* How wrong a rough log density may be: a sum of n positive floats is off by n half units at most. */
DEVICE float slack_of(const struct mixture_batch_args *a, const struct row *row, int k)
{
    const float offset = (float)a->offsets[row->first_component + k];
    return (float)(a->columns + 8) * 6e-8F * (fabsf(offset) + fabsf(row->cells[k]));
}

/* The least that the largest log density can be, and whose it is. */
struct best {
    float value;
    int component;
};

DEVICE struct best best_of(const struct mixture_batch_args *a, const struct row *row)
{
    struct best best = { -INFINITY, 0 };
    for (int k = row->lane; k < row->components; k += WARP) {
        const float value = row->cells[k] - slack_of(a, row, k);
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
DEVICE unsigned live_of(const struct mixture_batch_args *a, const struct row *row, int first, float best)
{
    const int k = first + row->lane;
    int is_live = 0;
    if (k < row->components) is_live = !(row->cells[k] + slack_of(a, row, k) < best - LIVE_NATS);
    return __ballot_sync(ALL_LANES, is_live);
}

/* Those that were live before. */
DEVICE unsigned kept_of(const struct row *row, int first)
{
    const int k = first + row->lane;
    return __ballot_sync(ALL_LANES,
                         k < row->components && row->cells[k < row->components ? k : 0] > -INFINITY);
}

/* In double, by the whole warp; every lane gets it. */
DEVICE double log_density(const struct mixture_batch_args *a, const struct row *row, int k)
{
    const size_t at = (size_t)(row->first_component + k) * a->columns;
    double sum = 0;
    for (int column = row->lane; column < a->columns; column += WARP) {
        const double y = (double)row->x[column] - a->means[at + column];
        sum += y * y * a->precisions[at + column];
    }
    for (int lanes = WARP / 2; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(ALL_LANES, sum, lanes);
    return a->offsets[row->first_component + k] - sum / 2;
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
DEVICE struct log_sum take_live(const struct mixture_batch_args *a, const struct row *row, float best,
                                int known, double reference)
{
    struct log_sum all = { -INFINITY, 0, 0 };
    for (int first = 0; first < row->components; first += WARP) {
        const unsigned live = known < 0 ? kept_of(row, first) : live_of(a, row, first, best);
        float mine = -INFINITY;
        for (int i = 0; i < WARP; i++) {
            if (!(live >> i & 1)) continue;
            const double v = first + i == known ? 0 : log_density(a, row, first + i) - reference;
            add_log(&all, v);
            if (row->lane == i) mine = (float)v;
        }
        if (first + row->lane < row->components) row->cells[first + row->lane] = mine;
    }
    return all;
}

/* Far from every component the rough best may not be the best one: then all is taken once more, around that. */
DEVICE void expect_row(const struct mixture_batch_args *a, const struct row *row, size_t number)
{
    const struct best best = best_of(a, row);
    double reference = log_density(a, row, best.component);
    struct log_sum all = take_live(a, row, best.value, best.component, reference);
    if (all.most > 1) {
        reference += all.most;
        all = take_live(a, row, -INFINITY, -1, reference);
    }
    const double log_total = all.most + log(all.sum);
    for (int k = row->lane; k < row->components; k += WARP)
        row->cells[k] = row->cells[k] > -INFINITY ? (float)exp((double)row->cells[k] - log_total) : 0;
    if (row->lane != 0) return;
    a->log_likelihood[number] = reference + log_total;
    a->entropy[number] = log_total - all.sum_of_logs / all.sum;
}

/* A block a tile, a warp a row. */
KERNEL(mixture_expect, mixture_batch_args)
{
    const int number = mixture_fit_of_tile(&a, (int)blockIdx.x);
    const struct mixture_fit fit = a.fits[number];
    const int first = ((int)blockIdx.x - fit.first_tile) * MIXTURE_TILE;
    const int end = first + MIXTURE_TILE < fit.n_rows ? first + MIXTURE_TILE : fit.n_rows;
    if (a.is_done[number]) return;
    for (int n = first + (int)threadIdx.x / WARP; n < end; n += THREADS / WARP) {
        const struct row row = { a.x + (size_t)a.rows[fit.first_row + n] * a.columns,
                                 a.responsibilities + fit.first_cell + (size_t)n * fit.components,
                                 fit.components, fit.first_component, (int)threadIdx.x % WARP };
        expect_row(&a, &row, (size_t)(fit.first_row + n));
    }
}

SHAPE(mixture_expect, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}

/* ----------------------------------------------------------------------------------------------- total */

/* A block a fit. */
KERNEL(mixture_total, mixture_batch_args)
{
    SHARED double parts[THREADS];
    const struct mixture_fit fit = a.fits[blockIdx.x];
    double likelihood = 0, entropy = 0;
    if (a.is_done[blockIdx.x]) return;
    for (int n = (int)threadIdx.x; n < fit.n_rows; n += THREADS) {
        likelihood += a.log_likelihood[fit.first_row + n];
        entropy += a.entropy[fit.first_row + n];
    }
    likelihood = mixture_block_sum(likelihood, parts);
    entropy = mixture_block_sum(entropy, parts);
    if (threadIdx.x != 0) return;
    a.lower_bounds[blockIdx.x] = likelihood / fit.n_rows;
    a.entropies[blockIdx.x] = entropy;
}

SHAPE(mixture_total, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_fits, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}
