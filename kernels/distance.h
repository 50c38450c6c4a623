/* x_i, y_j → Σ_c (x_ic - y_jc)²: squared Euclidean distances between rows.
 *
 * The differences are taken before they are squared: |x|² - 2xy + |y|² would lose near neighbours of large rows
 * to cancellation. */
#ifndef DISTANCE_H
#define DISTANCE_H

#include "launch.h"

#include <float.h>
#include <math.h>

struct distance_args {
    const float *x; /* in  [x_rows][columns] */
    const float *y; /* in  [y_rows][columns] */
    int x_rows, y_rows, columns;
    double *squared; /* out [x_rows][y_rows] */
};
void distance_ref(const struct distance_args *a);

/* One pair of rows. */
double distance_pair_ref(const float *x, const float *y, int columns);

/* The kernel: rough squared distances of all pairs, in float. */
struct distance_tile_args {
    const float *x; /* in  [x_rows][columns] */
    const float *y; /* in  [y_rows][columns] */
    float *squared; /* out [x_rows][stride]  */
    int x_rows, y_rows, columns, stride;
};
LAUNCHED(distance_tile, distance_tile_args);

/* How wrong a rough one is at most, relative: a difference is rounded once, its square once, their sum columns
 * times; 2⁻²⁴ each, and one for the higher orders. */
static inline double distance_tile_error(int columns)
{
    return (columns + 4) * 0x1p-24;
}

/* The largest rough squared distance (relative error at most `error`) that the pair may have whose true one is
 * no more than `squared`. A rough one that overflowed is no larger than what may have overflowed; FLT_MIN
 * covers what was lost to denormal products. */
static inline double distance_reach(double squared, double error)
{
    const double reach = squared / (1 - error) + (double)FLT_MIN;
    return reach < (double)FLT_MAX ? reach : (double)INFINITY;
}

#endif
