/* From priors and sums to posteriors, and expectations under them; equations of Bishop 2006. */
#include "detect/bgmm.h"
#include "detect/digamma.h"

#include <math.h>

/* N_k */
static double count_of(const struct bgmm_model *model, int k)
{
    return model->gmm.mixture.weights[k] * model->rows;
}

/* ------------------------------------------------------------------------------------------ parameters */

/* (10.62), (10.63), divided by ν_k, of the component whose sums are mean and covariance. */
static void set_covariance(const struct mixture *prior, double count, const double *mean, double *covariance)
{
    const int columns = prior->columns, is_full = prior->covariance == COVARIANCE_FULL;
    for (int i = 0; i < columns; i++)
        for (int j = is_full ? 0 : i; j < (is_full ? columns : i + 1); j++) {
            const size_t at = is_full ? (size_t)i * columns + j : (size_t)i;
            const double between = (mean[i] - prior->means[i]) * (mean[j] - prior->means[j]) / (1 + count);
            covariance[at] =
                (prior->covariances[at] + count * (covariance[at] + between)) / (columns + count);
        }
}

/* (10.61) */
static void set_mean(const struct mixture *prior, double count, double *mean)
{
    for (int j = 0; j < prior->columns; j++) mean[j] = (prior->means[j] + count * mean[j]) / (1 + count);
}

void bgmm_set_posterior(const struct mixture *prior, struct bgmm_model *model)
{
    const struct mixture *m = &model->gmm.mixture;
    const size_t columns = (size_t)m->columns,
                 size = m->covariance == COVARIANCE_FULL ? columns * columns : columns;
    for (int k = 0; k < m->components; k++) {
        set_covariance(prior, count_of(model, k), m->means + k * columns, m->covariances + k * size);
        set_mean(prior, count_of(model, k), m->means + k * columns);
    }
}

/* ---------------------------------------------------------------------------------------- expectations */

void bgmm_sticks(const struct bgmm_model *model, double *out)
{
    double later = 0;
    for (int k = model->gmm.mixture.components - 1; k >= 0; k--) {
        out[k] = model->concentration + later;
        later += count_of(model, k);
    }
}

/* E log w_k = ψ(a_k) - ψ(a_k + b_k) + sum of ψ(b_j) - ψ(a_j + b_j) over j < k (Blei and Jordan 2006, section
 * 3). */
static void process_log_weights(const struct bgmm_model *model, double *out)
{
    double earlier = 0;
    bgmm_sticks(model, out);
    for (int k = 0; k < model->gmm.mixture.components; k++) {
        const double a = 1 + count_of(model, k), b = out[k], both = digamma(a + b);
        out[k] = digamma(a) - both + earlier;
        earlier += digamma(b) - both;
    }
}

/* (10.66) */
static void distribution_log_weights(const struct bgmm_model *model, double *out)
{
    const int components = model->gmm.mixture.components;
    double total = 0;
    for (int k = 0; k < components; k++) total += model->concentration + count_of(model, k);
    for (int k = 0; k < components; k++)
        out[k] = digamma(model->concentration + count_of(model, k)) - digamma(total);
}

void bgmm_log_weights(const struct bgmm_model *model, double *out)
{
    const int columns = model->gmm.mixture.columns;
    if (model->prior == BGMM_PROCESS)
        process_log_weights(model, out);
    else
        distribution_log_weights(model, out);
    for (int k = 0; k < model->gmm.mixture.components; k++) { /* (10.64), (10.65) */
        const double count = count_of(model, k), freedom = columns + count;
        double expected = columns * (log(2 / freedom) - 1 / (1 + count));
        for (int j = 0; j < columns; j++) expected += digamma((freedom - j) / 2);
        out[k] += expected / 2;
    }
}

/* ----------------------------------------------------------------------------------------- lower bound */

/* - log B of (B.79) without its powers of π; W = (νC)⁻¹. */
static double log_wishart(double freedom, int columns, double log_determinant)
{
    double sum = freedom / 2 * (columns * log(2 / freedom) - log_determinant);
    for (int j = 0; j < columns; j++) sum += log_gamma((freedom - j) / 2);
    return sum;
}

/* Logs of the Betas' normalising constants. */
static double log_process(const struct bgmm_model *model)
{
    double later = 0, sum = 0;
    for (int k = model->gmm.mixture.components - 1; k >= 0; k--) {
        const double a = 1 + count_of(model, k), b = model->concentration + later;
        sum += log_gamma(a) + log_gamma(b) - log_gamma(a + b);
        later += count_of(model, k);
    }
    return sum;
}

/* - log C of (B.23). */
static double log_distribution(const struct bgmm_model *model)
{
    double total = 0, sum = 0;
    for (int k = 0; k < model->gmm.mixture.components; k++) {
        const double concentration = model->concentration + count_of(model, k);
        total += concentration;
        sum += log_gamma(concentration);
    }
    return sum - log_gamma(total);
}

double bgmm_log_norms(const struct bgmm_model *model, const double *log_determinants)
{
    const int columns = model->gmm.mixture.columns;
    double sum = model->prior == BGMM_PROCESS ? log_process(model) : log_distribution(model);
    for (int k = 0; k < model->gmm.mixture.components; k++) {
        const double count = count_of(model, k);
        sum += log_wishart(columns + count, columns, log_determinants[k]) - columns * log(1 + count) / 2;
    }
    return sum;
}
