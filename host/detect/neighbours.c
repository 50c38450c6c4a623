#include "detect/neighbours.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

struct search {
    const struct matrix *x, *y;
    enum metric metric;
    int is_self;
    double *x_norm, *y_norm; /* [rows] of METRIC_COSINE; else NULL */
    int *found;              /* [rows of x] neighbours so far, at most k */
    struct neighbours *out;  /* its distances are squared ones until the end, where the metric is euclidean */
};

/* --------------------------------------------------------------------------------------------- metrics */

/* |x||y|(1 - cosine) = (|x - y|² - (|x| - |y|)²) / 2, which keeps the digits of near neighbours. */
static double cosine_distance(double squared, double x_norm, double y_norm)
{
    const double product = x_norm * y_norm, difference = x_norm - y_norm;
    if (product == 0) return 1;
    return fmax(0, (squared - difference * difference) / (2 * product));
}

static double exact_distance(const struct search *s, const struct distance_tile *tile, int n, int other)
{
    const double squared = tile->exact(matrix_row(s->x, n), matrix_row(s->y, other), s->x->columns);
    return s->metric == METRIC_COSINE ? cosine_distance(squared, s->x_norm[n], s->y_norm[other]) : squared;
}

/* The squared distance of two rows that are `limit` from each other; infinite where that is. */
static double squared_at(const struct search *s, int n, int other, double limit)
{
    if (s->metric == METRIC_EUCLIDEAN || isinf(limit)) return limit;
    const double difference = s->x_norm[n] - s->y_norm[other];
    return 2 * limit * s->x_norm[n] * s->y_norm[other] + difference * difference;
}

/* ---------------------------------------------------------------------------------------------- search */

/* Keeps a row's k nearest in order; a newcomer goes behind those that are as near. */
static void insert(struct search *s, int n, int other, double distance)
{
    const int k = s->out->k;
    double *distances = s->out->distance + (size_t)n * k;
    int *index = s->out->index + (size_t)n * k;
    const int is_full = s->found[n] == k;
    if (is_full && !(distance < distances[k - 1])) return;
    int at = is_full ? k - 1 : s->found[n]++;
    for (; at > 0 && distances[at - 1] > distance; at--) {
        distances[at] = distances[at - 1];
        index[at] = index[at - 1];
    }
    distances[at] = distance;
    index[at] = other;
}

static double farthest(const struct search *s, int n)
{
    const int k = s->out->k;
    return s->found[n] < k ? (double)INFINITY : s->out->distance[(size_t)n * k + k - 1];
}

/* 1: some of n rough distances do not exceed `reach`. Nearly always none does. */
static int has_near(const float *rough, int n, double reach)
{
    const float limit = nextafterf((float)reach, INFINITY);
    int n_near = 0;
    for (int j = 0; j < n; j++) n_near += !(rough[j] > limit);
    return n_near > 0;
}

static void search_row(struct search *s, const struct distance_tile *tile, int i)
{
    const int n = tile->x_first + i;
    const float *rough = tile->squared + (size_t)i * tile->stride;
    double limit = farthest(s, n);
    double reach = distance_reach(limit, tile->error);
    if (s->metric == METRIC_EUCLIDEAN && !has_near(rough, tile->y_rows, reach)) return;
    for (int j = 0; j < tile->y_rows; j++) {
        const int other = tile->y_first + j;
        if (s->metric == METRIC_COSINE) reach = distance_reach(squared_at(s, n, other, limit), tile->error);
        if ((double)rough[j] > reach || (s->is_self && other == n)) continue;
        insert(s, n, other, exact_distance(s, tile, n, other));
        limit = farthest(s, n);
        reach = distance_reach(limit, tile->error);
    }
}

static void search_tile(void *context, const struct distance_tile *tile)
{
    for (int i = 0; i < tile->x_rows; i++) search_row(context, tile, i);
}

/* ------------------------------------------------------------------------------------------------- all */

static enum status new_norms(const struct matrix *x, double **norms)
{
    TRY(memory_check(*norms = memory_new((size_t)x->rows, sizeof **norms)));
    for (int n = 0; n < x->rows; n++) {
        double sum = 0;
        for (int j = 0; j < x->columns; j++) sum += (double)matrix_row(x, n)[j] * (double)matrix_row(x, n)[j];
        (*norms)[n] = sqrt(sum);
    }
    return OK;
}

static enum status reserve(struct search *s)
{
    const size_t rows = (size_t)s->x->rows, k = (size_t)s->out->k;
    if (s->metric == METRIC_COSINE) {
        TRY(new_norms(s->x, &s->x_norm));
        TRY(new_norms(s->y, &s->y_norm));
    }
    TRY(memory_check(s->found = memory_new(rows, sizeof *s->found)));
    TRY(memory_check(s->out->distance = memory_new(rows * k, sizeof *s->out->distance)));
    return memory_check(s->out->index = memory_new(rows * k, sizeof *s->out->index));
}

enum status neighbours_find(struct backend *backend, const struct matrix *x, const struct matrix *y, int k,
                            enum metric metric, int is_self, struct neighbours *out)
{
    *out = (struct neighbours){ .k = k };
    REQUIRE(k >= 1 && k <= y->rows - is_self, ERR_INTERNAL, "%d neighbours among %d rows", k, y->rows);
    struct search s = { .x = x, .y = y, .metric = metric, .is_self = is_self, .out = out };
    const struct distance_taker taker = { .take = search_tile, .context = &s };
    enum status status = reserve(&s);
    if (status == OK) status = backend->ops->distance(backend, x, y, &taker);
    for (size_t i = 0; status == OK && metric == METRIC_EUCLIDEAN && i < (size_t)x->rows * (size_t)k; i++)
        out->distance[i] = sqrt(out->distance[i]);
    memory_free(s.x_norm);
    memory_free(s.y_norm);
    memory_free(s.found);
    return status;
}

void neighbours_release(struct neighbours *neighbours)
{
    memory_free(neighbours->distance);
    memory_free(neighbours->index);
    *neighbours = (struct neighbours){ 0 };
}
