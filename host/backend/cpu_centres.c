#include "backend/cpu_centres.h"

#include "backend/cpu_em.h"
#include "core/memory.h"

#include <math.h>

/* Bounds the float filter's relative error in a squared distance: a product's roundings, and the worst of 64
 * additions, each half of 2^-23. */
static const double FILTER_ERROR = 1e-5;

enum status cpu_centres_init(struct cpu_centres *c, int count, int columns)
{
    const size_t size = (size_t)count * (size_t)columns;
    c->count = count;
    c->columns = columns;
    c->padded = (count + 7) / 8 * 8;
    TRY(memory_check(c->mean = memory_new(size, sizeof *c->mean)));
    TRY(memory_check(c->precision = memory_new(size, sizeof *c->precision)));
    TRY(memory_check(c->offset = memory_new((size_t)count, sizeof *c->offset)));
    return memory_check(c->panel = memory_new((size_t)c->padded * (size_t)columns, 3 * sizeof *c->panel));
}

void cpu_centres_release(struct cpu_centres *c)
{
    memory_free(c->mean);
    memory_free(c->precision);
    memory_free(c->offset);
    memory_free(c->panel);
    *c = (struct cpu_centres){ 0 };
}

void cpu_centres_set(struct cpu_centres *c, int k, const double *mean, const double *variance, double offset)
{
    float *panel = c->panel + (size_t)(k / 8) * c->columns * 24 + k % 8;
    c->offset[k] = offset;
    for (int j = 0; j < c->columns; j++, panel += 24) {
        const size_t i = (size_t)k * c->columns + j;
        const double precision = variance ? 1 / variance[j] : 1;
        const double scale = (double)(float)sqrt(precision);
        c->mean[i] = mean[j];
        c->precision[i] = precision;
        panel[0] = (float)mean[j];
        panel[8] = (float)scale;
        panel[16] = (float)((mean[j] - (double)panel[0]) * scale);
    }
}

/* What a centre costs at most and at least, as far as the filter can tell. */
static double highest_cost(const struct cpu_centres *c, const double *q, int k)
{
    return c->offset[k] + q[k] / 2 * (1 + FILTER_ERROR);
}

static double lowest_cost(const struct cpu_centres *c, const double *q, int k)
{
    return c->offset[k] + q[k] / 2 * (1 - FILTER_ERROR);
}

int cpu_centres_live(const struct cpu_centres *c, const struct cpu_em_kernels *kernels, const float *x,
                     const double *q, double margin, int *live, double *cost)
{
    double limit = INFINITY;
    int n_live = 0;
    for (int k = 0; k < c->count; k++) limit = fmin(limit, highest_cost(c, q, k));
    for (int k = 0; k < c->count; k++) {
        /* where the filter overflowed, nothing is above the limit and all are computed in double */
        if (lowest_cost(c, q, k) > limit + margin) continue;
        const size_t i = (size_t)k * c->columns;
        live[n_live] = k;
        cost[n_live++] = c->offset[k] + kernels->square(x, c->mean + i, c->precision + i, c->columns) / 2;
    }
    return n_live;
}
