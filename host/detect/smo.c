#include "detect/smo.h"

#include "core/memory.h"
#include "detect/kernel_rows.h"

#include <limits.h>
#include <math.h>

/* LIBSVM's own: curvature of a pair of rows that are alike, and iterations at most (or 100 a row). */
static const double TINY_CURVATURE = 1e-12;
enum { MOST_ITERATIONS = 10000000 };

struct smo {
    int n;
    double *a, *gradient; /* [n] gradient = K a */
    struct kernel_rows rows;
};

static int is_low(const struct smo *s, int i)
{
    return s->a[i] <= 0;
}

static int is_high(const struct smo *s, int i)
{
    return s->a[i] >= 1;
}

static double at_least_tiny(double curvature)
{
    return curvature > 0 ? curvature : TINY_CURVATURE;
}

/* ----------------------------------------------------------------------------------------------- start */

/* gradient += row i of K, times `by`. */
static enum status add_to_gradient(struct smo *s, int i, double by)
{
    const float *k;
    TRY(kernel_rows_get(&s->rows, i, NULL, 0, &k));
    for (int n = 0; n < s->n; n++) s->gradient[n] += by * (double)k[n];
    return OK;
}

/* The first rows carry 1 each, the next what is left. */
static enum status start(struct smo *s, double total)
{
    for (int i = 0; i < s->n && total > 0; i++) {
        s->a[i] = total < 1 ? total : 1;
        total -= s->a[i];
        TRY(add_to_gradient(s, i, s->a[i]));
    }
    return OK;
}

/* ----------------------------------------------------------------------------------------------- pairs */

/* The row that can grow whose gradient is least; of equal ones the last. -1: none can. */
static int choose_growing(const struct smo *s)
{
    int chosen = -1;
    for (int i = 0; i < s->n; i++)
        if (!is_high(s, i) && (chosen < 0 || s->gradient[i] <= s->gradient[chosen])) chosen = i;
    return chosen;
}

/* Those that are likely to grow next: the rows of least gradient but i whose rows of K are not there. How many. */
static int guess_next(const struct smo *s, int i, int next[KERNEL_ROWS_MORE])
{
    int n = 0;
    if (kernel_rows_has(&s->rows, i) || !kernel_rows_has_room(&s->rows)) return 0;
    for (int j = 0; j < s->n; j++) {
        if (n == KERNEL_ROWS_MORE && !(s->gradient[j] < s->gradient[next[n - 1]])) continue;
        if (j == i || is_high(s, j) || kernel_rows_has(&s->rows, j)) continue;
        int at = n < KERNEL_ROWS_MORE ? n++ : n - 1;
        for (; at > 0 && s->gradient[next[at - 1]] > s->gradient[j]; at--) next[at] = next[at - 1];
        next[at] = j;
    }
    return n;
}

/* Of the rows that can shrink, the one with which row i lowers the objective most; *largest is the greatest
 * gradient among them. -1: none helps. k: row i of K. */
static int choose_shrinking(const struct smo *s, int i, const float *k, double *largest)
{
    int chosen = -1;
    double most = 0;
    *largest = -(double)INFINITY;
    for (int j = 0; j < s->n; j++) {
        if (is_low(s, j)) continue;
        const double slope = s->gradient[j] - s->gradient[i];
        *largest = fmax(*largest, s->gradient[j]);
        if (slope <= 0) continue;
        const double gain = slope * slope / at_least_tiny(2 - 2 * (double)k[j]);
        if (gain < most) continue;
        most = gain;
        chosen = j;
    }
    return chosen;
}

/* Moves weight from row j to row i, to the minimum along this line or to the edge of the box. */
static void move(struct smo *s, int i, int j, const float *k_i, const float *k_j)
{
    const double sum = s->a[i] + s->a[j], before_i = s->a[i], before_j = s->a[j];
    const double step = (s->gradient[j] - s->gradient[i]) / at_least_tiny(2 - 2 * (double)k_i[j]);
    s->a[i] = fmin(before_i + step, fmin(1, sum));
    s->a[j] = fmax(0, sum - s->a[i]);
    const double by_i = s->a[i] - before_i, by_j = s->a[j] - before_j;
    for (int n = 0; n < s->n; n++) s->gradient[n] += by_i * (double)k_i[n] + by_j * (double)k_j[n];
}

/* *is_done: no pair violates the optimality conditions by tol or more. */
static enum status iterate(struct smo *s, double tol, int *is_done)
{
    const float *k_i, *k_j;
    double largest;
    int next[KERNEL_ROWS_MORE];
    const int i = choose_growing(s);
    *is_done = i < 0;
    if (*is_done) return OK;
    TRY(kernel_rows_get(&s->rows, i, next, guess_next(s, i, next), &k_i));
    const int j = choose_shrinking(s, i, k_i, &largest);
    *is_done = j < 0 || largest - s->gradient[i] < tol;
    if (*is_done) return OK;
    TRY(kernel_rows_get(&s->rows, j, NULL, 0, &k_j));
    move(s, i, j, k_i, k_j);
    return OK;
}

/* -------------------------------------------------------------------------------------------- solution */

/* The gradient of the rows between the bounds, or the middle of what the others leave open. */
static double offset_of(const struct smo *s)
{
    double least = (double)INFINITY, most = -(double)INFINITY, sum = 0;
    int n_free = 0;
    for (int i = 0; i < s->n; i++) {
        const double gradient = s->gradient[i];
        if (is_high(s, i)) {
            most = fmax(most, gradient);
        } else if (is_low(s, i)) {
            least = fmin(least, gradient);
        } else {
            sum += gradient;
            n_free++;
        }
    }
    if (n_free > 0) return sum / n_free;
    if (isinf(least)) return most;
    return isinf(most) ? least : (least + most) / 2;
}

static void conclude(const struct smo *s, struct smo_solution *out)
{
    out->rho = offset_of(s);
    out->objective = 0;
    for (int i = 0; i < s->n; i++) out->objective += s->a[i] * s->gradient[i] / 2;
}

static int most_iterations(int rows)
{
    if (rows <= MOST_ITERATIONS / 100) return MOST_ITERATIONS;
    return rows <= INT_MAX / 100 ? 100 * rows : INT_MAX;
}

static enum status reserve(struct smo *s, const struct smo_problem *p, struct smo_solution *out)
{
    const size_t n = (size_t)p->x->rows;
    TRY(memory_check(out->a = s->a = memory_new(n, sizeof *s->a)));
    TRY(memory_check(s->gradient = memory_new(n, sizeof *s->gradient)));
    return kernel_rows_init(&s->rows, p->backend, p->x, p->gamma, p->cache_bytes);
}

enum status smo_solve(const struct smo_problem *p, struct smo_solution *out)
{
    struct smo s = { .n = p->x->rows };
    const int most = most_iterations(s.n);
    enum status status;
    *out = (struct smo_solution){ 0 };
    TRY_OR_DONE(reserve(&s, p, out));
    TRY_OR_DONE(start(&s, p->total));
    while (!out->converged && out->iterations < most) {
        TRY_OR_DONE(iterate(&s, p->tol, &out->converged));
        out->iterations += !out->converged;
    }
    conclude(&s, out);
done:
    kernel_rows_release(&s.rows);
    memory_free(s.gradient);
    return status;
}

void smo_release(struct smo_solution *solution)
{
    memory_free(solution->a);
    *solution = (struct smo_solution){ 0 };
}
