/* A block a fit. */
#include "mixture_find.h"
#include "mixture_seed.h"

enum { THREADS = 256 };

DEVICE void copy_row(const struct mixture_seed_args *a, const struct mixture_fit *fit, int row, double *mean)
{
    const float *x = a->x + (size_t)a->rows[fit->first_row + row] * a->columns;
    for (int column = (int)threadIdx.x; column < a->columns; column += THREADS)
        mean[column] = (double)x[column];
}

/* ------------------------------------------------------------------------------------------------ draw */

/* The rows of this thread, one after the other, and the running sum before them. */
struct stretch {
    int first, end;
    double before, after;
};

DEVICE double share_of(const struct mixture_seed_args *a, const struct mixture_fit *fit, int row)
{
    return a->step == 0 ? 1 : a->closest[fit->first_row + row];
}

/* Every thread adds the stretches up in the same order, so that one's end is the next one's beginning. */
DEVICE struct stretch stretch_of(const struct mixture_seed_args *a, const struct mixture_fit *fit,
                                 double *sums, double *total)
{
    const int length = (fit->n_rows + THREADS - 1) / THREADS, first = (int)threadIdx.x * length;
    const int end = first + length < fit->n_rows ? first + length : fit->n_rows;
    struct stretch mine = { first, end, 0, 0 };
    double sum = 0;
    for (int row = first; row < end; row++) sum += share_of(a, fit, row);
    sums[threadIdx.x] = sum;
    __syncthreads();
    *total = 0;
    for (int i = 0; i < THREADS; i++) {
        if (i == (int)threadIdx.x) mine.before = *total;
        *total += sums[i];
        if (i == (int)threadIdx.x) mine.after = *total;
    }
    return mine;
}

/* The first row at which the running sum reaches `value`, if it is one of this thread's. */
DEVICE void claim(const struct mixture_seed_args *a, const struct mixture_fit *fit,
                  const struct stretch *mine, double value, int *candidate)
{
    double sum = mine->before;
    if (mine->first >= mine->end || value > mine->after || (mine->first > 0 && value <= mine->before)) return;
    for (int row = mine->first; row < mine->end; row++) {
        sum += share_of(a, fit, row);
        *candidate = row;
        if (sum >= value) return;
    }
}

KERNEL(mixture_draw, mixture_seed_args)
{
    SHARED double sums[THREADS];
    const struct mixture_fit fit = a.fits[blockIdx.x], trials = a.trials[blockIdx.x];
    int *candidates = a.candidates + trials.first_component;
    double total;
    if (a.step >= fit.components) return;
    for (int t = (int)threadIdx.x; t < trials.components; t += THREADS) candidates[t] = fit.n_rows - 1;
    const struct stretch mine = stretch_of(&a, &fit, sums, &total);
    for (int t = 0; t < trials.components; t++)
        claim(&a, &fit, &mine, a.random[trials.first_component + t] * total, &candidates[t]);
    __syncthreads();
    for (int t = 0; t < trials.components; t++)
        copy_row(&a, &fit, candidates[t], a.trial_means + (size_t)(trials.first_component + t) * a.columns);
}

SHAPE(mixture_draw, mixture_seed_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_fits, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}

/* ---------------------------------------------------------------------------------------------- choose */

/* How far a row would be from its nearest centre, with this trial among them. */
DEVICE double distance_with(const struct mixture_seed_args *a, const struct mixture_fit *trials, int row,
                            int trial)
{
    const double distance = a->squared[trials->first_cell + (size_t)row * trials->components + trial];
    return a->step == 0 ? distance : fmin(distance, a->closest[trials->first_row + row]);
}

KERNEL(mixture_choose, mixture_seed_args)
{
    SHARED double parts[THREADS];
    const struct mixture_fit fit = a.fits[blockIdx.x], trials = a.trials[blockIdx.x];
    const int n_trials = a.step == 0 ? 1 : trials.components, centre = fit.first_component + a.step;
    double least = INFINITY;
    int best = 0;
    if (a.step >= fit.components) return;
    for (int t = 0; t < n_trials; t++) {
        double sum = 0;
        for (int row = (int)threadIdx.x; row < fit.n_rows; row += THREADS)
            sum += distance_with(&a, &trials, row, t);
        sum = mixture_block_sum(sum, parts);
        if (sum < least) {
            least = sum;
            best = t;
        }
    }
    for (int row = (int)threadIdx.x; row < fit.n_rows; row += THREADS)
        a.closest[fit.first_row + row] = distance_with(&a, &trials, row, best);
    const int chosen = a.candidates[trials.first_component + best];
    copy_row(&a, &fit, chosen, a.means + (size_t)centre * a.columns);
    if (threadIdx.x == 0) a.chosen[centre] = chosen;
}

SHAPE(mixture_choose, mixture_seed_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_fits, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}
