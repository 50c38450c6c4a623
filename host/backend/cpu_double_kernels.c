/* Products in double, ROWS × COLUMNS sums at a time in registers.
 *
 * Both factors are copied to panels first, [depth][ROWS] and [depth][COLUMNS], with zeros where a matrix has
 * ended. One panel of b stays in the first-level cache while all of a's, in the second, pass over it. */
#include "backend/cpu_double.h"
#include "backend/cpu_vec.h"

#include <string.h>

/* The compiler keeps vectors that are wider than the machine's registers in memory. */
#if defined(__AVX512F__)
enum { REG = 8, ROWS = 8, WIDE = 3 };
#elif defined(__AVX__)
enum { REG = 4, ROWS = 4, WIDE = 3 };
#else
enum { REG = 2, ROWS = 4, WIDE = 2 };
#endif
typedef double reg __attribute__((vector_size(REG * sizeof(double)), may_alias));
typedef double reg_anywhere __attribute__((vector_size(REG * sizeof(double)), aligned(8), may_alias));

enum { COLUMNS = WIDE * REG, DEPTH = CPU_DOUBLE_DEPTH, BLOCK = 96 /* rows of a that are copied at once */ };

/* --------------------------------------------------------------------------------------------- product */

/* A part of c, not beyond its edges. */
struct target {
    double *c;
    size_t c_row, n_rows, n_columns;
    int adds;
};

VEC_INLINE void put_row(const struct target *t, double *c, const reg sum[WIDE])
{
    if (t->n_columns >= COLUMNS) {
        for (int v = 0; v < WIDE; v++) {
            reg total = sum[v];
            if (t->adds) total += *(reg_anywhere *)(c + v * REG);
            *(reg_anywhere *)(c + v * REG) = total;
        }
        return;
    }
    for (size_t j = 0; j < t->n_columns; j++) c[j] = (t->adds ? c[j] : 0) + sum[j / REG][j % REG];
}

VEC_INLINE void multiply(const double *a, const double *b, size_t depth, const struct target *t)
{
    reg sum[ROWS][WIDE] = { { { 0 } } };
    for (size_t k = 0; k < depth; k++, a += ROWS, b += COLUMNS) {
        reg right[WIDE];
        for (int v = 0; v < WIDE; v++) right[v] = *(const reg *)(b + v * REG);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < WIDE; v++) sum[r][v] += right[v] * a[r];
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < ROWS; r++)
        if (r < t->n_rows) put_row(t, t->c + r * t->c_row, sum[r]);
}

/* -------------------------------------------------------------------------------------------- matrices */

/* One factor's `n` lines side by side, at most `width`: from[k * step + line * apart]. */
VEC_INLINE void pack(const double *from, size_t step, size_t apart, size_t depth, size_t n, size_t width,
                     double *panel)
{
    if (n >= width && apart == 1) {
        for (size_t k = 0; k < depth; k++)
            __builtin_memcpy(panel + k * width, from + k * step, width * sizeof *panel);
        return;
    }
    for (size_t line = 0; line < width; line++)
        for (size_t k = 0; k < depth; k++)
            panel[k * width + line] = line < n ? from[k * step + line * apart] : 0;
}

/* Rows i … i + n - 1 of c, for DEPTH values of k from `first` on. */
static void multiply_block(const struct gemm_double_args *g, size_t first, size_t depth, size_t i, size_t n)
{
    double left[BLOCK * DEPTH] __attribute__((aligned(64)));
    double right[COLUMNS * DEPTH] __attribute__((aligned(64)));
    for (size_t r = 0; r < n; r += ROWS)
        pack(g->a + (i + r) * g->a_row + first * g->a_column, g->a_column, g->a_row, depth, n - r, ROWS,
             left + r * DEPTH);
    for (size_t j = 0; j < (size_t)g->n; j += COLUMNS) {
        const size_t n_columns = (size_t)g->n - j;
        pack(g->b + first * g->b_row + j * g->b_column, g->b_row, g->b_column, depth, n_columns, COLUMNS,
             right);
        for (size_t r = 0; r < n; r += ROWS) {
            double *c = g->c + (i + r) * g->c_row + j;
            multiply(left + r * DEPTH, right, depth,
                     &(struct target){ c, g->c_row, n - r, n_columns, g->adds || first > 0 });
        }
    }
}

static void gemm(const struct gemm_double_args *g)
{
    for (size_t first = 0; first < (size_t)g->k; first += DEPTH) {
        const size_t depth_left = (size_t)g->k - first, depth = depth_left < DEPTH ? depth_left : DEPTH;
        for (size_t i = 0; i < (size_t)g->m; i += BLOCK) {
            const size_t rows_left = (size_t)g->m - i;
            multiply_block(g, first, depth, i, rows_left < BLOCK ? rows_left : BLOCK);
        }
    }
}

/* ----------------------------------------------------------------------------------------------- outer */

/* Up to DEPTH rows. */
struct chosen {
    const float *x[DEPTH];
    double r[DEPTH];
    int n;
};

/* n columns of row k, centred and times r, into panels. */
VEC_INLINE void pack_centred(const float *x, const double *mean, double r, int n, int k, int width,
                             double *panels)
{
    for (int first = 0; first < n; first += width, panels += width * DEPTH) {
        double *to = panels + k * width;
        for (int j = 0; j < width; j += 4) {
            const int at = first + j;
            if (at + 4 <= n)
                dvec_store(to + j, (dvec_widen(x + at) - dvec_load(mean + at)) * dvec_all(r));
            else
                for (int l = 0; l < 4; l++)
                    to[j + l] = at + l < n ? ((double)x[at + l] - mean[at + l]) * r : 0;
        }
    }
}

VEC_INLINE void add_chosen(const struct cpu_outer *a, const struct chosen *chosen)
{
    double *left = a->scratch, *right = a->scratch + CPU_OUTER_TILE * DEPTH;
    for (int k = 0; k < chosen->n; k++) {
        pack_centred(chosen->x[k] + a->i, a->mean + a->i, chosen->r[k], a->n_i, k, ROWS, left);
        pack_centred(chosen->x[k] + a->j, a->mean + a->j, 1, a->n_j, k, COLUMNS, right);
    }
    for (int j = 0; j < a->n_j; j += COLUMNS)
        for (int i = 0; i < a->n_i; i += ROWS) {
            if (a->i + i + ROWS <= a->j + j) continue; /* above the diagonal */
            multiply(left + i * DEPTH, right + j * DEPTH, (size_t)chosen->n,
                     &(struct target){ a->sum + (size_t)i * a->columns + j, (size_t)a->columns,
                                       (size_t)(a->n_i - i), (size_t)(a->n_j - j), 1 });
        }
}

static void outer(const struct cpu_outer *a)
{
    struct chosen chosen = { .n = 0 };
    for (int i = 0; i < a->n_i; i++)
        memset(a->sum + (size_t)i * a->columns, 0, (size_t)a->n_j * sizeof *a->sum);
    for (int i = 0; i < a->count; i++) {
        chosen.x[chosen.n] = a->x + (size_t)a->rows[i] * a->columns;
        chosen.r[chosen.n++] = a->r[i];
        if (chosen.n < DEPTH) continue;
        add_chosen(a, &chosen);
        chosen.n = 0;
    }
    if (chosen.n) add_chosen(a, &chosen);
}

extern const struct cpu_double_kernels CPU_TABLE(cpu_double_kernels);
const struct cpu_double_kernels CPU_TABLE(cpu_double_kernels) = { gemm, outer };
