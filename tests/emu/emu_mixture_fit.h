/* One fit of a batch by its definition (mixture_ref.c), and how near to it the device must come. */
#ifndef EMU_MIXTURE_FIT_H
#define EMU_MIXTURE_FIT_H

#include "emu_mixture.h"

/* --------------------------------------------------------------------------------------- by definition */

/* One fit, gathered. */
struct fit {
    struct mixture mixture;
    float *x;                                  /* [rows][columns]    */
    double *responsibilities, *log_likelihood; /* [rows][K], [rows]  */
    double *log_weights;                       /* [K]                */
    int rows;
};

static inline struct fit fit_new(const struct mixture_fit *of)
{
    const size_t columns = (size_t)of->columns, k = (size_t)of->components, n = (size_t)of->n_rows;
    struct fit fit = {
        .mixture = { of->components, of->columns, COVARIANCE_DIAGONAL, host_new(k, sizeof(double)),
                     host_new(k * columns, sizeof(double)), host_new(k * columns, sizeof(double)) },
        .x = gathered(of),
        .responsibilities = host_new(n * k, sizeof(double)),
        .log_likelihood = host_new(n, sizeof(double)),
        .log_weights = host_new(k, sizeof(double)),
        .rows = of->n_rows,
    };
    for (size_t i = 0; i < n; i++)
        if (of->labels[i] >= 0) fit.responsibilities[i * k + of->labels[i]] = 1;
    return fit;
}

static inline void fit_free(struct fit *fit)
{
    free(fit->mixture.weights);
    free(fit->mixture.means);
    free(fit->mixture.covariances);
    free(fit->x);
    free(fit->responsibilities);
    free(fit->log_likelihood);
    free(fit->log_weights);
}

static inline void fit_maximize(struct fit *fit, double total)
{
    mixture_maximize_ref(&(struct mixture_maximize_args){ fit->x, fit->rows, fit->responsibilities, reg_covar,
                                                          total, &fit->mixture });
}

static inline void fit_expect(struct fit *fit)
{
    double *scratch = host_new((size_t)fit->mixture.columns, sizeof *scratch);
    for (int k = 0; k < fit->mixture.components; k++) fit->log_weights[k] = log(fit->mixture.weights[k]);
    mixture_expect_ref(&(struct mixture_expect_args){ &fit->mixture, NULL, fit->log_weights, fit->x,
                                                      fit->rows, scratch, fit->responsibilities,
                                                      fit->log_likelihood });
    free(scratch);
}

/* ---------------------------------------------------------------------------------------------- compare */

/* Double sums in another order; responsibilities are floats, 6e-8, and shift means by as much of a deviation. What is
 * dropped, exp(-60) of up to 131 rows of up to 30,020, is seen in components that have died out. */
static inline void assert_parameters(const struct fit *fit, const struct mixture_fit *answer, double rounding)
{
    const int components = answer->components, columns = answer->columns;
    double total = 0;
    for (int k = 0; k < components; k++) total += answer->counts[k];
    for (int k = 0; k < components; k++) {
        const double dropped = rounding < 1e-8 ? 0 : 131 * exp(-60) * 30020 / answer->counts[k];
        assert_near(answer->counts[k] / total, fit->mixture.weights[k], 1e-12 + rounding);
        for (int i = k * columns; i < (k + 1) * columns; i++) {
            const double variance = fit->mixture.covariances[i], mean = fit->mixture.means[i];
            assert_near(answer->means[i], mean, rounding * sqrt(variance) + 1e-15 * fabs(mean) + dropped);
            assert_near(answer->covariances[i], variance, rounding * variance + 30020 * dropped);
        }
    }
}

static inline double entropy_of(const double *r, int n)
{
    double sum = 0;
    for (int k = 0; k < n; k++) sum -= r[k] > 0 ? r[k] * log(r[k]) : 0;
    return sum;
}

/* Log densities of -1e6 in double are good to 1e-9; what is dropped, to e^-60. */
static inline void assert_rows(const struct fit *fit, const struct mixture_fit *answer)
{
    const int components = answer->components;
    double sum = 0, entropies = 0;
    for (int n = 0; n < fit->rows; n++) {
        const double *r = fit->responsibilities + (size_t)n * components;
        const double likelihood = fit->log_likelihood[n], entropy = entropy_of(r, components);
        sum += likelihood;
        entropies += entropy;
        assert_near(answer->log_likelihood[n], likelihood, 1e-9 + 1e-13 * fabs(likelihood));
        assert_near(answer->entropy[n], entropy, 1e-9);
        for (int k = 0; k < components; k++)
            assert_near((double)answer->responsibilities[n * components + k], r[k], 1e-7);
    }
    assert_near(*answer->lower_bound, sum / fit->rows, 1e-9 + 1e-12 * fabs(sum / fit->rows));
    assert_near(*answer->total_entropy, entropies, 1e-7);
}

/* The fit's parameters become those of the device, so that each step is compared by itself. */
static inline void take_parameters(struct fit *fit, const struct mixture_fit *answer, double total)
{
    const size_t n = (size_t)answer->components * answer->columns;
    memcpy(fit->mixture.means, answer->means, n * sizeof(double));
    memcpy(fit->mixture.covariances, answer->covariances, n * sizeof(double));
    for (int k = 0; k < answer->components; k++) fit->mixture.weights[k] = answer->counts[k] / total;
}

#endif
