#include "detect/eigen.h"

#include "core/memory.h"
#include "core/rng.h"
#include "detect/lanes.h"

#include <float.h>
#include <math.h>

/* The first is enough but for an unlucky start. */
enum { INVERSE_ITERATIONS = 2 };

/* ----------------------------------------------------------------------------------------- tridiagonal */

static double *row_of(const struct eigen *e, int i)
{
    return e->matrix + (size_t)i * e->n;
}

static void add_scaled(double *to, double factor, const double *from, int n)
{
    for (int j = 0; j < n; j++) to[j] += factor * from[j];
}

/* The reflection that puts column k below its subdiagonal to 0; its vector goes to row k. Returns scale_k. */
static double reflection(struct eigen *e, int k)
{
    double *v = row_of(e, k), squares = 0;
    for (int i = k + 1; i < e->n; i++) v[i] = row_of(e, i)[k];
    e->beside[k] = v[k + 1];
    for (int i = k + 2; i < e->n; i++) squares += v[i] * v[i];
    if (squares <= DBL_MIN) return 0;
    const double norm = sqrt(squares + v[k + 1] * v[k + 1]);
    e->beside[k] = v[k + 1] > 0 ? -norm : norm;
    v[k + 1] -= e->beside[k];
    return 2 / (squares + v[k + 1] * v[k + 1]);
}

/* p = scale B v, with B the lower triangle of rows and columns k + 1 … n - 1. */
static void multiply(const struct eigen *e, int k, double *p)
{
    const double *v = row_of(e, k);
    for (int i = k + 1; i < e->n; i++) {
        const double *row = row_of(e, i) + k + 1;
        const int n = i - k - 1;
        p[i] = lanes_dot(row, v + k + 1, n) + row[n] * v[i];
        add_scaled(p + k + 1, v[i], row, n);
    }
    for (int i = k + 1; i < e->n; i++) p[i] *= e->scale[k];
}

/* B = H B H = B - v w' - w v', w = p - scale (p'v) v / 2. */
static void reflect(struct eigen *e, int k, double *p)
{
    const double *v = row_of(e, k);
    const int first = k + 1, n = e->n - first;
    multiply(e, k, p);
    add_scaled(p + first, -e->scale[k] / 2 * lanes_dot(p + first, v + first, n), v + first, n);
    for (int i = first; i < e->n; i++) {
        double *row = row_of(e, i) + first;
        for (int j = 0; j <= i - first; j++) row[j] -= v[i] * p[first + j] + p[i] * v[first + j];
    }
}

/* Gershgorin's bound. */
static double bound_of(const struct eigen *e)
{
    double bound = 0;
    for (int i = 0; i < e->n; i++)
        bound = fmax(bound, fabs(e->diagonal[i]) + fabs(e->beside[i]) + (i ? fabs(e->beside[i - 1]) : 0));
    return bound;
}

static enum status tridiagonalise(struct eigen *e)
{
    double *p = memory_new((size_t)e->n, sizeof *p);
    if (!p) return ERR_MEMORY;
    for (int k = 0; k < e->n - 1; k++) {
        e->scale[k] = reflection(e, k);
        if (e->scale[k] > 0) reflect(e, k, p);
    }
    for (int i = 0; i < e->n; i++) e->diagonal[i] = row_of(e, i)[i];
    e->bound = bound_of(e);
    memory_free(p);
    return OK;
}

enum status eigen_init(struct eigen *e, double *matrix, int n)
{
    *e = (struct eigen){ .n = n, .matrix = matrix };
    TRY(memory_check(e->scale = memory_new((size_t)n, sizeof *e->scale)));
    TRY(memory_check(e->diagonal = memory_new((size_t)n, sizeof *e->diagonal)));
    TRY(memory_check(e->beside = memory_new((size_t)n, sizeof *e->beside)));
    return tridiagonalise(e);
}

void eigen_release(struct eigen *e)
{
    memory_free(e->scale);
    memory_free(e->diagonal);
    memory_free(e->beside);
    *e = (struct eigen){ 0 };
}

/* ---------------------------------------------------------------------------------------------- values */

/* What counts as 0 in the tridiagonal matrix; squares of its inverse are still numbers. */
static double smallest(const struct eigen *e)
{
    return fmax(DBL_EPSILON * e->bound, 1e-100);
}

/* How many eigenvalues are above x: the positive pivots of T - x I (Sylvester's law of inertia). */
static int count_above(const struct eigen *e, double x)
{
    const double tiny = DBL_EPSILON * smallest(e);
    double pivot = 1;
    int n_above = 0;
    for (int i = 0; i < e->n; i++) {
        const double beside = i ? e->beside[i - 1] : 0;
        pivot = e->diagonal[i] - x - beside * beside / pivot;
        if (fabs(pivot) < tiny) pivot = -tiny;
        n_above += pivot > 0;
    }
    return n_above;
}

double eigen_value(const struct eigen *e, int k, double above)
{
    double low = -e->bound - smallest(e), high = above + smallest(e);
    while (high - low > 2 * smallest(e)) { /* so there are numbers between them */
        const double middle = low + (high - low) / 2;
        *(count_above(e, middle) > k ? &low : &high) = middle;
    }
    return low + (high - low) / 2;
}

/* --------------------------------------------------------------------------------------------- vectors */

/* Gaussian elimination of T - x I with row exchanges. */
struct elimination {
    double *pivot, *next, *after; /* [n] a row of the upper factor: places i, i + 1, i + 2 */
    double *factor;               /* [n] what of row i was taken from row i + 1 */
    int *exchanged;               /* [n] whether the two were exchanged before */
};

static enum status elimination_init(struct elimination *u, int n)
{
    const size_t size = (size_t)n;
    TRY(memory_check(u->pivot = memory_new(size, sizeof *u->pivot)));
    TRY(memory_check(u->next = memory_new(size, sizeof *u->next)));
    TRY(memory_check(u->after = memory_new(size, sizeof *u->after)));
    TRY(memory_check(u->factor = memory_new(size, sizeof *u->factor)));
    return memory_check(u->exchanged = memory_new(size, sizeof *u->exchanged));
}

static void elimination_release(struct elimination *u)
{
    memory_free(u->pivot);
    memory_free(u->next);
    memory_free(u->after);
    memory_free(u->factor);
    memory_free(u->exchanged);
}

/* `here` and `right` are what is left of row i; row i + 1 is beside_i, diagonal - x, beside_i+1. */
static void eliminate(const struct eigen *e, double x, struct elimination *u)
{
    const double tiny = smallest(e);
    double here = e->diagonal[0] - x, right = e->beside[0];
    for (int i = 0; i + 1 < e->n; i++) {
        const double below = e->beside[i], diagonal = e->diagonal[i + 1] - x, beside = e->beside[i + 1];
        u->exchanged[i] = fabs(below) > fabs(here);
        if (!u->exchanged[i] && fabs(here) < tiny) here = tiny;
        u->pivot[i] = u->exchanged[i] ? below : here;
        u->next[i] = u->exchanged[i] ? diagonal : right;
        u->after[i] = u->exchanged[i] ? beside : 0;
        u->factor[i] = u->exchanged[i] ? here / below : below / here;
        here = (u->exchanged[i] ? right : diagonal) - u->factor[i] * u->next[i];
        right = (u->exchanged[i] ? 0 : beside) - u->factor[i] * u->after[i];
    }
    u->pivot[e->n - 1] = fabs(here) < tiny ? tiny : here;
}

/* y = (T - x I)⁻¹ y */
static void solve(const struct elimination *u, int n, double *y)
{
    for (int i = 0; i + 1 < n; i++) {
        const double upper = u->exchanged[i] ? y[i + 1] : y[i], lower = u->exchanged[i] ? y[i] : y[i + 1];
        y[i] = upper;
        y[i + 1] = lower - u->factor[i] * upper;
    }
    for (int i = n - 1; i >= 0; i--) {
        double rest = y[i];
        if (i + 1 < n) rest -= u->next[i] * y[i + 1];
        if (i + 2 < n) rest -= u->after[i] * y[i + 2];
        y[i] = rest / u->pivot[i];
    }
}

/* Takes from y what lies along the vectors [count][n], and makes its length 1. */
static void project(const double *vectors, int count, double *y, int n)
{
    for (int k = 0; k < count; k++) {
        const double *vector = vectors + (size_t)k * n;
        add_scaled(y, -lanes_dot(vector, y, n), vector, n);
    }
    const double length = sqrt(lanes_dot(y, y, n));
    for (int j = 0; length > 0 && j < n; j++) y[j] /= length;
}

/* An eigenvector of the tridiagonal matrix. The last projection is done twice: what is left after the first
 * one may be mostly rounding (Kahan; Parlett, The Symmetric Eigenvalue Problem, 6.9). */
static void find_vector(const struct eigen *e, const struct elimination *u, struct rng *rng,
                        const double *before, int count, double *y)
{
    for (int j = 0; j < e->n; j++) y[j] = rng_uniform(rng) - 0.5;
    for (int i = 0; i < INVERSE_ITERATIONS; i++) {
        project(before, count, y, e->n);
        solve(u, e->n, y);
    }
    project(before, count, y, e->n);
    project(before, count, y, e->n);
}

/* y = H_0 H_1 … y: from the tridiagonal matrix's vector to the given matrix's. */
static void transform_back(const struct eigen *e, double *y)
{
    for (int k = e->n - 2; k >= 0; k--) {
        const double *v = row_of(e, k) + k + 1;
        const int n = e->n - k - 1;
        if (e->scale[k] > 0) add_scaled(y + k + 1, -e->scale[k] * lanes_dot(v, y + k + 1, n), v, n);
    }
}

enum status eigen_vectors(const struct eigen *e, const double *values, int count, double *vectors)
{
    struct elimination u = { 0 };
    struct rng rng = rng_seeded(0, 0);
    enum status status;
    TRY_OR_DONE(elimination_init(&u, e->n));
    for (int k = 0; k < count; k++) {
        eliminate(e, values[k], &u);
        find_vector(e, &u, &rng, vectors, k, vectors + (size_t)k * e->n);
    }
    for (int k = 0; k < count; k++) transform_back(e, vectors + (size_t)k * e->n);
done:
    elimination_release(&u);
    return status;
}
