#include "detect/ocsvm.h"

#include "core/log.h"
#include "core/memory.h"
#include "detect/kept.h"
#include "detect/lanes.h"
#include "detect/saved.h"
#include "detect/smo.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    { .name = "nu",
      .type = OPTION_REAL,
      .offset = offsetof(struct ocsvm_settings, nu),
      .standard = "1e-4",
      .low = 1e-12,
      .high = 1,
      .metavar = "NU",
      .help = "share of training patches that may lie outside, at most",
      .shapes = 1 },
    { .name = "gamma",
      .type = OPTION_TEXT,
      .offset = offsetof(struct ocsvm_settings, gamma),
      .standard = "scale",
      .metavar = "G",
      .help = "of the kernel exp(-G d²): a number, 1 / columns: auto, or 1 / (columns · variance): scale",
      .shapes = 1 },
    { .name = "tol",
      .type = OPTION_REAL,
      .offset = offsetof(struct ocsvm_settings, tol),
      .standard = "1e-3",
      .low = 0,
      .high = 1e9,
      .metavar = "T",
      .help = "stop when the optimality conditions are violated by less",
      .shapes = 1 },
    { .name = "cache-mb",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct ocsvm_settings, cache_mb),
      .standard = "200",
      .low = 1,
      .high = 1048576,
      .alias = "cache-size",
      .metavar = "MB",
      .help = "memory for rows of the kernel matrix" },
    { 0 },
};

static void release(void *model)
{
    struct ocsvm_model *svm = model;
    matrix_release(&svm->vectors);
    memory_free(svm->weights);
    *svm = (struct ocsvm_model){ 0 };
}

/* ------------------------------------------------------------------------------------------------- fit */

enum { ROWS = 256 }; /* that a task sums */

/* Sums of all values around `centre`, and of their squares, a pair for every ROWS rows. */
struct spread {
    const struct matrix *x;
    double centre;
    double *sums; /* [tasks][2] */
};

static void add_values(void *context, int task, int thread)
{
    (void)thread;
    const struct spread *spread = context;
    const struct matrix *x = spread->x;
    const int first = task * ROWS, end = x->rows - first < ROWS ? x->rows : first + ROWS;
    double sum = 0, squares = 0;
    for (int n = first; n < end; n++) {
        double row = 0, row_squares = 0;
        for (int j = 0; j < x->columns; j++) {
            const double value = (double)matrix_row(x, n)[j] - spread->centre;
            row += value;
            row_squares += value * value;
        }
        sum += row;
        squares += row_squares;
    }
    spread->sums[2 * (size_t)task] = sum;
    spread->sums[2 * (size_t)task + 1] = squares;
}

/* All tasks' sums, into the first pair. */
static void sum_values(struct backend *backend, const struct spread *spread)
{
    const int tasks = (spread->x->rows + ROWS - 1) / ROWS;
    backend->ops->share(backend, tasks, add_values, (void *)spread);
    for (size_t t = 1; t < (size_t)tasks; t++) {
        spread->sums[0] += spread->sums[2 * t];
        spread->sums[1] += spread->sums[2 * t + 1];
    }
}

/* Of all values of all rows, around their common mean. */
static enum status variance_of(struct backend *backend, const struct matrix *x, double *variance)
{
    const double n = (double)x->rows * x->columns;
    struct spread spread = { .x = x };
    TRY(memory_check(spread.sums = memory_new((size_t)(x->rows / ROWS + 1), 2 * sizeof *spread.sums)));
    sum_values(backend, &spread);
    spread.centre = spread.sums[0] / n;
    sum_values(backend, &spread);
    *variance = spread.sums[1] / n;
    memory_free(spread.sums);
    return OK;
}

static int is_word(const char *gamma)
{
    return strcmp(gamma, "scale") == 0 || strcmp(gamma, "auto") == 0;
}

/* As OneClassSVM has it: rows without any variance are scaled by 1. */
static enum status gamma_of(struct backend *backend, const char *words, const struct matrix *x, double *gamma)
{
    double variance;
    *gamma = strcmp(words, "auto") == 0 ? 1.0 / x->columns : strtod(words, NULL);
    if (strcmp(words, "scale") != 0) return OK;
    TRY(variance_of(backend, x, &variance));
    *gamma = variance > 0 ? 1 / (x->columns * variance) : 1;
    return OK;
}

static enum status check(const void *settings, int rows, int columns)
{
    const struct ocsvm_settings *s = settings;
    char *end;
    (void)columns;
    const double gamma = strtod(s->gamma, &end);
    REQUIRE(is_word(s->gamma) || (*s->gamma && !*end && gamma > 0 && gamma <= DBL_MAX), ERR_USAGE,
            "--gamma %s: expected a number above 0, scale or auto", s->gamma);
    REQUIRE(rows >= 2, ERR_INPUT, "%d patch%s to learn from, at least 2 are needed", rows,
            rows == 1 ? "" : "es");
    return OK;
}

/* The rows that carry weight. */
static enum status take_vectors(const struct matrix *x, const double *weight, struct ocsvm_model *svm)
{
    int n = 0;
    for (int i = 0; i < x->rows; i++) n += weight[i] > 0;
    TRY(matrix_init(&svm->vectors, n, x->columns));
    TRY(memory_check(svm->weights = memory_new((size_t)n, sizeof *svm->weights)));
    n = 0;
    for (int i = 0; i < x->rows; i++) {
        if (!(weight[i] > 0)) continue;
        memcpy(matrix_row(&svm->vectors, n), matrix_row(x, i), (size_t)x->columns * sizeof *x->data);
        svm->weights[n++] = weight[i];
    }
    return OK;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *model)
{
    const struct ocsvm_settings *s = settings;
    struct ocsvm_model *svm = model;
    struct smo_solution solution = { 0 };
    enum status status;
    TRY_OR_DONE(kept_check_finite(&rows->x));
    TRY_OR_DONE(gamma_of(backend, s->gamma, &rows->x, &svm->gamma));
    const struct smo_problem problem = { .backend = backend,
                                         .x = &rows->x,
                                         .gamma = svm->gamma,
                                         .total = s->nu * rows->x.rows,
                                         .tol = s->tol,
                                         .cache_bytes = (size_t)s->cache_mb << 20 };
    TRY_OR_DONE(smo_solve(&problem, &solution));
    TRY_OR_DONE(take_vectors(&rows->x, solution.a, svm));
    svm->rho = solution.rho;
    svm->objective = solution.objective;
    svm->iterations = solution.iterations;
    if (!solution.converged)
        log_warning("the support vectors did not settle in %d iterations; a larger --tol helps",
                    solution.iterations);
done:
    smo_release(&solution);
    return status;
}

/* ----------------------------------------------------------------------------------------------- score */

enum { TILE = 64 }; /* rows that a task scores */

/* |x - v|² = |x|² + |v|² - 2 x'v in double, of rows less the first vector: the products are a matrix', and what cancels is
 * below 1e-13 of the rows' spread, while scores are asked for to 1e-5 of theirs. */
struct scoring {
    struct backend *backend;
    const struct ocsvm_model *svm;
    const struct matrix *x;
    double *score;    /* [rows of x] */
    double *vectors;  /* [V][columns] less the first */
    double *norms;    /* [V] */
    double *rows;     /* [threads][TILE][columns] */
    double *products; /* [threads][TILE][V] */
};

/* One row less the first vector; its squared length. */
static double centre_row(const struct scoring *s, const float *row, double *out)
{
    const float *first = s->svm->vectors.data;
    for (int j = 0; j < s->x->columns; j++) out[j] = (double)row[j] - (double)first[j];
    return lanes_dot(out, out, s->x->columns);
}

static void score_tile(void *context, int task, int thread)
{
    const struct scoring *s = context;
    const size_t columns = (size_t)s->x->columns, n_vectors = (size_t)s->svm->vectors.rows;
    const int first = task * TILE, left = s->x->rows - first, n = left < TILE ? left : TILE;
    double *rows = s->rows + (size_t)thread * TILE * columns, norm[TILE];
    double *products = s->products + (size_t)thread * TILE * n_vectors;
    for (int i = 0; i < n; i++)
        norm[i] = centre_row(s, matrix_row(s->x, first + i), rows + (size_t)i * columns);
    s->backend->ops->gemm_double(s->backend, &(struct gemm_double_args){ .m = n,
                                                                         .n = (int)n_vectors,
                                                                         .k = (int)columns,
                                                                         .a = rows,
                                                                         .b = s->vectors,
                                                                         .c = products,
                                                                         .a_row = columns,
                                                                         .a_column = 1,
                                                                         .b_row = 1,
                                                                         .b_column = columns,
                                                                         .c_row = n_vectors });
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (size_t v = 0; v < n_vectors; v++) {
            const double squared = norm[i] + s->norms[v] - 2 * products[(size_t)i * n_vectors + v];
            sum += s->svm->weights[v] * exp(-s->svm->gamma * fmax(squared, 0));
        }
        s->score[first + i] = s->svm->rho - sum;
    }
}

static enum status scoring_init(struct scoring *s)
{
    const size_t columns = (size_t)s->x->columns, n_vectors = (size_t)s->svm->vectors.rows;
    const size_t threads = (size_t)s->backend->ops->threads(s->backend);
    TRY(memory_check(s->vectors = memory_new(n_vectors * columns, sizeof *s->vectors)));
    TRY(memory_check(s->norms = memory_new(n_vectors, sizeof *s->norms)));
    TRY(memory_check(s->rows = memory_new(threads * TILE * columns, sizeof *s->rows)));
    TRY(memory_check(s->products = memory_new(threads * TILE * n_vectors, sizeof *s->products)));
    for (size_t v = 0; v < n_vectors; v++)
        s->norms[v] = centre_row(s, matrix_row(&s->svm->vectors, (int)v), s->vectors + v * columns);
    return OK;
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    struct scoring s = { .backend = backend, .svm = model, .x = &rows->x, .score = score };
    enum status status;
    TRY_OR_DONE(kept_check(&s.svm->vectors, &rows->x));
    TRY_OR_DONE(scoring_init(&s));
    backend->ops->share(backend, (rows->x.rows + TILE - 1) / TILE, score_tile, &s);
done:
    memory_free(s.vectors);
    memory_free(s.norms);
    memory_free(s.rows);
    memory_free(s.products);
    return status;
}

/* ----------------------------------------------------------------------------------------------- files */

static enum status describe(const void *model, struct attributes *told)
{
    const struct ocsvm_model *svm = model;
    TRY(attributes_set_integer(told, "iterations", svm->iterations));
    TRY(attributes_set_integer(told, "vectors", svm->vectors.rows));
    TRY(attributes_set_real(told, "gamma", svm->gamma));
    TRY(attributes_set_real(told, "rho", svm->rho));
    return attributes_set_real(told, "objective", svm->objective);
}

static enum status save(const void *model, struct store *store, const char *name)
{
    const struct ocsvm_model *svm = model;
    TRY(kept_save(&svm->vectors, store, name));
    TRY(kept_save_numbers(svm->weights, svm->vectors.rows, store, name, "weights"));
    return saved_told(store, name, model, describe);
}

static enum status load(void *model, struct store *store, const char *name)
{
    struct ocsvm_model *svm = model;
    struct attributes told = { 0 };
    double iterations;
    enum status status;
    TRY_OR_DONE(kept_load(&svm->vectors, store, name));
    TRY_OR_DONE(kept_load_numbers(&svm->weights, svm->vectors.rows, 0, 1, store, name, "weights"));
    TRY_OR_DONE(store_get(store, name, &told));
    TRY_OR_DONE(kept_number(store, name, &told, "gamma", 0, DBL_MAX, &svm->gamma));
    TRY_OR_DONE(kept_number(store, name, &told, "rho", -DBL_MAX, DBL_MAX, &svm->rho));
    TRY_OR_DONE(kept_number(store, name, &told, "objective", -DBL_MAX, DBL_MAX, &svm->objective));
    TRY_OR_DONE(kept_number(store, name, &told, "iterations", 0, INT_MAX, &iterations));
    svm->iterations = (int)iterations;
done:
    attributes_release(&told);
    return status;
}

const struct detector detector_ocsvm = {
    .name = "ocsvm",
    .summary = "one-class support vector machine; a patch's score is its distance outside the boundary",
    .options = options,
    .settings_size = sizeof(struct ocsvm_settings),
    .model_size = sizeof(struct ocsvm_model),
    .fit_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = save,
    .load = load,
    .release = release,
    .describe = describe,
};
