#include "detect/preparation.h"

#include "core/memory.h"
#include "detect/lanes.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct option preparation_options[] = {
    { .name = "scale-floor",
      .type = OPTION_REAL,
      .offset = offsetof(struct preparation_settings, scale_floor),
      .standard = "0",
      .low = 0,
      .high = 1e6,
      .metavar = "F",
      .help = "columns that vary are divided by at least F times the median of their scales; 0: no floor",
      .shapes = 1 },
    { .name = "reduce",
      .type = OPTION_TEXT,
      .offset = offsetof(struct preparation_settings, reduce),
      .standard = "none",
      .metavar = "pca:D",
      .help =
          "D principal components of the training rows stand for the features; none: features as they are",
      .shapes = 1 },
    { 0 },
};

/* -------------------------------------------------------------------------------------------- settings */

/* D of "pca:D", 0 of "none", -1 of anything else. */
static int components_of(const char *reduce)
{
    static const char prefix[] = "pca:";
    char *end;
    if (!reduce || strcmp(reduce, "none") == 0) return 0;
    if (strncmp(reduce, prefix, sizeof prefix - 1) != 0) return -1;
    const char *digits = reduce + sizeof prefix - 1;
    const long found = strtol(digits, &end, 10);
    return isdigit((unsigned char)*digits) && !*end && found >= 1 && found <= INT_MAX ? (int)found : -1;
}

enum status preparation_check(const struct preparation_settings *settings, int takes_cells)
{
    const int components = components_of(settings->reduce);
    REQUIRE(components >= 0, ERR_USAGE,
            "--reduce %s: expected none, or pca: and a number of components, as in pca:64", settings->reduce);
    REQUIRE(components == 0 || !takes_cells, ERR_INPUT,
            "--reduce %s: this detector learns from pictures as they are, which are never reduced",
            settings->reduce);
    return OK;
}

int preparation_components(const struct preparation_settings *settings)
{
    return components_of(settings->reduce);
}

int preparation_columns(const struct preparation_settings *settings, int columns)
{
    const int components = components_of(settings->reduce);
    return components > 0 ? components : columns;
}

enum status preparation_record(const struct preparation_settings *settings, struct attributes *told)
{
    struct preparation_settings all = { settings->scale_floor, settings->reduce ? settings->reduce : "none" };
    return options_record(&(struct option_set){ preparation_options, &all, NULL }, told);
}

/* ------------------------------------------------------------------------------------------------- fit */

static enum status fit_scaler(struct scaler *scaler, const struct preparation_settings *settings,
                              const struct matrix *x, int takes_cells)
{
    TRY(scaler_init(scaler, x->columns));
    if (!takes_cells) scaler_add(scaler, x->data, x->rows);
    if (settings->scale_floor > 0) return scaler_finish_floored(scaler, settings->scale_floor);
    scaler_finish(scaler);
    return OK;
}

static enum status check_components(int components, const struct matrix *x)
{
    const int most = x->rows - 1 < x->columns ? x->rows - 1 : x->columns;
    REQUIRE(components <= most, ERR_INPUT,
            "--reduce pca:%d: %d patches of %d columns have at most %d components", components, x->rows,
            x->columns, most);
    return detector_pca.check(&(struct pca_settings){ components }, x->rows, x->columns);
}

/* The axis points to where its entry of largest size is positive. */
static void turn(double *axis, int columns)
{
    int largest = 0;
    for (int j = 1; j < columns; j++)
        if (fabs(axis[j]) > fabs(axis[largest])) largest = j;
    const double sign = axis[largest] < 0 ? -1 : 1;
    for (int j = 0; j < columns; j++) axis[j] *= sign;
}

static enum status fit_plane(struct preparation *p, struct backend *backend, int components,
                             const struct matrix *x)
{
    struct rows standard = { 0 };
    enum status status;
    TRY_OR_DONE(check_components(components, x));
    TRY_OR_DONE(matrix_init(&standard.x, x->rows, x->columns));
    scaler_apply(&p->scaler, x->data, x->rows, standard.x.data);
    TRY_OR_DONE(detector_pca.fit(backend, &(struct pca_settings){ components }, &standard, &p->plane));
    for (int k = 0; k < p->plane.kept; k++) turn(p->plane.axes + (size_t)k * x->columns, x->columns);
    if (p->plane.kept < components)
        status = fail(ERR_INPUT, "--reduce pca:%d: the patches vary in %d directions only", components,
                      p->plane.kept);
done:
    matrix_release(&standard.x);
    return status;
}

enum status preparation_fit(struct preparation *preparation, struct backend *backend,
                            const struct preparation_settings *settings, const struct rows *rows,
                            int takes_cells)
{
    const int components = components_of(settings->reduce);
    TRY(preparation_check(settings, takes_cells));
    TRY(fit_scaler(&preparation->scaler, settings, &rows->x, takes_cells));
    return components ? fit_plane(preparation, backend, components, &rows->x) : OK;
}

enum status preparation_describe(const struct preparation *preparation, struct attributes *told)
{
    const struct pca_model *plane = &preparation->plane;
    return plane->kept ? attributes_set_real(told, "variance_kept", plane->share) : OK;
}

void preparation_release(struct preparation *preparation)
{
    scaler_release(&preparation->scaler);
    pca_model_release(&preparation->plane);
}

/* ----------------------------------------------------------------------------------------------- apply */

/* Rows `first` … of x become their parts along the axes; y [columns][LANES] holds what they were, less the
 * mean. Rows before them have `kept` columns already, so nothing that is still needed is written over. */
static void project(const struct pca_model *plane, const double *y, int first, struct matrix *x)
{
    const int count = lanes_count(x, first), columns = x->columns;
    for (int k = 0; k < plane->kept; k++) {
        const double *axis = plane->axes + (size_t)k * columns;
        double along[LANES] = { 0 };
        for (int j = 0; j < columns; j++)
            for (int l = 0; l < LANES; l++) along[l] += axis[j] * y[(size_t)j * LANES + l];
        for (int l = 0; l < count; l++) x->data[(size_t)(first + l) * plane->kept + k] = (float)along[l];
    }
}

static enum status reduce(const struct pca_model *plane, struct matrix *x)
{
    double *y = memory_new((size_t)x->columns * LANES, sizeof *y);
    TRY(memory_check(y));
    for (int first = 0; first < x->rows; first += LANES) {
        lanes_centre(x, first, plane->mean, y);
        project(plane, y, first, x);
    }
    x->columns = plane->kept;
    memory_free(y);
    return OK;
}

enum status preparation_apply(const struct preparation *preparation, struct rows *rows)
{
    struct matrix *x = &rows->x;
    REQUIRE(x->columns == preparation->scaler.columns, ERR_INPUT,
            "rows have %d columns, the model was learned on %d", x->columns, preparation->scaler.columns);
    scaler_apply(&preparation->scaler, x->data, x->rows, x->data);
    return preparation->plane.kept ? reduce(&preparation->plane, x) : OK;
}
