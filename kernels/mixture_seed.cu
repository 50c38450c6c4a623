/* A block a fit. */
#include "mixture_find.h"
#include "mixture_seed.h"

enum { THREADS = 256 };

/* A fit that still lacks a centre: rows and trials of its batch of trials, and its own. */
struct seeding {
    const struct mixture_fit *trials;
    const struct mixture_seed *seed;
    int step;
};

DEVICE struct seeding seeding_of(const struct mixture_seed_args *a)
{
    const struct seeding seeding = { &a->trials[blockIdx.x], &a->seeds[blockIdx.x], a->step };
    return seeding;
}

/* ------------------------------------------------------------------------------------------------ draw */

/* The rows of this thread, one after the other, and the running sum before them. */
struct stretch {
    int first, end;
    double before, after;
};

DEVICE double share_of(const struct seeding *s, int row)
{
    return s->step == 0 ? 1 : s->seed->closest[row];
}

/* Every thread adds the stretches up in the same order, so that one's end is the next one's beginning. */
DEVICE struct stretch stretch_of(const struct seeding *s, double *sums, double *total)
{
    const int n_rows = s->trials->n_rows;
    const int length = (n_rows + THREADS - 1) / THREADS, first = (int)threadIdx.x * length;
    const int end = first + length < n_rows ? first + length : n_rows;
    struct stretch mine = { first, end, 0, 0 };
    double sum = 0;
    for (int row = first; row < end; row++) sum += share_of(s, row);
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
DEVICE void claim(const struct seeding *s, const struct stretch *mine, double value, int *candidate)
{
    double sum = mine->before;
    if (mine->first >= mine->end || value > mine->after || (mine->first > 0 && value <= mine->before)) return;
    for (int row = mine->first; row < mine->end; row++) {
        sum += share_of(s, row);
        *candidate = row;
        if (sum >= value) return;
    }
}

/* A row becomes the centre of a trial. */
DEVICE void copy_row(const struct mixture_fit *trials, int row, int trial)
{
    const float *stored = mixture_stored(trials, row);
    double *mean = trials->means + (size_t)trial * trials->columns;
    for (int column = (int)threadIdx.x; column < trials->columns; column += THREADS)
        mean[column] = (double)mixture_value(trials, stored, column);
}

KERNEL(mixture_draw, mixture_seed_args)
{
    SHARED double sums[THREADS];
    const struct seeding s = seeding_of(&a);
    const int n_trials = s.trials->components;
    const double *random = s.seed->random + (size_t)s.step * n_trials;
    int *candidates = s.seed->candidates;
    double total;
    if (s.step >= s.seed->components) return;
    for (int t = (int)threadIdx.x; t < n_trials; t += THREADS) candidates[t] = s.trials->n_rows - 1;
    const struct stretch mine = stretch_of(&s, sums, &total);
    for (int t = 0; t < n_trials; t++) claim(&s, &mine, random[t] * total, &candidates[t]);
    __syncthreads();
    for (int t = 0; t < n_trials; t++) copy_row(s.trials, candidates[t], t);
}

SHAPE(mixture_draw, mixture_seed_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_fits, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}

/* ---------------------------------------------------------------------------------------------- choose */

/* How far a row would be from its nearest centre, with this trial among them. */
DEVICE double distance_with(const struct seeding *s, int row, int trial)
{
    const double distance = s->trials->squared[(size_t)row * s->trials->components + trial];
    return s->step == 0 ? distance : fmin(distance, s->seed->closest[row]);
}

KERNEL(mixture_choose, mixture_seed_args)
{
    SHARED double parts[THREADS];
    const struct seeding s = seeding_of(&a);
    const int n_trials = s.step == 0 ? 1 : s.trials->components, n_rows = s.trials->n_rows;
    double least = INFINITY;
    int best = 0;
    if (s.step >= s.seed->components) return;
    for (int t = 0; t < n_trials; t++) {
        double sum = 0;
        for (int row = (int)threadIdx.x; row < n_rows; row += THREADS) sum += distance_with(&s, row, t);
        sum = mixture_block_sum(sum, parts);
        if (sum < least) {
            least = sum;
            best = t;
        }
    }
    for (int row = (int)threadIdx.x; row < n_rows; row += THREADS)
        s.seed->closest[row] = distance_with(&s, row, best);
    if (threadIdx.x == 0) s.seed->chosen[s.step] = s.seed->candidates[best];
}

SHAPE(mixture_choose, mixture_seed_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_fits, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}
