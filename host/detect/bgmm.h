/* Variational inference of Gaussian mixtures (Bishop 2006, section 10.2; Blei and Jordan 2006 for the
 * Dirichlet process) with scikit-learn's names and semantics (BayesianGaussianMixture); the defaults are the
 * paper's. Components that the data do not need keep next to no weight.
 *
 * An M step's sums N_k, x_k and S_k (kernels/mixture.h: counts, means, covariances) turn the priors into the
 * posterior; D columns, m0 and C0 the mean and the covariance of all training rows:
 *
 *   mean       N(m_k, C/β_k)  β_k = 1 + N_k,  m_k = (m0 + N_k x_k) / β_k
 *   precision  Wishart        ν_k = D + N_k,  C_k = (C0 + N_k S_k + N_k/β_k (x_k - m0)(x_k - m0)') / ν_k
 *   weights    process        w_k = v_k · product of 1 - v_j over j < k,
 *                             v_k ~ Beta(1 + N_k, γ + sum of N_j over j > k)
 *              distribution   w ~ Dirichlet(γ + N_k) */
#ifndef BGMM_H
#define BGMM_H

#include "detect/gmm.h"

enum bgmm_prior { BGMM_PROCESS, BGMM_DISTRIBUTION };

struct bgmm_settings {
    struct gmm_settings gmm; /* first: see gmm_options.h */
    int prior;               /* enum bgmm_prior */
    double concentration;    /* γ; 0: 1 / components */
};

/* What the posterior is made from; all else follows from N_k. The mixture holds N_k / rows as weights, m_k and
 * C_k; its lower bound is that of all rows together, and of these parameters. */
struct bgmm_model {
    struct gmm_model gmm;
    enum bgmm_prior prior;
    double concentration; /* γ */
    int rows;             /* that it was learned from */
};

enum status bgmm_save(const void *model, struct store *store, const char *name) MUST_CHECK;
enum status bgmm_load(void *model, struct store *store, const char *name) MUST_CHECK;

/* m0 and C0 of the rows of such a fit as a mixture of one component, into a zeroed struct; gmm_model_release. */
enum status bgmm_prior_init(struct backend *backend, const struct em_spec *of,
                            struct gmm_model *prior) MUST_CHECK;

/* Iterates from the M step's sums that the model's mixture holds (em_start) until the lower bound changes by
 * less than tol, at most max_iter times; the posterior comes out. */
enum status bgmm_iterate(struct em *em, const struct mixture *prior, double tol, int max_iter,
                         struct bgmm_model *model) MUST_CHECK;

/* ------------------------------------------------------------------------------------ bgmm_posterior.c */

/* The mixture's sums become the posterior's parameters. */
void bgmm_set_posterior(const struct mixture *prior, struct bgmm_model *model);

/* The second parameters of the process' Betas, γ + sum of N_j over j > k, into out [K]. */
void bgmm_sticks(const struct bgmm_model *model, double *out);

/* What stands beside log N(x; m_k, C_k) in the expected log of weight times density, into out [K]:
 *   E log w_k + (sum of ψ((ν_k - j)/2) over 0 ≤ j < D + D log 2 - D log ν_k - D/β_k) / 2 */
void bgmm_log_weights(const struct bgmm_model *model, double *out);

/* The lower bound less the entropy of the responsibilities and less what never changes, as scikit-learn
 * counts it; log_determinants [K] of the covariances. */
double bgmm_log_norms(const struct bgmm_model *model, const double *log_determinants);

#endif
