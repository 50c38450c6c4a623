#include "cli/cmd.h"
#include "cli/explain.h"
#include "cli/scoring.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/output.h"
#include "io/json_text.h"
#include "pipeline/extract.h"
#include "pipeline/run_rows.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct score_settings {
    const char *as, *list, *explain, *pool;
    int patches, overwrite;
};

#define FIELD(name) .offset = offsetof(struct score_settings, name)

static const struct option score_options[] = {
    { .name = "as",
      .type = OPTION_TEXT,
      FIELD(as),
      .metavar = "GROUP",
      .help = "the machine whose normal sound is meant, e.g. fan,id_00, where the path does not tell" },
    { .name = "patches",
      .type = OPTION_FLAG,
      FIELD(patches),
      .standard = "0",
      .help = "a line for each patch instead of one for each recording" },
    { .name = "pool",
      .type = OPTION_TEXT,
      FIELD(pool),
      .metavar = "WORD",
      .help =
          "mean, median, max or top:p of a recording's patches, instead of what the model was fitted with" },
    { .name = "explain",
      .type = OPTION_TEXT,
      FIELD(explain),
      .metavar = "DIR",
      .help =
          "folder for a page of each recording: its spectrogram with the scores over it; where a recording "
          "cannot be opened again its page says so, and the exit code is 3" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(overwrite),
      .standard = "0",
      .help = "write pages into DIR although it is not empty" },
    LIST_ROW(list),
    { 0 },
};

struct score_job {
    struct score_settings settings;
    struct compute_options compute;
    struct command_line line;
    struct model model;
    struct features *features;
    struct backend *backend;
    struct scoring scoring;
    struct explain explain;
    int has_new_folder; /* of pages */
    char *folder;       /* temporary, of what was extracted; NULL: none */
};

/* -------------------------------------------------------------------------------- a folder for a while */

static enum status make_folder(char **out)
{
    const char *above = getenv("TMPDIR");
    char *folder = memory_print("%s/earshot-XXXXXX", above && *above ? above : "/tmp");
    TRY(memory_check(folder));
    if (!mkdtemp(folder)) {
        const enum status status =
            fail(ERR_OUTPUT, "%s: no temporary folder can be made: %s", folder, strerror(errno));
        memory_free(folder);
        return status;
    }
    *out = folder;
    return OK;
}

static void remove_folder(char **folder)
{
    if (*folder) output_remove_folder(*folder);
    memory_free(*folder);
    *folder = NULL;
}

/* ---------------------------------------------------------------------------------------- the features */

static int is_random(const struct score_job *job)
{
    return attributes_integer(&job->model.provenance, "random_weights", 0) != 0;
}

/* The model's own random weights need no file, where they came from none: a file is looked for as any other. */
static void choose_weights(struct score_job *job)
{
    const char *recorded = attributes_text(&job->model.provenance, "weights", "");
    if (!options_given(&job->line.options, "weights") && strncmp(recorded, "seeded:", 7) == 0)
        job->compute.weights = recorded;
}

/* Before anything is extracted: does every path tell its group? */
static enum status check_groups(const struct score_job *job, const struct dataset *dataset)
{
    const struct model_group *group;
    for (size_t i = 0; !job->settings.as && i < dataset->count; i++)
        TRY(model_choose(&job->model, &dataset->recordings[i], &group));
    return OK;
}

/* ERR_PARTIAL: *path is there, but some recordings failed. */
static enum status extract(struct score_job *job, const char *const *paths, size_t n_paths, char **path)
{
    const struct dataset_options options = { .list = job->settings.list };
    struct dataset dataset = { 0 };
    enum status status;
    TRY_OR_DONE(dataset_open(&dataset, paths, n_paths, &options));
    TRY_OR_DONE(check_groups(job, &dataset));
    TRY_OR_DONE(make_folder(&job->folder));
    TRY_OR_DONE(memory_check(*path = memory_print("%s/features.h5", job->folder)));
    choose_weights(job);
    status = extract_to_file(&job->model.provenance, &job->compute, &dataset, *path, command_catch_signals());
done:
    dataset_release(&dataset);
    return status;
}

static enum status open_features(struct score_job *job)
{
    const char *const *paths = job->line.options.words + 1;
    const size_t n_paths = job->line.options.n_words - 1;
    if (n_paths == 1 && !job->settings.list && features_is_file(paths[0]))
        return features_open(&job->features, paths[0]);
    char *path = NULL;
    enum status status = extract(job, paths, n_paths, &path);
    if (status == OK || status == ERR_PARTIAL) status = features_open(&job->features, path);
    memory_free(path);
    return status;
}

/* ----------------------------------------------------------------------------------------- the command */

static void add_verdict(const struct scoring *s, const struct scored *scored, json_t *json)
{
    double percentile;
    const char *verdict;
    if (!scored_verdict(s, scored, &percentile, &verdict)) return;
    json_object_set_new(json, "percentile", json_real(percentile));
    json_object_set_new(json, "threshold", json_real(scored->group->calibration.threshold));
    json_object_set_new(json, "verdict", json_string(verdict));
}

static json_t *recordings_json(const struct scoring *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->count; i++) {
        const struct recording *of = &s->items[i].row->of;
        double score;
        if (!scored_pooled(&s->items[i], &score)) continue;
        json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:f}", "recording", json_text(of->path),
                                 "machine", json_text(of->machine), "id", json_text(of->id), "snr",
                                 json_text(of->snr), "label", json_text(of->label), "score", score);
        add_verdict(s, &s->items[i], json);
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *patches_json(const struct scoring *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->count; i++) {
        const struct scored *item = &s->items[i];
        for (int p = 0; item->scores && p < item->row->n_patches; p++)
            json_array_append_new(list,
                                  json_pack("{s:o, s:f, s:f}", "recording", json_text(item->row->of.path),
                                            "start_s", item->starts_s[p], "score", item->scores[p]));
    }
    return list;
}

static json_t *pages_json(const struct explain *explain)
{
    json_t *list = json_array();
    for (size_t i = 0; i < explain->n_pages; i++) json_array_append_new(list, json_text(explain->pages[i]));
    return list;
}

static enum status print_json(const struct score_job *job)
{
    json_t *json = json_pack("{s:o, s:i, s:b}", "recordings", recordings_json(&job->scoring), "failed",
                             job->scoring.n_failed, "random_weights", is_random(job));
    if (json && job->settings.patches) json_object_set_new(json, "patches", patches_json(&job->scoring));
    if (json && job->settings.explain) json_object_set_new(json, "pages", pages_json(&job->explain));
    return command_json(json);
}

static enum status print(const struct score_job *job)
{
    if (job->line.common.json) return print_json(job);
    if (job->settings.patches)
        scoring_print_patches(&job->scoring, stdout);
    else
        scoring_print(&job->scoring, stdout);
    return OK;
}

static enum status explain(struct score_job *job)
{
    job->explain = (struct explain){ .folder = job->settings.explain,
                                     .model_path = job->line.options.words[0],
                                     .model = &job->model,
                                     .provenance = features_provenance(job->features),
                                     .scoring = &job->scoring,
                                     .stop = command_catch_signals() };
    return explain_write(&job->explain);
}

static enum status verdict(const struct score_job *job)
{
    TRY(scoring_verdict(&job->scoring));
    REQUIRE(job->explain.n_without_picture == 0, ERR_PARTIAL, "%d of %zu pages have no picture",
            job->explain.n_without_picture, job->explain.n_pages);
    return OK;
}

/* Thresholds are for scores that are pooled as those were from which they come. */
static enum status choose_pooler(struct score_job *job)
{
    const struct pooler of_model = job->model.pooler;
    job->scoring.decides = model_decides(&job->model);
    if (!job->settings.pool) return OK;
    TRY(pooler_parse(job->settings.pool, &job->model.pooler));
    if (job->scoring.decides && !pooler_is_same(&of_model, &job->model.pooler)) {
        job->scoring.decides = 0;
        log_warning(
            "--pool %s: the model's thresholds are for scores pooled otherwise, so there are no verdicts",
            job->settings.pool);
    }
    return OK;
}

static enum status open_model(struct score_job *job)
{
    TRY(model_open(&job->model, job->line.options.words[0]));
    TRY(scoring_check(&job->model, job->settings.as));
    return choose_pooler(job);
}

static enum status work(struct score_job *job)
{
    TRY(open_model(job));
    TRY(open_features(job));
    const struct making learned = { &job->model.provenance, "the model was learned" };
    const struct making made = { features_provenance(job->features), "the features were made" };
    TRY(provenance_compare(learned, made, NULL));
    if (is_random(job)) log_warning("RANDOM WEIGHTS: the features have seen no photograph");
    TRY(place_open(&job->backend, &job->compute.place));
    job->scoring.is_extracted = job->folder != NULL;
    TRY(scoring_run(&job->scoring, &job->model, job->features, job->backend, job->settings.as));
    if (job->settings.explain) TRY(explain(job));
    TRY(print(job));
    return verdict(job);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct score_job job = { 0 };
    const struct option_set sets[] = { { score_options, &job.settings, "Options of score" },
                                       { weights_options, &job.compute, "Weights" },
                                       { place_options, &job.compute.place, "Where to compute" } };
    int done = 0;
    enum status status;
    TRY_OR_DONE(command_parse(command, &job.line, sets, sizeof sets / sizeof *sets, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &job.line, job.settings.list ? 1 : 2, (size_t)-1));
    if (job.settings.explain)
        TRY_OR_DONE(command_folder(job.settings.explain, job.settings.overwrite, &job.has_new_folder));
    status = work(&job);
    if (status != OK && job.has_new_folder)
        rmdir(job.settings.explain); /* where nothing was written, nothing stays */
done:
    explain_release(&job.explain);
    scoring_release(&job.scoring);
    if (job.backend) job.backend->ops->close(&job.backend);
    features_close(&job.features);
    remove_folder(&job.folder);
    model_release(&job.model);
    command_release(&job.line);
    return status;
}

const struct command command_score = {
    .name = "score",
    .summary = "how far from normal each recording is: model and recordings in, CSV out",
    .usage = "score M.h5 F.h5|PATH... [--as fan,id_00] [--patches] [--explain DIR] [options]",
    .about =
        "Scores the recordings of a feature file, or recordings themselves, which it extracts with the\n"
        "options that the model recorded. Higher is more anomalous; a recording's score is taken over its\n"
        "patches, channels and segments: their mean, or what the model was fitted with (--pool). --explain\n"
        "draws when a recording sounds unusual, on a page for each of those that are scored. Where the "
        "model\n"
        "has a threshold, percentile tells how high a score is among those of normal recordings (0 to 1), "
        "and\n"
        "verdict says normal or not normal.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot fit features.h5 -o model.h5 --components 8\n"
               "  earshot score model.h5 features.h5 --explain pages",
    .run = run,
};
