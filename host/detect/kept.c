#include "detect/kept.h"

#include "core/memory.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 512 };

static size_t first_not_finite(const struct matrix *x)
{
    const size_t n = (size_t)x->rows * (size_t)x->columns;
    size_t i = 0;
    while (i < n && isfinite(x->data[i])) i++;
    return i;
}

enum status kept_check_finite(const struct matrix *x)
{
    const size_t columns = (size_t)x->columns, i = first_not_finite(x);
    REQUIRE(i == (size_t)x->rows * columns, ERR_INPUT, "patch %zu, column %zu is %g, not a finite number",
            i / columns, i % columns, (double)x->data[i]);
    return OK;
}

enum status kept_copy(const struct matrix *x, struct matrix *kept)
{
    TRY(kept_check_finite(x));
    TRY(matrix_init(kept, x->rows, x->columns));
    memcpy(kept->data, x->data, (size_t)x->rows * (size_t)x->columns * sizeof *x->data);
    return OK;
}

enum status kept_check(const struct matrix *kept, const struct matrix *x)
{
    REQUIRE(x->columns == kept->columns, ERR_INPUT, "rows have %d columns, the model was learned on %d",
            x->columns, kept->columns);
    return kept_check_finite(x);
}

/* ----------------------------------------------------------------------------------------------- files */

enum status kept_save(const struct matrix *kept, struct store *store, const char *group)
{
    char name[NAME];
    snprintf(name, sizeof name, "%s/rows", group);
    TRY(store_new(store, name, STORE_FLOAT, (size_t)kept->rows, (size_t)kept->columns, 0));
    return store_write(store, name, 0, (size_t)kept->rows, kept->data);
}

enum status kept_load(struct matrix *kept, struct store *store, const char *group)
{
    char name[NAME];
    size_t rows, columns;
    snprintf(name, sizeof name, "%s/rows", group);
    TRY(store_shape(store, name, &rows, &columns));
    REQUIRE(rows >= 1 && rows <= INT_MAX && columns >= 1 && columns <= INT_MAX / 64, ERR_INPUT,
            "%s: %s is %zu × %zu, which are no rows of features", store_path(store), name, rows, columns);
    TRY(matrix_init(kept, (int)rows, (int)columns));
    TRY(store_read(store, name, STORE_FLOAT, 0, rows, kept->data));
    const size_t i = first_not_finite(kept);
    REQUIRE(i == rows * columns, ERR_INPUT, "%s: %s is not finite at %zu", store_path(store), name, i);
    return OK;
}

enum status kept_save_numbers(const double *values, int n, struct store *store, const char *group,
                              const char *array)
{
    char name[NAME];
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_new(store, name, STORE_DOUBLE, (size_t)n, 0, 0));
    return store_write(store, name, 0, (size_t)n, values);
}

enum status kept_load_numbers(double **values, int n, double low, double high, struct store *store,
                              const char *group, const char *array)
{
    char name[NAME];
    size_t rows, columns;
    snprintf(name, sizeof name, "%s/%s", group, array);
    TRY(store_shape(store, name, &rows, &columns));
    REQUIRE(rows == (size_t)n && columns == 0, ERR_INPUT, "%s: %s is %zu × %zu, expected a vector of %d",
            store_path(store), name, rows, columns, n);
    TRY(memory_check(*values = memory_new(rows, sizeof **values)));
    TRY(store_read(store, name, STORE_DOUBLE, 0, rows, *values));
    for (int i = 0; i < n; i++)
        REQUIRE((*values)[i] >= low && (*values)[i] <= high, ERR_INPUT,
                "%s: %s is %g at %d, expected %g … %g", store_path(store), name, (*values)[i], i, low, high);
    return OK;
}

enum status kept_number(struct store *store, const char *group, const struct attributes *told,
                        const char *name, double low, double high, double *out)
{
    const struct attribute *found = attributes_find(told, name);
    REQUIRE(found && found->type != ATTRIBUTE_TEXT, ERR_INPUT, "%s: %s has no number %s", store_path(store),
            group, name);
    *out = found->type == ATTRIBUTE_REAL ? found->real : (double)found->integer;
    REQUIRE(*out >= low && *out <= high, ERR_INPUT, "%s: %s of %s is %g, expected %g … %g", store_path(store),
            name, group, *out, low, high);
    return OK;
}
