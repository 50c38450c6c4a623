/* Centres with a scale for each column, as the float filter reads them and in double. */
#ifndef CPU_CENTRES_H
#define CPU_CENTRES_H

#include "core/status.h"

struct cpu_em_kernels;

struct cpu_centres {
    int count, columns, padded; /* K, D, K rounded up to 8 */
    double *mean, *precision;   /* [K][D] */
    double *offset;             /* [K] what a centre costs at distance 0, in nats */
    float *panel;               /* [padded / 8][D][hi, s, lo][8]: mean = hi + lo / s, s = sqrt(precision) */
};

enum status cpu_centres_init(struct cpu_centres *centres, int count, int columns) MUST_CHECK;
void cpu_centres_release(struct cpu_centres *centres);

/* variance [columns]; NULL: 1 everywhere. */
void cpu_centres_set(struct cpu_centres *centres, int k, const double *mean, const double *variance,
                     double offset);

/* The centres that may be within `margin` nats of row x's cheapest, in rising order, and their costs
 * offset + squared distance / 2 in double; how many. q [padded]: the filter's squared distances of x. */
int cpu_centres_live(const struct cpu_centres *centres, const struct cpu_em_kernels *kernels, const float *x,
                     const double *q, double margin, int *live, double *cost);

#endif
