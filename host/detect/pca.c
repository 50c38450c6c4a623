#include "detect/pca.h"

#include "core/memory.h"
#include "detect/eigen.h"
#include "detect/lanes.h"
#include "detect/moments.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Of the smaller of rows and columns: the matrix that is taken apart is one of its squares. */
enum { MOST = 1 << 14 };

static const struct option options[] = {
    { .name = "keep",
      .type = OPTION_REAL,
      .offset = offsetof(struct pca_settings, keep),
      .standard = "0.95",
      .low = 0,
      .high = MOST,
      .metavar = "N",
      .help = "components, or below 1 the share of the variance that they explain at least",
      .shapes = 1 },
    { 0 },
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static enum status check(const void *settings, int rows, int columns)
{
    const double keep = ((const struct pca_settings *)settings)->keep;
    REQUIRE(keep > 0 && (keep < 1 || keep == floor(keep)), ERR_USAGE,
            "--keep %g: expected a whole number of components, or a share above 0 and below 1", keep);
    REQUIRE(rows >= 2, ERR_INPUT, "%d patch%s to learn from, at least 2 are needed", rows,
            rows == 1 ? "" : "es");
    REQUIRE(keep <= smaller(rows - 1, columns), ERR_INPUT,
            "--keep %g: %d patches of %d columns have at most %d components", keep, rows, columns,
            smaller(rows - 1, columns));
    REQUIRE(smaller(rows, columns) <= MOST, ERR_INPUT,
            "%d patches of %d columns: the smaller number may be %d at most", rows, columns, (int)MOST);
    return OK;
}

void pca_model_release(struct pca_model *model)
{
    memory_free(model->mean);
    memory_free(model->axes);
    *model = (struct pca_model){ 0 };
}

static void release(void *model)
{
    pca_model_release(model);
}

/* ------------------------------------------------------------------------------------------------- fit */

enum { TILE = 96 /* rows, or axes, that one task takes */, AXES_AT_ONCE = 192 };

struct fitting {
    struct backend *backend;
    const struct matrix *x;
    double keep;
    int n;            /* the smaller of rows and columns */
    double *centred;  /* [rows][columns] x less its mean; only where there are fewer rows than columns */
    double *products; /* [n][n] covariance, or inner products of centred rows / rows */
    struct eigen eigen;
    double *values; /* [n] the largest eigenvalues, as many as are kept */
};

static int has_few_rows(const struct fitting *f)
{
    return f->x->rows < f->x->columns;
}

static void centre(struct fitting *f, double *mean)
{
    const int rows = f->x->rows, columns = f->x->columns;
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < columns; j++) mean[j] += (double)matrix_row(f->x, n)[j] / rows;
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < columns; j++)
            f->centred[(size_t)n * columns + j] = (double)matrix_row(f->x, n)[j] - mean[j];
}

/* Some rows' products with those up to them; the later, and so longer, tasks first. */
static void multiply_rows(void *context, int task, int thread)
{
    (void)thread;
    const struct fitting *f = context;
    const size_t columns = (size_t)f->x->columns, n = (size_t)f->n;
    const int first = ((f->n - 1) / TILE - task) * TILE, end = smaller(first + TILE, f->n);
    f->backend->ops->gemm_double(f->backend, &(struct gemm_double_args){ .m = end - first,
                                                                         .n = end,
                                                                         .k = f->x->columns,
                                                                         .a = f->centred + first * columns,
                                                                         .a_row = columns,
                                                                         .a_column = 1,
                                                                         .b = f->centred,
                                                                         .b_row = 1,
                                                                         .b_column = columns,
                                                                         .c = f->products + first * n,
                                                                         .c_row = n });
    for (size_t i = (size_t)first * n; i < (size_t)end * n; i++) f->products[i] /= f->n;
}

static enum status find_products(struct fitting *f, double *mean)
{
    const size_t n = (size_t)f->n;
    TRY(memory_check(f->products = memory_new(n * n, sizeof *f->products)));
    if (!has_few_rows(f)) return moments_find(f->backend, f->x, mean, f->products);
    TRY(memory_check(f->centred = memory_new(n * (size_t)f->x->columns, sizeof *f->centred)));
    centre(f, mean);
    f->backend->ops->share(f->backend, (f->n + TILE - 1) / TILE, multiply_rows, f);
    return OK;
}

/* More values until enough of `whole` is explained; the sum of those that are kept. */
static double keep_values(struct fitting *f, double whole, int *kept)
{
    enum { AT_ONCE = 128 };
    double sum = 0;
    int found = 0;
    for (*kept = 0; *kept < f->n && (f->keep < 1 ? sum <= f->keep * whole : *kept < f->keep); ++*kept) {
        if (*kept == found) {
            eigen_values(&f->eigen, found, smaller(AT_ONCE, f->n - found), f->values + found);
            found += smaller(AT_ONCE, f->n - found);
        }
        if (f->values[*kept] <= f->n * DBL_EPSILON * f->eigen.bound) break; /* none but for rounding */
        sum += f->values[*kept];
    }
    return sum;
}

/* The eigenvalues that are kept, and their share of the trace. */
static enum status choose(struct fitting *f, struct pca_model *model)
{
    double whole = 0;
    for (int i = 0; i < f->n; i++) whole += f->products[(size_t)i * f->n + i];
    REQUIRE(whole > 0, ERR_INPUT, "the patches are all alike: no direction in which they vary");
    TRY(eigen_init(&f->eigen, f->backend, f->products, f->n));
    model->share = fmin(keep_values(f, whole, &model->kept) / whole, 1);
    return OK;
}

struct turning {
    const struct fitting *f;
    const double *vectors; /* [kept][n] of the rows' products */
    struct pca_model *model;
};

/* Some axes: centred' u / its length, for the eigenvectors u. */
static void turn_vectors(void *context, int task, int thread)
{
    (void)thread;
    const struct turning *t = context;
    struct backend *backend = t->f->backend;
    const size_t columns = (size_t)t->model->columns, n = (size_t)t->f->n;
    const int first = task * TILE, rows = smaller(TILE, t->model->kept - first);
    double *axes = t->model->axes + first * columns;
    backend->ops->gemm_double(backend, &(struct gemm_double_args){ .m = rows,
                                                                   .n = t->model->columns,
                                                                   .k = t->f->n,
                                                                   .a = t->vectors + first * n,
                                                                   .a_row = n,
                                                                   .a_column = 1,
                                                                   .b = t->f->centred,
                                                                   .b_row = columns,
                                                                   .b_column = 1,
                                                                   .c = axes,
                                                                   .c_row = columns });
    for (int k = 0; k < rows; k++, axes += columns) {
        const double length = sqrt(lanes_dot(axes, axes, t->model->columns));
        for (size_t j = 0; j < columns; j++) axes[j] /= length;
    }
}

static enum status find_axes(const struct fitting *f, struct pca_model *model)
{
    const size_t kept = (size_t)model->kept, columns = (size_t)model->columns;
    TRY(memory_check(model->axes = memory_new(kept * columns, sizeof *model->axes)));
    if (!has_few_rows(f)) return eigen_vectors(&f->eigen, f->values, model->kept, model->axes);
    double *vectors = memory_new(kept * (size_t)f->n, sizeof *vectors);
    struct turning turning = { f, vectors, model };
    enum status status;
    TRY_OR_DONE(memory_check(vectors));
    TRY_OR_DONE(eigen_vectors(&f->eigen, f->values, model->kept, vectors));
    f->backend->ops->share(f->backend, (model->kept + TILE - 1) / TILE, turn_vectors, &turning);
done:
    memory_free(vectors);
    return status;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *out)
{
    struct pca_model *model = out;
    const struct matrix *x = &rows->x;
    struct fitting f = { .backend = backend,
                         .x = x,
                         .keep = ((const struct pca_settings *)settings)->keep,
                         .n = smaller(x->rows, x->columns) };
    enum status status;
    TRY_OR_DONE(rows_check(rows, x->columns));
    model->columns = x->columns;
    TRY_OR_DONE(memory_check(model->mean = memory_new((size_t)x->columns, sizeof *model->mean)));
    TRY_OR_DONE(memory_check(f.values = memory_new((size_t)f.n, sizeof *f.values)));
    TRY_OR_DONE(find_products(&f, model->mean));
    TRY_OR_DONE(choose(&f, model));
    TRY_OR_DONE(find_axes(&f, model));
done:
    eigen_release(&f.eigen);
    memory_free(f.values);
    memory_free(f.products);
    memory_free(f.centred);
    return status;
}

/* ----------------------------------------------------------------------------------------------- score */

struct scoring {
    struct backend *backend;
    const struct pca_model *pca;
    const struct matrix *x;
    double *centred; /* [threads][TILE][columns] */
    double *along;   /* [threads][TILE][AXES_AT_ONCE] the rows' parts along some axes */
    double *score;   /* [rows] */
};

static void multiply_axes(const struct scoring *s, int rows, const double *centred, int first, int axes,
                          double *along)
{
    const size_t columns = (size_t)s->pca->columns;
    s->backend->ops->gemm_double(s->backend, &(struct gemm_double_args){ .m = rows,
                                                                         .n = axes,
                                                                         .k = s->pca->columns,
                                                                         .a = centred,
                                                                         .a_row = columns,
                                                                         .a_column = 1,
                                                                         .b = s->pca->axes + first * columns,
                                                                         .b_row = 1,
                                                                         .b_column = columns,
                                                                         .c = along,
                                                                         .c_row = AXES_AT_ONCE });
}

/* |y|² less the squares along the axes, which is what they leave over (Pythagoras), never below 0; off by
 * some eps of |y|². */
static void score_tile(void *context, int tile, int thread)
{
    const struct scoring *s = context;
    const int columns = s->pca->columns, first = tile * TILE, rows = smaller(TILE, s->x->rows - first);
    double *centred = s->centred + (size_t)thread * TILE * columns, *score = s->score + first;
    double *along = s->along + (size_t)thread * TILE * AXES_AT_ONCE;
    for (int r = 0; r < rows; r++) {
        double *y = centred + (size_t)r * columns;
        for (int j = 0; j < columns; j++) y[j] = (double)matrix_row(s->x, first + r)[j] - s->pca->mean[j];
        score[r] = lanes_dot(y, y, columns);
    }
    for (int k = 0; k < s->pca->kept; k += AXES_AT_ONCE) {
        const int axes = smaller(AXES_AT_ONCE, s->pca->kept - k);
        multiply_axes(s, rows, centred, k, axes, along);
        for (int r = 0; r < rows; r++)
            score[r] -= lanes_dot(along + r * AXES_AT_ONCE, along + r * AXES_AT_ONCE, axes);
    }
    for (int r = 0; r < rows; r++) score[r] = fmax(score[r], 0);
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const size_t threads = (size_t)backend->ops->threads(backend);
    struct scoring s = { .backend = backend, .pca = model, .x = &rows->x, .score = score };
    enum status status;
    TRY(rows_check(rows, s.pca->columns));
    TRY_OR_DONE(
        memory_check(s.centred = memory_new(threads * TILE, (size_t)s.pca->columns * sizeof *s.centred)));
    TRY_OR_DONE(memory_check(s.along = memory_new(threads * TILE, AXES_AT_ONCE * sizeof *s.along)));
    backend->ops->share(backend, (rows->x.rows + TILE - 1) / TILE, score_tile, &s);
done:
    memory_free(s.centred);
    memory_free(s.along);
    return status;
}

const struct detector detector_pca = {
    .name = "pca",
    .summary = "squared distance to the plane of the principal components",
    .options = options,
    .settings_size = sizeof(struct pca_settings),
    .model_size = sizeof(struct pca_model),
    .fit_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = pca_save,
    .load = pca_load,
    .release = release,
    .describe = pca_describe,
};
