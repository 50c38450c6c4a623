#include "cli/dry_run.h"

#include "cli/cmd.h"
#include "io/json_text.h"
#include "pipeline/estimate.h"

#include <string.h>

/* Recordings of one SNR level of MIMII (Purohit et al. 2019), by machine and id. */
static const struct {
    const char *machine, *id;
    int normal, abnormal;
} mimii[] = {
    { "fan", "id_00", 1011, 407 },    { "fan", "id_02", 1016, 359 },   { "fan", "id_04", 1033, 348 },
    { "fan", "id_06", 1015, 361 },    { "pump", "id_00", 1006, 143 },  { "pump", "id_02", 1005, 111 },
    { "pump", "id_04", 702, 100 },    { "pump", "id_06", 1036, 102 },  { "slider", "id_00", 1068, 356 },
    { "slider", "id_02", 1068, 267 }, { "slider", "id_04", 534, 178 }, { "slider", "id_06", 534, 89 },
    { "valve", "id_00", 991, 119 },   { "valve", "id_02", 708, 120 },  { "valve", "id_04", 1000, 120 },
    { "valve", "id_06", 992, 120 },
};

struct group {
    char name[256];
    const struct recording *first; /* of its recordings */
    int normal, abnormal, other;
};

/* The dataset is sorted, so a group's recordings stand together. */
static enum status count_groups(const struct dataset *dataset, struct group **out, size_t *n_groups)
{
    struct group *groups = memory_new(dataset->count + 1, sizeof *groups);
    size_t n = 0;
    TRY(memory_check(groups));
    for (size_t i = 0; i < dataset->count; i++) {
        const struct recording *recording = &dataset->recordings[i];
        char name[256];
        recording_group(recording, name);
        if (n == 0 || strcmp(groups[n - 1].name, name) != 0) {
            memcpy(groups[n].name, name, sizeof name);
            groups[n++].first = recording;
        }
        struct group *group = &groups[n - 1];
        if (strcmp(recording->label, "normal") == 0)
            group->normal++;
        else if (strcmp(recording->label, "abnormal") == 0)
            group->abnormal++;
        else
            group->other++;
    }
    *out = groups;
    *n_groups = n;
    return OK;
}

static void known_counts(const struct group *group, char *text, size_t size)
{
    *text = '\0';
    for (size_t i = 0; i < sizeof mimii / sizeof *mimii; i++)
        if (group->first->snr[0] && strcmp(group->first->machine, mimii[i].machine) == 0 &&
            strcmp(group->first->id, mimii[i].id) == 0)
            snprintf(text, size, "%d/%d%s", mimii[i].normal, mimii[i].abnormal,
                     mimii[i].normal == group->normal && mimii[i].abnormal == group->abnormal ? " ✓" : "");
}

struct estimate {
    struct extract_estimate of;
    char reason[512]; /* why there is none */
};

/* What is there can be told without weights or a device: then only the estimate is left out. */
static enum status estimate_run(const struct extract_settings *settings,
                                const struct compute_options *compute, const struct dataset *dataset,
                                struct estimate *estimate)
{
    struct setup setup;
    enum status status = setup_init(&setup, settings, compute);
    if (status == ERR_INPUT || status == ERR_DEVICE) {
        snprintf(estimate->reason, sizeof estimate->reason, "%s", status_sentence());
        return OK;
    }
    TRY(status);
    status = extract_estimate(&setup, dataset, &estimate->of);
    setup_release(&setup);
    return status;
}

static void print_table(const struct dataset *dataset, const struct group *groups, size_t n_groups,
                        const struct estimate *estimate)
{
    printf("%-24s %8s %8s %8s   %s\n", "group", "normal", "abnormal", "other", "MIMII has, for one SNR");
    for (size_t i = 0; i < n_groups; i++) {
        char known[64];
        known_counts(&groups[i], known, sizeof known);
        printf("%-24s %8d %8d %8d   %s\n", groups[i].name, groups[i].normal, groups[i].abnormal,
               groups[i].other, known);
    }
    for (size_t i = 0; i < dataset->n_ignored; i++) printf("ignored: %s\n", dataset->ignored[i]);
    if (estimate->reason[0])
        printf("%zu recordings; no estimate: %s\n", dataset->count, estimate->reason);
    else
        printf("%zu recordings; about %.1f MB and %.0f s, estimated from %d recordings one after the other\n",
               dataset->count, estimate->of.bytes / 1e6, estimate->of.seconds, estimate->of.measured);
}

static enum status print_json(const struct dataset *dataset, const struct group *groups, size_t n_groups,
                              const struct estimate *estimate)
{
    json_t *list = json_array(), *ignored = json_array();
    for (size_t i = 0; i < n_groups; i++)
        json_array_append_new(list, json_pack("{s:o, s:i, s:i, s:i}", "group", json_text(groups[i].name),
                                              "normal", groups[i].normal, "abnormal", groups[i].abnormal,
                                              "other", groups[i].other));
    for (size_t i = 0; i < dataset->n_ignored; i++)
        json_array_append_new(ignored, json_text(dataset->ignored[i]));
    json_t *json =
        json_pack("{s:i, s:o, s:o}", "recordings", (int)dataset->count, "groups", list, "ignored", ignored);
    if (json && estimate->reason[0]) json_object_set_new(json, "no_estimate", json_text(estimate->reason));
    if (json && !estimate->reason[0])
        json_object_update_new(json, json_pack("{s:f, s:f}", "estimated_seconds", estimate->of.seconds,
                                               "estimated_bytes", estimate->of.bytes));
    return command_json(json);
}

enum status dry_run(const struct extract_settings *settings, const struct compute_options *compute,
                    const struct dataset *dataset, int as_json)
{
    struct group *groups = NULL;
    size_t n_groups = 0;
    struct estimate estimate = { 0 };
    TRY(count_groups(dataset, &groups, &n_groups));
    enum status status = estimate_run(settings, compute, dataset, &estimate);
    if (status == OK && as_json)
        status = print_json(dataset, groups, n_groups, &estimate);
    else if (status == OK)
        print_table(dataset, groups, n_groups, &estimate);
    memory_free(groups);
    return status;
}
