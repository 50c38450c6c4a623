#include "detect/model.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 512 };
static const char PREFIX[] = "detector_";

static const char *const own_names[] = { "format", "format_version", "program_version", "detector" };
static const char FEATURES_PROGRAM[] = "features_program_version";

/* ------------------------------------------------------------------------------------------------ save */

/* `from` under another name. */
static enum status set_renamed(struct attributes *to, const char *name, const struct attribute *from)
{
    if (from->type == ATTRIBUTE_TEXT) return attributes_set_text(to, name, from->text);
    if (from->type == ATTRIBUTE_INTEGER) return attributes_set_integer(to, name, from->integer);
    return attributes_set_real(to, name, from->real);
}

static enum status collect_root(const struct model *model, struct attributes *root)
{
    TRY(attributes_set_text(root, "format", MODEL_FORMAT));
    TRY(attributes_set_integer(root, "format_version", MODEL_VERSION));
    TRY(attributes_set_text(root, "program_version", EARSHOT_VERSION));
    TRY(attributes_set_text(root, "detector", model->detector->name));
    for (size_t i = 0; i < model->settings.count; i++) {
        char name[NAME];
        snprintf(name, sizeof name, "%s%s", PREFIX, model->settings.items[i].name);
        TRY(set_renamed(root, name, &model->settings.items[i]));
    }
    for (size_t i = 0; i < model->provenance.count; i++) {
        const struct attribute *item = &model->provenance.items[i];
        const int is_program = strcmp(item->name, "program_version") == 0;
        TRY(set_renamed(root, is_program ? FEATURES_PROGRAM : item->name, item));
    }
    return OK;
}

static enum status save_root(const struct model *model, struct store *store)
{
    struct attributes root = { 0 };
    const char **names = memory_new(model->count, sizeof *names);
    enum status status;
    TRY_OR_DONE(memory_check(names));
    TRY_OR_DONE(collect_root(model, &root));
    TRY_OR_DONE(store_set(store, "/", &root));
    for (size_t i = 0; i < model->count; i++) names[i] = model->groups[i].name;
    TRY_OR_DONE(store_new(store, "/groups", STORE_TEXT, model->count, 0, 0));
    TRY_OR_DONE(store_write(store, "/groups", 0, model->count, names));
done:
    memory_free(names);
    attributes_release(&root);
    return status;
}

static enum status collect_group(const struct model_group *group, struct attributes *told)
{
    TRY(attributes_set_text(told, "machine", group->machine));
    TRY(attributes_set_text(told, "id", group->id));
    TRY(attributes_set_text(told, "snr", group->snr));
    TRY(attributes_set_integer(told, "n_recordings", group->n_recordings));
    TRY(attributes_set_integer(told, "n_patches", group->n_patches));
    return attributes_set_text(told, "basis", group->basis);
}

static enum status save_vector(struct store *store, const char *group, const char *array, size_t n,
                               const double *values)
{
    char name[NAME];
    snprintf(name, sizeof name, "/models/%s/%s", group, array);
    TRY(store_new(store, name, STORE_DOUBLE, n, 0, 0));
    return store_write(store, name, 0, n, values);
}

static enum status save_group(const struct model *model, const struct model_group *group, struct store *store)
{
    char name[NAME];
    struct attributes told = { 0 };
    const size_t columns = (size_t)model->columns;
    enum status status;
    TRY_OR_DONE(save_vector(store, group->name, "mean", columns, group->scaler.mean));
    TRY_OR_DONE(save_vector(store, group->name, "scale", columns, group->scaler.scale));
    TRY_OR_DONE(collect_group(group, &told));
    snprintf(name, sizeof name, "/models/%s", group->name);
    TRY_OR_DONE(store_set(store, name, &told));
    snprintf(name, sizeof name, "/models/%s/detector", group->name);
    TRY_OR_DONE(model->detector->save(group->fitted, store, name));
done:
    attributes_release(&told);
    return status;
}

enum status model_save(const struct model *model, const char *path)
{
    struct store *store = NULL;
    enum status status;
    TRY_OR_DONE(store_create(&store, path));
    TRY_OR_DONE(save_root(model, store));
    for (size_t i = 0; i < model->count; i++) TRY_OR_DONE(save_group(model, &model->groups[i], store));
    TRY_OR_DONE(store_commit(store));
done:
    store_close(&store);
    return status;
}

/* ------------------------------------------------------------------------------------------------ open */

static int is_own(const char *name)
{
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
        if (strcmp(name, own_names[i]) == 0) return 1;
    return 0;
}

static enum status take_root(struct model *model, const struct attributes *root)
{
    for (size_t i = 0; i < root->count; i++) {
        const struct attribute *item = &root->items[i];
        const char *name = strcmp(item->name, FEATURES_PROGRAM) == 0 ? "program_version" : item->name;
        if (is_own(item->name)) continue;
        if (strncmp(name, PREFIX, sizeof PREFIX - 1) == 0)
            TRY(set_renamed(&model->settings, name + sizeof PREFIX - 1, item));
        else
            TRY(set_renamed(&model->provenance, name, item));
    }
    return OK;
}

static enum status take_detector(struct model *model, const char *name)
{
    TRY(fuse_new(name, &model->fusion));
    if (!model->fusion) return detector_require(name, &model->detector);
    model->detector = &model->fusion->detector;
    return OK;
}

static enum status check_root(const char *path, const struct attributes *root, struct model *model)
{
    const char *format = attributes_text(root, "format", "");
    const long long version = attributes_integer(root, "format_version", 0);
    REQUIRE(strcmp(format, MODEL_FORMAT) == 0, ERR_INPUT,
            "%s is not a model of earshot: format is \"%s\", expected \"%s\"", path, format, MODEL_FORMAT);
    REQUIRE(version == MODEL_VERSION, ERR_INPUT, "%s: format version %lld, this earshot reads version %d",
            path, version, MODEL_VERSION);
    if (take_detector(model, attributes_text(root, "detector", "")) != OK)
        return fail(ERR_INPUT, "%s: %s", path, status_sentence());
    return OK;
}

static enum status load_root(struct model *model, struct store *store)
{
    struct attributes root = { 0 };
    enum status status = store_get(store, "/", &root);
    if (status == OK) status = check_root(store_path(store), &root, model);
    if (status == OK) status = take_root(model, &root);
    if (status == OK && detector_takes(model->detector, &model->provenance) != OK)
        status = fail(ERR_INPUT, "%s: %s", store_path(store), status_sentence());
    attributes_release(&root);
    return status;
}

/* One finite number a column. */
static enum status load_vector(struct store *store, const char *group, const char *array, size_t columns,
                               double *values)
{
    char name[NAME];
    size_t rows, n;
    snprintf(name, sizeof name, "/models/%s/%s", group, array);
    TRY(store_shape(store, name, &rows, &n));
    REQUIRE(rows == columns && n == 0, ERR_INPUT, "%s: %s is %zu × %zu, expected a vector of %zu",
            store_path(store), name, rows, n, columns);
    TRY(store_read(store, name, STORE_DOUBLE, 0, columns, values));
    for (size_t i = 0; i < columns; i++)
        REQUIRE(isfinite(values[i]), ERR_INPUT, "%s: %s is not finite at %zu", store_path(store), name, i);
    return OK;
}

static enum status load_scaler(struct store *store, const char *group, struct scaler *scaler)
{
    TRY(load_vector(store, group, "mean", (size_t)scaler->columns, scaler->mean));
    TRY(load_vector(store, group, "scale", (size_t)scaler->columns, scaler->scale));
    for (int j = 0; j < scaler->columns; j++)
        REQUIRE(scaler->scale[j] > 0, ERR_INPUT, "%s: /models/%s/scale is %g at %d, not above 0",
                store_path(store), group, scaler->scale[j], j);
    return OK;
}

static const char *known_basis(const char *basis)
{
    static const char *const known[] = { "normal", "all", "list" };
    for (int i = 0; i < 3; i++)
        if (strcmp(known[i], basis) == 0) return known[i];
    return "";
}

static enum status take_told(struct model_group *group, const struct attributes *told)
{
    group->n_recordings = attributes_integer(told, "n_recordings", 0);
    group->n_patches = attributes_integer(told, "n_patches", 0);
    group->basis = known_basis(attributes_text(told, "basis", ""));
    TRY(memory_check(group->machine = memory_text(attributes_text(told, "machine", ""))));
    TRY(memory_check(group->id = memory_text(attributes_text(told, "id", ""))));
    return memory_check(group->snr = memory_text(attributes_text(told, "snr", "")));
}

static enum status load_group(struct model *model, struct store *store, const char *name)
{
    char path[NAME];
    struct model_group *group;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(model_add_group(model, name, &group));
    snprintf(path, sizeof path, "/models/%s", name);
    TRY_OR_DONE(store_get(store, path, &told));
    TRY_OR_DONE(take_told(group, &told));
    TRY_OR_DONE(load_scaler(store, name, &group->scaler));
    snprintf(path, sizeof path, "/models/%s/detector", name);
    TRY_OR_DONE(model->detector->load(group->fitted, store, path));
done:
    attributes_release(&told);
    return status;
}

/* The columns of all groups are those of the first. */
static enum status load_columns(struct store *store, const char *group, int *columns)
{
    char name[NAME];
    size_t rows, n;
    snprintf(name, sizeof name, "/models/%s/mean", group);
    TRY(store_shape(store, name, &rows, &n));
    REQUIRE(rows >= 1 && rows <= 1 << 24, ERR_INPUT, "%s: %s has %zu columns", store_path(store), name, rows);
    *columns = (int)rows;
    return OK;
}

static enum status load_groups(struct model *model, struct store *store)
{
    size_t count, columns;
    TRY(store_shape(store, "/groups", &count, &columns));
    REQUIRE(count >= 1 && columns == 0, ERR_INPUT, "%s: /groups names no group", store_path(store));
    char **names = memory_new(count, sizeof *names);
    enum status status = memory_check(names);
    if (status == OK) status = store_read(store, "/groups", STORE_TEXT, 0, count, names);
    for (size_t i = 0; status == OK && i < count; i++) {
        if (strlen(names[i]) >= 256)
            status = fail(ERR_INPUT, "%s: a group's name is too long", store_path(store));
        if (status == OK && i == 0) status = load_columns(store, names[i], &model->columns);
        if (status == OK) status = load_group(model, store, names[i]);
    }
    for (size_t i = 0; names && i < count; i++) memory_free(names[i]);
    memory_free(names);
    return status;
}

enum status model_open(struct model *model, const char *path)
{
    struct store *store = NULL;
    enum status status;
    *model = (struct model){ 0 };
    TRY_OR_DONE(store_open_sealed(&store, path));
    TRY_OR_DONE(load_root(model, store));
    TRY_OR_DONE(load_groups(model, store));
done:
    store_close(&store);
    if (status != OK) model_release(model);
    return status;
}
