/* Sums over columns in double, several side by side, so that a plain compiler makes vector instructions of
 * them; always in the same order. */
#ifndef LANES_H
#define LANES_H

#include "core/matrix.h"

enum { LANES = 8 };

/* Rows first … first + LANES - 1 of x less the mean [columns], side by side: out [columns][LANES]. Where x
 * ends before, its last row is repeated. */
void lanes_centre(const struct matrix *x, int first, const double *mean, double *out);

/* Of rows first … first + LANES - 1, how many are there. */
int lanes_count(const struct matrix *x, int first);

double lanes_dot(const double *a, const double *b, int n);

#endif
