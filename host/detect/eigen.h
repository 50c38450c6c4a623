/* The largest eigenvalues of a symmetric matrix and their vectors, in double.
 *
 *   matrix → tridiagonal   Householder's reflections (Householder 1958; Golub and Van Loan, Matrix
 *                          Computations, algorithm 8.3.1): 4/3 n³ operations
 *   eigenvalues            bisection with Sturm's counts (Givens 1954; Barth, Martin, Wilkinson 1967)
 *   eigenvectors           inverse iteration (Wilkinson 1958), orthogonal to those that were found before
 *
 * Only what is asked for is computed, n operations times some 50 a value and n² a vector. Vectors of values
 * that agree to rounding span the right space. Errors are some eps times the largest value. */
#ifndef EIGEN_H
#define EIGEN_H

#include "core/status.h"

struct eigen {
    int n;
    double *matrix;   /* [n][n] borrowed; row k from k + 1 on: the vector of the k-th reflection */
    double *scale;    /* [n] H_k = I - scale_k v v' */
    double *diagonal; /* [n] of the tridiagonal matrix */
    double *beside;   /* [n] between i and i + 1; the last one is 0 */
    double bound;     /* no eigenvalue is larger in size */
};

/* Only the lower triangle of `matrix` is read; the matrix is overwritten and must outlive the struct. */
enum status eigen_init(struct eigen *e, double *matrix, int n) MUST_CHECK;
void eigen_release(struct eigen *e);

/* The k-th largest, k = 0, 1, …; `above` is a value that is known not to be smaller (e->bound). */
double eigen_value(const struct eigen *e, int k, double above);

/* vectors [count][n], each of length 1, for values [count] from eigen_value with k = 0 … count - 1. */
enum status eigen_vectors(const struct eigen *e, const double *values, int count, double *vectors) MUST_CHECK;

#endif
