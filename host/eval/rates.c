#include "eval/rates.h"

#include <float.h>
#include <math.h>

static double share(double part, double whole)
{
    return part / fmax(whole, DBL_EPSILON);
}

struct rates rates_of(const int *is_called, const int *is_abnormal, int n)
{
    int n_called = 0, n_abnormal = 0, n_found = 0;
    for (int i = 0; i < n; i++) {
        n_called += is_called[i];
        n_abnormal += is_abnormal[i];
        n_found += is_called[i] && is_abnormal[i];
    }
    const double precision = share(n_found, n_called), recall = share(n_found, n_abnormal);
    return (struct rates){ precision, recall, share(2 * precision * recall, precision + recall) };
}

double arithmetic_mean(const double *values, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i];
    return n > 0 ? sum / n : (double)NAN;
}

double harmonic_mean(const double *values, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i] < DBL_EPSILON ? 1 / DBL_EPSILON : 1 / values[i];
    return n > 0 ? n / sum : (double)NAN;
}
