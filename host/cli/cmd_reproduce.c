#include "cli/cmd.h"
#include "cli/detector_options.h"
#include "cli/show_estimate.h"
#include "cli/trial_options.h"

#include "core/clock.h"
#include "core/output.h"
#include "core/temporary.h"
#include "eval/reproduce_report.h"
#include "io/json_text.h"
#include "pipeline/run_rows.h"
#include "pipeline/trace.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define PAPER_DETECTORS "gmm,bgmm,iforest,kde,ocsvm,lenet_dcae,small_dcae"

struct reproduce_settings {
    struct study_settings study;
    const char *detectors;
    int dry_run;
};

#define FIELD(name) .offset = offsetof(struct reproduce_settings, name)

static const struct option reproduce_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      FIELD(study.output),
      .letter = 'o',
      .metavar = "DIR",
      .help = "folder for features, results, table and report; a run that was stopped goes on there" },
    { .name = "networks",
      .type = OPTION_TEXT,
      FIELD(study.networks),
      .standard = "alexnet,resnet18,resnet34,squeezenet1_0",
      .metavar = "NAMES",
      .help = "feature extractors; the paper's SqueezeNet may be squeezenet1_1, too" },
    { .name = "detectors",
      .type = OPTION_TEXT,
      FIELD(detectors),
      .standard = PAPER_DETECTORS,
      .metavar = "NAMES",
      .help = "detectors, a,b,… or all; others than the paper's are rows below its own" },
    { .name = "machines",
      .type = OPTION_TEXT,
      FIELD(study.machines),
      .metavar = "NAMES",
      .help = "only these: fan takes all fans, fan/id_00 one of them [all]" },
    { .name = "snr",
      .type = OPTION_TEXT,
      FIELD(study.snr),
      .metavar = "NAMES",
      .help =
          "only these signal-to-noise ratios; a single one is also that of recordings whose path does not "
          "tell; the paper's is -6dB [all]" },
    LIST_ROW(study.list),
    LIMIT_ROW(study.limit),
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(study.overwrite),
      .standard = "0",
      .help = "make features anew that are there already" },
    { .name = "dry-run",
      .type = OPTION_FLAG,
      FIELD(dry_run),
      .standard = "0",
      .help = "only tell what would be computed, and how long it would take" },
    PROGRESS_ROW(study.progress, "an extraction is"),
    { 0 },
};

enum { MOST_OPTIONS = 32 };

struct reproduce_job {
    struct reproduce_settings settings;
    struct extract_settings extraction;
    struct compute_options compute;
    struct option network_options[MOST_OPTIONS]; /* those of extract but --network and --layer */
    struct trial_options trial;
    struct evaluate_options options;
    struct command_line line;
    struct detector_options detectors;
    struct contender contenders[MAX_DETECTORS + MAX_FUSIONS];
    int n_contenders;
    struct study study;
    struct table table;
};

static void release(struct reproduce_job *job)
{
    table_release(&job->table);
    study_release(&job->study);
    detector_options_release(&job->detectors);
    command_release(&job->line);
}

/* --------------------------------------------------------------------------------------------- options */

static void choose_network_options(struct reproduce_job *job)
{
    int n = 0;
    for (const struct option *option = network_options; option->name; option++)
        if (strcmp(option->name, "network") != 0 && strcmp(option->name, "layer") != 0)
            job->network_options[n++] = *option;
}

static enum status parse(const struct command *command, struct reproduce_job *job, int argc, char **argv,
                         int *done)
{
    struct option_set sets[9 + MAX_DETECTORS] = {
        { reproduce_options, &job->settings, "Options of reproduce" },
        { weights_options, &job->compute, "Weights" },
        { place_options, &job->compute.place, "Where to compute" },
        { front_options, &job->extraction, "Front end (defaults: the paper's)" },
        { job->network_options, &job->extraction, "Recordings and networks" },
    };
    int n_sets = 5;
    trial_options_init(&job->trial, sets, &n_sets);
    choose_network_options(job);
    TRY(detector_options_init(&job->detectors, sets, &n_sets));
    return command_parse(command, &job->line, sets, n_sets, argc, argv, done);
}

static enum status fill_input(struct reproduce_job *job, struct study_input *input)
{
    TRY(detector_options_contenders(&job->detectors, "--detectors", job->settings.detectors, job->contenders,
                                    &job->n_contenders));
    const char *networks = job->settings.study.networks, *weights = job->compute.weights;
    REQUIRE(strcmp(weights, "auto") == 0 || strncmp(weights, "seeded:", 7) == 0 || !strchr(networks, ','),
            ERR_USAGE,
            "--weights %s is of one network, --networks names several: name one, or put their files into a "
            "folder and its path into EARSHOT_WEIGHTS_DIR",
            weights);
    TRY(trial_options_fill(&job->trial, &job->options));
    *input = (struct study_input){ .settings = &job->settings.study,
                                   .options = &job->options,
                                   .extraction = &job->extraction,
                                   .compute = &job->compute,
                                   .contenders = job->contenders,
                                   .n_contenders = job->n_contenders,
                                   .paths = job->line.options.words,
                                   .n_paths = job->line.options.n_words,
                                   .stop = command_catch_signals() };
    return OK;
}

/* -------------------------------------------------------------------------------------------- what came out */

static enum status in_folder(const struct reproduce_job *job, const char *name,
                             enum status (*write)(const char *path, const struct table *table))
{
    char *path = memory_print("%s/%s", job->settings.study.output, name);
    enum status status = memory_check(path);
    if (status == OK) status = write(path, &job->table);
    memory_free(path);
    return status;
}

static enum status write_text(const char *path, const struct table *table)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    table_print(output_stream(output), table);
    return output_commit(&output);
}

static enum status write_report(const char *path, const struct table *table)
{
    return reproduce_report_write(path, table, trace_picture);
}

static enum status write_files(const struct reproduce_job *job)
{
    TRY(in_folder(job, "results.csv", table_write_results));
    TRY(in_folder(job, "table.csv", table_write_csv));
    TRY(in_folder(job, "table.txt", write_text));
    return in_folder(job, "report.html", write_report);
}

static void print_words(const struct reproduce_job *job)
{
    const struct study *study = &job->study;
    const char *output = job->settings.study.output;
    char extraction[64], detectors[64];
    double extract_s = 0, rows_s = 0;
    if (job->table.is_random)
        printf("RANDOM WEIGHTS: these numbers show that the line works, not how good the method is; the "
               "paper's are left out\n");
    if (study->options.is_shuffled) printf("LABELS SHUFFLED: AUCs must lie near 50\n");
    table_print(stdout, &job->table);
    for (int n = 0; n < study->n_networks; n++) {
        extract_s += study->networks[n].extract_s;
        for (int r = 0; r < study->networks[n].n_rows; r++) rows_s += study->networks[n].rows[r].seconds;
    }
    study_duration(extract_s, extraction, sizeof extraction);
    study_duration(rows_s, detectors, sizeof detectors);
    printf("this run: %s for features, %s for detectors\n", extraction, detectors);
    printf("%s/results.csv\n%s/table.csv\n%s/report.html\n", output, output, output);
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *cell_json(const struct table *table, int row, int column)
{
    const struct table_cell *cell = table_at(table, row, column);
    const struct recording *of = table->columns[column].of;
    const struct summary *s = cell->summary;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "extractor", table->rows[row].extractor, "network",
        table->rows[row].network->name, "detector", table->rows[row].row->contender->detector->name,
        "paper_detector", table->rows[row].detector, "machine", json_text(of->machine), "id",
        json_text(of->id), "snr", json_text(of->snr), "paper", number_or_null(cell->paper / 100));
    if (json && s)
        json_object_update_new(json,
                               json_pack("{s:f, s:f, s:o}", "auc", s->auc.mean, "sd_seeds", s->auc.deviation,
                                         "sd_bootstrap", number_or_null(cell->bootstrap.deviation)));
    if (json && !s) json_object_set_new(json, "reason", json_text(cell->reason));
    return json;
}

static enum status print_json(const struct reproduce_job *job)
{
    const struct table *table = &job->table;
    json_t *cells = json_array();
    for (int r = 0; r < table->n_rows; r++)
        for (int c = 0; c < table->n_columns; c++) json_array_append_new(cells, cell_json(table, r, c));
    return command_json(json_pack(
        "{s:o, s:b, s:b, s:i, s:f, s:o}", "cells", cells, "random_weights", table->is_random,
        "shuffled_labels", job->study.options.is_shuffled, "seeds", job->study.options.n_seeds, "seconds",
        clock_seconds() - job->study.started_s, "output", json_text(job->settings.study.output)));
}

/* ------------------------------------------------------------------------------------------- the command */

static enum status work(struct reproduce_job *job)
{
    struct study_input input;
    TRY(fill_input(job, &input));
    TRY(study_open(&job->study, &input));
    TRY(study_estimate(&job->study));
    if (job->settings.dry_run) return estimate_print(&job->study, job->line.common.json);
    estimate_tell(&job->study);
    TRY(output_folder(job->settings.study.output));
    temporary_remove_left_below(job->settings.study.output);
    TRY(study_run(&job->study));
    TRY(table_init(&job->table, &job->study));
    TRY(write_files(job));
    if (job->line.common.json)
        TRY(print_json(job));
    else
        print_words(job);
    return study_verdict(&job->study);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct reproduce_job job = { 0 };
    int done = 0;
    enum status status;
    TRY_OR_DONE(parse(command, &job, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &job.line, job.settings.study.list ? 0 : 1, (size_t)-1));
    if (!job.settings.study.output) TRY_OR_DONE(fail(ERR_USAGE, "no output was named: -o DIR"));
    status = work(&job);
done:
    release(&job);
    return status;
}

const struct command command_reproduce = {
    .name = "reproduce",
    .summary = "the paper's Table 1 beside ours, from recordings to report",
    .usage =
        "reproduce PATH... -o DIR [--machines fan] [--networks resnet18] [--detectors gmm,kde] [options]",
    .about =
        "Extracts the features of every network from every recording, fits every detector, and prints the\n"
        "paper's Table 1 with ours beside it (Müller et al. 2020). PATH are recordings, folders, a "
        "dataset's\n"
        "root, or feature files that are there already. What was computed is kept in DIR and used again: "
        "the\n"
        "same command goes on after a stop, and a wider one adds what is missing. The two autoencoders take\n"
        "by far the longest; --epochs 2 shows that they work, --detectors leaves them out.",
    .example =
        "  earshot synth corpus\n"
        "  earshot reproduce corpus -o study --networks squeezenet1_1 --weights seeded:1 --seeds 2 \\\n"
        "      --detectors gmm,iforest,small_dcae --components 4 --epochs 2",
    .run = run,
};
