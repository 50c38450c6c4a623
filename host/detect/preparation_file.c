/* A preparation in a model file: `mean` and `scale` [columns], and in the group `reduction` the plane of
 * --reduce, as principal components are saved (pca_file.c). */
#include "detect/preparation.h"

#include "detect/saved.h"

#include <stdio.h>

enum { NAME = 512, MOST_COLUMNS = 1 << 24 };

enum status preparation_restore(struct preparation_settings *settings, const struct attributes *told)
{
    const struct option_set set = { preparation_options, settings, NULL };
    TRY(options_restore(&set, told));
    if (preparation_check(settings, 0) != OK) return fail(ERR_INPUT, "%s", status_sentence());
    return OK;
}

enum status preparation_save(const struct preparation *preparation, struct store *store, const char *name)
{
    const struct scaler *scaler = &preparation->scaler;
    char group[NAME];
    TRY(saved_put(store, name, "mean", STORE_DOUBLE, (size_t)scaler->columns, 0, scaler->mean));
    TRY(saved_put(store, name, "scale", STORE_DOUBLE, (size_t)scaler->columns, 0, scaler->scale));
    if (!preparation->plane.kept) return OK;
    snprintf(group, sizeof group, "%s/reduction", name);
    return pca_save(&preparation->plane, store, group);
}

static enum status load_scaler(struct scaler *scaler, struct store *store, const char *name)
{
    size_t rows, columns;
    TRY(saved_shape(store, name, "mean", MOST_COLUMNS, &rows, &columns));
    TRY(scaler_init(scaler, (int)rows));
    TRY(saved_doubles(store, name, "mean", rows, 0, scaler->mean));
    TRY(saved_doubles(store, name, "scale", rows, 0, scaler->scale));
    for (size_t j = 0; j < rows; j++)
        REQUIRE(scaler->scale[j] > 0, ERR_INPUT, "%s: %s/scale is %g at %zu, not above 0", store_path(store),
                name, scaler->scale[j], j);
    return OK;
}

enum status preparation_load(struct preparation *preparation, const struct preparation_settings *settings,
                             struct store *store, const char *name)
{
    const struct pca_model *plane = &preparation->plane;
    char group[NAME];
    TRY(load_scaler(&preparation->scaler, store, name));
    const int columns = preparation->scaler.columns, components = preparation_components(settings);
    if (components == 0) return OK;
    snprintf(group, sizeof group, "%s/reduction", name);
    TRY(pca_load(&preparation->plane, store, group));
    REQUIRE(plane->kept == components && plane->columns == columns, ERR_INPUT,
            "%s: %s: %d axes of %d columns, expected %d of %d", store_path(store), group, plane->kept,
            plane->columns, components, columns);
    return OK;
}
