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
    int *candidate;   /* [trials] rows */
    double *closest;  /* [rows] squared distance to the nearest centre so far */
    double *distance; /* [trials][rows] the same if a trial became a centre */
    double *part;     /* [tasks][trials] their sum over a task's rows */
    double potential; /* the sum over all rows for the trial that was chosen */
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
    double *part = s->part + (size_t)task * s->n_trials;
    for (int t = 0; t < s->n_trials; t++) part[t] = 0;
    for (int n = first; n < end; n++)
        for (int t = 0; t < s->n_trials; t++) {
            const float *y = cpu_rows_at(&em->rows, s->candidate[t]);
            const double distance = closer(em, cpu_rows_at(&em->rows, n), y, s->closest[n]);
            s->distance[(size_t)t * rows + n] = distance;
            part[t] += distance;
        }
}

static double potential_of(const struct seeding *s, int trial, int tasks)
{
    double sum = 0;
    for (int i = 0; i < tasks; i++) sum += s->part[(size_t)i * s->n_trials + trial];
    return sum;
}

/* Of the candidates, the one that leaves the least potential. */
static int choose(struct seeding *s, int n_trials)
{
    const int rows = s->em->x.rows, tasks = (rows + ROWS - 1) / ROWS;
    int best = 0;
    s->n_trials = n_trials;
    pool_run(s->em->pool, tasks, measure_rows, s);
    s->potential = potential_of(s, 0, tasks);
    for (int t = 1; t < n_trials; t++) {
        const double potential = potential_of(s, t, tasks);
        if (potential >= s->potential) continue;
        s->potential = potential;
        best = t;
    }
    memcpy(s->closest, s->distance + (size_t)best * rows, (size_t)rows * sizeof *s->closest);
    return s->candidate[best];
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

static void choose_all(struct seeding *s, const double *random, int trials, int *chosen)
{
    for (int n = 0; n < s->em->x.rows; n++) s->closest[n] = (double)INFINITY;
    s->candidate[0] = first_row(random[0], s->em->x.rows);
    chosen[0] = choose(s, 1);
    for (int c = 1; c < s->em->components; c++) {
        const double *shares = random + (size_t)c * trials;
        for (int t = 0; t < trials; t++) s->candidate[t] = row_at(s, shares[t] * s->potential);
        chosen[c] = choose(s, trials);
    }
}

enum status cpu_em_seed(struct em *base, const double *random, int trials, int *chosen)
{
    struct cpu_em *em = (struct cpu_em *)base;
    const size_t rows = (size_t)em->x.rows, n = (size_t)trials;
    struct seeding s = { .em = em };
    s.closest = memory_new(rows, sizeof *s.closest);
    s.distance = memory_new(rows * n, sizeof *s.distance);
    s.part = memory_new((rows + ROWS - 1) / ROWS * n, sizeof *s.part);
    s.candidate = memory_new(n, sizeof *s.candidate);
    const int is_there = s.closest && s.distance && s.part && s.candidate;
    if (is_there) choose_all(&s, random, trials, chosen);
    memory_free(s.closest);
    memory_free(s.distance);
    memory_free(s.part);
    memory_free(s.candidate);
    return is_there ? OK : ERR_MEMORY;
}
