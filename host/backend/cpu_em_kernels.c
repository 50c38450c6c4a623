/* Compiled once per instruction set; products and sums may be fused here. */
#include "backend/cpu_em.h"
#include "backend/cpu_vec.h"

#include <stddef.h>
#include <string.h>

enum { FILTER_BLOCK = 64 }; /* columns that are summed in float before the sum is promoted */

/* ---------------------------------------------------------------------------------------------- filter */

/* 8 rows × 8 centres over n columns: 8 sums, 3 vectors of parameters and 8 broadcasts for 16 fused products. */
VEC_INLINE void filter_block(const float *const x[8], const float *panel, int n, vec sum[8])
{
    for (int r = 0; r < 8; r++) sum[r] = vec_all(0);
    for (int j = 0; j < n; j++, panel += 24) {
        const vec hi = vec_load(panel), scale = vec_load(panel + 8), lo = vec_load(panel + 16);
#pragma GCC unroll 8
        for (int r = 0; r < 8; r++) {
            const vec y = (vec_all(x[r][j]) - hi) * scale - lo;
            sum[r] += y * y;
        }
    }
}

VEC_INLINE void add_to_doubles(double *q, vec sum)
{
    const quad low = __builtin_shufflevector(sum, sum, 0, 1, 2, 3);
    const quad high = __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
    dvec_store(q, dvec_load(q) + __builtin_convertvector(low, dvec));
    dvec_store(q + 4, dvec_load(q + 4) + __builtin_convertvector(high, dvec));
}

/* Eight rows from `first` on; the last row stands for those that are missing. */
VEC_INLINE void filter_rows(const struct cpu_em_filter *a, const float *panel, int first, int column, int n)
{
    const float *x[8];
    vec sum[8];
    for (int r = 0; r < 8; r++) {
        const int row = first + r < a->rows ? first + r : a->rows - 1;
        x[r] = a->x + (size_t)row * a->columns + column;
    }
    filter_block(x, panel, n, sum);
    for (int r = 0; r < 8; r++) add_to_doubles(a->q + (size_t)(first + r) * a->padded, sum[r]);
}

/* Eight centres' parameters of one block of columns stay in the first cache while the rows pass. */
static void filter(const struct cpu_em_filter *a)
{
    const int rows_up = (a->rows + 7) / 8 * 8;
    memset(a->q, 0, (size_t)rows_up * a->padded * sizeof *a->q);
    for (int column = 0; column < a->columns; column += FILTER_BLOCK) {
        const int n = a->columns - column < FILTER_BLOCK ? a->columns - column : FILTER_BLOCK;
        for (int k = 0; k < a->padded; k += 8) {
            const float *panel = a->panel + ((size_t)(k / 8) * a->columns + column) * 24;
            struct cpu_em_filter of_eight = *a;
            of_eight.q += k;
            for (int first = 0; first < a->rows; first += 8) filter_rows(&of_eight, panel, first, column, n);
        }
    }
}

/* ---------------------------------------------------------------------------------------------- square */

static double square(const float *x, const double *mean, const double *precision, int columns)
{
    dvec sum[4] = { dvec_all(0), dvec_all(0), dvec_all(0), dvec_all(0) };
    double rest = 0;
    int j = 0;
    for (; j + 16 <= columns; j += 16) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            const dvec y = dvec_widen(x + j + 4 * i) - dvec_load(mean + j + 4 * i);
            sum[i] += y * y * dvec_load(precision + j + 4 * i);
        }
    }
    for (; j < columns; j++) {
        const double y = (double)x[j] - mean[j];
        rest += y * y * precision[j];
    }
    const dvec all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    return (all[0] + all[1]) + (all[2] + all[3]) + rest;
}

/* --------------------------------------------------------------------------------------------- moments */

/* Up to four rows of a component that matter; those that are missing have r = 0. */
struct four_rows {
    const float *x[4];
    double r[4];
    int n;
};

VEC_INLINE void add_row(struct four_rows *rows, const float *x, double r)
{
    if (rows->n == 0) {
        for (int i = 0; i < 4; i++) {
            rows->x[i] = x;
            rows->r[i] = 0;
        }
    }
    rows->x[rows->n] = x;
    rows->r[rows->n++] = r;
}

VEC_INLINE void add_moments(const struct cpu_em_moments *a, struct four_rows *rows)
{
    int j = 0;
    for (; j + 4 <= a->n; j += 4) {
        const dvec shift = dvec_load(a->shift + j);
        dvec s1 = dvec_load(a->s1 + j), s2 = dvec_load(a->s2 + j);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            const dvec y = dvec_widen(rows->x[i] + j) - shift, t = dvec_all(rows->r[i]) * y;
            s1 += t;
            s2 += t * y;
        }
        dvec_store(a->s1 + j, s1);
        dvec_store(a->s2 + j, s2);
    }
    for (; j < a->n; j++)
        for (int i = 0; i < 4; i++) {
            const double y = (double)rows->x[i][j] - a->shift[j], t = rows->r[i] * y;
            a->s1[j] += t;
            a->s2[j] += t * y;
        }
    rows->n = 0;
}

static void moments(const struct cpu_em_moments *a)
{
    struct four_rows rows = { .n = 0 };
    memset(a->s1, 0, (size_t)a->n * sizeof *a->s1);
    memset(a->s2, 0, (size_t)a->n * sizeof *a->s2);
    for (int n = 0; n < a->rows; n++) {
        if (a->r[n] == 0) continue;
        add_row(&rows, a->x + (size_t)n * a->columns, a->r[n]);
        if (rows.n == 4) add_moments(a, &rows);
    }
    if (rows.n) add_moments(a, &rows);
}

/* ------------------------------------------------------------------------------------------ substitute */

VEC_INLINE void substitute_row(const double *row, int i, double *y, double *squares)
{
    dvec rest[4];
    for (int v = 0; v < 4; v++) rest[v] = dvec_load(y + (size_t)i * CPU_EM_LANES + 4 * v);
    for (int j = 0; j < i; j++) {
        const dvec factor = dvec_all(row[j]);
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) rest[v] -= factor * dvec_load(y + (size_t)j * CPU_EM_LANES + 4 * v);
    }
    for (int v = 0; v < 4; v++) {
        const dvec solved = rest[v] / dvec_all(row[i]);
        dvec_store(y + (size_t)i * CPU_EM_LANES + 4 * v, solved);
        dvec_store(squares + 4 * v, dvec_load(squares + 4 * v) + solved * solved);
    }
}

/* A row of the factor stays in the first cache while the groups pass. */
static void substitute(const struct cpu_em_substitute *a)
{
    memset(a->squares, 0, (size_t)a->groups * CPU_EM_LANES * sizeof *a->squares);
    for (int i = 0; i < a->columns; i++)
        for (int g = 0; g < a->groups; g++)
            substitute_row(a->factor + (size_t)i * a->columns, i,
                           a->y + (size_t)g * a->columns * CPU_EM_LANES, a->squares + g * CPU_EM_LANES);
}

const struct cpu_em_kernels CPU_TABLE(cpu_em_kernels) = { filter, square, moments, substitute };
