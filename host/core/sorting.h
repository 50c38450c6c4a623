/* Numbers in ascending order. None of them is NaN. */
#ifndef SORTING_H
#define SORTING_H

void sorting_sort(double *values, int n);

/* Of values [n] that are sorted, n ≥ 1: the middle one, or the mean of the middle two, as numpy has it. */
double sorting_median(const double *sorted, int n);

#endif
