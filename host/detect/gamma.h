/* The Gamma distribution with a location: fitted to scores, and asked what few of them pass. The decision
 * threshold of DCASE's baselines is its 0.9 quantile. */
#ifndef GAMMA_H
#define GAMMA_H

#include "core/status.h"

/* (x - location) / scale has the density x^(shape - 1) exp(-x) / Γ(shape). */
struct gamma_distribution {
    double shape, location, scale;
};

/* Maximum likelihood in all three, as scipy.stats.gamma.fit looks for it, with two bounds where that has none:
 * shape >= 1, because below 1 the likelihood grows without end as the location nears the lowest value; and the
 * location at most 100 standard deviations below that value, where the distribution is a normal one in all but
 * name (scores skewed to the left end there). Fewer than 2 values, one not finite, or all alike: ERR_INPUT. */
enum status gamma_fit(const double *x, int n, struct gamma_distribution *fitted) MUST_CHECK;

double gamma_cdf(const struct gamma_distribution *of, double x);
double gamma_quantile(const struct gamma_distribution *of, double q); /* 0 < q < 1 */

#endif
