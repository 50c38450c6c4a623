/* Running a study: features network by network, then row by row the cells of all groups. */
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/output.h"
#include "eval/cell_file.h"
#include "eval/reproduce.h"
#include "eval/reused.h"
#include "pipeline/extract.h"
#include "pipeline/finished.h"

#include <string.h>

/* ----------------------------------------------------------------------------------------- extraction */

enum status study_setup(const struct study *study, const struct study_network *network, struct setup *setup)
{
    struct extract_settings settings = *study->input.extraction;
    settings.network = network->name;
    settings.layer = "";
    struct compute_options compute = *study->input.compute;
    compute.place.backend = study->crew.whole->ops->name; /* what auto was found to mean */
    TRY(extract_settings_resolve(&settings));
    return setup_init(setup, &settings, &compute);
}

static enum status extract_file(struct study *study, const struct setup *setup, struct study_file *file)
{
    const struct run_options options = { .output = file->path,
                                         .shard_size = 64,
                                         .overwrite = study->input.settings->overwrite,
                                         .max_failures = -1,
                                         .progress = study->input.settings->progress };
    struct extract_result result;
    TRY(output_folder_of(file->path));
    const enum status status = extract_run(setup, &options, &file->slice, study->input.stop, &result);
    return status == ERR_PARTIAL ? OK : status;
}

/* setup NULL: its weights are not here any more, so that it cannot be compared. */
static enum status check_features(const struct study_file *file, const struct setup *setup)
{
    struct attributes now = { 0 };
    TRY(reused_check(file->features, file->path, &file->slice));
    if (!setup) return OK;
    enum status status = setup_provenance(setup, &now);
    const struct making made = { features_provenance(file->features), "it was made" };
    const struct making asked = { &now, "it is now asked for" };
    if (status == OK) status = provenance_compare(made, asked, NULL);
    attributes_release(&now);
    if (status != ERR_INPUT) return status;
    fail_within(ERR_USAGE, "%s", file->path);
    return fail(ERR_USAGE, "%s; --overwrite makes it anew, another -o keeps both", status_sentence());
}

static enum status reuse(struct study_network *network, struct study_file *file, const struct setup *setup)
{
    file->is_reused = 1;
    finished_remove_parts(file->path);
    const enum status status = study_open_file(network, file);
    if (status == ERR_INPUT) return fail(ERR_INPUT, "%s; remove it, and it is made anew", status_sentence());
    TRY(status);
    return check_features(file, setup);
}

static enum status make(struct study *study, struct study_network *network, struct study_file *file,
                        const struct setup *setup)
{
    char group[256];
    recording_group(&file->slice.recordings[0], group);
    log_info("%s, %s: %zu recordings", network->name, group, file->slice.count);
    const double started_s = clock_seconds();
    const enum status status = extract_file(study, setup, file);
    network->extract_s += clock_seconds() - started_s;
    TRY(status);
    return study_open_file(network, file);
}

/* setup NULL: without its weights a network has only the features that are there already. */
static enum status make_or_reuse(struct study *study, struct study_network *network, struct study_file *file,
                                 const struct setup *setup)
{
    const int is_there = features_is_file(file->path);
    if (is_there && !study->input.settings->overwrite) return reuse(network, file, setup);
    if (!setup) return memory_replace(&file->reason, network->reason);
    return make(study, network, file, setup);
}

static enum status make_files(struct study *study, struct study_network *network, const struct setup *setup)
{
    for (size_t i = 0; i < network->n_files; i++) {
        struct study_file *file = &network->files[i];
        if (file->features) continue;
        const enum status status = make_or_reuse(study, network, file, setup);
        if (status != ERR_INPUT) TRY(status);
        if (status == OK) continue;
        char group[256];
        recording_group(&file->slice.recordings[0], group);
        log_warning("%s, %s: %s", network->name, group, status_sentence());
        features_close(&file->features);
        TRY(memory_replace(&file->reason, status_sentence()));
    }
    return OK;
}

static int has_all_features(const struct study_network *network)
{
    for (size_t i = 0; i < network->n_files; i++)
        if (!network->files[i].features) return 0;
    return 1;
}

static int has_any_features(const struct study_network *network)
{
    for (size_t i = 0; i < network->n_files; i++)
        if (network->files[i].features) return 1;
    return 0;
}

static enum status make_features(struct study *study, struct study_network *network)
{
    struct setup setup;
    if (has_all_features(network)) return OK;
    enum status status = study_setup(study, network, &setup);
    if (status == ERR_INPUT || status == ERR_DEVICE) {
        TRY(memory_replace(&network->reason, status_sentence()));
        return make_files(study, network, NULL);
    }
    TRY(status);
    status = make_files(study, network, &setup);
    setup_release(&setup);
    return status;
}

/* ------------------------------------------------------------------------------------------------ cells */

struct keeping {
    struct study *study;
    const struct study_network *network;
    const struct study_file *file;
    struct study_row *row;
};

char *study_cell_path(const struct study *study, const struct study_network *network,
                      const struct contender *contender, const char *group)
{
    return memory_print("%s/cells/%s/%s/%s.json", study->input.settings->output, network->name,
                        contender->detector->name, group);
}

/* What a cell is kept as. */
struct kept {
    json_t *recipe;
    char *path;
};

static enum status kept_init(struct kept *kept, const struct keeping *keeping, const struct cell *cell)
{
    kept->recipe = cell_recipe(cell, &keeping->study->options, features_provenance(keeping->file->features));
    kept->path = study_cell_path(keeping->study, keeping->network, cell->contender, cell->group->name);
    return kept->recipe && kept->path ? OK : ERR_MEMORY;
}

static void kept_release(struct kept *kept)
{
    json_decref(kept->recipe);
    memory_free(kept->path);
}

static enum status recall(void *context, struct cell *cell, int *found)
{
    struct keeping *keeping = context;
    struct kept kept;
    enum status status = kept_init(&kept, keeping, cell);
    if (status == OK) status = cell_load(cell, kept.recipe, kept.path, found);
    kept_release(&kept);
    keeping->row->n_reused += *found;
    return status;
}

static enum status keep(void *context, const struct cell *cell)
{
    struct keeping *keeping = context;
    struct kept kept;
    enum status status = kept_init(&kept, keeping, cell);
    if (status == OK) status = cell_save(cell, kept.recipe, kept.path);
    kept_release(&kept);
    keeping->row->n_computed++;
    return status;
}

static enum status unfinished(void *context, const struct cell *cell, char **folder)
{
    const struct keeping *keeping = context;
    char *path = study_cell_path(keeping->study, keeping->network, cell->contender, cell->group->name);
    TRY(memory_check(path));
    const enum status status = cell_unfinished(path, folder);
    memory_free(path);
    return status;
}

/* ----------------------------------------------------------------------------------------------- progress */

/* What is left, by the estimates and by how far they were from the truth until now. */
static void left(const struct study *study, char *text, size_t size)
{
    const double rest = study_estimated_s(study) - study->done_s;
    *text = '\0';
    if (study->done_s <= 0 || rest <= 0) return;
    char duration[64];
    study_duration(rest * study->spent_s / study->done_s, duration, sizeof duration);
    snprintf(text, size, "; about %s left", duration);
}

static void tell_row(const struct study *study, const struct study_network *network,
                     const struct study_row *row)
{
    char duration[64], rest[96];
    study_duration(row->seconds, duration, sizeof duration);
    left(study, rest, sizeof rest);
    log_info("%s, %s: %d cells computed, %d there already, %s; %d of %d cells%s", network->name,
             row->contender->detector->name, row->n_computed, row->n_reused, duration, study->n_done,
             study->n_cells, rest);
}

/* ------------------------------------------------------------------------------------------------- rows */

static enum status run_file(struct study *study, const struct study_network *network, struct study_file *file,
                            struct study_row *row)
{
    struct keeping keeping = { study, network, file, row };
    const struct keeper keeper = { &keeping, recall, keep, unfinished };
    struct evaluate_options options = study->options;
    options.contenders = row->contender;
    options.keeper = &keeper;
    for (int g = 0, n; g < file->evaluation.groups.count; g += n) {
        n = evaluation_abreast(&file->evaluation, g, &study->crew, file->features, &options);
        TRY(evaluation_visit(&file->evaluation, g, n, &study->crew, file->features, &options));
        study->n_done += n;
    }
    return OK;
}

static enum status run_row(struct study *study, const struct study_network *network, struct study_row *row)
{
    const double started_s = clock_seconds();
    enum status status = OK;
    for (size_t i = 0; i < network->n_files && status == OK; i++)
        if (network->files[i].features) status = run_file(study, network, &network->files[i], row);
    row->seconds = clock_seconds() - started_s;
    if (row->estimated_s > 0) {
        study->done_s += row->estimated_s;
        study->spent_s += row->seconds;
    }
    if (status == OK) tell_row(study, network, row);
    return status;
}

static void count_failed(struct study *study, const struct study_network *network)
{
    int n = 0;
    for (size_t i = 0; i < network->n_files; i++)
        if (network->files[i].features) n += (int)features_counts(network->files[i].features)->failed;
    if (n > study->n_failed) study->n_failed = n;
}

static enum status run_network(struct study *study, struct study_network *network)
{
    TRY(make_features(study, network));
    study->done_s += network->estimated_s;
    study->spent_s += network->extract_s;
    count_failed(study, network);
    for (int r = 0; r < network->n_rows && has_any_features(network); r++)
        TRY(run_row(study, network, &network->rows[r]));
    for (size_t i = 0; i < network->n_files; i++)
        TRY(summaries_init(&network->files[i].summaries, &network->files[i].evaluation));
    return OK;
}

enum status study_run(struct study *study)
{
    study->started_s = clock_seconds();
    for (int n = 0; n < study->n_networks; n++)
        for (size_t i = 0; i < study->networks[n].n_files; i++) {
            const struct study_file *file = &study->networks[n].files[i];
            const int groups = file->features ? file->evaluation.groups.count : 1;
            if (!study->networks[n].reason || features_is_file(file->path))
                study->n_cells += groups * study->networks[n].n_rows;
        }
    for (int n = 0; n < study->n_networks; n++) TRY(run_network(study, &study->networks[n]));
    return OK;
}
