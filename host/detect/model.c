#include "detect/model.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

static void release_group(const struct detector *detector, struct model_group *group)
{
    if (group->fitted) detector->release(group->fitted);
    memory_free(group->fitted);
    preparation_release(&group->preparation);
    calibration_release(&group->calibration);
    memory_free(group->name);
    memory_free(group->machine);
    memory_free(group->id);
    memory_free(group->snr);
}

void model_release(struct model *model)
{
    for (size_t i = 0; i < model->count; i++) release_group(model->detector, &model->groups[i]);
    memory_free(model->groups);
    fuse_free(&model->fusion);
    attributes_release(&model->settings);
    attributes_release(&model->preparation);
    attributes_release(&model->provenance);
    *model = (struct model){ 0 };
}

enum status model_add_group(struct model *model, const char *name, struct model_group **out)
{
    TRY(memory_grow((void **)&model->groups, &model->capacity, model->count, sizeof *model->groups));
    struct model_group *group = &model->groups[model->count++];
    *group = (struct model_group){ .basis = "" };
    *out = group;
    TRY(memory_check(group->name = memory_text(name)));
    return memory_check(group->fitted = memory_new(1, model->detector->model_size));
}

void model_drop_group(struct model *model, size_t group)
{
    release_group(model->detector, &model->groups[group]);
    model->count--;
    memmove(&model->groups[group], &model->groups[group + 1], (model->count - group) * sizeof *model->groups);
}

/* ---------------------------------------------------------------------------------------------- groups */

const struct model_group *model_find(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->count; i++)
        if (strcmp(model->groups[i].name, name) == 0) return &model->groups[i];
    return NULL;
}

void model_list_groups(const struct model *model, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < model->count && length < size; i++)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", i ? ", " : "", model->groups[i].name);
}

static int contradicts(const char *told, const char *level)
{
    return told[0] && level[0] && strcmp(told, level) != 0;
}

static int may_belong(const struct recording *recording, const struct model_group *group)
{
    return !contradicts(recording->machine, group->machine) && !contradicts(recording->id, group->id) &&
           !contradicts(recording->snr, group->snr);
}

enum status model_choose(const struct model *model, const struct recording *recording,
                         const struct model_group **out)
{
    char name[256], groups[1024];
    int n_found = 0;
    recording_group(recording, name);
    *out = model->count == 1 ? &model->groups[0] : model_find(model, name);
    if (*out) return OK;
    for (size_t i = 0; i < model->count; i++) {
        if (!may_belong(recording, &model->groups[i])) continue;
        *out = &model->groups[i];
        n_found++;
    }
    model_list_groups(model, groups, sizeof groups);
    REQUIRE(n_found <= 1, ERR_USAGE,
            "%s: the path does not tell which of %d groups it is; --as names one of %s", recording->path,
            n_found, groups);
    return OK;
}

static int is_level(const struct model_group *group, const char *word, size_t length)
{
    const char *const levels[] = { group->machine, group->id, group->snr };
    for (int i = 0; i < 3; i++)
        if (strlen(levels[i]) == length && strncmp(levels[i], word, length) == 0) return 1;
    return 0;
}

/* Whether all words of "fan,id_00" (or "fan/id_00") are levels of the group. */
static int has_words(const struct model_group *group, const char *words)
{
    while (*words) {
        const size_t length = strcspn(words, ",/");
        if (!is_level(group, words, length)) return 0;
        words += length + (words[length] != '\0');
    }
    return 1;
}

enum status model_named(const struct model *model, const char *words, const struct model_group **out)
{
    char groups[1024];
    int n_found = 0;
    *out = NULL;
    for (size_t i = 0; i < model->count; i++) {
        if (strcmp(model->groups[i].name, words) != 0 && !has_words(&model->groups[i], words)) continue;
        *out = &model->groups[i];
        n_found++;
    }
    model_list_groups(model, groups, sizeof groups);
    REQUIRE(n_found == 1, ERR_USAGE, "--as %s: %d groups of the model are called so; it has %s", words,
            n_found, groups);
    return OK;
}

enum status model_score(const struct model *model, const struct model_group *group, struct backend *backend,
                        struct rows *rows, double *score)
{
    TRY(preparation_apply(&group->preparation, rows));
    return model->detector->score(backend, group->fitted, rows, score);
}

int model_decides(const struct model *model)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->groups[i].calibration.n > 0) return 1;
    return 0;
}

enum status model_describe(const struct model *model, const struct model_group *group,
                           struct attributes *told)
{
    if (model->detector->describe) TRY(model->detector->describe(group->fitted, told));
    TRY(preparation_describe(&group->preparation, told));
    return model_decides(model) ? calibration_describe(&group->calibration, told) : OK;
}
