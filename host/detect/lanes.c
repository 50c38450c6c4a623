#include "detect/lanes.h"

int lanes_count(const struct matrix *x, int first)
{
    return x->rows - first < LANES ? x->rows - first : LANES;
}

void lanes_centre(const struct matrix *x, int first, const double *mean, double *out)
{
    const int count = lanes_count(x, first);
    for (int l = 0; l < LANES; l++) {
        const float *row = matrix_row(x, first + (l < count ? l : count - 1));
        for (int j = 0; j < x->columns; j++) out[(size_t)j * LANES + l] = (double)row[j] - mean[j];
    }
}

double lanes_dot(const double *a, const double *b, int n)
{
    double sums[LANES] = { 0 };
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int l = 0; l < LANES; l++) sums[l] += a[j + l] * b[j + l];
    for (; j < n; j++) sums[j % LANES] += a[j] * b[j];
    double sum = 0;
    for (int l = 0; l < LANES; l++) sum += sums[l];
    return sum;
}
