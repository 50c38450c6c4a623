/* Greedy k-means++ (backend.h: em_seed). A trial's distance to a row is summed in float until it is past the distance
 * to the row's nearest centre so far; where it stays below, it is computed in double. */
#include "backend/cpu_distance.h"
#include "backend/cpu_em.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { ROWS = 128 }; /* that one task takes */

struct seeding {
    struct cpu_em *em;
    int n_trials;
    const int *candidate; /* [trials] rows */
    double *closest;      /* [rows] squared distance to the nearest centre so far */
    double *distance;     /* [trials][rows] the same if a trial became a centre */
    double *potential;    /* [trials] their sum over the rows */
};

/* min(limit, squared distance of two rows) */
static double closer(const struct cpu_em *em, const float *x, const float *y, double limit)
{
    const double error = em->centres.error;
    const float past = (float)(limit * (1 + 2 * error));
    const float rough = em->isa->em->apart(x, y, em->rows.stride, past);
    if (rough > past && rough <= FLT_MAX) return limit;
    return fmin(limit, em->isa->distance->exact(x, y, em->x.columns));
}

static void measure_rows(void *context, int task, int thread)
{
    (void)thread;
    const struct seeding *s = context;
    const struct cpu_em *em = s->em;
    const int rows = em->x.rows, first = task * ROWS, end = rows - first < ROWS ? rows : first + ROWS;
    for (int n = first; n < end; n++)
        for (int t = 0; t < s->n_trials; t++)
            s->distance[(size_t)t * rows + n] =
                closer(em, cpu_rows_at(&em->rows, n), cpu_rows_at(&em->rows, s->candidate[t]), s->closest[n]);
}

static void sum_trial(void *context, int trial, int thread)
{
    (void)thread;
    const struct seeding *s = context;
    const double *distance = s->distance + (size_t)trial * s->em->x.rows;
    double sum = 0;
    for (int n = 0; n < s->em->x.rows; n++) sum += distance[n];
    s->potential[trial] = sum;
}

/* Of the candidates, the one that leaves the least potential. */
static int choose(struct seeding *s, const int *candidate, int n_trials)
{
    const int rows = s->em->x.rows;
    int best = 0;
    s->candidate = candidate;
    s->n_trials = n_trials;
    pool_run(s->em->pool, (rows + ROWS - 1) / ROWS, measure_rows, s);
    pool_run(s->em->pool, n_trials, sum_trial, s);
    for (int t = 1; t < n_trials; t++)
        if (s->potential[t] < s->potential[best]) best = t;
    s->potential[0] = s->potential[best];
    memcpy(s->closest, s->distance + (size_t)best * rows, (size_t)rows * sizeof *s->closest);
    return candidate[best];
}

/* The first row at which the running sum of `closest` reaches `value`. */
static int row_at(const struct seeding *s, double value)
{
    double sum = 0;
    for (int n = 0; n < s->em->x.rows; n++) {
        sum += s->closest[n];
        if (sum >= value) return n;
    }
    return s->em->x.rows - 1;
}

static int first_row(double share, int rows)
{
    const int row = (int)ceil(share * rows) - 1;
    return row < 0 ? 0 : row < rows ? row : rows - 1;
}

static void choose_all(struct seeding *s, const double *random, int trials, int *candidate, int *chosen)
{
    for (int n = 0; n < s->em->x.rows; n++) s->closest[n] = (double)INFINITY;
    candidate[0] = first_row(random[0], s->em->x.rows);
    chosen[0] = choose(s, candidate, 1);
    for (int c = 1; c < s->em->components; c++) {
        const double potential = s->potential[0];
        for (int t = 0; t < trials; t++) candidate[t] = row_at(s, random[(size_t)c * trials + t] * potential);
        chosen[c] = choose(s, candidate, trials);
    }
}

enum status cpu_em_seed(struct em *base, const double *random, int trials, int *chosen)
{
    struct cpu_em *em = (struct cpu_em *)base;
    const size_t rows = (size_t)em->x.rows;
    struct seeding s = { .em = em };
    s.closest = memory_new(rows, sizeof *s.closest);
    s.distance = memory_new(rows * (size_t)trials, sizeof *s.distance);
    s.potential = memory_new((size_t)trials, sizeof *s.potential);
    int *candidate = memory_new((size_t)trials, sizeof *candidate);
    const int is_there = s.closest && s.distance && s.potential && candidate;
    if (is_there) choose_all(&s, random, trials, candidate, chosen);
    memory_free(s.closest);
    memory_free(s.distance);
    memory_free(s.potential);
    memory_free(candidate);
    return is_there ? OK : ERR_MEMORY;
}
