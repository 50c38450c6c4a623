/* The numbers that challenges make of decisions and of AUCs. A number that is not defined is NaN, and so is
 * every mean of it: a mean over what happens to be defined would compare unlike things. */
#ifndef RATES_H
#define RATES_H

/* Of decisions (1: called abnormal); 0 where nothing was to be found or called, as DCASE's evaluators have
 * it. */
struct rates {
    double precision, recall, f1;
};
struct rates rates_of(const int *is_called, const int *is_abnormal, int n);

/* NaN of none. Values below the machine's epsilon count as that in the harmonic mean, as DCASE's evaluators
 * have it. */
double arithmetic_mean(const double *values, int n);
double harmonic_mean(const double *values, int n);

#endif
