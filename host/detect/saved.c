#include "detect/saved.h"

#include <math.h>
#include <stdio.h>

enum { NAME = 512 };

enum status saved_put(struct store *store, const char *group, const char *array, enum store_type type,
                      size_t rows, size_t columns, const void *values)
{
    char name[NAME];
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_new(store, name, type, rows, columns, 0));
    return store_write(store, name, 0, rows, values);
}

enum status saved_told(struct store *store, const char *group, const void *model,
                       enum status (*describe)(const void *model, struct attributes *told))
{
    struct attributes told = { 0 };
    enum status status = describe(model, &told);
    if (status == OK) status = store_set(store, group, &told);
    attributes_release(&told);
    return status;
}

enum status saved_shape(struct store *store, const char *group, const char *array, size_t most, size_t *rows,
                        size_t *columns)
{
    char name[NAME];
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_shape(store, name, rows, columns));
    REQUIRE(*rows >= 1 && *rows <= most && *columns <= most, ERR_INPUT,
            "%s: %s is %zu × %zu, expected 1 to %zu each", store_path(store), name, *rows, *columns, most);
    return OK;
}

static enum status read_array(struct store *store, const char *group, const char *array, enum store_type type,
                              size_t rows, size_t columns, void *values)
{
    char name[NAME];
    size_t found_rows, found_columns;
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_shape(store, name, &found_rows, &found_columns));
    REQUIRE(found_rows == rows && found_columns == columns, ERR_INPUT,
            "%s: %s is %zu × %zu, expected %zu × %zu", store_path(store), name, found_rows, found_columns,
            rows, columns);
    return store_read(store, name, type, 0, rows, values);
}

enum status saved_floats(struct store *store, const char *group, const char *array, size_t n, float *values)
{
    TRY(read_array(store, group, array, STORE_FLOAT, n, 0, values));
    for (size_t i = 0; i < n; i++)
        REQUIRE(isfinite(values[i]), ERR_INPUT, "%s: %s/%s is not finite at %zu", store_path(store), group,
                array, i);
    return OK;
}

enum status saved_doubles(struct store *store, const char *group, const char *array, size_t rows,
                          size_t columns, double *values)
{
    TRY(read_array(store, group, array, STORE_DOUBLE, rows, columns, values));
    for (size_t i = 0; i < rows * (columns ? columns : 1); i++)
        REQUIRE(isfinite(values[i]), ERR_INPUT, "%s: %s/%s is not finite at %zu", store_path(store), group,
                array, i);
    return OK;
}

enum status saved_integers(struct store *store, const char *group, const char *array, size_t rows,
                           int *values)
{
    return read_array(store, group, array, STORE_INT32, rows, 0, values);
}
