#include "detect/kmeans.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double TOLERANCE = 1e-4;
enum { MAX_ITERATIONS = 300 };

static void row_to_centre(const struct matrix *x, int row, double *centre)
{
    for (int j = 0; j < x->columns; j++) centre[j] = (double)matrix_row(x, row)[j];
}

/* ------------------------------------------------------------------------------------------- k-means++ */

/* With scikit-learn's number of trials. */
static int trials_of(int k)
{
    return 2 + (int)log(k);
}

struct seeding {
    struct backend *backend;
    const struct matrix *x;
    int n_trials;
    int *candidates;   /* [trials] rows */
    double *centres;   /* [trials][columns] */
    double *distances; /* [rows][trials] squared */
    double *closest;   /* [rows] squared distance to the nearest centre so far */
    double potential;  /* their sum */
};

static enum status seeding_init(struct seeding *s, struct backend *backend, const struct matrix *x, int k)
{
    *s = (struct seeding){ .backend = backend, .x = x, .n_trials = trials_of(k) };
    const size_t rows = (size_t)x->rows, trials = (size_t)s->n_trials;
    TRY(memory_check(s->candidates = memory_new(trials, sizeof *s->candidates)));
    TRY(memory_check(s->centres = memory_new(trials * (size_t)x->columns, sizeof *s->centres)));
    TRY(memory_check(s->distances = memory_new(rows * trials, sizeof *s->distances)));
    TRY(memory_check(s->closest = memory_new(rows, sizeof *s->closest)));
    for (int n = 0; n < x->rows; n++) s->closest[n] = (double)INFINITY;
    return OK;
}

static void seeding_release(struct seeding *s)
{
    memory_free(s->candidates);
    memory_free(s->centres);
    memory_free(s->distances);
    memory_free(s->closest);
}

/* The first row at which the running sum of `closest` reaches `value`. */
static int row_at(const struct seeding *s, double value)
{
    double sum = 0;
    for (int n = 0; n < s->x->rows; n++) {
        sum += s->closest[n];
        if (sum >= value) return n;
    }
    return s->x->rows - 1;
}

/* The same where every row counts 1. */
static int row_of_share(double share, int rows)
{
    const int row = (int)ceil(share * rows) - 1;
    return row < 0 ? 0 : row < rows ? row : rows - 1;
}

static enum status measure(struct seeding *s, int n_trials)
{
    for (int t = 0; t < n_trials; t++)
        row_to_centre(s->x, s->candidates[t], s->centres + (size_t)t * s->x->columns);
    return s->backend->ops->nearest(s->backend, s->x, s->centres, n_trials, NULL, s->distances);
}

/* The sum of squared distances to the nearest centre, if trial t of n became one. */
static double potential_with(const struct seeding *s, int t, int n_trials)
{
    double sum = 0;
    for (int n = 0; n < s->x->rows; n++) sum += fmin(s->closest[n], s->distances[(size_t)n * n_trials + t]);
    return sum;
}

/* Of the candidates, the one that leaves the least potential. */
static enum status choose(struct seeding *s, int n_trials, int *chosen)
{
    int best = 0;
    double least = INFINITY;
    TRY(measure(s, n_trials));
    for (int t = 0; t < n_trials; t++) {
        const double potential = potential_with(s, t, n_trials);
        if (potential >= least) continue;
        least = potential;
        best = t;
    }
    for (int n = 0; n < s->x->rows; n++)
        s->closest[n] = fmin(s->closest[n], s->distances[(size_t)n * n_trials + best]);
    s->potential = least;
    *chosen = s->candidates[best];
    return OK;
}

static enum status seed_on_host(struct backend *backend, const struct matrix *x, int k, const double *random,
                                int *chosen)
{
    struct seeding s;
    enum status status;
    TRY_OR_DONE(seeding_init(&s, backend, x, k));
    s.candidates[0] = row_of_share(random[0], x->rows);
    TRY_OR_DONE(choose(&s, 1, &chosen[0]));
    for (int c = 1; c < k; c++) {
        const double *shares = random + (size_t)c * s.n_trials;
        for (int t = 0; t < s.n_trials; t++) s.candidates[t] = row_at(&s, shares[t] * s.potential);
        TRY_OR_DONE(choose(&s, s.n_trials, &chosen[c]));
    }
done:
    seeding_release(&s);
    return status;
}

/* random [k][trials]; the first step draws one row, of which all are as likely. */
static void draw(struct rng *rng, int k, int rows, double *random)
{
    const int trials = trials_of(k);
    random[0] = ((double)rng_below(rng, (uint64_t)rows) + 0.5) / rows;
    for (int i = trials; i < k * trials; i++) random[i] = rng_uniform(rng);
}

enum status kmeans_plusplus(struct backend *backend, struct em *em, const struct matrix *x, int k,
                            struct rng *rng, int *chosen)
{
    const int trials = trials_of(k);
    double *random = memory_new((size_t)k * (size_t)trials, sizeof *random);
    TRY(memory_check(random));
    draw(rng, k, x->rows, random);
    const enum status status = em && em->ops->em_seed ? em->ops->em_seed(em, random, trials, chosen)
                                                      : seed_on_host(backend, x, k, random, chosen);
    memory_free(random);
    return status;
}

/* ----------------------------------------------------------------------------------------------- Lloyd */

struct lloyd {
    struct backend *backend;
    struct em *em; /* that finds means with the nearest centres; NULL: the host does */
    const struct matrix *x;
    int k;
    const int *labels; /* [rows] */
    double *squared;   /* [rows] distance to the label's centre */
    int *before;       /* [rows] labels of the last iteration */
    double *moved;     /* [k][columns] new centres */
    int *counts;       /* [k] */
};

static enum status lloyd_init(struct lloyd *l, struct backend *backend, struct em *em, const struct matrix *x,
                              int k, const int *labels)
{
    *l = (struct lloyd){ .backend = backend, .x = x, .k = k, .labels = labels };
    l->em = em && em->ops->em_lloyd ? em : NULL;
    TRY(memory_check(l->squared = memory_new((size_t)x->rows, sizeof *l->squared)));
    TRY(memory_check(l->before = memory_new((size_t)x->rows, sizeof *l->before)));
    TRY(memory_check(l->counts = memory_new((size_t)k, sizeof *l->counts)));
    return memory_check(l->moved = memory_new((size_t)k * (size_t)x->columns, sizeof *l->moved));
}

static void lloyd_release(struct lloyd *l)
{
    memory_free(l->squared);
    memory_free(l->before);
    memory_free(l->counts);
    memory_free(l->moved);
}

enum { STRIP = 64 }; /* columns that one task takes */

struct spread {
    const struct matrix *x;
    double *squares; /* [strips] sums of squared distances to the columns' means */
};

static void spread_of_strip(void *context, int strip, int thread)
{
    (void)thread;
    const struct spread *spread = context;
    const struct matrix *x = spread->x;
    const int first = strip * STRIP, n = x->columns - first < STRIP ? x->columns - first : STRIP;
    double mean[STRIP] = { 0 }, squares[STRIP] = { 0 };
    for (int i = 0; i < x->rows; i++)
        for (int j = 0; j < n; j++) mean[j] += (double)matrix_row(x, i)[first + j];
    for (int j = 0; j < n; j++) mean[j] /= x->rows;
    for (int i = 0; i < x->rows; i++)
        for (int j = 0; j < n; j++) {
            const double distance = (double)matrix_row(x, i)[first + j] - mean[j];
            squares[j] += distance * distance;
        }
    spread->squares[strip] = 0;
    for (int j = 0; j < n; j++) spread->squares[strip] += squares[j];
}

/* Over all columns; squares is a scratch of [columns]. */
static double mean_variance(struct backend *backend, const struct matrix *x, double *squares)
{
    const int strips = (x->columns + STRIP - 1) / STRIP;
    double sum = 0;
    backend->ops->share(backend, strips, spread_of_strip, &(struct spread){ x, squares });
    for (int i = 0; i < strips; i++) sum += squares[i];
    return sum / x->rows / x->columns;
}

/* The nearest centre of each row, and how far it is; and, where em is there, what they will move to. */
static enum status assign(struct lloyd *l, const double *centres, int *nearest)
{
    if (l->em) return l->em->ops->em_lloyd(l->em, centres, nearest, l->squared, l->moved);
    return l->backend->ops->nearest(l->backend, l->x, centres, l->k, nearest, l->squared);
}

/* Rows of each label; 1: some label has none. */
static int count_rows(struct lloyd *l)
{
    int has_empty = 0;
    memset(l->counts, 0, (size_t)l->k * sizeof *l->counts);
    for (int n = 0; n < l->x->rows; n++) l->counts[l->labels[n]]++;
    for (int k = 0; k < l->k; k++) has_empty |= l->counts[k] == 0;
    return has_empty;
}

static void add_rows(struct lloyd *l)
{
    const int columns = l->x->columns;
    memset(l->moved, 0, (size_t)l->k * columns * sizeof *l->moved);
    for (int n = 0; n < l->x->rows; n++) {
        const float *x = matrix_row(l->x, n);
        double *sum = l->moved + (size_t)l->labels[n] * columns;
        for (int j = 0; j < columns; j++) sum[j] += (double)x[j];
    }
}

static int farthest_row(const struct lloyd *l)
{
    int farthest = 0;
    for (int n = 1; n < l->x->rows; n++)
        if (l->squared[n] > l->squared[farthest]) farthest = n;
    return farthest;
}

/* A cluster without rows takes the row that is farthest from its centre, the next one the next farthest. */
static void fill_empty(struct lloyd *l)
{
    const int columns = l->x->columns;
    for (int k = 0; k < l->k; k++) {
        if (l->counts[k]) continue;
        const int n = farthest_row(l);
        if (l->squared[n] <= 0) return; /* more clusters than different rows */
        double *from = l->moved + (size_t)l->labels[n] * columns, *to = l->moved + (size_t)k * columns;
        row_to_centre(l->x, n, to);
        for (int j = 0; j < columns; j++) from[j] -= to[j];
        l->counts[l->labels[n]]--;
        l->counts[k] = 1;
        l->squared[n] = -1;
    }
}

/* Sums become means; a cluster that is still empty goes where the largest one is. */
static void take_means(struct lloyd *l)
{
    const int columns = l->x->columns;
    int largest = 0;
    for (int k = 1; k < l->k; k++)
        if (l->counts[k] > l->counts[largest]) largest = k;
    for (int k = 0; k < l->k; k++)
        for (int j = 0; j < columns; j++)
            l->moved[(size_t)k * columns + j] /= l->counts[k] ? l->counts[k] : 1;
    for (int k = 0; k < l->k; k++)
        if (l->counts[k] == 0)
            memcpy(l->moved + (size_t)k * columns, l->moved + (size_t)largest * columns,
                   (size_t)columns * sizeof *l->moved);
}

/* The centres go to the means of their rows; how far, squared, all together. */
static double move_centres(struct lloyd *l, double *centres)
{
    const size_t size = (size_t)l->k * (size_t)l->x->columns;
    double shift = 0;
    if (count_rows(l) || !l->em) {
        add_rows(l);
        fill_empty(l);
        take_means(l);
    }
    for (size_t i = 0; i < size; i++) shift += (l->moved[i] - centres[i]) * (l->moved[i] - centres[i]);
    memcpy(centres, l->moved, size * sizeof *centres);
    return shift;
}

/* *settled = 1: the labels already fit the centres. */
static enum status iterate(struct lloyd *l, double *centres, int *labels, struct kmeans *result, int *settled)
{
    const size_t labels_size = (size_t)l->x->rows * sizeof *labels;
    const double enough = TOLERANCE * mean_variance(l->backend, l->x, l->moved);
    memset(l->before, -1, labels_size);
    for (int i = 1; i <= MAX_ITERATIONS; i++) {
        result->iterations = i;
        TRY(assign(l, centres, labels));
        const double shift = move_centres(l, centres);
        *settled = memcmp(labels, l->before, labels_size) == 0;
        if (*settled || shift <= enough) break;
        memcpy(l->before, labels, labels_size);
    }
    return OK;
}

enum status kmeans_lloyd(struct backend *backend, struct em *em, const struct matrix *x, int k,
                         double *centres, int *labels, struct kmeans *result)
{
    struct lloyd l;
    int settled = 0;
    enum status status;
    TRY_OR_DONE(lloyd_init(&l, backend, em, x, k, labels));
    TRY_OR_DONE(iterate(&l, centres, labels, result, &settled));
    /* once more for the distances to the final centres; labels change only where they had not settled */
    TRY_OR_DONE(assign(&l, centres, settled ? l.before : labels));
    result->inertia = 0;
    for (int n = 0; n < x->rows; n++) result->inertia += l.squared[n];
done:
    lloyd_release(&l);
    return status;
}

enum status kmeans_fit(struct backend *backend, struct em *em, const struct matrix *x, int k, struct rng *rng,
                       int *labels, struct kmeans *result)
{
    int *chosen = memory_new((size_t)k, sizeof *chosen);
    double *centres = memory_new((size_t)k * (size_t)x->columns, sizeof *centres);
    enum status status = chosen && centres ? OK : ERR_MEMORY;
    if (status == OK) status = kmeans_plusplus(backend, em, x, k, rng, chosen);
    for (int c = 0; status == OK && c < k; c++) row_to_centre(x, chosen[c], centres + (size_t)c * x->columns);
    if (status == OK) status = kmeans_lloyd(backend, em, x, k, centres, labels, result);
    memory_free(chosen);
    memory_free(centres);
    return status;
}
