#include "cli/cmd.h"
#include "cli/detector_options.h"
#include "cli/show_sweep.h"
#include "cli/sweep_options.h"
#include "cli/trial_options.h"

#include "core/axes.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/output.h"
#include "eval/sweep_report.h"
#include "io/config_file.h"
#include "io/json_text.h"
#include "pipeline/plan.h"

#include <math.h>
#include <string.h>

enum { MOST_SHOWN = 20, MOST_COMBINATIONS = 100000 };

struct sweep_job {
    struct sweep_command command;
    struct extract_settings extraction;
    struct compute_options compute;
    struct trial_options trial;
    struct evaluate_options options;
    struct command_line line;
    struct detector_options detectors;
    struct option_set axis_sets[8 + MAX_DETECTORS]; /* whose options may have several values */
    int n_axis_sets;
    struct axes axes;
    const char **axis_names, **values; /* [axes] owned */
    const char **paths;                /* [n_paths] owned, the texts are not */
    size_t n_paths;
    char *recordings; /* owned: --recordings, cut */
    struct sweep sweep;
    struct sweep_table table;
    double started_s;
    int n_impossible; /* combinations of a network and a layer that it does not have */
};

static void release(struct sweep_job *job)
{
    sweep_table_release(&job->table);
    sweep_release(&job->sweep);
    axes_release(&job->axes);
    memory_free(job->axis_names);
    memory_free(job->values);
    memory_free(job->paths);
    memory_free(job->recordings);
    detector_options_release(&job->detectors);
    command_release(&job->line);
}

/* --------------------------------------------------------------------------------------------- options */

static enum status collect(const struct command *command, struct sweep_job *job, int argc, char **argv,
                           int *done)
{
    struct option_set sets[9 + MAX_DETECTORS] = {
        { sweep_command_options, &job->command, "Options of sweep" },
        { weights_options, &job->compute, "Weights" },
        { place_options, &job->compute.place, "Where to compute" },
        { network_options, &job->extraction, "Network (may have several values)" },
        { front_options, &job->extraction, "Front end (may have several values; defaults: the paper's)" },
        { sweep_detector_options, &job->command, "Detector (may have several values, as all options below)" },
    };
    int n_sets = 6, first_axis = 3;
    trial_options_init(&job->trial, sets, &n_sets);
    TRY(detector_options_init(&job->detectors, sets, &n_sets));
    for (int i = first_axis; i < n_sets; i++)
        if (strcmp(sets[i].title, "Splits") != 0) job->axis_sets[job->n_axis_sets++] = sets[i];
    return command_collect(command, &job->line, sets, n_sets, argc, argv, done);
}

static int is_spec(const char *word)
{
    const char *dot = strrchr(word, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* Words that end in .yaml are the SPEC, all others recordings. */
static enum status read_spec(struct sweep_job *job)
{
    const struct options *options = &job->line.options;
    const char *spec = NULL;
    TRY(memory_check(job->paths = memory_new(options->n_words, sizeof *job->paths)));
    for (size_t i = 0; i < options->n_words; i++) {
        if (!is_spec(options->words[i])) {
            job->paths[job->n_paths++] = options->words[i];
            continue;
        }
        REQUIRE(!spec, ERR_USAGE, "two SPECs found, %s and %s, expected one", spec, options->words[i]);
        spec = options->words[i];
    }
    return spec ? config_file_read_spec(spec, &job->line.options) : OK;
}

static enum status add_recordings(struct sweep_job *job)
{
    const char *list = job->command.recordings;
    char *rest = NULL;
    if (!list) return OK;
    const char **paths = memory_new(job->n_paths + strlen(list) + 1, sizeof *paths);
    TRY(memory_check(paths));
    memcpy(paths, job->paths, job->n_paths * sizeof *paths);
    memory_free(job->paths);
    job->paths = paths;
    TRY(memory_check(job->recordings = memory_text(list)));
    for (char *path = strtok_r(job->recordings, ",", &rest); path; path = strtok_r(NULL, ",", &rest))
        job->paths[job->n_paths++] = path;
    return OK;
}

/* The settings are those of the first combination. */
static enum status find_axes(struct sweep_job *job)
{
    TRY(axes_init(&job->axes, &job->line.options, job->axis_sets, job->n_axis_sets));
    const size_t n = job->axes.count;
    REQUIRE(axes_combinations(&job->axes) <= MOST_COMBINATIONS, ERR_USAGE,
            "%lld combinations found, at most %d expected", axes_combinations(&job->axes), MOST_COMBINATIONS);
    TRY(memory_check(job->axis_names = memory_new(n, sizeof *job->axis_names)));
    TRY(memory_check(job->values = memory_new(n, sizeof *job->values)));
    for (size_t a = 0; a < n; a++) {
        job->axis_names[a] = job->axes.items[a].name;
        REQUIRE(strcmp(job->axis_names[a], "seed") != 0, ERR_USAGE,
                "--seed %s: the first split's seed is one number; --seeds says how many there are",
                job->axes.items[a].given);
    }
    return command_apply(&job->line);
}

/* -------------------------------------------------------------------------------------------- combinations */

static int has_option(const struct option *options, const char *name)
{
    for (const struct option *option = options; option->name; option++)
        if (strcmp(option->name, name) == 0) return 1;
    return 0;
}

static int is_of_any_detector(const char *name)
{
    const struct detector *detector;
    for (int i = 0; (detector = detector_number(i)); i++)
        if (has_option(detector->options, name)) return 1;
    return 0;
}

/* Another detector's options do not concern the combination. */
static void fill_values(struct sweep_job *job, long long combination, const struct detector *detector)
{
    for (size_t a = 0; a < job->axes.count; a++) {
        const char *name = job->axes.items[a].name;
        const int concerns = !is_of_any_detector(name) || has_option(detector->options, name);
        job->values[a] = concerns ? axes_value(&job->axes, a, combination) : "";
    }
}

static int is_axis(const struct sweep_job *job, const char *name)
{
    for (size_t a = 0; a < job->axes.count; a++)
        if (strcmp(job->axes.items[a].name, name) == 0) return 1;
    return 0;
}

/* *is_possible = 0: this network has no layer of that name, which is another's. "default" is each network's own. */
static enum status resolve(struct sweep_job *job, struct extract_settings *extraction, int *is_possible)
{
    *is_possible = 1;
    if (extraction->layer && strcmp(extraction->layer, "default") == 0) extraction->layer = NULL;
    const enum status status = extract_settings_resolve(extraction);
    const struct net *net = net_find(extraction->network);
    int layer;
    const int is_a_pair = is_axis(job, "network") && is_axis(job, "layer") && extraction->layer;
    if (status != ERR_USAGE || !is_a_pair) return status;
    if (net ? net_layer(net, extraction->layer, &layer) == OK : strcmp(extraction->network, "patch") != 0)
        return fail(status, "%s", status_sentence());
    *is_possible = 0;
    job->n_impossible++;
    log_info("left out: %s", status_sentence());
    return OK;
}

static enum status add_combination(struct sweep_job *job, long long combination)
{
    struct sweep_choice choice;
    struct evaluate_options between = { 0 };
    int is_possible;
    axes_choose(&job->axes, combination);
    TRY(options_apply(&job->line.options));
    choice.extraction = job->extraction;
    TRY(resolve(job, &choice.extraction, &is_possible));
    if (!is_possible) return OK;
    REQUIRE(strncmp(job->command.detector, "fuse:", 5) != 0, ERR_USAGE,
            "--detector %s: a sweep takes no fusions; `earshot eval` does, on a setting's feature file",
            job->command.detector);
    TRY(detector_options_require(&job->detectors, job->command.detector, &choice.contender.detector));
    if (choice.contender.detector->takes_cells && strcmp(choice.extraction.network, "patch") != 0) return OK;
    choice.contender.settings = detector_options_of(&job->detectors, choice.contender.detector);
    TRY(trial_options_fill(&job->trial, &between));
    choice.preparation = between.preparation;
    choice.pooler = between.pooler;
    fill_values(job, combination, choice.contender.detector);
    choice.values = job->values;
    return sweep_add(&job->sweep, &choice);
}

static enum status check_weights(const struct sweep_job *job)
{
    const char *weights = job->compute.weights;
    REQUIRE(
        strcmp(weights, "auto") == 0 || strncmp(weights, "seeded:", 7) == 0 || !is_axis(job, "network"),
        ERR_USAGE,
        "--weights %s is of one network, --network names several: name one, or put their files into a folder "
        "and its path into EARSHOT_WEIGHTS_DIR",
        weights);
    return OK;
}

/* Every value of --layer is a layer of some network. */
static enum status check_layers(const struct sweep_job *job)
{
    for (size_t a = 0; a < job->axes.count && job->n_impossible > 0; a++) {
        const struct axis *axis = &job->axes.items[a];
        for (int v = 0; v < axis->n_values && strcmp(axis->name, "layer") == 0; v++) {
            size_t s = 0;
            while (s < job->sweep.n_settings &&
                   strcmp(job->sweep.settings[s]->values[a], axis->values[v]) != 0)
                s++;
            REQUIRE(s < job->sweep.n_settings, ERR_USAGE,
                    "--layer %s: none of the networks has that layer; `earshot layers NETWORK` lists them",
                    axis->values[v]);
        }
    }
    return OK;
}

static enum status fill_sweep(struct sweep_job *job)
{
    TRY(check_weights(job));
    TRY(trial_options_fill(&job->trial, &job->options));
    const struct sweep_input input = { .settings = &job->command.sweep,
                                       .compute = &job->compute,
                                       .options = &job->options,
                                       .axes = job->axis_names,
                                       .n_axes = (int)job->axes.count,
                                       .paths = job->paths,
                                       .n_paths = job->n_paths,
                                       .stop = command_catch_signals() };
    sweep_init(&job->sweep, &input);
    const long long n = axes_combinations(&job->axes);
    for (long long i = 0; i < n; i++) TRY(add_combination(job, i));
    axes_choose(&job->axes, 0);
    TRY(check_layers(job));
    REQUIRE(job->sweep.n_settings > 0, ERR_USAGE,
            "not one combination is possible: autoencoders take --network patch alone");
    return OK;
}

/* ----------------------------------------------------------------------------------------- what came out */

static enum status in_folder(const struct sweep_job *job, const char *name,
                             enum status (*write)(const char *path, const struct sweep_table *table))
{
    char *path = memory_print("%s/%s", job->command.sweep.output, name);
    enum status status = memory_check(path);
    if (status == OK) status = write(path, &job->table);
    memory_free(path);
    return status;
}

static void print_words(const struct sweep_job *job)
{
    const char *output = job->command.sweep.output;
    if (sweep_is_random(&job->sweep))
        printf("RANDOM WEIGHTS: these numbers show that the line works, not how good the method is\n");
    if (job->options.is_shuffled) printf("LABELS SHUFFLED: AUCs must lie near 0.5\n");
    sweep_table_print(stdout, &job->table, MOST_SHOWN);
    printf("%s/results.csv\n%s/summary.csv\n%s/report.html\n", output, output, output);
}

static json_t *number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *row_json(const struct sweep_row *row)
{
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:i, s:i, s:f, s:o, s:o, s:o, s:o, s:o, s:b}", "setting", json_text(row->label),
        "features", row->setting->features->name, "network", row->setting->features->settings.network,
        "detector", row->setting->contender.detector->name, "groups", row->n_groups, "splits", row->n_splits,
        "auc", row->auc, "low_splits", number_json(row->over_splits.low), "high_splits",
        number_json(row->over_splits.high), "low_recordings", number_json(row->over_recordings.low),
        "high_recordings", number_json(row->over_recordings.high), "behind", number_json(row->behind),
        "apart", row->is_apart);
}

static enum status print_json(const struct sweep_job *job)
{
    json_t *rows = json_array();
    for (int r = 0; r < job->table.n_rows; r++) json_array_append_new(rows, row_json(&job->table.rows[r]));
    return command_json(json_pack("{s:o, s:i, s:b, s:b, s:i, s:f, s:o}", "settings", rows, "alike",
                                  job->table.n_alike, "random_weights", sweep_is_random(&job->sweep),
                                  "shuffled_labels", job->options.is_shuffled, "seeds", job->options.n_seeds,
                                  "seconds", clock_seconds() - job->started_s, "output",
                                  json_text(job->command.sweep.output)));
}

static enum status show(struct sweep_job *job)
{
    TRY(sweep_table_init(&job->table, &job->sweep));
    if (job->table.n_rows == 0) return OK;
    TRY(in_folder(job, "results.csv", sweep_write_results));
    TRY(in_folder(job, "summary.csv", sweep_write_summary));
    TRY(in_folder(job, "report.html", sweep_report_write));
    if (job->line.common.json) return print_json(job);
    print_words(job);
    return OK;
}

/* -------------------------------------------------------------------------------------------- the command */

static enum status tell_shard(const struct sweep_job *job)
{
    if (job->line.common.json)
        return command_json(json_pack("{s:i, s:f, s:o}", "passes", job->sweep.n_passes, "seconds",
                                      clock_seconds() - job->started_s, "output",
                                      json_text(job->command.sweep.output)));
    printf(
        "this share of %zu feature files is there; the same command without --shard joins and judges them\n",
        job->sweep.n_features);
    return OK;
}

static enum status work(struct sweep_job *job)
{
    struct sweep *sweep = &job->sweep;
    TRY(fill_sweep(job));
    TRY(sweep_open(sweep));
    if (job->command.dry_run) {
        TRY(sweep_estimate(sweep));
        return sweep_plan_print(sweep, job->line.common.json);
    }
    TRY(output_folder(job->command.sweep.output));
    sweep_plan_tell(sweep);
    TRY(sweep_make_features(sweep));
    if (job->command.sweep.shard) return tell_shard(job);
    TRY(sweep_judge(sweep));
    TRY(show(job));
    return sweep_verdict(sweep);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct sweep_job job = { .started_s = clock_seconds() };
    int done = 0;
    enum status status;
    TRY_OR_DONE(collect(command, &job, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(read_spec(&job));
    TRY_OR_DONE(find_axes(&job));
    TRY_OR_DONE(add_recordings(&job));
    if (job.n_paths == 0 && !job.command.sweep.list)
        TRY_OR_DONE(fail(ERR_USAGE, "no recordings were named: earshot %s", command->usage));
    if (!job.command.sweep.output) TRY_OR_DONE(fail(ERR_USAGE, "no output was named: -o DIR"));
    if (!job.command.dry_run) TRY_OR_DONE(plan_tell_shard(job.command.sweep.shard));
    status = work(&job);
done:
    release(&job);
    return status;
}

const struct command command_sweep = {
    .name = "sweep",
    .summary = "many settings, networks and detectors over one pass of decoding, and which are best",
    .usage =
        "sweep [SPEC.yaml] PATH... -o DIR [--network a,b] [--offset 16,32] [--detector gmm,knn] [options]",
    .about =
        "Tries every combination of the options that were given several values, and says which is best and "
        "how\n"
        "sure that is. SPEC is a YAML file of options as --config takes, whose values may be lists; on the\n"
        "command line values stand with commas between. PATH are recordings, folders, or a dataset's root.\n"
        "Each recording is decoded once for all settings that can share it, and nothing is computed twice: "
        "what\n"
        "is in DIR is used again by the same sweep after a stop, and by a larger one. --dry-run shows the "
        "plan.",
    .example =
        "  earshot synth corpus\n"
        "  printf 'network: [squeezenet1_1, patch]\\noffset: [16, 32]\\ndetector: [knn, iforest]\\n' > "
        "sweep.yaml\n"
        "  earshot sweep sweep.yaml corpus -o sweep --weights seeded:1 --seeds 3 --dry-run\n"
        "  earshot sweep sweep.yaml corpus -o sweep --weights seeded:1 --seeds 3",
    .run = run,
};
