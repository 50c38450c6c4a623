/* The parts of eigen.h. */
#ifndef EIGEN_INTERNAL_H
#define EIGEN_INTERNAL_H

#include "detect/eigen.h"

static inline double *eigen_row(const struct eigen *e, int i)
{
    return e->matrix + (size_t)i * e->n;
}

/* What counts as 0 in the tridiagonal matrix; squares of its inverse are still numbers. */
double eigen_smallest(const struct eigen *e);

/* Of `count` vectors, how many one task takes; it changes no number. */
int eigen_share(const struct eigen *e, int count);

/* to += factor * from */
void eigen_add_scaled(double *to, double factor, const double *from, int n);

/* The matrix becomes tridiagonal: fills scale, diagonal and beside. */
enum status eigen_reduce(const struct eigen *e) MUST_CHECK;

/* vectors [count][n] of the tridiagonal matrix. */
enum status eigen_iterate(const struct eigen *e, const double *values, int count, double *vectors) MUST_CHECK;

/* From the tridiagonal matrix's vectors to the given matrix's. */
enum status eigen_restore(const struct eigen *e, int count, double *vectors) MUST_CHECK;

#endif
