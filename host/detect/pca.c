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

struct fitting {
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

static void multiply_rows(struct fitting *f)
{
    const size_t columns = (size_t)f->x->columns;
    for (int i = 0; i < f->n; i++)
        for (int j = 0; j <= i; j++)
            f->products[(size_t)i * f->n + j] =
                lanes_dot(f->centred + i * columns, f->centred + j * columns, f->x->columns) / f->n;
}

static enum status find_products(struct fitting *f, struct backend *backend, double *mean)
{
    const size_t n = (size_t)f->n;
    TRY(memory_check(f->products = memory_new(n * n, sizeof *f->products)));
    if (!has_few_rows(f)) return moments_find(backend, f->x, mean, f->products);
    TRY(memory_check(f->centred = memory_new(n * (size_t)f->x->columns, sizeof *f->centred)));
    centre(f, mean);
    multiply_rows(f);
    return OK;
}

/* The eigenvalues that are kept, and their share of the trace. */
static enum status choose(struct fitting *f, struct pca_model *model)
{
    double whole = 0, sum = 0;
    for (int i = 0; i < f->n; i++) whole += f->products[(size_t)i * f->n + i];
    REQUIRE(whole > 0, ERR_INPUT, "the patches are all alike: no direction in which they vary");
    TRY(eigen_init(&f->eigen, f->products, f->n));
    for (int k = 0; k < f->n && (f->keep < 1 ? sum <= f->keep * whole : k < f->keep); k++) {
        const double value = eigen_value(&f->eigen, k, k ? f->values[k - 1] : f->eigen.bound);
        if (value <= f->n * DBL_EPSILON * f->eigen.bound) break; /* none but for rounding */
        f->values[model->kept++] = value;
        sum += value;
    }
    model->share = fmin(sum / whole, 1);
    return OK;
}

/* axis = centred' u / its length, for the eigenvector u of the rows' products. */
static void axis_from_rows(const struct fitting *f, const double *u, double *axis)
{
    const int columns = f->x->columns;
    for (int n = 0; n < f->n; n++)
        for (int j = 0; j < columns; j++) axis[j] += u[n] * f->centred[(size_t)n * columns + j];
    const double length = sqrt(lanes_dot(axis, axis, columns));
    for (int j = 0; j < columns; j++) axis[j] /= length;
}

static enum status find_axes(const struct fitting *f, struct pca_model *model)
{
    const size_t kept = (size_t)model->kept, columns = (size_t)model->columns;
    TRY(memory_check(model->axes = memory_new(kept * columns, sizeof *model->axes)));
    if (!has_few_rows(f)) return eigen_vectors(&f->eigen, f->values, model->kept, model->axes);
    double *vectors = memory_new(kept * (size_t)f->n, sizeof *vectors);
    enum status status = memory_check(vectors);
    if (status == OK) status = eigen_vectors(&f->eigen, f->values, model->kept, vectors);
    for (size_t k = 0; status == OK && k < kept; k++)
        axis_from_rows(f, vectors + k * (size_t)f->n, model->axes + k * columns);
    memory_free(vectors);
    return status;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *out)
{
    struct pca_model *model = out;
    const struct matrix *x = &rows->x;
    struct fitting f = { .x = x,
                         .keep = ((const struct pca_settings *)settings)->keep,
                         .n = smaller(x->rows, x->columns) };
    enum status status;
    TRY_OR_DONE(rows_check(rows, x->columns));
    model->columns = x->columns;
    TRY_OR_DONE(memory_check(model->mean = memory_new((size_t)x->columns, sizeof *model->mean)));
    TRY_OR_DONE(memory_check(f.values = memory_new((size_t)f.n, sizeof *f.values)));
    TRY_OR_DONE(find_products(&f, backend, model->mean));
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

/* Takes off the squares of the rows' parts along axes a and b, which share the way through y [columns][LANES];
 * b may be NULL. */
static void subtract_along(const double *a, const double *b, int columns, const double *y,
                           double squares[LANES])
{
    double along_a[LANES] = { 0 }, along_b[LANES] = { 0 };
    const double *second = b ? b : a;
    for (int j = 0; j < columns; j++)
        for (int l = 0; l < LANES; l++) {
            along_a[l] += a[j] * y[(size_t)j * LANES + l];
            along_b[l] += second[j] * y[(size_t)j * LANES + l];
        }
    for (int l = 0; l < LANES; l++) squares[l] -= along_a[l] * along_a[l];
    for (int l = 0; b && l < LANES; l++) squares[l] -= along_b[l] * along_b[l];
}

/* |y|² less the squares along the axes, which is what they leave over (Pythagoras), never below 0; off by
 * some eps of |y|². */
static void leave_over(const struct pca_model *pca, const double *y, double squares[LANES])
{
    const size_t columns = (size_t)pca->columns;
    for (int l = 0; l < LANES; l++) squares[l] = 0;
    for (size_t j = 0; j < columns; j++)
        for (int l = 0; l < LANES; l++) squares[l] += y[j * LANES + l] * y[j * LANES + l];
    for (int k = 0; k < pca->kept; k += 2) {
        const double *axis = pca->axes + k * columns;
        subtract_along(axis, k + 1 < pca->kept ? axis + columns : NULL, pca->columns, y, squares);
    }
    for (int l = 0; l < LANES; l++) squares[l] = fmax(squares[l], 0);
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct pca_model *pca = model;
    double squares[LANES];
    (void)backend;
    TRY(rows_check(rows, pca->columns));
    double *y = memory_new((size_t)pca->columns * LANES, sizeof *y);
    if (!y) return ERR_MEMORY;
    for (int first = 0; first < rows->x.rows; first += LANES) {
        lanes_centre(&rows->x, first, pca->mean, y);
        leave_over(pca, y, squares);
        for (int l = 0; l < lanes_count(&rows->x, first); l++) score[first + l] = squares[l];
    }
    memory_free(y);
    return OK;
}

const struct detector detector_pca = {
    .name = "pca",
    .summary = "squared distance to the plane of the principal components",
    .options = options,
    .settings_size = sizeof(struct pca_settings),
    .model_size = sizeof(struct pca_model),
    .check = check,
    .fit = fit,
    .score = score,
    .save = pca_save,
    .load = pca_load,
    .release = release,
    .describe = pca_describe,
};
