/* Distances on the CPU. The meaning is in backend.h; arithmetic:
 *
 * The rough distance of a pair is the direct sum of squared differences in float, 4 or 8 rows of x against 16 of y
 * in registers. On one machine it costs no more than the product of the expanded form, and its error is relative to
 * itself: near neighbours are as exact as far ones. Sums over 64 columns are added up block by block, which
 * bounds the error whatever the number of columns. */
#ifndef CPU_DISTANCE_H
#define CPU_DISTANCE_H

#include "backend/backend_cpu.h"

enum {
    CPU_DISTANCE_X = 512,    /* rows of x in a tile, at most; a multiple of 4 */
    CPU_DISTANCE_Y = 64,     /* rows of y in a tile, and the stride of its distances */
    CPU_DISTANCE_LANES = 16, /* rows of y side by side */
    CPU_DISTANCE_BLOCK = 64, /* columns that are summed before the sum is added to others */
};

struct cpu_distance_tile {
    const float *x;     /* in  [x_rows][columns] */
    const float *panel; /* in  [y_rows rounded up / LANES][columns][LANES] rows of y, side by side */
    int x_rows, y_rows, columns;
    float *squared; /* out [x_rows rounded up to 4][CPU_DISTANCE_Y] */
};

struct cpu_distance_kernels {
    void (*tile)(const struct cpu_distance_tile *a);
    double (*exact)(const float *x, const float *y, int columns);
};

enum status cpu_distance(struct backend *backend, const struct matrix *x, const struct matrix *y,
                         const struct distance_taker *taker) MUST_CHECK;

#endif
