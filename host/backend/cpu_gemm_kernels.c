/* Products of matrices, six rows by two registers at a time.
 *
 * Columns of b, as many as two registers hold, are copied side by side for DEPTH values of k, which stay in
 * the first-level cache while all rows of a pass over them. An element's sum takes k in order, in stretches
 * of DEPTH that are added to c: its bits depend on its own row and column, not on the registers' width. */
#include "backend/cpu_reg.h"
#include "gemm.h"

typedef float reg_anywhere __attribute__((vector_size(REG * sizeof(float)), aligned(4), may_alias));

enum { ROWS = 6, COLUMNS = 2 * REG, DEPTH = 256 };

/* Four columns of b, each contiguous, for four values of k. */
VEC_INLINE void turn(const float *b, size_t b_column, float *panel)
{
    const quad c0 = quad_load(b), c1 = quad_load(b + b_column), c2 = quad_load(b + 2 * b_column),
               c3 = quad_load(b + 3 * b_column);
    const quad low01 = __builtin_shufflevector(c0, c1, 0, 4, 1, 5);
    const quad high01 = __builtin_shufflevector(c0, c1, 2, 6, 3, 7);
    const quad low23 = __builtin_shufflevector(c2, c3, 0, 4, 1, 5);
    const quad high23 = __builtin_shufflevector(c2, c3, 2, 6, 3, 7);
    quad_store(panel, __builtin_shufflevector(low01, low23, 0, 1, 4, 5));
    quad_store(panel + COLUMNS, __builtin_shufflevector(low01, low23, 2, 3, 6, 7));
    quad_store(panel + 2 * COLUMNS, __builtin_shufflevector(high01, high23, 0, 1, 4, 5));
    quad_store(panel + 3 * COLUMNS, __builtin_shufflevector(high01, high23, 2, 3, 6, 7));
}

/* n columns of b, each contiguous; n is a multiple of four. */
static void pack_turned(const float *b, size_t b_column, size_t depth, size_t n, float *panel)
{
    const size_t whole = depth / 4 * 4;
    for (size_t column = 0; column < n; column += 4) {
        const float *from = b + column * b_column;
        for (size_t k = 0; k < whole; k += 4) turn(from + k, b_column, panel + k * COLUMNS + column);
        for (size_t k = whole; k < depth; k++)
            for (size_t c = 0; c < 4; c++) panel[k * COLUMNS + column + c] = from[c * b_column + k];
    }
}

/* b's rows first … first + depth - 1, columns j … j + COLUMNS - 1; zeros beyond the last column. */
static void pack(const struct gemm_args *g, size_t first, size_t depth, size_t j, float *panel)
{
    const float *b = g->b + first * g->b_row + j * g->b_column;
    const size_t left = (size_t)g->n - j, n = left < COLUMNS ? left : COLUMNS;
    if (n == COLUMNS && g->b_column == 1) {
        for (size_t k = 0; k < depth; k++)
            __builtin_memcpy(panel + k * COLUMNS, b + k * g->b_row, COLUMNS * sizeof *panel);
        return;
    }
    const size_t turned = g->b_row == 1 ? n / 4 * 4 : 0;
    pack_turned(b, g->b_column, depth, turned, panel);
    for (size_t k = 0; k < depth; k++)
        for (size_t column = turned; column < COLUMNS; column++)
            panel[k * COLUMNS + column] = column < n ? b[k * g->b_row + column * g->b_column] : 0;
}

/* Puts one register's sums into c, or adds them. */
VEC_INLINE void put_register(float *c, reg sum, size_t n, int adds)
{
    if (n >= REG) {
        if (adds) sum += *(reg_anywhere *)c;
        *(reg_anywhere *)c = sum;
        return;
    }
    for (size_t j = 0; j < n; j++) c[j] = adds ? c[j] + sum[j] : sum[j];
}

VEC_INLINE void put(float *c, const reg sum[2], size_t n, int adds)
{
    put_register(c, sum[0], n, adds);
    if (n > REG) put_register(c + REG, sum[1], n - REG, adds);
}

/* Six rows of a from `i` on; where a ends before, its last row stands in for the missing ones. */
VEC_INLINE void multiply(const struct gemm_args *g, size_t first, size_t depth, size_t i, size_t j,
                         const float *panel)
{
    const size_t rows_left = (size_t)g->m - i, columns_left = (size_t)g->n - j;
    const size_t n_rows = rows_left < ROWS ? rows_left : ROWS;
    const float *a[ROWS];
    reg sum[ROWS][2] = { { { 0 } } };
    for (size_t r = 0; r < ROWS; r++)
        a[r] = g->a + (i + (r < n_rows ? r : n_rows - 1)) * g->a_row + first * g->a_column;
    const size_t step = g->a_column;
    for (size_t k = 0; k < depth; k++) {
        const reg left = *(const reg *)(panel + k * COLUMNS),
                  right = *(const reg *)(panel + k * COLUMNS + REG);
#pragma GCC unroll 6
        for (size_t r = 0; r < ROWS; r++) {
            const float value = a[r][k * step];
            sum[r][0] += left * value;
            sum[r][1] += right * value;
        }
    }
#pragma GCC unroll 6
    for (size_t r = 0; r < ROWS; r++)
        if (r < n_rows)
            put(g->c + (i + r) * g->c_row + j, sum[r], columns_left < COLUMNS ? columns_left : COLUMNS,
                g->adds || first > 0);
}

void CPU_TABLE(cpu_gemm)(const struct gemm_args *g);
void CPU_TABLE(cpu_gemm)(const struct gemm_args *g)
{
    float panel[DEPTH * COLUMNS] __attribute__((aligned(64)));
    for (size_t first = 0; first < (size_t)g->k; first += DEPTH) {
        const size_t left = (size_t)g->k - first, depth = left < DEPTH ? left : DEPTH;
        for (size_t j = 0; j < (size_t)g->n; j += COLUMNS) {
            pack(g, first, depth, j, panel);
            for (size_t i = 0; i < (size_t)g->m; i += ROWS) multiply(g, first, depth, i, j, panel);
        }
    }
}
