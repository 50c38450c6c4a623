/* Parameters: labels and responsibilities → counts, means, covariances; and what the E step (mixture_rows.cu) reads of
 * them. A block a component; a thread a column, or several. */
#include "mixture_find.h"

enum { PREPARE_THREADS = 256, COLUMNS = 128, NO_COLUMN = 0x7fffffff };

/* ---------------------------------------------------------------------------------------------- labels */

KERNEL(mixture_labels, mixture_batch_args)
{
    const struct mixture_fit fit = a.fits[mixture_fit_of_tile(&a, (int)blockIdx.x)];
    const int first = ((int)blockIdx.x - fit.first_tile) * MIXTURE_TILE;
    const int left = fit.n_rows - first, n = (left < MIXTURE_TILE ? left : MIXTURE_TILE) * fit.components;
    const int *labels = a.labels + fit.first_row + first;
    float *r = a.responsibilities + fit.first_cell + (size_t)first * fit.components;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x)
        r[i] = labels[i / fit.components] == i % fit.components ? 1.0F : 0.0F;
}

SHAPE(mixture_labels, mixture_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_tiles, 1, 1 }, { PREPARE_THREADS, 1, 1 }, 0 };
    return shape;
}

/* --------------------------------------------------------------------------------------------- prepare */

DEVICE double weight_of(const struct mixture_batch_args *a, const struct mixture_fit *fit, int component)
{
    double total = a->divides_by_rows ? fit->n_rows : 0;
    for (int k = 0; k < fit->components && !a->divides_by_rows; k++)
        total += a->counts[fit->first_component + k];
    return a->counts[component] / total;
}

/* One column; returns the log of its variance, and notes where that is none. */
DEVICE double prepare_column(const struct mixture_batch_args *a, size_t at, int column, int *bad)
{
    const double variance = a->is_distance ? 1 : a->covariances[at], mean = a->means[at];
    const float scale = (float)(1 / sqrt(variance)), high = (float)mean;
    if (!(variance > 0) && column < *bad) *bad = column;
    a->precisions[at] = 1 / variance;
    a->scale[at] = scale;
    a->high[at] = high;
    a->low[at] = (float)((mean - (double)high) * (double)scale);
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
    const int component = (int)blockIdx.x, number = mixture_fit_of_component(&a, component);
    const struct mixture_fit fit = a.fits[number];
    int bad = NO_COLUMN;
    double log_determinant = 0;
    if (a.is_done[number]) return;
    for (int column = (int)threadIdx.x; column < a.columns; column += PREPARE_THREADS)
        log_determinant += prepare_column(&a, (size_t)component * a.columns + column, column, &bad);
    log_determinant = mixture_block_sum(log_determinant, sums);
    bad = block_least(bad, least);
    if (threadIdx.x != 0) return;
    if (a.is_distance) {
        a.offsets[component] = 0;
        return;
    }
    const double weight = weight_of(&a, &fit, component);
    const double log_weight = a.log_weights ? a.log_weights[component] : log(weight);
    a.weights[component] = weight;
    a.log_determinants[component] = log_determinant;
    a.offsets[component] = log_weight - (log_determinant + a.columns * MIXTURE_LOG_2_PI) / 2;
    a.bad_columns[component] = bad == NO_COLUMN ? -1 : bad;
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
DEVICE void store_column(const struct mixture_batch_args *a, size_t at, double centre,
                         const struct moments *sum)
{
    const double count = sum->count + MIXTURE_TINY_COUNT;
    const double shift = (sum->first - centre * MIXTURE_TINY_COUNT) / count;
    const double second = sum->second - 2 * shift * sum->first + shift * shift * sum->count;
    a->means[at] = centre + shift;
    a->covariances[at] = fmax(second, 0.0) / count + a->reg_covar;
}

/* Rows in their order, COLUMNS at a time: their responsibilities are fetched side by side, and rows that have none,
 * nearly all of them, are passed over by the whole block. */
KERNEL(mixture_maximize, mixture_batch_args)
{
    SHARED float r[COLUMNS];
    SHARED int places[COLUMNS];
    const int component = (int)blockIdx.x, number = mixture_fit_of_component(&a, component);
    const struct mixture_fit fit = a.fits[number];
    const int column = (int)(blockIdx.y * COLUMNS + threadIdx.x), is_there = column < a.columns;
    const size_t at = (size_t)component * a.columns + (is_there ? column : 0);
    const float *of_component = a.responsibilities + fit.first_cell + (component - fit.first_component);
    const double centre = is_there ? a.means[at] : 0;
    struct moments sum = { 0, 0, 0 };
    if (a.is_done[number]) return;
    for (int first = 0; first < fit.n_rows; first += COLUMNS) {
        const int left = fit.n_rows - first, n = left < COLUMNS ? left : COLUMNS;
        if ((int)threadIdx.x < n) {
            r[threadIdx.x] = of_component[(size_t)(first + (int)threadIdx.x) * fit.components];
            places[threadIdx.x] = a.rows[fit.first_row + first + (int)threadIdx.x];
        }
        __syncthreads();
        for (int i = 0; i < n && is_there; i++)
            if (r[i] > 0)
                add_row(&sum, (double)r[i], (double)a.x[(size_t)places[i] * a.columns + column] - centre);
        __syncthreads();
    }
    if (is_there) store_column(&a, at, centre, &sum);
    if (column == 0) a.counts[component] = sum.count + MIXTURE_TINY_COUNT;
}

SHAPE(mixture_maximize, mixture_batch_args)
{
    const struct kernel_shape shape = {
        { (unsigned)a->n_components, blocks_of((size_t)a->columns, COLUMNS), 1 },
        { COLUMNS, 1, 1 },
        0,
    };
    return shape;
}
