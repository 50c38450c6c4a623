/* A mixture in a model file: weights [K], means [K][D], covariances [K][D] or, where they are full,
 * [K * D][D]; its covariance's type and what fit told are attributes. */
#include "detect/gmm.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static enum status save_array(struct store *store, const char *group, const char *array, size_t rows,
                              size_t columns, const double *values)
{
    char name[512];
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_new(store, name, STORE_DOUBLE, rows, columns, 0));
    return store_write(store, name, 0, rows, values);
}

enum status gmm_save(const void *model, struct store *store, const char *name)
{
    const struct mixture *m = &((const struct gmm_model *)model)->mixture;
    const size_t components = (size_t)m->components, columns = (size_t)m->columns;
    const int is_full = m->covariance == COVARIANCE_FULL;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(save_array(store, name, "weights", components, 0, m->weights));
    TRY_OR_DONE(save_array(store, name, "means", components, columns, m->means));
    TRY_OR_DONE(save_array(store, name, "covariances", is_full ? components * columns : components, columns,
                           m->covariances));
    TRY_OR_DONE(gmm_describe(model, &told));
    TRY_OR_DONE(attributes_set_text(&told, "covariance", is_full ? "full" : "diag"));
    TRY_OR_DONE(store_set(store, name, &told));
done:
    attributes_release(&told);
    return status;
}

static enum status check_shape(struct store *store, const char *group, const char *array, size_t rows,
                               size_t columns)
{
    char name[512];
    size_t found_rows, found_columns;
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_shape(store, name, &found_rows, &found_columns));
    REQUIRE(found_rows == rows && found_columns == columns, ERR_INPUT,
            "%s: %s is %zu × %zu, expected %zu × %zu", store_path(store), name, found_rows, found_columns,
            rows, columns);
    return OK;
}

/* An array whose shape was checked; all its values must be finite. */
static enum status load_array(struct store *store, const char *group, const char *array, size_t rows,
                              size_t columns, double *values)
{
    char name[512];
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_read(store, name, STORE_DOUBLE, 0, rows, values));
    for (size_t i = 0; i < rows * (columns ? columns : 1); i++)
        REQUIRE(isfinite(values[i]), ERR_INPUT, "%s: %s is not finite at %zu", store_path(store), name, i);
    return OK;
}

static enum status load_told(struct store *store, const char *group, struct gmm_model *model, int *is_full)
{
    struct attributes told = { 0 };
    const enum status status = store_get(store, group, &told);
    if (status == OK) {
        const struct attribute *bound = attributes_find(&told, "lower_bound");
        *is_full = strcmp(attributes_text(&told, "covariance", ""), "full") == 0;
        model->iterations = (int)attributes_integer(&told, "iterations", 0);
        model->converged = attributes_integer(&told, "converged", 0) == 1;
        model->lower_bound = bound && bound->type == ATTRIBUTE_REAL ? bound->real : (double)NAN;
    }
    attributes_release(&told);
    return status;
}

static enum status check_positive(struct store *store, const char *group, const struct mixture *m)
{
    for (int k = 0; k < m->components; k++)
        REQUIRE(m->weights[k] > 0, ERR_INPUT, "%s: %s: weight %d is %g, not above 0", store_path(store),
                group, k, m->weights[k]);
    const size_t columns = (size_t)m->columns, step = m->covariance == COVARIANCE_FULL ? columns : 1;
    for (size_t i = 0; i < (size_t)m->components * columns; i++) {
        const double variance = m->covariances[i * step + (step > 1 ? i % columns : 0)];
        REQUIRE(variance > 0, ERR_INPUT, "%s: %s: a variance is %g, not above 0", store_path(store), group,
                variance);
    }
    return OK;
}

enum status gmm_load(void *model, struct store *store, const char *group)
{
    struct gmm_model *gmm = model;
    char name[512];
    size_t components, columns;
    int is_full = 0;
    snprintf(name, sizeof name, "%s/means", group);
    TRY(store_shape(store, name, &components, &columns));
    REQUIRE(components >= 1 && components <= INT_MAX / 8 && columns >= 1 && columns <= INT_MAX / 64,
            ERR_INPUT, "%s: %s is %zu × %zu, which is no mixture", store_path(store), name, components,
            columns);
    TRY(load_told(store, group, gmm, &is_full));
    const size_t rows = is_full ? components * columns : components;
    TRY(check_shape(store, group, "weights", components, 0));
    TRY(check_shape(store, group, "covariances", rows, columns));
    TRY(gmm_model_init(gmm, (int)components, (int)columns, is_full ? COVARIANCE_FULL : COVARIANCE_DIAGONAL));
    TRY(load_array(store, group, "weights", components, 0, gmm->mixture.weights));
    TRY(load_array(store, group, "means", components, columns, gmm->mixture.means));
    TRY(load_array(store, group, "covariances", rows, columns, gmm->mixture.covariances));
    return check_positive(store, group, &gmm->mixture);
}
