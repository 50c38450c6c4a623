#include "backend/cpu_search.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum status cpu_search_tile_init(struct cpu_search_tile *t, const struct cpu_centres *centres)
{
    const size_t count = (size_t)centres->count, pairs = CPU_EM_TILE * count;
    TRY(memory_check(t->live = memory_new(pairs, sizeof *t->live)));
    TRY(memory_check(t->cost = memory_new(pairs, sizeof *t->cost)));
    TRY(memory_check(t->q = memory_new((size_t)CPU_EM_TILE * centres->padded, sizeof *t->q)));
    TRY(memory_check(t->hits = memory_new(count, sizeof *t->hits)));
    TRY(memory_check(t->active = memory_new(count, sizeof *t->active)));
    TRY(memory_check(t->n_listed = memory_new(count, sizeof *t->n_listed)));
    TRY(memory_check(t->list = memory_new(pairs, sizeof *t->list)));
    return memory_check(t->sum = memory_new(pairs, sizeof *t->sum));
}

void cpu_search_tile_release(struct cpu_search_tile *t)
{
    memory_free(t->live);
    memory_free(t->cost);
    memory_free(t->q);
    memory_free(t->hits);
    memory_free(t->active);
    memory_free(t->n_listed);
    memory_free(t->list);
    memory_free(t->sum);
    *t = (struct cpu_search_tile){ 0 };
}

static float *bounds_of(const struct cpu_search *s, const struct cpu_search_tile *t, int r)
{
    return s->bounds ? s->bounds + (size_t)t->rows[r] * s->centres->padded : NULL;
}

static double square(const struct cpu_search *s, const struct cpu_search_tile *t, int r, int k)
{
    const struct cpu_centres *c = s->centres;
    const size_t i = (size_t)k * c->stride;
    return s->kernels->square(t->x[r], c->mean + i, c->precision + i, c->stride);
}

/* ------------------------------------------------------------------------------------------ candidates */

static void filter(const struct cpu_search *s, const struct cpu_search_tile *t)
{
    s->kernels->filter(&(struct cpu_em_filter){ .x = t->x,
                                                .rows = t->n,
                                                .columns = s->filtered,
                                                .panels = s->centres->panels,
                                                .stride = s->centres->stride,
                                                .padded = s->centres->padded,
                                                .q = t->q });
}

/* The centre that the filter holds for the cheapest. */
static int guess_by_filter(const struct cpu_search *s, const float *q)
{
    const struct cpu_centres *c = s->centres;
    const double scale = (double)c->stride / s->filtered / 2;
    int best = 0;
    for (int k = 1; k < c->count; k++)
        if (c->offset[k] + (double)q[k] * scale < c->offset[best] + (double)q[best] * scale) best = k;
    return best;
}

/* Rows of a tile lie anywhere, and memory is slower than the sum of squares. One whose best is known is not read. */
static void fetch_row(const struct cpu_search *s, const struct cpu_search_tile *t, int r)
{
    enum { LINE = 16 }; /* floats that come at once */
    if (r >= t->n || !isnan(t->best[r])) return;
    for (int j = 0; j < s->centres->stride; j += LINE) __builtin_prefetch(t->x[r] + j);
}

static void settle_guesses(const struct cpu_search *s, struct cpu_search_tile *t, int is_filtered)
{
    for (int r = 0; r < t->n; r++) {
        fetch_row(s, t, r + 1);
        if (t->guess[r] < 0)
            t->guess[r] = is_filtered ? guess_by_filter(s, t->q + (size_t)r * s->centres->padded) : 0;
        if (isnan(t->best[r]))
            t->best[r] = s->centres->offset[t->guess[r]] + square(s, t, r, t->guess[r]) / 2;
    }
}

/* As a float that nothing within the margin exceeds: offsets and the sum are rounded once each. */
static float float_limit(const struct cpu_search *s, double best)
{
    return (float)(best + s->margin * (1 + 1e-5) + 1e-6 * (fabs(best) + s->centres->largest_offset));
}

static void add_candidate(struct cpu_search_tile *t, int k, int r, double q)
{
    const size_t at = (size_t)k * CPU_EM_TILE + t->n_listed[k];
    t->list[at] = (uint8_t)r;
    t->sum[at] = q;
    t->n_listed[k]++;
}

/* Without earlier bounds what stands there is of other centres. */
static float *bounds_to_judge(const struct cpu_search *s, const struct cpu_search_tile *t, int r)
{
    float *bounds = bounds_of(s, t, r);
    if (bounds && !s->has_bounds) memset(bounds, 0, (size_t)s->centres->padded * sizeof *bounds);
    return bounds;
}

/* How many pairs there are. */
static int screen(const struct cpu_search *s, struct cpu_search_tile *t, int is_filtered)
{
    const struct cpu_centres *c = s->centres;
    int n_pairs = 0;
    memset(t->n_listed, 0, (size_t)c->count * sizeof *t->n_listed);
    for (int r = 0; r < t->n; r++) {
        const float *q = is_filtered ? t->q + (size_t)r * c->padded : NULL;
        const int n = s->kernels->screen(&(struct cpu_em_screen){ .q = q,
                                                                  .grow = c->grow,
                                                                  .shift = c->shift,
                                                                  .offset = c->offset_float,
                                                                  .count = c->count,
                                                                  .padded = c->padded,
                                                                  .limit = float_limit(s, t->best[r]),
                                                                  .shrink = (float)(1 - c->error),
                                                                  .bounds = bounds_to_judge(s, t, r),
                                                                  .found = t->hits });
        for (int i = 0; i < n; i++)
            if (t->hits[i] != t->guess[r]) add_candidate(t, t->hits[i], r, q ? (double)q[t->hits[i]] : 0);
        n_pairs += n;
    }
    return n_pairs;
}

/* ------------------------------------------------------------------------------------------- distances */

/* What a row's candidates may cost, in q; floats are too high by their error at most. */
static void set_limits(const struct cpu_search *s, const struct cpu_search_tile *t, double *limit)
{
    for (int r = 0; r < t->n; r++)
        limit[r] = t->best[r] + s->margin + 1e-9 * (fabs(t->best[r]) + s->centres->largest_offset);
}

/* Columns first … first + n - 1 of one centre's candidates. */
static void narrow_centre(const struct cpu_search *s, struct cpu_search_tile *t, const float *const *x,
                          const double *limit, int k, int first, int n)
{
    const struct cpu_centres *c = s->centres;
    float *bounds[CPU_EM_TILE];
    double most[CPU_EM_TILE];
    uint8_t *list = t->list + (size_t)k * CPU_EM_TILE;
    for (int i = 0; i < t->n_listed[k]; i++) {
        most[list[i]] = 2 * (limit[list[i]] - c->offset[k]) * (1 + 2 * c->error);
        if (s->bounds) bounds[list[i]] = bounds_of(s, t, list[i]) + k;
    }
    t->n_listed[k] =
        s->kernels->narrow(&(struct cpu_em_narrow){ .x = x,
                                                    .strip = c->strips + ((size_t)k * c->stride + first) * 3,
                                                    .columns = n,
                                                    .limit = most,
                                                    .shrink = (float)(1 - c->error),
                                                    .bounds = s->bounds ? bounds : NULL,
                                                    .list = list,
                                                    .sum = t->sum + (size_t)k * CPU_EM_TILE,
                                                    .count = t->n_listed[k] });
}

/* A centre's parameters of some columns stay in the first cache while its rows pass. */
static int narrow(const struct cpu_search *s, struct cpu_search_tile *t, int first_column)
{
    double limit[CPU_EM_TILE];
    int n_active = 0;
    set_limits(s, t, limit);
    for (int k = 0; k < s->centres->count; k++)
        if (t->n_listed[k]) t->active[n_active++] = k;
    for (int first = first_column; first < s->centres->stride && n_active; first += s->step) {
        const int left = s->centres->stride - first, n = left < s->step ? left : s->step;
        const float *x[CPU_EM_TILE];
        int n_left = 0;
        for (int r = 0; r < t->n; r++) x[r] = t->x[r] + first;
        for (int i = 0; i < n_active; i++) {
            narrow_centre(s, t, x, limit, t->active[i], first, n);
            if (t->n_listed[t->active[i]]) t->active[n_left++] = t->active[i];
        }
        n_active = n_left;
    }
    return n_active;
}

/* --------------------------------------------------------------------------------------------- results */

/* Centres stay in rising order: only a guess comes out of turn. */
static void put(const struct cpu_search *s, struct cpu_search_tile *t, int r, int k, double cost)
{
    const size_t row = (size_t)r * s->centres->count;
    int at = t->found[r]++;
    for (; at > 0 && t->live[row + at - 1] > k; at--) {
        t->live[row + at] = t->live[row + at - 1];
        t->cost[row + at] = t->cost[row + at - 1];
    }
    t->live[row + at] = k;
    t->cost[row + at] = cost;
    const double q = 2 * (cost - s->centres->offset[k]);
    if (s->bounds && q <= (double)FLT_MAX) bounds_of(s, t, r)[k] = (float)(sqrt(fmax(q, 0)) * (1 - 2e-6));
}

static void put_candidates(const struct cpu_search *s, struct cpu_search_tile *t, int n_active)
{
    for (int i = 0; i < n_active; i++) {
        const int k = t->active[i];
        for (int j = 0; j < t->n_listed[k]; j++) {
            const int r = t->list[(size_t)k * CPU_EM_TILE + j];
            put(s, t, r, k, s->centres->offset[k] + square(s, t, r, k) / 2);
        }
    }
}

static void put_all(const struct cpu_search *s, struct cpu_search_tile *t)
{
    for (int r = 0; r < t->n; r++)
        for (int k = 0; k < s->centres->count; k++)
            put(s, t, r, k, s->centres->offset[k] + square(s, t, r, k) / 2);
}

/* What is beyond the margin of the lowest cost goes. */
static void trim(const struct cpu_search *s, struct cpu_search_tile *t, int r)
{
    int *live = t->live + (size_t)r * s->centres->count, n = 0;
    double *cost = t->cost + (size_t)r * s->centres->count, lowest = INFINITY;
    for (int i = 0; i < t->found[r]; i++) lowest = fmin(lowest, cost[i]);
    for (int i = 0; i < t->found[r]; i++) {
        if (cost[i] > lowest + s->margin) continue;
        live[n] = live[i];
        cost[n++] = cost[i];
    }
    t->found[r] = n;
}

static void search(const struct cpu_search *s, struct cpu_search_tile *t)
{
    int is_filtered = !s->has_bounds;
    if (is_filtered) filter(s, t);
    settle_guesses(s, t, is_filtered);
    if (screen(s, t, is_filtered) > t->n * s->centres->count / 4 && !is_filtered) {
        is_filtered = 1;
        filter(s, t);
        screen(s, t, is_filtered);
    }
    const int n_active = narrow(s, t, is_filtered ? s->filtered : 0);
    for (int r = 0; r < t->n; r++) put(s, t, r, t->guess[r], t->best[r]);
    put_candidates(s, t, n_active);
}

void cpu_search_run(const struct cpu_search *s, struct cpu_search_tile *t)
{
    for (int r = 0; r < CPU_EM_TILE; r++) {
        t->x[r] = cpu_rows_at(s->rows, t->rows[r < t->n ? r : t->n - 1]);
        t->found[r] = 0;
    }
    if (s->is_exhaustive)
        put_all(s, t);
    else
        search(s, t);
    for (int r = 0; r < t->n; r++) trim(s, t, r);
}
