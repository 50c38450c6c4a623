/* Principal components in a model file: `mean` [D] and `axes` [K][D]; what fit told is an attribute. */
#include "detect/pca.h"

#include "core/memory.h"
#include "detect/lanes.h"
#include "detect/saved.h"

#include <limits.h>
#include <math.h>

enum status pca_describe(const void *model, struct attributes *told)
{
    const struct pca_model *pca = model;
    TRY(attributes_set_integer(told, "components", pca->kept));
    return attributes_set_real(told, "share", pca->share);
}

enum status pca_save(const void *model, struct store *store, const char *name)
{
    const struct pca_model *pca = model;
    const size_t columns = (size_t)pca->columns;
    TRY(saved_put(store, name, "mean", STORE_DOUBLE, columns, 0, pca->mean));
    TRY(saved_put(store, name, "axes", STORE_DOUBLE, (size_t)pca->kept, columns, pca->axes));
    return saved_told(store, name, model, pca_describe);
}

static enum status load_told(struct store *store, const char *group, struct pca_model *pca)
{
    struct attributes told = { 0 };
    const enum status status = store_get(store, group, &told);
    const struct attribute *share = attributes_find(&told, "share");
    pca->share = share && share->type == ATTRIBUTE_REAL ? share->real : (double)NAN;
    attributes_release(&told);
    return status;
}

enum status pca_load(void *model, struct store *store, const char *group)
{
    struct pca_model *pca = model;
    size_t kept, columns;
    TRY(load_told(store, group, pca));
    TRY(saved_shape(store, group, "axes", INT_MAX / LANES, &kept, &columns));
    REQUIRE(columns >= 1 && kept <= columns, ERR_INPUT, "%s: %s: %zu axes of %zu columns", store_path(store),
            group, kept, columns);
    pca->kept = (int)kept;
    pca->columns = (int)columns;
    TRY(memory_check(pca->mean = memory_new(columns, sizeof *pca->mean)));
    TRY(memory_check(pca->axes = memory_new(kept * columns, sizeof *pca->axes)));
    TRY(saved_doubles(store, group, "mean", columns, 0, pca->mean));
    return saved_doubles(store, group, "axes", kept, columns, pca->axes);
}
