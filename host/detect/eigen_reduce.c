/* From the matrix to the tridiagonal one, and back. */
#include "core/memory.h"
#include "detect/eigen_internal.h"
#include "detect/lanes.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    PANEL = 16,    /* reflections that the rest of the matrix is put off for */
    BAND = 128,    /* rows that one task multiplies with a vector */
    SHARED = 1024, /* rows from which on threads gain more than they cost */
    TILE = 96,     /* rows that one task updates */
};

struct reduction {
    const struct eigen *e;
    double *v, *w;     /* [PANEL][n] of the panel's reflections: A = A + v w' + w v' */
    double *v_again;   /* [PANEL][n] right behind v and w: (v, w)(w, v)' is one product */
    double *products;  /* [bands][n] */
    int first, column; /* of the panel; that is being reduced */
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* ------------------------------------------------------------------------------------------ reflection */

/* Column k from the diagonal on, with the panel's reflections before it, goes to row k. */
static void take_column(const struct reduction *r)
{
    const struct eigen *e = r->e;
    const int n = e->n, k = r->column;
    double *v = eigen_row(e, k);
    for (int i = k; i < n; i++) v[i] = eigen_row(e, i)[k];
    for (int j = 0; j < k - r->first; j++) {
        const double *v_j = r->v + (size_t)j * n, *w_j = r->w + (size_t)j * n, by_v = w_j[k], by_w = v_j[k];
        for (int i = k; i < n; i++) v[i] += by_v * v_j[i] + by_w * w_j[i];
    }
    e->diagonal[k] = v[k];
}

/* The reflection that puts column k below its subdiagonal to 0; its vector goes to row k. Returns scale_k. */
static double reflection(const struct eigen *e, int k)
{
    double *v = eigen_row(e, k), squares = 0;
    e->beside[k] = v[k + 1];
    for (int i = k + 2; i < e->n; i++) squares += v[i] * v[i];
    if (squares <= DBL_MIN) return 0;
    const double norm = sqrt(squares + v[k + 1] * v[k + 1]);
    e->beside[k] = v[k + 1] > 0 ? -norm : norm;
    v[k + 1] -= e->beside[k];
    return 2 / (squares + v[k + 1] * v[k + 1]);
}

/* Row i's part in B v, from column `first` on: B is symmetric and only its lower triangle is read. */
static double multiply_row(const double *row, const double *v, double v_i, int n, double *product)
{
    double sums[LANES] = { 0 }, sum = 0;
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int l = 0; l < LANES; l++) {
            sums[l] += row[j + l] * v[j + l];
            product[j + l] += v_i * row[j + l];
        }
    for (; j < n; j++) {
        sums[j % LANES] += row[j] * v[j];
        product[j] += v_i * row[j];
    }
    for (int l = 0; l < LANES; l++) sum += sums[l];
    return sum;
}

/* Rows of one band times v, their part in the others' rows too. */
static void multiply_band(void *context, int band, int thread)
{
    (void)thread;
    const struct reduction *r = context;
    const struct eigen *e = r->e;
    const int first = r->column + 1, from = first + band * BAND, end = smaller(from + BAND, e->n);
    const double *v = eigen_row(e, r->column);
    double *product = r->products + (size_t)band * e->n;
    memset(product + first, 0, (size_t)(end - first) * sizeof *product);
    for (int i = from; i < end; i++) {
        const double *row = eigen_row(e, i);
        product[i] += multiply_row(row + first, v + first, v[i], i - first, product + first) + row[i] * v[i];
    }
}

/* p = B v, with B the rows and columns from k + 1 on, as they were before the panel. */
static void multiply(struct reduction *r, double *p)
{
    const struct eigen *e = r->e;
    const int first = r->column + 1, n_bands = (e->n - first + BAND - 1) / BAND;
    if (e->n - first >= SHARED)
        e->backend->ops->share(e->backend, n_bands, multiply_band, r);
    else
        for (int band = 0; band < n_bands; band++) multiply_band(r, band, 0);
    memset(p, 0, (size_t)e->n * sizeof *p);
    for (int band = 0; band < n_bands; band++) {
        const int end = smaller(first + (band + 1) * BAND, e->n);
        eigen_add_scaled(p + first, 1, r->products + (size_t)band * e->n + first, end - first);
    }
}

/* B = H B H = B + v w' + w v', w = scale (p'v) scale v / 2 - scale p, p = B v. */
static void reflect(struct reduction *r)
{
    const struct eigen *e = r->e;
    const int k = r->column, first = k + 1, n = e->n - first, place = k - r->first;
    const size_t offset = (size_t)place * e->n;
    double *v = r->v + offset + first, *w = r->w + offset + first;
    memset(r->v + offset, 0, (size_t)e->n * sizeof *v);
    memset(r->w + offset, 0, (size_t)e->n * sizeof *w);
    if (e->scale[k] > 0) {
        memcpy(v, eigen_row(e, k) + first, (size_t)n * sizeof *v);
        multiply(r, r->w + offset);
        for (int j = 0; j < place; j++) {
            const double *v_j = r->v + (size_t)j * e->n + first, *w_j = r->w + (size_t)j * e->n + first;
            const double by_v = lanes_dot(w_j, v, n), by_w = lanes_dot(v_j, v, n);
            for (int i = 0; i < n; i++) w[i] += by_v * v_j[i] + by_w * w_j[i];
        }
        const double along = e->scale[k] * e->scale[k] / 2 * lanes_dot(w, v, n);
        for (int i = 0; i < n; i++) w[i] = along * v[i] - e->scale[k] * w[i];
    }
    memcpy(r->v_again + offset, r->v + offset, (size_t)e->n * sizeof *v);
}

/* ---------------------------------------------------------------------------------------------- panels */

/* Some rows of what is left, up to the diagonal (and a little beyond). */
static void update_rows(void *context, int tile, int thread)
{
    (void)thread;
    const struct reduction *r = context;
    const struct eigen *e = r->e;
    const int from = r->column + tile * TILE, end = smaller(from + TILE, e->n);
    const size_t n = (size_t)e->n;
    e->backend->ops->gemm_double(e->backend, &(struct gemm_double_args){ .m = end - from,
                                                                         .n = end - r->column,
                                                                         .k = 2 * PANEL,
                                                                         .a = r->v + from,
                                                                         .a_row = 1,
                                                                         .a_column = n,
                                                                         .b = r->w + r->column,
                                                                         .b_row = n,
                                                                         .b_column = 1,
                                                                         .c = eigen_row(e, from) + r->column,
                                                                         .c_row = n,
                                                                         .adds = 1 });
}

static void reduce_panel(struct reduction *r)
{
    const struct eigen *e = r->e;
    const int end = smaller(r->first + PANEL, e->n - 1);
    for (r->column = r->first; r->column < end; r->column++) {
        take_column(r);
        e->scale[r->column] = reflection(e, r->column);
        reflect(r);
    }
    const size_t unused = (size_t)(r->first + PANEL - end) * e->n, offset = (size_t)(end - r->first) * e->n;
    memset(r->v + offset, 0, unused * sizeof *r->v);
    memset(r->w + offset, 0, unused * sizeof *r->w);
    memset(r->v_again + offset, 0, unused * sizeof *r->v);
    e->backend->ops->share(e->backend, (e->n - end + TILE - 1) / TILE, update_rows, r);
}

enum status eigen_reduce(const struct eigen *e)
{
    const size_t n = (size_t)e->n, n_bands = (n + BAND - 1) / BAND;
    struct reduction r = { .e = e };
    enum status status;
    TRY_OR_DONE(memory_check(r.v = memory_new(3 * PANEL * n, sizeof *r.v)));
    TRY_OR_DONE(memory_check(r.products = memory_new(n_bands * n, sizeof *r.products)));
    r.w = r.v + PANEL * n;
    r.v_again = r.w + PANEL * n;
    for (; r.first < e->n - 1; r.first += PANEL) reduce_panel(&r);
    e->diagonal[n - 1] = eigen_row(e, e->n - 1)[n - 1];
done:
    memory_free(r.v);
    memory_free(r.products);
    return status;
}

/* ------------------------------------------------------------------------------------------------ back */

/* BLOCK reflections as one: H_k H_k+1 … = I - V' T V, the matrix's rows from k on are V (Schreiber and Van
 * Loan 1989). */
enum { BLOCK = 32 };

struct restoring {
    const struct eigen *e;
    int count, share;
    double *vectors; /* [count][n] */
    double *minus_t; /* [blocks][BLOCK][BLOCK] upper triangles */
    double *along;   /* [threads][2][share][BLOCK] */
};

/* V's rows begin with zeros, in what the reduction has left behind there. */
static void clear_triangle(const struct eigen *e, int first, int rows)
{
    for (int j = 1; j < rows; j++)
        memset(eigen_row(e, first + j) + first + 1, 0, (size_t)j * sizeof *e->matrix);
}

static void prepare_block(void *context, int block, int thread)
{
    (void)thread;
    const struct restoring *r = context;
    const struct eigen *e = r->e;
    const int first = block * BLOCK, rows = smaller(BLOCK, e->n - 1 - first), n = e->n - 1 - first;
    double *t = r->minus_t + (size_t)block * BLOCK * BLOCK;
    clear_triangle(e, first, rows);
    for (int j = 0; j < rows; j++) {
        const double *v = eigen_row(e, first + j) + first + 1;
        double dots[BLOCK];
        for (int i = 0; i < j; i++) dots[i] = lanes_dot(eigen_row(e, first + i) + first + 1, v, n);
        for (int i = 0; i < j; i++) {
            double sum = 0;
            for (int m = i; m < j; m++) sum += t[i * BLOCK + m] * dots[m];
            t[i * BLOCK + j] = -e->scale[first + j] * sum;
        }
        t[j * BLOCK + j] = -e->scale[first + j];
    }
}

/* Y = Y - (Y V') T' V for some of the vectors, the rows of Y. */
static void restore_block(const struct restoring *r, int block, int rows, double *y, double *along)
{
    const struct eigen *e = r->e;
    struct backend *backend = e->backend;
    const int first = block * BLOCK, size = smaller(BLOCK, e->n - 1 - first), length = e->n - 1 - first;
    const size_t n = (size_t)e->n;
    const double *v = eigen_row(e, first) + first + 1, *t = r->minus_t + (size_t)block * BLOCK * BLOCK;
    double *turned = along + (size_t)r->share * BLOCK;
    y += first + 1;
    const struct gemm_double_args steps[] = {
        /* m, n, k, a, b, c, their strides, adds */
        { rows, size, length, y, v, along, n, 1, 1, n, BLOCK, 0 },
        { rows, size, size, along, t, turned, BLOCK, 1, 1, BLOCK, BLOCK, 0 },
        { rows, length, size, turned, v, y, BLOCK, 1, n, 1, n, 1 },
    };
    for (int i = 0; i < 3; i++) backend->ops->gemm_double(backend, &steps[i]);
}

static void restore_vectors(void *context, int task, int thread)
{
    const struct restoring *r = context;
    const int first = task * r->share, rows = smaller(r->share, r->count - first);
    double *along = r->along + (size_t)thread * 2 * r->share * BLOCK;
    for (int block = (r->e->n - 2) / BLOCK; block >= 0; block--)
        restore_block(r, block, rows, r->vectors + (size_t)first * r->e->n, along);
}

enum status eigen_restore(const struct eigen *e, int count, double *vectors)
{
    const size_t threads = (size_t)e->backend->ops->threads(e->backend);
    const int n_blocks = (e->n - 1 + BLOCK - 1) / BLOCK;
    struct restoring r = { .e = e, .count = count, .share = eigen_share(e, count), .vectors = vectors };
    enum status status;
    if (n_blocks == 0) return OK;
    TRY_OR_DONE(memory_check(r.minus_t = memory_new((size_t)n_blocks * BLOCK * BLOCK, sizeof *r.minus_t)));
    TRY_OR_DONE(memory_check(r.along = memory_new(threads * 2 * (size_t)r.share * BLOCK, sizeof *r.along)));
    e->backend->ops->share(e->backend, n_blocks, prepare_block, &r);
    e->backend->ops->share(e->backend, (count + r.share - 1) / r.share, restore_vectors, &r);
done:
    memory_free(r.minus_t);
    memory_free(r.along);
    return status;
}
