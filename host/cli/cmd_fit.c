#include "cli/cmd.h"
#include "cli/detector_options.h"

#include "core/clock.h"
#include "core/memory.h"
#include "core/output.h"
#include "detect/model.h"
#include "eval/crew_place.h"
#include "io/json_text.h"
#include "pipeline/setup.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fit_settings {
    const char *output, *detector, *group, *train_list;
    int overwrite;
};

#define FIELD(name) .offset = offsetof(struct fit_settings, name)

static const struct option fit_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      FIELD(output),
      .letter = 'o',
      .metavar = "M.h5",
      .help = "the model" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(overwrite),
      .standard = "0",
      .help = "replace a model that is there" },
    { .name = "detector",
      .type = OPTION_TEXT,
      FIELD(detector),
      .standard = "gmm",
      .metavar = "NAME",
      .help = "what learns; `earshot detectors` lists them" },
    { .name = "group",
      .type = OPTION_TEXT,
      FIELD(group),
      .metavar = "LEVELS",
      .help = "one model for each group of the same machine,id,snr, or of some of them; without it: of all "
              "that are known" },
    { .name = "train-list",
      .type = OPTION_TEXT,
      FIELD(train_list),
      .metavar = "FILE",
      .help = "recordings to learn from, one path a line; without it: those labelled normal, or all where "
              "none is" },
    { 0 },
};

struct fit_job {
    struct fit_settings settings;
    struct place place;
    struct preparation_settings preparation;
    struct pooler_settings pooler;
    struct calibration_settings calibration;
    struct command_line line;
    struct detector_options detectors;
    struct model_fit_options options;
    struct features *features;
    struct crew crew;
    struct model model;
    char *checkpoints; /* folder, owned; NULL: the detector keeps none */
    double started_s;
};

static void release(struct fit_job *job)
{
    model_release(&job->model);
    memory_free(job->checkpoints);
    crew_close(&job->crew);
    features_close(&job->features);
    detector_options_release(&job->detectors);
    command_release(&job->line);
}

static enum status parse(const struct command *command, struct fit_job *job, int argc, char **argv, int *done)
{
    struct option_set sets[6 + MAX_DETECTORS] = {
        { fit_options, &job->settings, "Options of fit" },
        { place_options, &job->place, "Where to compute" },
        { preparation_options, &job->preparation, "Before the detector" },
        { pooler_options, &job->pooler, "After the detector" },
        { calibration_options, &job->calibration, "Verdicts" },
    };
    int n_sets = 5;
    TRY(detector_options_init(&job->detectors, sets, &n_sets));
    return command_parse(command, &job->line, sets, n_sets, argc, argv, done);
}

static enum status choose_detector(struct fit_job *job)
{
    const struct fit_settings *s = &job->settings;
    job->options = (struct model_fit_options){ .levels = s->group,
                                               .train_list = s->train_list,
                                               .preparation = job->preparation,
                                               .calibration = job->calibration };
    TRY(detector_options_require(&job->detectors, s->detector, &job->options.detector));
    TRY(preparation_check(&job->preparation, job->options.detector->takes_cells));
    TRY(pooler_parse(job->pooler.pool, &job->options.pooler));
    job->options.settings = detector_options_of(&job->detectors, job->options.detector);
    return OK;
}

/* --------------------------------------------------------------------------------------- what came out */

static void print_header(const struct attributes *told, int width)
{
    printf("%-*s  recordings  patches", width, "group");
    for (size_t i = 0; i < told->count; i++) printf("  %12s", told->items[i].name);
    printf("  seconds\n");
}

static void print_row(const struct model_group *group, const struct attributes *told, int width)
{
    printf("%-*s  %10lld  %7lld", width, group->name, group->n_recordings, group->n_patches);
    for (size_t i = 0; i < told->count; i++) {
        const struct attribute *item = &told->items[i];
        char text[64];
        attribute_print(item, text, sizeof text);
        if (item->type == ATTRIBUTE_REAL) snprintf(text, sizeof text, "%.4f", item->real);
        printf("  %12s", text);
    }
    printf("  %7.2f\n", group->seconds);
}

static int is_random(const struct fit_job *job)
{
    return attributes_integer(features_provenance(job->features), "random_weights", 0) != 0;
}

static enum status print_words(const struct fit_job *job)
{
    const struct model *model = &job->model;
    int width = (int)strlen("group");
    for (size_t i = 0; i < model->count; i++)
        if ((int)strlen(model->groups[i].name) > width) width = (int)strlen(model->groups[i].name);
    for (size_t i = 0; i < model->count; i++) {
        struct attributes told = { 0 };
        const enum status status = model_describe(model, &model->groups[i], &told);
        if (status == OK && i == 0) print_header(&told, width);
        if (status == OK) print_row(&model->groups[i], &told, width);
        attributes_release(&told);
        TRY(status);
    }
    if (is_random(job)) printf("RANDOM WEIGHTS: the features have seen no photograph\n");
    printf("%s\n", job->settings.output);
    return OK;
}

static json_t *attribute_json(const struct attribute *item)
{
    if (item->type == ATTRIBUTE_TEXT) return json_string(item->text);
    if (item->type == ATTRIBUTE_INTEGER) return json_integer(item->integer);
    return json_real(item->real);
}

static json_t *group_json(const struct model *model, const struct model_group *group)
{
    struct attributes told = { 0 };
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:s, s:I, s:I, s:f}", "group", json_text(group->name), "machine",
                  json_text(group->machine), "id", json_text(group->id), "snr", json_text(group->snr),
                  "basis", group->basis, "recordings", (json_int_t)group->n_recordings, "patches",
                  (json_int_t)group->n_patches, "seconds", group->seconds);
    if (model_describe(model, group, &told) == OK)
        for (size_t i = 0; i < told.count; i++)
            json_object_set_new(json, told.items[i].name, attribute_json(&told.items[i]));
    attributes_release(&told);
    return json;
}

static enum status print_json(const struct fit_job *job)
{
    json_t *groups = json_array();
    for (size_t i = 0; i < job->model.count; i++)
        json_array_append_new(groups, group_json(&job->model, &job->model.groups[i]));
    return command_json(json_pack("{s:o, s:s, s:o, s:b, s:f}", "output", json_text(job->settings.output),
                                  "detector", job->options.detector->name, "groups", groups, "random_weights",
                                  is_random(job), "seconds", clock_seconds() - job->started_s));
}

/* ----------------------------------------------------------------------------------------- the command */

/* A detector that keeps nothing is not asked to stop: a signal ends the program as ever. */
static enum status open_checkpoints(struct fit_job *job)
{
    if (!job->options.detector->fit_on) return OK;
    TRY(memory_check(job->checkpoints = memory_print("%s.training", job->settings.output)));
    TRY(output_folder(job->checkpoints));
    job->options.checkpoints = job->checkpoints;
    job->options.stop = command_catch_signals();
    return OK;
}

/* Without a model they stay, for the next run. */
static void close_checkpoints(struct fit_job *job, int is_saved)
{
    if (!job->checkpoints) return;
    if (is_saved)
        checkpoint_remove_folder(job->checkpoints);
    else
        rmdir(job->checkpoints); /* where nothing was kept, no folder stays */
}

static enum status save_and_tell(struct fit_job *job)
{
    TRY(model_save(&job->model, job->settings.output));
    close_checkpoints(job, 1);
    return job->line.common.json ? print_json(job) : print_words(job);
}

static enum status work(struct fit_job *job)
{
    TRY(features_open(&job->features, job->line.options.words[0]));
    TRY(crew_open_at(&job->crew, &job->place, INT_MAX));
    TRY(open_checkpoints(job));
    const enum status fitted = model_fit(&job->model, &job->crew, job->features, &job->options);
    if (fitted != OK && fitted != ERR_PARTIAL) {
        close_checkpoints(job, 0);
        return fitted;
    }
    char *partial = memory_text(status_sentence());
    enum status status = memory_check(partial);
    if (status == OK) status = save_and_tell(job);
    if (status == OK && fitted == ERR_PARTIAL) status = fail(ERR_PARTIAL, "%s", partial);
    memory_free(partial);
    return status;
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct fit_job job = { .started_s = clock_seconds() };
    int done = 0;
    enum status status;
    TRY_OR_DONE(parse(command, &job, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &job.line, 1, 1));
    TRY_OR_DONE(choose_detector(&job));
    TRY_OR_DONE(command_output(&job.line, job.settings.output, job.settings.overwrite));
    TRY_OR_DONE(work(&job));
done:
    release(&job);
    return status;
}

const struct command command_fit = {
    .name = "fit",
    .summary = "learns each machine's normal sound: feature file in, model out",
    .usage = "fit F.h5 -o M.h5 [--detector gmm] [--group machine,id,snr] [--train-list FILE] [options]",
    .about =
        "Learns from the normal recordings of a feature file, one model for each machine. Each has its own\n"
        "standardisation, taken over the rows that it learns from, and remembers how the features were\n"
        "made, and from where on a score is not normal (Verdicts). Groups with too few recordings are "
        "listed, the others go on (exit code 3).\n"
        "A training of epochs that was stopped goes on where it was when the same command is given again.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot fit features.h5 -o model.h5 --detector gmm --components 8",
    .run = run,
};
