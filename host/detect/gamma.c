#include "detect/gamma.h"

#include "detect/digamma.h"

#include <float.h>
#include <math.h>

/* ----------------------------------------------------------------------------------- the distribution */

/* x^a exp(-x) / Γ(a + 1) */
static double front(double a, double x)
{
    return exp(a * log(x) - x - log_gamma(a + 1));
}

/* Abramowitz and Stegun 1964, 6.5.29 */
static double lower_by_series(double a, double x)
{
    double term = 1, sum = 1;
    for (double n = a + 1; term > sum * DBL_EPSILON / 4; n++) {
        term *= x / n;
        sum += term;
    }
    return front(a, x) * sum;
}

/* The continued fraction of the even part of 6.5.31, from the front by Lentz's method (1976). */
static double upper_by_fraction(double a, double x)
{
    double b = x + 1 - a, c = HUGE_VAL, d = 1 / b, fraction = d, change = 0;
    for (int i = 1; fabs(change - 1) > DBL_EPSILON && i < 100000; i++) {
        const double numerator = -i * (i - a);
        b += 2;
        d = 1 / (b + numerator * d);
        c = b + numerator / c;
        change = c * d;
        fraction *= change;
    }
    return front(a, x) * a * fraction;
}

/* P(a, x), the regularised lower incomplete gamma function; each way converges fast on its side. */
static double regularised(double a, double x)
{
    if (x <= 0) return 0;
    return x < a + 1 ? lower_by_series(a, x) : 1 - upper_by_fraction(a, x);
}

double gamma_cdf(const struct gamma_distribution *of, double x)
{
    return regularised(of->shape, (x - of->location) / of->scale);
}

double gamma_quantile(const struct gamma_distribution *of, double q)
{
    double low = 0, high = of->shape + 1;
    while (regularised(of->shape, high) < q) high *= 2;
    for (double middle = high / 2; middle > low && middle < high; middle = low + (high - low) / 2) {
        if (regularised(of->shape, middle) < q)
            low = middle;
        else
            high = middle;
    }
    return of->location + of->scale * high;
}

/* --------------------------------------------------------------------------------------------- fitting */

struct sample {
    const double *x; /* [n] */
    int n;
    double mean, deviation, lowest;
};

static enum status sample_init(struct sample *sample, const double *x, int n)
{
    REQUIRE(n >= 2, ERR_INPUT, "%d scores are too few to fit a Gamma distribution to; at least 2 are needed",
            n);
    *sample = (struct sample){ .x = x, .n = n, .lowest = x[0] };
    for (int i = 0; i < n; i++) {
        REQUIRE(isfinite(x[i]), ERR_INPUT, "score %d of %d is %g; only finite scores have a distribution",
                i + 1, n, x[i]);
        sample->mean += x[i] / n;
        sample->lowest = fmin(sample->lowest, x[i]);
    }
    for (int i = 0; i < n; i++) sample->deviation += (x[i] - sample->mean) * (x[i] - sample->mean) / n;
    sample->deviation = sqrt(sample->deviation);
    REQUIRE(sample->deviation > 1e-13 * fabs(sample->mean), ERR_INPUT,
            "all %d scores are %g; they have no spread to fit a Gamma distribution to", n, x[0]);
    return OK;
}

/* The shape a >= 1 with log a - ψ(a) = skew, where the likelihood has no slope; the left side falls with a,
 * and lies between 1 / 2a and 1 / a. */
static double best_shape(double skew)
{
    double low = 1, high = fmax(1, 1 / skew);
    for (double middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
        if (log(middle) - digamma(middle) > skew)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The best shape and scale for the location that lies exp(log_distance) deviations below the lowest value;
 * returns the mean log likelihood. */
static double fit_at(const struct sample *sample, double log_distance, struct gamma_distribution *fitted)
{
    const double distance = sample->deviation * exp(log_distance);
    const double mean = sample->mean - sample->lowest + distance;
    double skew = 0; /* log of the mean less mean of the logs */
    for (int i = 0; i < sample->n; i++)
        skew -= log((sample->x[i] - sample->lowest + distance) / mean) / sample->n;
    const double a = best_shape(skew);
    *fitted = (struct gamma_distribution){ a, sample->lowest - distance, mean / a };
    return a * log(a) - a - log_gamma(a) - (a - 1) * skew - log(mean);
}

/* Narrows down the best of low … high by golden sections (Kiefer 1953). */
static void climb(const struct sample *sample, double low, double high, struct gamma_distribution *fitted)
{
    const double section = (sqrt(5.0) - 1) / 2;
    while (high - low > 1e-9) {
        const double left = high - section * (high - low), right = low + section * (high - low);
        if (fit_at(sample, left, fitted) < fit_at(sample, right, fitted))
            low = left;
        else
            high = right;
    }
    fit_at(sample, (low + high) / 2, fitted);
}

enum status gamma_fit(const double *x, int n, struct gamma_distribution *fitted)
{
    enum { STEPS = 120 };
    const double nearest = log(1e-8), step = (log(100) - nearest) / STEPS;
    struct sample sample;
    TRY(sample_init(&sample, x, n));
    int best = 0;
    double highest = -HUGE_VAL;
    for (int i = 0; i <= STEPS; i++) {
        const double likelihood = fit_at(&sample, nearest + i * step, fitted);
        if (likelihood <= highest) continue;
        highest = likelihood;
        best = i;
    }
    climb(&sample, nearest + (best > 0 ? best - 1 : 0) * step,
          nearest + (best < STEPS ? best + 1 : STEPS) * step, fitted);
    return OK;
}
