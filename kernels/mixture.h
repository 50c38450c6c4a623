/* A mixture of K Gaussians over D columns, and one iteration of expectation-maximisation (Dempster et al.
 * 1977), with scikit-learn's GaussianMixture semantics:
 *
 *   log p(x) = log sum over k of w_k N(x; m_k, C_k)
 *   E step   r_nk = w_k N(x_n; m_k, C_k) / p(x_n);  lower bound = mean over n of log p(x_n)
 *   M step   N_k = sum r_nk + 10 eps;  m_k = sum r_nk x_n / N_k;  w_k = N_k / sum N_k
 *            C_k = sum r_nk (x_n - m_k)(x_n - m_k)' / N_k + reg_covar I
 *            (only the diagonal of C_k, where covariance is diagonal)
 *
 * Distances are taken in the centred form (x - m)² / v, never as x² - 2xm + m²: in float the expanded form is
 * garbage where reg_covar (1e-6) meets dead columns. Parameters are double; the rows are float. */
#ifndef MIXTURE_H
#define MIXTURE_H

#include <float.h>

enum covariance { COVARIANCE_DIAGONAL, COVARIANCE_FULL };

struct mixture {
    int components, columns;
    enum covariance covariance;
    double *weights;     /* [K]    sum to 1 after any iteration; see mixture_maximize_args.total */
    double *means;       /* [K][D]                                            */
    double *covariances; /* [K][D] diagonal, or [K][D][D] full                */
};

/* What scikit-learn adds to every N_k, so that an empty component has mean 0 and variance reg_covar. */
#define MIXTURE_TINY_COUNT (10 * DBL_EPSILON)
#define MIXTURE_LOG_2_PI   1.8378770664093454836

/* matrix = factor · factor', both [n][n]; only the lower triangle is read and written. The row at which the
 * matrix is not positive definite (its factor is unfinished), or -1. */
int mixture_cholesky_ref(const double *matrix, int n, double *factor);

struct mixture_expect_args {
    const struct mixture *mixture; /* in                                                            */
    const double *factors;         /* in  [K][D][D] Cholesky factors of full covariances; else NULL */
    const double *log_weights;     /* in  [K] log w_k, or what a variational method puts in its place */
    const float *x;                /* in  [rows][D]                                                 */
    int rows;
    double *scratch;          /*     [D]       */
    double *responsibilities; /* out [rows][K] */
    double *log_likelihood;   /* out [rows]    */
};
void mixture_expect_ref(const struct mixture_expect_args *a);

struct mixture_maximize_args {
    const float *x; /* in  [rows][D] */
    int rows;
    const double *responsibilities; /* in  [rows][K] */
    double reg_covar;
    double total; /* weights are N_k / total; 0: the sum of all N_k. The start of scikit-learn divides by the
                   * number of rows, also where some rows belong to no component. */
    struct mixture *mixture; /* out */
};
void mixture_maximize_ref(const struct mixture_maximize_args *a);

#endif
