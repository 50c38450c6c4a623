/* Compiled once per instruction set; products and sums may be fused here. */
#include "backend/cpu_distance.h"
#include "backend/cpu_vec.h"

#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ tile */

/* 4 rows of x, 16 of y, n columns: 8 sums, 2 vectors of y and 4 broadcasts for 8 fused products. */
VEC_INLINE void sum_block(const float *const x[4], const float *panel, int n, vec sum[8])
{
    for (int i = 0; i < 8; i++) sum[i] = vec_all(0);
    for (int j = 0; j < n; j++, panel += CPU_DISTANCE_LANES) {
        const vec low = vec_load(panel), high = vec_load(panel + VEC);
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) {
            const vec all = vec_all(x[r][j]), to_low = all - low, to_high = all - high;
            sum[2 * r] += to_low * to_low;
            sum[2 * r + 1] += to_high * to_high;
        }
    }
}

/* Four rows from `first` on, n columns from `column` on; the last row stands for those that are missing. */
VEC_INLINE void add_rows(const struct cpu_distance_tile *a, int first, int column, int n)
{
    const float *x[4];
    for (int r = 0; r < 4; r++) {
        const int row = first + r < a->x_rows ? first + r : a->x_rows - 1;
        x[r] = a->x + (size_t)row * a->columns + column;
    }
    for (int y = 0; y < a->y_rows; y += CPU_DISTANCE_LANES) {
        vec sum[8];
        sum_block(x, a->panel + (size_t)y * a->columns + (size_t)column * CPU_DISTANCE_LANES, n, sum);
        for (int i = 0; i < 8; i++) {
            float *squared = a->squared + (size_t)(first + i / 2) * CPU_DISTANCE_Y + y + i % 2 * VEC;
            vec_store(squared, vec_load(squared) + sum[i]);
        }
    }
}

/* A block of y's columns stays in the first cache while the rows of x pass. */
static void tile(const struct cpu_distance_tile *a)
{
    const int rows_up = (a->x_rows + 3) / 4 * 4;
    memset(a->squared, 0, (size_t)rows_up * CPU_DISTANCE_Y * sizeof *a->squared);
    for (int column = 0; column < a->columns; column += CPU_DISTANCE_BLOCK) {
        const int left = a->columns - column, n = left < CPU_DISTANCE_BLOCK ? left : CPU_DISTANCE_BLOCK;
        for (int first = 0; first < a->x_rows; first += 4) add_rows(a, first, column, n);
    }
}

/* ----------------------------------------------------------------------------------------------- exact */

static double exact(const float *x, const float *y, int columns)
{
    dvec sum[4] = { dvec_all(0), dvec_all(0), dvec_all(0), dvec_all(0) };
    double rest = 0;
    int j = 0;
    for (; j + 16 <= columns; j += 16) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            const dvec difference = dvec_widen(x + j + 4 * i) - dvec_widen(y + j + 4 * i);
            sum[i] += difference * difference;
        }
    }
    for (; j < columns; j++) {
        const double difference = (double)x[j] - (double)y[j];
        rest += difference * difference;
    }
    const dvec all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    return (all[0] + all[1]) + (all[2] + all[3]) + rest;
}

const struct cpu_distance_kernels CPU_TABLE(cpu_distance_kernels) = { tile, exact };
