#include "cli/show.h"

#include "core/memory.h"
#include "io/features.h"
#include "pipeline/setup.h"

#include <stdio.h>
#include <string.h>

/* One line of the table of groups. */
struct group {
    char name[256];
    int normal, abnormal, other, failed; /* recordings; the failed ones are in `failed` alone */
    long long patches;
};

struct groups {
    struct group *items; /* in the file's order */
    size_t count, capacity;
};

static enum status find_group(struct groups *groups, const struct recording *recording, struct group **out)
{
    char name[256];
    recording_group(recording, name);
    for (size_t i = 0; i < groups->count; i++) {
        *out = &groups->items[i];
        if (strcmp((*out)->name, name) == 0) return OK;
    }
    TRY(memory_grow((void **)&groups->items, &groups->capacity, groups->count, sizeof *groups->items));
    *out = &groups->items[groups->count++];
    **out = (struct group){ 0 };
    memcpy((*out)->name, name, sizeof name);
    return OK;
}

static void count_row(struct group *group, const struct feature_recording *row)
{
    group->patches += row->n_patches;
    if (row->status == RECORDING_FAILED)
        group->failed++;
    else if (strcmp(row->of.label, "normal") == 0)
        group->normal++;
    else if (strcmp(row->of.label, "abnormal") == 0)
        group->abnormal++;
    else
        group->other++;
}

static enum status count_groups(const struct features_table *table, struct groups *groups, int *n_failed)
{
    for (size_t i = 0; i < table->count; i++) {
        struct group *group;
        TRY(find_group(groups, &table->rows[i].of, &group));
        count_row(group, &table->rows[i]);
        *n_failed += table->rows[i].status == RECORDING_FAILED;
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------- for a person */

static void print_groups(const struct features *features, const struct groups *groups)
{
    printf("\n%-24s %8s %8s %8s %8s %9s  %s\n", "group", "normal", "abnormal", "other", "failed", "patches",
           "standardised over");
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->items[i];
        long long n;
        const char *basis = features_basis(features, group->name, &n);
        printf("%-24s %8d %8d %8d %8d %9lld  ", group->name, group->normal, group->abnormal, group->other,
               group->failed, group->patches);
        if (basis)
            printf("%s rows, %lld\n", basis, n);
        else
            printf("nothing\n");
    }
}

static void print_failures(const struct features_table *table, int n_failed)
{
    if (n_failed > 0) printf("\n%d failed:\n", n_failed);
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].status == RECORDING_FAILED)
            printf("  %s: %s\n", table->rows[i].of.path, table->rows[i].error);
}

static void print_warnings(const struct guards *guards)
{
    char words[GUARD_EXAMPLE + 128];
    int n = 0;
    for (int g = 0; g < N_GUARDS; g++)
        if (guard_words(guards, (enum guard)g, words, sizeof words))
            printf("%s  %s\n", n++ ? "" : "\nWarnings (docs/guards.md):\n", words);
}

static void print(const char *path, int is_part, const struct features *features, const struct groups *groups,
                  int n_failed)
{
    const struct attributes *provenance = features_provenance(features);
    const struct features_table *table = features_recordings(features);
    printf("%s: %s of earshot, %zu recordings, %d of them failed, %lld patches × %d\n", path,
           is_part ? "one part of a feature file" : "feature file", table->count, n_failed,
           features_patches(features), features_columns(features));
    show_random_weights(provenance);
    printf("\nMade with\n");
    show_attributes(provenance);
    print_groups(features, groups);
    print_warnings(&features_counts(features)->guards);
    print_failures(table, n_failed);
}

/* ------------------------------------------------------------------------------------------------ JSON */

static json_t *groups_json(const struct features *features, const struct groups *groups)
{
    json_t *list = json_array();
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->items[i];
        long long n;
        const char *basis = features_basis(features, group->name, &n);
        json_array_append_new(list, json_pack("{s:o, s:i, s:i, s:i, s:i, s:I, s:s?, s:I}", "group",
                                              json_text(group->name), "normal", group->normal, "abnormal",
                                              group->abnormal, "other", group->other, "failed", group->failed,
                                              "patches", (json_int_t)group->patches, "basis", basis,
                                              "basis_rows", (json_int_t)n));
    }
    return list;
}

static json_t *failures_json(const struct features_table *table)
{
    json_t *list = json_array();
    for (size_t i = 0; i < table->count; i++) {
        const struct feature_recording *row = &table->rows[i];
        if (row->status == RECORDING_FAILED)
            json_array_append_new(list, json_pack("{s:o, s:i, s:o}", "recording", json_text(row->of.path),
                                                  "channel", row->channel, "error", json_text(row->error)));
    }
    return list;
}

static json_t *make_json(const char *path, int is_part, const struct features *features,
                         const struct groups *groups, int n_failed)
{
    const struct attributes *provenance = features_provenance(features);
    const struct features_table *table = features_recordings(features);
    return json_pack("{s:o, s:s, s:i, s:I, s:i, s:I, s:i, s:b, s:o, s:o, s:o, s:o}", "file", json_text(path),
                     "format", is_part ? FEATURES_PART_FORMAT : FEATURES_FORMAT, "format_version",
                     (int)FEATURES_VERSION, "recordings", (json_int_t)table->count, "failed", n_failed,
                     "patches", (json_int_t)features_patches(features), "columns", features_columns(features),
                     "random_weights", provenance_has_random_weights(provenance), "made_with",
                     show_attributes_json(provenance), "groups", groups_json(features, groups), "failures",
                     failures_json(table), "warnings", guards_json(&features_counts(features)->guards));
}

/* ---------------------------------------------------------------------------------------------------- */

enum status show_features(const char *path, int is_part, json_t **json)
{
    struct features *features = NULL;
    struct groups groups = { 0 };
    int n_failed = 0;
    enum status status = is_part ? features_open_part(&features, path) : features_open(&features, path);
    if (status == OK) status = count_groups(features_recordings(features), &groups, &n_failed);
    if (status == OK && json)
        *json = make_json(path, is_part, features, &groups, n_failed);
    else if (status == OK)
        print(path, is_part, features, &groups, n_failed);
    memory_free(groups.items);
    features_close(&features);
    return status;
}
