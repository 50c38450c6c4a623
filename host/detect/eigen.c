#include "detect/eigen_internal.h"

#include "core/memory.h"
#include "detect/lanes.h"

#include <float.h>
#include <math.h>

/* Gershgorin's bound. */
static double bound_of(const struct eigen *e)
{
    double bound = 0;
    for (int i = 0; i < e->n; i++)
        bound = fmax(bound, fabs(e->diagonal[i]) + fabs(e->beside[i]) + (i ? fabs(e->beside[i - 1]) : 0));
    return bound;
}

enum status eigen_init(struct eigen *e, struct backend *backend, double *matrix, int n)
{
    *e = (struct eigen){ .backend = backend, .n = n, .matrix = matrix };
    TRY(memory_check(e->scale = memory_new((size_t)n, sizeof *e->scale)));
    TRY(memory_check(e->diagonal = memory_new((size_t)n, sizeof *e->diagonal)));
    TRY(memory_check(e->beside = memory_new((size_t)n, sizeof *e->beside)));
    TRY(eigen_reduce(e));
    e->bound = bound_of(e);
    return OK;
}

void eigen_release(struct eigen *e)
{
    memory_free(e->scale);
    memory_free(e->diagonal);
    memory_free(e->beside);
    *e = (struct eigen){ 0 };
}

enum status eigen_vectors(const struct eigen *e, const double *values, int count, double *vectors)
{
    TRY(eigen_iterate(e, values, count, vectors));
    return eigen_restore(e, count, vectors);
}

double eigen_smallest(const struct eigen *e)
{
    return fmax(DBL_EPSILON * e->bound, 1e-100);
}

int eigen_share(const struct eigen *e, int count)
{
    enum { LEAST = 16, MOST = 192 };
    const int n_tasks = 2 * e->backend->ops->threads(e->backend), share = (count + n_tasks - 1) / n_tasks;
    return share < LEAST ? LEAST : share > MOST ? MOST : share;
}

void eigen_add_scaled(double *to, double factor, const double *from, int n)
{
    for (int j = 0; j < n; j++) to[j] += factor * from[j];
}

/* ---------------------------------------------------------------------------------------------- values */

struct search {
    const struct eigen *e;
    int first, count;
    double *values;
};

/* How many eigenvalues are above x: the positive pivots of T - x I (Sylvester's law of inertia). */
static void count_above(const struct eigen *e, const double x[LANES], double n_above[LANES])
{
    const double tiny = DBL_EPSILON * eigen_smallest(e);
    double pivot[LANES];
    for (int l = 0; l < LANES; l++) {
        pivot[l] = 1;
        n_above[l] = 0;
    }
    for (int i = 0; i < e->n; i++) {
        const double beside = i ? e->beside[i - 1] : 0, square = beside * beside;
        for (int l = 0; l < LANES; l++) {
            const double next = e->diagonal[i] - x[l] - square / pivot[l];
            pivot[l] = fabs(next) < tiny ? -tiny : next;
            n_above[l] += pivot[l] > 0 ? 1 : 0;
        }
    }
}

/* LANES values side by side: a division waits for the one before. */
static void search_lanes(void *context, int task, int thread)
{
    (void)thread;
    const struct search *s = context;
    const double smallest = eigen_smallest(s->e), end = s->e->bound + smallest;
    double low[LANES], high[LANES], middle[LANES], n_above[LANES];
    for (int l = 0; l < LANES; l++) {
        low[l] = -end;
        high[l] = end;
    }
    for (double width = 2 * end; width > 2 * smallest; width /= 2) { /* so there are numbers between them */
        for (int l = 0; l < LANES; l++) middle[l] = low[l] + (high[l] - low[l]) / 2;
        count_above(s->e, middle, n_above);
        for (int l = 0; l < LANES; l++)
            *(n_above[l] > s->first + task * LANES + l ? &low[l] : &high[l]) = middle[l];
    }
    for (int l = 0; l < LANES && task * LANES + l < s->count; l++)
        s->values[task * LANES + l] = low[l] + (high[l] - low[l]) / 2;
}

void eigen_values(const struct eigen *e, int first, int count, double *values)
{
    struct search search = { e, first, count, values };
    e->backend->ops->share(e->backend, (count + LANES - 1) / LANES, search_lanes, &search);
}
