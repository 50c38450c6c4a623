#include "detect/model.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 512 };
static const char DETECTOR[] = "detector_", PREPARATION[] = "preparation_";

static const char *const own_names[] = { "format", "format_version", "program_version", "detector", "pool" };
static const char FEATURES_PROGRAM[] = "features_program_version";

/* ------------------------------------------------------------------------------------------------ save */

/* `from` under another name. */
static enum status set_renamed(struct attributes *to, const char *name, const struct attribute *from)
{
    if (from->type == ATTRIBUTE_TEXT) return attributes_set_text(to, name, from->text);
    if (from->type == ATTRIBUTE_INTEGER) return attributes_set_integer(to, name, from->integer);
    return attributes_set_real(to, name, from->real);
}

/* All of `from`, with `prefix` before their names. */
static enum status set_all(struct attributes *to, const char *prefix, const struct attributes *from)
{
    for (size_t i = 0; i < from->count; i++) {
        char name[NAME];
        snprintf(name, sizeof name, "%s%s", prefix, from->items[i].name);
        TRY(set_renamed(to, name, &from->items[i]));
    }
    return OK;
}

static enum status collect_root(const struct model *model, struct attributes *root)
{
    char pool[POOLER_TEXT];
    pooler_print(&model->pooler, pool);
    TRY(attributes_set_text(root, "format", MODEL_FORMAT));
    TRY(attributes_set_integer(root, "format_version", MODEL_VERSION));
    TRY(attributes_set_text(root, "program_version", EARSHOT_VERSION));
    TRY(attributes_set_text(root, "detector", model->detector->name));
    TRY(set_all(root, DETECTOR, &model->settings));
    TRY(set_all(root, PREPARATION, &model->preparation));
    TRY(attributes_set_text(root, "pool", pool));
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

static enum status save_group(const struct model *model, const struct model_group *group, struct store *store)
{
    char name[NAME];
    struct attributes told = { 0 };
    enum status status;
    snprintf(name, sizeof name, "/models/%s", group->name);
    TRY_OR_DONE(preparation_save(&group->preparation, store, name));
    TRY_OR_DONE(calibration_save(&group->calibration, store, name));
    TRY_OR_DONE(collect_group(group, &told));
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

static int begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static enum status take_root(struct model *model, const struct attributes *root)
{
    for (size_t i = 0; i < root->count; i++) {
        const struct attribute *item = &root->items[i];
        const char *name = strcmp(item->name, FEATURES_PROGRAM) == 0 ? "program_version" : item->name;
        if (is_own(item->name)) continue;
        if (begins_with(name, DETECTOR))
            TRY(set_renamed(&model->settings, name + strlen(DETECTOR), item));
        else if (begins_with(name, PREPARATION))
            TRY(set_renamed(&model->preparation, name + strlen(PREPARATION), item));
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

/* What older models do not tell stays as it was when they were made. */
static enum status take_choices(struct model *model, const struct attributes *root)
{
    struct preparation_settings settings;
    TRY(preparation_restore(&settings, &model->preparation));
    TRY(preparation_check(&settings, model->detector->takes_cells));
    return attributes_find(root, "pool") ? pooler_parse(attributes_text(root, "pool", ""), &model->pooler)
                                         : OK;
}

static enum status load_root(struct model *model, struct store *store)
{
    struct attributes root = { 0 };
    enum status status = store_get(store, "/", &root);
    if (status == OK) status = check_root(store_path(store), &root, model);
    if (status == OK) status = preparation_record(&(struct preparation_settings){ 0 }, &model->preparation);
    if (status == OK) status = take_root(model, &root);
    if (status == OK &&
        (take_choices(model, &root) != OK || detector_takes(model->detector, &model->provenance) != OK))
        status = fail(ERR_INPUT, "%s: %s", store_path(store), status_sentence());
    attributes_release(&root);
    return status;
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

/* The columns of all groups are those of the first. */
static enum status check_columns(struct model *model, const struct store *store,
                                 const struct model_group *group)
{
    const int columns = group->preparation.scaler.columns;
    if (model->count == 1) model->columns = columns;
    REQUIRE(columns == model->columns, ERR_INPUT, "%s: %s has %d columns, %s has %d", store_path(store),
            group->name, columns, model->groups[0].name, model->columns);
    return OK;
}

static enum status load_group(struct model *model, struct store *store, const char *name)
{
    char path[NAME];
    struct model_group *group;
    struct preparation_settings settings;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(preparation_restore(&settings, &model->preparation));
    TRY_OR_DONE(model_add_group(model, name, &group));
    snprintf(path, sizeof path, "/models/%s", name);
    TRY_OR_DONE(store_get(store, path, &told));
    TRY_OR_DONE(take_told(group, &told));
    TRY_OR_DONE(preparation_load(&group->preparation, &settings, store, path));
    TRY_OR_DONE(check_columns(model, store, group));
    TRY_OR_DONE(calibration_load(&group->calibration, store, path));
    snprintf(path, sizeof path, "/models/%s/detector", name);
    TRY_OR_DONE(model->detector->load(group->fitted, store, path));
done:
    attributes_release(&told);
    return status;
}

static enum status load_groups(struct model *model, struct store *store)
{
    size_t count, columns;
    TRY(store_shape(store, "/groups", &count, &columns));
    REQUIRE(count >= 1 && columns == 0, ERR_INPUT, "%s: /groups names no group", store_path(store));
    char **names = memory_new(count, sizeof *names);
    enum status status = memory_check(names);
    if (status == OK) status = store_read_column(store, "/groups", STORE_TEXT, 0, count, names);
    for (size_t i = 0; status == OK && i < count; i++) {
        if (strlen(names[i]) >= 256)
            status = fail(ERR_INPUT, "%s: a group's name is too long", store_path(store));
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
