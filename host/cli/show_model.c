#include "cli/show.h"

#include "core/memory.h"
#include "detect/model.h"
#include "pipeline/setup.h"

#include <stdio.h>

static enum status print_group(const struct model *model, const struct model_group *group)
{
    struct attributes told = { 0 };
    const enum status status = model_describe(model, group, &told);
    printf("%-24s %10lld %9lld  %-6s ", group->name, group->n_recordings, group->n_patches, group->basis);
    for (size_t i = 0; i < told.count; i++) {
        char text[64];
        attribute_print(&told.items[i], text, sizeof text);
        printf(" %s %s", told.items[i].name, text);
    }
    putchar('\n');
    attributes_release(&told);
    return status;
}

static enum status print(const char *path, const struct model *model)
{
    char pool[POOLER_TEXT];
    pooler_print(&model->pooler, pool);
    printf("%s: model of earshot, %zu groups, detector %s, %d features a patch\n", path, model->count,
           model->detector->name, model->columns);
    show_random_weights(&model->provenance);
    printf("\nDetector\n");
    show_attributes(&model->settings);
    printf("\nBefore and after the detector\n");
    show_attributes(&model->preparation);
    printf("  %-20s %s\n", "pool", pool);
    printf("\nFitted on features made with\n");
    show_attributes(&model->provenance);
    printf("\n%-24s %10s %9s  %-6s  %s\n", "group", "recordings", "patches", "basis", "fit");
    for (size_t i = 0; i < model->count; i++) TRY(print_group(model, &model->groups[i]));
    return OK;
}

static json_t *group_json(const struct model *model, const struct model_group *group)
{
    struct attributes told = { 0 };
    const enum status status = model_describe(model, group, &told);
    json_t *fit = status == OK ? show_attributes_json(&told) : NULL;
    attributes_release(&told);
    return json_pack("{s:o, s:I, s:I, s:s, s:o}", "group", json_text(group->name), "recordings",
                     (json_int_t)group->n_recordings, "patches", (json_int_t)group->n_patches, "basis",
                     group->basis, "fit", fit);
}

static json_t *groups_json(const struct model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; i < model->count; i++)
        if (json_array_append_new(list, group_json(model, &model->groups[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *make_json(const char *path, const struct model *model)
{
    char pool[POOLER_TEXT];
    pooler_print(&model->pooler, pool);
    return json_pack("{s:o, s:s, s:i, s:s, s:i, s:b, s:o, s:o, s:s, s:o, s:o}", "file", json_text(path),
                     "format", MODEL_FORMAT, "format_version", (int)MODEL_VERSION, "detector",
                     model->detector->name, "columns", model->columns, "random_weights",
                     provenance_has_random_weights(&model->provenance), "detector_options",
                     show_attributes_json(&model->settings), "preparation",
                     show_attributes_json(&model->preparation), "pool", pool, "made_with",
                     show_attributes_json(&model->provenance), "groups", groups_json(model));
}

enum status show_model(const char *path, json_t **json)
{
    struct model model = { 0 };
    enum status status = model_open(&model, path);
    if (status == OK && json)
        *json = make_json(path, &model);
    else if (status == OK)
        status = print(path, &model);
    model_release(&model);
    return status;
}
