#include "detect/mahalanobis.h"

#include "core/memory.h"
#include "detect/lanes.h"
#include "detect/moments.h"
#include "detect/saved.h"

#include <math.h>

enum { MOST_COLUMNS = 1 << 15 };

/* Shrinkage is 0 up to rounding only where all rows are m + a or m - a: then C has rank 1. What is really
 * shrunk is some 1 / rows. */
static const double NO_SHRINKAGE = 1e-12;

static const struct option no_options[] = { { 0 } };

/* ----------------------------------------------------------------------------------------------- model */

static enum status model_init(struct mahalanobis_model *model, int columns)
{
    model->columns = columns;
    TRY(memory_check(model->mean = memory_new((size_t)columns, sizeof *model->mean)));
    return memory_check(model->factor = memory_new((size_t)columns * (size_t)columns, sizeof *model->factor));
}

static void release(void *model)
{
    struct mahalanobis_model *m = model;
    memory_free(m->mean);
    memory_free(m->factor);
    *m = (struct mahalanobis_model){ 0 };
}

static enum status check(const void *settings, int rows, int columns)
{
    (void)settings;
    REQUIRE(rows >= 3, ERR_INPUT, "%d patch%s to learn from, at least 3 are needed", rows,
            rows == 1 ? "" : "es");
    REQUIRE(columns <= MOST_COLUMNS, ERR_INPUT, "%d columns, a covariance of at most %d can be learned",
            columns, (int)MOST_COLUMNS);
    return OK;
}

/* ------------------------------------------------------------------------------------------------- fit */

/* Sum over all rows of |x - mean|^4. */
static double sum_of_fourth_powers(const struct matrix *x, const double *mean)
{
    double sum = 0;
    for (int n = 0; n < x->rows; n++) {
        double squares = 0;
        for (int j = 0; j < x->columns; j++) {
            const double distance = (double)matrix_row(x, n)[j] - mean[j];
            squares += distance * distance;
        }
        sum += squares * squares;
    }
    return sum;
}

static double mean_variance(const double *covariance, int columns)
{
    double trace = 0;
    for (int j = 0; j < columns; j++) trace += covariance[(size_t)j * columns + j];
    return trace / columns;
}

double mahalanobis_shrinkage(const struct matrix *x, const double *mean, const double *covariance)
{
    const int columns = x->columns;
    const double mu = mean_variance(covariance, columns);
    double squares = 0;
    if (columns == 1) return 0;
    for (int i = 0; i < columns; i++)
        squares += lanes_dot(covariance + (size_t)i * columns, covariance + (size_t)i * columns, columns);
    const double delta = squares / columns - mu * mu;
    const double beta = (sum_of_fourth_powers(x, mean) / x->rows - squares) / columns / x->rows;
    if (!(delta > 0)) return 0;
    return fmin(fmax(beta, 0), delta) / delta;
}

static void shrink(double *covariance, int columns, double shrinkage)
{
    const double mu = mean_variance(covariance, columns);
    for (int i = 0; i < columns; i++) {
        double *row = covariance + (size_t)i * columns;
        for (int j = 0; j < columns; j++) row[j] *= 1 - shrinkage;
        row[i] += shrinkage * mu;
    }
}

static enum status factorise(struct mahalanobis_model *m, double *covariance)
{
    shrink(covariance, m->columns, m->shrinkage);
    const int bad = mixture_cholesky_ref(covariance, m->columns, m->factor);
    REQUIRE(bad < 0 && (m->columns == 1 || m->shrinkage > NO_SHRINKAGE), ERR_INPUT,
            "the patches are all alike, or of two kinds only: their covariance has no inverse");
    return OK;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *out)
{
    struct mahalanobis_model *m = out;
    const struct matrix *x = &rows->x;
    const size_t columns = (size_t)x->columns;
    (void)settings;
    TRY(rows_check(rows, x->columns));
    TRY(model_init(m, x->columns));
    double *covariance = memory_new(columns * columns, sizeof *covariance);
    enum status status;
    TRY_OR_DONE(memory_check(covariance));
    TRY_OR_DONE(moments_find(backend, x, m->mean, covariance));
    m->shrinkage = mahalanobis_shrinkage(x, m->mean, covariance);
    TRY_OR_DONE(factorise(m, covariance));
done:
    memory_free(covariance);
    return status;
}

/* ----------------------------------------------------------------------------------------------- score */

/* y = factor⁻¹ y by forward substitution, LANES rows side by side; the sums of squares of y are the scores. */
static void substitute(const struct mahalanobis_model *m, double *y, double squares[LANES])
{
    for (int l = 0; l < LANES; l++) squares[l] = 0;
    for (int i = 0; i < m->columns; i++) {
        const double *row = m->factor + (size_t)i * m->columns;
        double rest[LANES], *out = y + (size_t)i * LANES;
        for (int l = 0; l < LANES; l++) rest[l] = out[l];
        for (int j = 0; j < i; j++)
            for (int l = 0; l < LANES; l++) rest[l] -= row[j] * y[(size_t)j * LANES + l];
        for (int l = 0; l < LANES; l++) {
            out[l] = rest[l] / row[i];
            squares[l] += out[l] * out[l];
        }
    }
}

struct scoring {
    const struct mahalanobis_model *m;
    const struct matrix *x;
    double *y; /* [threads][columns][LANES] */
    double *score;
};

static void score_lanes(void *context, int task, int thread)
{
    const struct scoring *s = context;
    const int first = task * LANES;
    double squares[LANES], *y = s->y + (size_t)thread * s->m->columns * LANES;
    lanes_centre(s->x, first, s->m->mean, y);
    substitute(s->m, y, squares);
    for (int l = 0; l < lanes_count(s->x, first); l++) s->score[first + l] = squares[l];
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    struct scoring s = { .m = model, .x = &rows->x, .score = score };
    TRY(rows_check(rows, s.m->columns));
    s.y = memory_new((size_t)backend->ops->threads(backend) * s.m->columns, LANES * sizeof *s.y);
    if (!s.y) return ERR_MEMORY;
    backend->ops->share(backend, (rows->x.rows + LANES - 1) / LANES, score_lanes, &s);
    memory_free(s.y);
    return OK;
}

/* ----------------------------------------------------------------------------------------------- files */

static enum status describe(const void *model, struct attributes *told)
{
    return attributes_set_real(told, "shrinkage", ((const struct mahalanobis_model *)model)->shrinkage);
}

/* `mean` [D] and `factor` [D][D]; what fit told is an attribute. */
static enum status save(const void *model, struct store *store, const char *name)
{
    const struct mahalanobis_model *m = model;
    const size_t columns = (size_t)m->columns;
    TRY(saved_put(store, name, "mean", STORE_DOUBLE, columns, 0, m->mean));
    TRY(saved_put(store, name, "factor", STORE_DOUBLE, columns, columns, m->factor));
    return saved_told(store, name, model, describe);
}

static enum status load_told(struct store *store, const char *group, struct mahalanobis_model *m)
{
    struct attributes told = { 0 };
    const enum status status = store_get(store, group, &told);
    const struct attribute *shrinkage = attributes_find(&told, "shrinkage");
    m->shrinkage = shrinkage && shrinkage->type == ATTRIBUTE_REAL ? shrinkage->real : (double)NAN;
    attributes_release(&told);
    return status;
}

static enum status load(void *model, struct store *store, const char *group)
{
    struct mahalanobis_model *m = model;
    size_t columns, none;
    TRY(load_told(store, group, m));
    TRY(saved_shape(store, group, "mean", MOST_COLUMNS, &columns, &none));
    TRY(model_init(m, (int)columns));
    TRY(saved_doubles(store, group, "mean", columns, 0, m->mean));
    TRY(saved_doubles(store, group, "factor", columns, columns, m->factor));
    for (size_t i = 0; i < columns; i++)
        REQUIRE(m->factor[i * columns + i] > 0, ERR_INPUT, "%s: %s/factor is %g on its diagonal, not above 0",
                store_path(store), group, m->factor[i * columns + i]);
    return OK;
}

const struct detector detector_mahalanobis = {
    .name = "mahalanobis",
    .summary = "squared Mahalanobis distance to the mean, covariance shrunk as Ledoit and Wolf do",
    .options = no_options,
    .model_size = sizeof(struct mahalanobis_model),
    .fit_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = save,
    .load = load,
    .release = release,
    .describe = describe,
};
