/* Gaussian mixtures with scikit-learn's names and semantics (GaussianMixture); the defaults are the paper's.
 * What an iteration is stands in kernels/mixture.h. */
#ifndef GMM_H
#define GMM_H

#include "detect/detector.h"

enum gmm_init { GMM_KMEANS, GMM_PLUSPLUS, GMM_RANDOM, GMM_RANDOM_FROM_DATA };

struct gmm_settings {
    int components;
    int covariance; /* enum covariance */
    double tol, reg_covar;
    int max_iter, n_init;
    int init; /* enum gmm_init */
    int seed;
};

struct gmm_model {
    struct mixture mixture;
    double lower_bound; /* of the last E step, which came before the last M step */
    int iterations, converged;
};

enum status gmm_model_init(struct gmm_model *model, int components, int columns,
                           enum covariance covariance) MUST_CHECK;
void gmm_model_release(struct gmm_model *model);

enum status gmm_describe(const void *model, struct attributes *told) MUST_CHECK;
enum status gmm_save(const void *model, struct store *store, const char *name) MUST_CHECK;
enum status gmm_load(void *model, struct store *store, const char *name) MUST_CHECK;

/* detector_is_gathered: those with diagonal covariances; of settings that begin with a struct gmm_settings, as gmm_check's. */
int gmm_is_gathered(const void *settings);

/* What a fit asks first: as many rows as components, and two. */
enum status gmm_check(const void *settings, int rows, int columns) MUST_CHECK;

/* Start number 0, 1, … of these settings into `mixture`, as em_start leaves it; each draws its own random
 * numbers. */
enum status gmm_start(struct backend *backend, struct em *em, const struct gmm_settings *settings,
                      const struct matrix *x, int number, struct mixture *mixture) MUST_CHECK;

/* Iterates from the mixture that the model holds until the lower bound changes by less than tol, at most
 * max_iter times. */
enum status gmm_iterate(struct em *em, double tol, int max_iter, struct gmm_model *model) MUST_CHECK;

#endif
