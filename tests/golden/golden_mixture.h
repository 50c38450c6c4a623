/* What the tests of mixtures against scikit-learn's share: Gaussians, held to those of a golden file. */
#ifndef GOLDEN_MIXTURE_H
#define GOLDEN_MIXTURE_H

#include "golden.h"

#include "core/memory.h"
#include "detect/gmm.h"

/* Of element i of the means. */
static inline double standard_deviation(const struct mixture *m, int i)
{
    const int at = m->covariance == COVARIANCE_FULL ? i * m->columns + i % m->columns : i;
    return sqrt(m->covariances[at]);
}

/* Adds the errors of means, in standard deviations, and of covariances, in products of two of them. */
static inline void golden_gaussians(struct store *golden, const char *group, const struct mixture *m,
                                    struct worst *mean, struct worst *covariance)
{
    int n;
    const int columns = m->columns, is_full = m->covariance == COVARIANCE_FULL;
    double *means = golden_doubles(golden, &n, "%s/means", group);
    for (int i = 0; i < n; i++) worst_add(mean, fabs(m->means[i] - means[i]) / standard_deviation(m, i));
    double *covariances = golden_doubles(golden, &n, "%s/covariances", group);
    for (int i = 0; i < n; i++) {
        const int row = is_full ? i / columns : i;
        const int column = is_full ? i / columns / columns * columns + i % columns : i;
        const double scale = standard_deviation(m, row) * standard_deviation(m, column);
        worst_add(covariance, fabs(m->covariances[i] - covariances[i]) / scale);
    }
    memory_free(means);
    memory_free(covariances);
}

#endif
