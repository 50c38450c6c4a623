#include "mixture.h"

#include <math.h>
#include <stddef.h>

int mixture_cholesky_ref(const double *matrix, int n, double *factor)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            const double *row_i = factor + (size_t)i * n, *row_j = factor + (size_t)j * n;
            double rest = matrix[(size_t)i * n + j];
            for (int k = 0; k < j; k++) rest -= row_i[k] * row_j[k];
            if (i == j && !(rest > 0)) return i;
            factor[(size_t)i * n + j] = i == j ? sqrt(rest) : rest / row_j[j];
        }
    return -1;
}

/* ---------------------------------------------------------------------------------------------- E step */

static double log_normal_diagonal(const double *mean, const double *variance, const float *x, int columns)
{
    double sum = columns * MIXTURE_LOG_2_PI;
    for (int j = 0; j < columns; j++) {
        const double distance = (double)x[j] - mean[j];
        sum += log(variance[j]) + distance * distance / variance[j];
    }
    return -sum / 2;
}

/* y = factor⁻¹ (x - mean) by forward substitution; then (x - mean)' C⁻¹ (x - mean) = y'y. */
static double log_normal_full(const double *mean, const double *factor, const float *x, int columns,
                              double *y)
{
    double sum = columns * MIXTURE_LOG_2_PI;
    for (int i = 0; i < columns; i++) {
        const double *row = factor + (size_t)i * columns;
        double rest = (double)x[i] - mean[i];
        for (int j = 0; j < i; j++) rest -= row[j] * y[j];
        y[i] = rest / row[i];
        sum += 2 * log(row[i]) + y[i] * y[i];
    }
    return -sum / 2;
}

static double log_normal(const struct mixture_expect_args *a, int k, const float *x)
{
    const struct mixture *m = a->mixture;
    const size_t columns = (size_t)m->columns;
    const double *mean = m->means + k * columns;
    if (m->covariance == COVARIANCE_DIAGONAL)
        return log_normal_diagonal(mean, m->covariances + k * columns, x, m->columns);
    return log_normal_full(mean, a->factors + k * columns * columns, x, m->columns, a->scratch);
}

/* log of the sum of exp(v), with a running maximum so that nothing overflows. */
static double log_sum_exp(const double *v, int n)
{
    double largest = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++) {
        if (v[i] > largest) {
            sum = sum * exp(largest - v[i]) + 1;
            largest = v[i];
        } else {
            sum += exp(v[i] - largest);
        }
    }
    return largest + log(sum);
}

void mixture_expect_ref(const struct mixture_expect_args *a)
{
    const int components = a->mixture->components;
    for (int n = 0; n < a->rows; n++) {
        const float *x = a->x + (size_t)n * a->mixture->columns;
        double *r = a->responsibilities + (size_t)n * components;
        for (int k = 0; k < components; k++) r[k] = a->log_weights[k] + log_normal(a, k, x);
        a->log_likelihood[n] = log_sum_exp(r, components);
        for (int k = 0; k < components; k++) r[k] = exp(r[k] - a->log_likelihood[n]);
    }
}

/* ---------------------------------------------------------------------------------------------- M step */

static double responsibility(const struct mixture_maximize_args *a, int n, int k)
{
    return a->responsibilities[(size_t)n * a->mixture->components + k];
}

static void set_mean(const struct mixture_maximize_args *a, int k, double count)
{
    const int columns = a->mixture->columns;
    double *mean = a->mixture->means + (size_t)k * columns;
    for (int j = 0; j < columns; j++) {
        double sum = 0;
        for (int n = 0; n < a->rows; n++)
            sum += responsibility(a, n, k) * (double)a->x[(size_t)n * columns + j];
        mean[j] = sum / count;
    }
}

/* Entry (i, j) of the component's covariance, around the new mean. */
static double second_moment(const struct mixture_maximize_args *a, int k, double count, int i, int j)
{
    const int columns = a->mixture->columns;
    const double *mean = a->mixture->means + (size_t)k * columns;
    double sum = 0;
    for (int n = 0; n < a->rows; n++) {
        const float *x = a->x + (size_t)n * columns;
        sum += responsibility(a, n, k) * ((double)x[i] - mean[i]) * ((double)x[j] - mean[j]);
    }
    return sum / count + (i == j ? a->reg_covar : 0);
}

static void set_covariance(const struct mixture_maximize_args *a, int k, double count)
{
    const int columns = a->mixture->columns;
    const int is_full = a->mixture->covariance == COVARIANCE_FULL;
    double *covariance = a->mixture->covariances + (size_t)k * columns * (size_t)(is_full ? columns : 1);
    for (int i = 0; i < columns; i++) {
        if (!is_full) covariance[i] = second_moment(a, k, count, i, i);
        for (int j = 0; is_full && j < columns; j++)
            covariance[(size_t)i * columns + j] = second_moment(a, k, count, i, j);
    }
}

void mixture_maximize_ref(const struct mixture_maximize_args *a)
{
    struct mixture *m = a->mixture;
    double total = 0;
    for (int k = 0; k < m->components; k++) {
        double count = 0;
        for (int n = 0; n < a->rows; n++) count += responsibility(a, n, k);
        count += MIXTURE_TINY_COUNT;
        set_mean(a, k, count);
        set_covariance(a, k, count);
        m->weights[k] = count;
        total += count;
    }
    if (a->total > 0) total = a->total;
    for (int k = 0; k < m->components; k++) m->weights[k] /= total;
}
