/* c[i][j] = sum over k of a(i, k) * b(k, j), added to what stands in c where `adds` is set.
 *
 * Both factors have a stride for each direction, so that a transposed factor is the same array with its
 * strides exchanged. */
#ifndef GEMM_H
#define GEMM_H

#include <stddef.h>

struct gemm_args {
    int m, n, k;
    const float *a; /* in  a(i, k) = a[i * a_row + k * a_column] */
    const float *b; /* in  b(k, j) = b[k * b_row + j * b_column] */
    float *c;       /* out [m][n], rows c_row apart                */
    size_t a_row, a_column, b_row, b_column, c_row;
    int adds;
};

void gemm_ref(const struct gemm_args *args); /* sums in double */

/* The same in double. */
struct gemm_double_args {
    int m, n, k;
    const double *a, *b; /* in  */
    double *c;           /* out */
    size_t a_row, a_column, b_row, b_column, c_row;
    int adds;
};

void gemm_double_ref(const struct gemm_double_args *args);

#endif
