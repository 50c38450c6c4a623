/* Parameters: labels and responsibilities → counts, means, covariances; and what the E step (mixture_rows.cu) reads of
 * them. A block a component; a thread a column, or several. */
#include "mixture_find.h"

enum { PREPARE_THREADS = 256, COLUMNS = 128, NO_COLUMN = 0x7fffffff };

/* ---------------------------------------------------------------------------------------------- labels */

KERNEL(mixture_labels, mixture_batch_args)
{
    const struct mixture_fit *fit = &a.fits[mixture_fit_of_tile(&a, (int)blockIdx.x)];
    const int first = ((int)blockIdx.x - fit->first_tile) * MIXTURE_TILE;
    const int left = fit->n_rows - first, n = (left < MIXTURE_TILE ? left : MIXTURE_TILE) * fit->components;
    const int *labels = fit->labels + first;
    float *r = fit->responsibilities + (size_t)first * fit->components;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x)
        r[i] = labels[i / fit->components] == i % fit->components ? 1.0F : 0.0F;
}

SHAPE(mixture_labels, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { PREPARE_THREADS, 1, 1 }, 0 };
    return shape;
}

/* --------------------------------------------------------------------------------------------- prepare */

DEVICE double weight_of(const struct mixture_fit *fit, int k)
{
    double total = fit->divides_by_rows ? fit->n_rows : 0;
    for (int i = 0; i < fit->components && !fit->divides_by_rows; i++) total += fit->counts[i];
    return fit->counts[k] / total;
}

/* One column; returns the log of its variance, and notes where that is none. */
DEVICE double prepare_column(const struct mixture_fit *fit, size_t at, int column, int *bad)
{
    const double variance = fit->is_distance ? 1 : fit->covariances[at], mean = fit->means[at];
    const float scale = (float)(1 / sqrt(variance)), high = (float)mean;
    if (!(variance > 0) && column < *bad) *bad = column;
    fit->precisions[at] = 1 / variance;
    fit->scale[at] = scale;
    fit->high[at] = high;
    fit->low[at] = (float)((mean - (double)high) * (double)scale);
    return log(variance);
}

DEVICE int block_least(int mine, int *parts)
{
    parts[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned half = PREPARE_THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half && parts[threadIdx.x + half] < parts[threadIdx.x])
            parts[threadIdx.x] = parts[threadIdx.x + half];
        __syncthreads();
    }
    return parts[0];
}

KERNEL(mixture_prepare, mixture_batch_args)
{
    SHARED double sums[PREPARE_THREADS];
    SHARED int least[PREPARE_THREADS];
    const struct mixture_fit *fit = &a.fits[mixture_fit_of_component(&a, (int)blockIdx.x)];
    const int k = (int)blockIdx.x - fit->first_component;
    int bad = NO_COLUMN;
    double log_determinant = 0;
    for (int column = (int)threadIdx.x; column < fit->columns; column += PREPARE_THREADS)
        log_determinant += prepare_column(fit, (size_t)k * fit->columns + column, column, &bad);
    log_determinant = mixture_block_sum(log_determinant, sums);
    bad = block_least(bad, least);
    if (threadIdx.x != 0) return;
    if (fit->is_distance) {
        fit->offsets[k] = 0;
        return;
    }
    const double weight = weight_of(fit, k);
    const double log_weight = fit->log_weights ? fit->log_weights[k] : log(weight);
    fit->weights[k] = weight;
    fit->log_determinants[k] = log_determinant;
    fit->offsets[k] = log_weight - (log_determinant + fit->columns * MIXTURE_LOG_2_PI) / 2;
    fit->bad_columns[k] = bad == NO_COLUMN ? -1 : bad;
}

SHAPE(mixture_prepare, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_components, 1, 1 }, { PREPARE_THREADS, 1, 1 }, 0 };
    return shape;
}

/* -------------------------------------------------------------------------------------------- maximize */

/* Sums over rows, around a place near the mean, of one column. */
struct moments {
    double count, first, second;
};

DEVICE void add_row(struct moments *sum, double r, double distance)
{
    sum->count += r;
    sum->first += r * distance;
    sum->second += r * distance * distance;
}

/* The mean is centre + shift, an empty component's 0: its shift is -centre. */
DEVICE void store_column(const struct mixture_fit *fit, size_t at, double centre, const struct moments *sum)
{
    const double count = sum->count + MIXTURE_TINY_COUNT;
    const double shift = (sum->first - centre * MIXTURE_TINY_COUNT) / count;
    const double second = sum->second - 2 * shift * sum->first + shift * shift * sum->count;
    fit->means[at] = centre + shift;
    fit->covariances[at] = fmax(second, 0.0) / count + fit->reg_covar;
}

/* Rows in their order, COLUMNS at a time: their responsibilities are fetched side by side, and rows that have none,
 * nearly all of them, are passed over by the whole block. */
KERNEL(mixture_maximize, mixture_batch_args)
{
    SHARED float r[COLUMNS];
    SHARED const float *stored[COLUMNS];
    const struct mixture_fit *fit = &a.fits[mixture_fit_of_component(&a, (int)blockIdx.x)];
    const int k = (int)blockIdx.x - fit->first_component, me = (int)threadIdx.x;
    const int column = (int)blockIdx.y * COLUMNS + me, is_there = column < fit->columns;
    if ((int)blockIdx.y * COLUMNS >= fit->columns) return;
    const size_t at = (size_t)k * fit->columns + (is_there ? column : 0);
    const struct mixture_scaling scaling = mixture_scaling_of(fit, is_there ? column : 0);
    const double centre = is_there ? fit->means[at] : 0;
    struct moments sum = { 0, 0, 0 };
    for (int first = 0; first < fit->n_rows; first += COLUMNS) {
        const int left = fit->n_rows - first, n = left < COLUMNS ? left : COLUMNS;
        if (me < n) {
            r[me] = fit->responsibilities[(size_t)(first + me) * fit->components + k];
            stored[me] = mixture_stored(fit, first + me);
        }
        __syncthreads();
        for (int i = 0; i < n && is_there; i++)
            if (r[i] > 0)
                add_row(&sum, (double)r[i], (double)mixture_scaled(scaling, stored[i][column]) - centre);
        __syncthreads();
    }
    if (is_there) store_column(fit, at, centre, &sum);
    if (column == 0) fit->counts[k] = sum.count + MIXTURE_TINY_COUNT;
}

SHAPE(mixture_maximize, mixture_batch_args)
{
    const struct kernel_shape shape = {
        { (unsigned)a->n_components, blocks_of((size_t)a->most_columns, COLUMNS), 1 },
        { COLUMNS, 1, 1 },
        0,
    };
    return shape;
}
