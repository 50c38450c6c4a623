/* The largest eigenvalues of a symmetric matrix and their vectors, in double, on a backend's threads.
 *
 *   matrix → tridiagonal   Householder's reflections (Householder 1958), a panel at a time (Dongarra,
 *                          Hammarling, Sorensen 1989): 4/3 n³ operations, half of them products of matrices
 *   eigenvalues            bisection with Sturm's counts (Givens 1954; Barth, Martin, Wilkinson 1967)
 *   eigenvectors           inverse iteration (Wilkinson 1958), orthogonal to those of close values; then
 *                          all are made so to each other (Schulz 1933; Björck and Bowie 1971)
 *
 * Only what is asked for is computed, n operations times some 50 a value and n² a vector. Vectors of values
 * that agree to rounding span the right space. Errors are some eps times the largest value. The number of
 * threads changes no bit. */
#ifndef EIGEN_H
#define EIGEN_H

#include "backend/backend.h"

struct eigen {
    struct backend *backend; /* borrowed */
    int n;
    double *matrix;   /* [n][n] borrowed; row k from k + 1 on: the vector of the k-th reflection */
    double *scale;    /* [n] H_k = I - scale_k v v' */
    double *diagonal; /* [n] of the tridiagonal matrix */
    double *beside;   /* [n] between i and i + 1; the last one is 0 */
    double bound;     /* no eigenvalue is larger in size */
};

/* Only the lower triangle of `matrix` is read; the matrix is overwritten and must outlive the struct. */
enum status eigen_init(struct eigen *e, struct backend *backend, double *matrix, int n) MUST_CHECK;
void eigen_release(struct eigen *e);

/* values [count]: the largest but `first`, and those that follow. */
void eigen_values(const struct eigen *e, int first, int count, double *values);

/* vectors [count][n], each of length 1, for values [count] from eigen_values, the largest first. The matrix's
 * lower triangle is lost. */
enum status eigen_vectors(const struct eigen *e, const double *values, int count, double *vectors) MUST_CHECK;

#endif
