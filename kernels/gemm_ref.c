#include "gemm.h"

static double sum_of(const struct gemm_args *args, size_t i, size_t j)
{
    double sum = args->adds ? (double)args->c[i * args->c_row + j] : 0;
    const float *a = args->a + i * args->a_row, *b = args->b + j * args->b_column;
    for (size_t k = 0; k < (size_t)args->k; k++)
        sum += (double)a[k * args->a_column] * (double)b[k * args->b_row];
    return sum;
}

void gemm_ref(const struct gemm_args *args)
{
    for (size_t i = 0; i < (size_t)args->m; i++)
        for (size_t j = 0; j < (size_t)args->n; j++) args->c[i * args->c_row + j] = (float)sum_of(args, i, j);
}

void gemm_double_ref(const struct gemm_double_args *args)
{
    for (size_t i = 0; i < (size_t)args->m; i++)
        for (size_t j = 0; j < (size_t)args->n; j++) {
            const double *a = args->a + i * args->a_row, *b = args->b + j * args->b_column;
            double sum = args->adds ? args->c[i * args->c_row + j] : 0;
            for (size_t k = 0; k < (size_t)args->k; k++) sum += a[k * args->a_column] * b[k * args->b_row];
            args->c[i * args->c_row + j] = sum;
        }
}
