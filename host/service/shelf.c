#include "service/shelf.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* --------------------------------------------------------------------------------------------- looking */

const struct served *catalog_find(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->served[i].name, name) == 0) return &catalog->served[i];
    return NULL;
}

const struct item *shelf_item(const struct shelf *shelf, const struct served *served)
{
    for (size_t i = 0; i < shelf->catalog.count; i++)
        if (&shelf->served[i] == served) return &shelf->items[i];
    return NULL;
}

enum status item_group(const struct item *item, const char *words, const struct model_group **out)
{
    const struct model *model = &item->model;
    char groups[512];
    *out = NULL;
    model_list_groups(model, groups, sizeof groups);
    if (!words) {
        REQUIRE(model->count == 1, ERR_USAGE, "the model %s has %zu groups; name one of %s", item->name,
                model->count, groups);
        *out = &model->groups[0];
        return OK;
    }
    REQUIRE(model_named(model, words, out) == OK, ERR_USAGE,
            "\"%s\" does not name one group of the model %s; it has %s", words, item->name, groups);
    return OK;
}

/* --------------------------------------------------------------------------------------------- filling */

void shelf_close(struct shelf *shelf, struct extractors *extractors)
{
    for (size_t i = 0; shelf->items && i < shelf->catalog.count; i++) {
        struct item *item = &shelf->items[i];
        if (item->extractor) extractors_let_go(extractors, item->extractor);
        if (item->path) model_release(&item->model);
        memory_free(item->name);
        memory_free(item->path);
    }
    memory_free(shelf->items);
    memory_free(shelf->served);
    memory_free(shelf);
}

static enum status make(struct shelf **out, size_t count)
{
    struct shelf *shelf = *out = memory_new(1, sizeof *shelf);
    TRY(memory_check(shelf));
    shelf->n_holders = 1;
    TRY(memory_check(shelf->items = memory_new(count, sizeof *shelf->items)));
    TRY(memory_check(shelf->served = memory_new(count, sizeof *shelf->served)));
    shelf->catalog.served = shelf->served;
    return OK;
}

/* A place at the end, under a name that nobody has. */
static enum status add_item(struct shelf *shelf, const char *name, struct item **out)
{
    REQUIRE(*name, ERR_USAGE, "a model without a name; NAME=FILE.h5 expected");
    for (size_t i = 0; i < shelf->catalog.count; i++)
        REQUIRE(strcmp(shelf->items[i].name, name) != 0, ERR_USAGE,
                "two models or networks have the name %s; NAME=FILE.h5 gives another", name);
    struct item *item = *out = &shelf->items[shelf->catalog.count];
    TRY(memory_check(item->name = memory_text(name)));
    shelf->catalog.count++;
    return OK;
}

static void show_item(struct shelf *shelf, const struct item *item, long long loaded_unix_s)
{
    const struct extractor *extractor = item->extractor;
    shelf->served[item - shelf->items] = (struct served){
        .name = item->name,
        .kind = item->path ? SERVED_MODEL : SERVED_NETWORK,
        .settings = &extractor->setup.settings,
        .provenance = &extractor->provenance,
        .model = item->path ? &item->model : NULL,
        .path = item->path,
        .columns = extractor->setup.columns,
        .loaded_unix_s = loaded_unix_s,
    };
}

static enum status add_network(struct shelf *shelf, struct extractors *extractors,
                               const struct extract_settings *common, const char *name)
{
    struct extract_settings settings = *common;
    struct item *item;
    TRY(add_item(shelf, name, &item));
    settings.network = name;
    TRY(extract_settings_resolve(&settings));
    TRY(extractors_open(extractors, &settings, &item->extractor));
    show_item(shelf, item, time(NULL));
    return OK;
}

static enum status fill_model(struct item *item, struct extractors *extractors)
{
    TRY(model_open(&item->model, item->path));
    const enum status status = extractors_find(extractors, &item->model.provenance, &item->extractor);
    if (status != OK) return fail_within(status, "%s", item->path);
    REQUIRE(item->model.columns == item->extractor->setup.columns, ERR_INPUT,
            "%s: it was learned from features of %d numbers, its settings make %d", item->path,
            item->model.columns, item->extractor->setup.columns);
    return OK;
}

static enum status add_model(struct shelf *shelf, struct extractors *extractors, const char *name,
                             const char *path)
{
    struct item *item;
    TRY(add_item(shelf, name, &item));
    TRY(memory_check(item->path = memory_text(path)));
    TRY(fill_model(item, extractors));
    show_item(shelf, item, time(NULL));
    return OK;
}

/* "NAME=FILE.h5", or "FILE.h5", whose name is the file's stem. A = behind a slash is a folder's. */
static enum status add_words(struct shelf *shelf, struct extractors *extractors, const char *words)
{
    const size_t length = strcspn(words, "=/");
    const int is_named = words[length] == '=';
    const char *path = is_named ? words + length + 1 : words, *slash = strrchr(path, '/');
    const char *stem = slash ? slash + 1 : path, *ending = strrchr(stem, '.');
    char *name = is_named ? memory_print("%.*s", (int)length, words)
                          : memory_print("%.*s", (int)(ending ? ending - stem : (int)strlen(stem)), stem);
    enum status status = memory_check(name);
    if (status == OK) status = add_model(shelf, extractors, name, path);
    memory_free(name);
    return status;
}

static enum status fill(struct shelf *shelf, struct extractors *extractors,
                        const struct service_options *options)
{
    for (size_t i = 0; i < options->n_networks; i++)
        TRY(add_network(shelf, extractors, options->settings, options->networks[i]));
    for (size_t i = 0; i < options->n_models; i++) TRY(add_words(shelf, extractors, options->models[i]));
    return OK;
}

static enum status settle(struct shelf **out, struct extractors *extractors, enum status status)
{
    if (status == OK || !*out) return status;
    extractors->take(extractors->keeper);
    shelf_close(*out, extractors);
    extractors->give(extractors->keeper);
    *out = NULL;
    return status;
}

enum status shelf_open(struct shelf **out, struct extractors *extractors,
                       const struct service_options *options)
{
    enum status status = make(out, options->n_models + options->n_networks);
    if (status == OK) status = fill(*out, extractors, options);
    return settle(out, extractors, status);
}

static struct extractor *hold(struct extractors *extractors, struct extractor *extractor)
{
    extractors->take(extractors->keeper);
    extractor_hold(extractor);
    extractors->give(extractors->keeper);
    return extractor;
}

static enum status fill_again(struct shelf *shelf, struct extractors *extractors, const struct shelf *before,
                              int (*is_over)(void *keeper))
{
    for (size_t i = 0; i < before->catalog.count; i++) {
        const struct item *then = &before->items[i];
        struct item *item;
        REQUIRE(!is_over(extractors->keeper), ERR_STOPPED, "the service stops");
        if (then->path) {
            TRY(add_model(shelf, extractors, then->name, then->path));
            continue;
        }
        TRY(add_item(shelf, then->name, &item));
        item->extractor = hold(extractors, then->extractor);
        show_item(shelf, item, before->served[i].loaded_unix_s);
    }
    return OK;
}

enum status shelf_open_again(struct shelf **out, struct extractors *extractors, const struct shelf *before,
                             int (*is_over)(void *keeper))
{
    enum status status = make(out, before->catalog.count);
    if (status == OK) status = fill_again(*out, extractors, before, is_over);
    return settle(out, extractors, status);
}
