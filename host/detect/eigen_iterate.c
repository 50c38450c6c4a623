/* Eigenvectors of the tridiagonal matrix. */
#include "core/memory.h"
#include "core/rng.h"
#include "detect/eigen_internal.h"
#include "detect/lanes.h"

#include <math.h>
#include <string.h>

/* The first is enough but for an unlucky start. */
enum { INVERSE_ITERATIONS = 2 };

/* Vectors of values that are further apart, relative to the largest, come out orthogonal to some eps / CLOSE:
 * one step of Schulz's iteration makes eps of that. */
static const double CLOSE = 1e-7, NEARLY_ORTHOGONAL = 1e-8;
enum { MOST_STEPS = 8 };

/* --------------------------------------------------------------------------------------- linear systems */

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
    const double tiny = eigen_smallest(e);
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

/* ------------------------------------------------------------------------------------ inverse iteration */

struct iteration {
    const struct eigen *e;
    const double *values;
    double *vectors; /* [count][n] */
    int n_groups;
    int *first;            /* [n_groups + 1] of a group of close values */
    struct elimination *u; /* [threads] */
};

/* Takes from y what lies along the vectors [count][n], and makes its length 1. */
static void project(const double *vectors, int count, double *y, int n)
{
    for (int k = 0; k < count; k++) {
        const double *vector = vectors + (size_t)k * n;
        eigen_add_scaled(y, -lanes_dot(vector, y, n), vector, n);
    }
    const double length = sqrt(lanes_dot(y, y, n));
    for (int j = 0; length > 0 && j < n; j++) y[j] /= length;
}

/* The last projection is done twice: what is left after the first one may be mostly rounding (Kahan; Parlett,
 * The Symmetric Eigenvalue Problem, 6.9). */
static void find_vector(const struct eigen *e, const struct elimination *u, int k, const double *before,
                        int count, double *y)
{
    struct rng rng = rng_seeded(0, (uint64_t)k);
    for (int j = 0; j < e->n; j++) y[j] = rng_uniform(&rng) - 0.5;
    for (int i = 0; i < INVERSE_ITERATIONS; i++) {
        project(before, count, y, e->n);
        solve(u, e->n, y);
    }
    project(before, count, y, e->n);
    project(before, count, y, e->n);
}

static void find_group(void *context, int group, int thread)
{
    const struct iteration *it = context;
    const int first = it->first[group], n = it->e->n;
    double *vectors = it->vectors + (size_t)first * n;
    for (int k = 0; first + k < it->first[group + 1]; k++) {
        eliminate(it->e, it->values[first + k], &it->u[thread]);
        find_vector(it->e, &it->u[thread], first + k, vectors, k, vectors + (size_t)k * n);
    }
}

static void list_groups(struct iteration *it, int count)
{
    const double close = CLOSE * it->e->bound;
    for (int k = 0; k < count; k++)
        if (k == 0 || it->values[k - 1] - it->values[k] > close) it->first[it->n_groups++] = k;
    it->first[it->n_groups] = count;
}

static enum status find_groups(const struct eigen *e, const double *values, int count, double *vectors)
{
    const int threads = e->backend->ops->threads(e->backend);
    struct iteration it = { .e = e, .values = values, .vectors = vectors };
    enum status status;
    TRY_OR_DONE(memory_check(it.first = memory_new((size_t)count + 1, sizeof *it.first)));
    TRY_OR_DONE(memory_check(it.u = memory_new((size_t)threads, sizeof *it.u)));
    for (int t = 0; t < threads; t++) TRY_OR_DONE(elimination_init(&it.u[t], e->n));
    list_groups(&it, count);
    e->backend->ops->share(e->backend, it.n_groups, find_group, &it);
done:
    for (int t = 0; it.u && t < threads; t++) elimination_release(&it.u[t]);
    memory_free(it.u);
    memory_free(it.first);
    return status;
}

/* ------------------------------------------------------------------------------------------ orthogonal */

struct schulz {
    const struct eigen *e;
    int count, share;
    double *from, *to; /* [count][n] */
    double *products;  /* [threads][share][count] V V' - I */
    double *worst;     /* [tasks] the largest of them in size */
};

/* Some rows of V - (V V' - I) V / 2. */
static void correct_rows(void *context, int task, int thread)
{
    const struct schulz *s = context;
    const size_t n = (size_t)s->e->n, count = (size_t)s->count, first = (size_t)task * s->share;
    const int rows = count - first < (size_t)s->share ? (int)(count - first) : s->share;
    double *products = s->products + (size_t)thread * s->share * count, *to = s->to + first * n, worst = 0;
    struct backend *backend = s->e->backend;
    struct gemm_double_args args = { rows, s->count, s->e->n, s->from + first * n, s->from, products, n, 1, 1,
                                     n,    count,    0 };
    backend->ops->gemm_double(backend, &args);
    for (size_t r = 0; r < (size_t)rows; r++) {
        products[r * count + first + r] -= 1;
        for (size_t k = 0; k < count; k++) {
            worst = fmax(worst, fabs(products[r * count + k]));
            products[r * count + k] *= -0.5;
        }
    }
    s->worst[task] = worst;
    memcpy(to, s->from + first * n, (size_t)rows * n * sizeof *to);
    args = (struct gemm_double_args){ rows, s->e->n, s->count, products, s->from, to, count, 1, n, 1, n, 1 };
    backend->ops->gemm_double(backend, &args);
}

static double step(struct schulz *s)
{
    const int n_tasks = (s->count + s->share - 1) / s->share;
    double worst = 0;
    s->e->backend->ops->share(s->e->backend, n_tasks, correct_rows, s);
    for (int t = 0; t < n_tasks; t++) worst = fmax(worst, s->worst[t]);
    memcpy(s->from, s->to, (size_t)s->count * s->e->n * sizeof *s->to);
    return worst;
}

static enum status make_orthogonal(const struct eigen *e, int count, double *vectors)
{
    const size_t threads = (size_t)e->backend->ops->threads(e->backend), n = (size_t)count;
    struct schulz s = { .e = e, .count = count, .share = eigen_share(e, count), .from = vectors };
    const size_t share = (size_t)s.share;
    enum status status;
    TRY_OR_DONE(memory_check(s.to = memory_new(n * (size_t)e->n, sizeof *s.to)));
    TRY_OR_DONE(memory_check(s.products = memory_new(threads * share * n, sizeof *s.products)));
    TRY_OR_DONE(memory_check(s.worst = memory_new(n / share + 1, sizeof *s.worst)));
    for (int i = 0; i < MOST_STEPS && step(&s) > NEARLY_ORTHOGONAL;) i++;
done:
    memory_free(s.to);
    memory_free(s.products);
    memory_free(s.worst);
    return status;
}

enum status eigen_iterate(const struct eigen *e, const double *values, int count, double *vectors)
{
    TRY(find_groups(e, values, count, vectors));
    return make_orthogonal(e, count, vectors);
}
