#include "cli/cmd.h"
#include "cli/dry_run.h"

#include "core/clock.h"
#include "core/log.h"
#include "io/json_text.h"
#include "pipeline/extract.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct input_options {
    const char *list, *snr;
    int limit, dry_run;
};

static const struct option input_options[] = {
    { .name = "list",
      .type = OPTION_TEXT,
      .offset = offsetof(struct input_options, list),
      .metavar = "FILE",
      .help = "more recordings, one path a line" },
    { .name = "snr",
      .type = OPTION_TEXT,
      .offset = offsetof(struct input_options, snr),
      .metavar = "NAME",
      .help = "signal-to-noise ratio of recordings whose path does not tell, e.g. -6dB" },
    { .name = "limit",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct input_options, limit),
      .standard = "0",
      .low = 0,
      .high = 1e9,
      .metavar = "N",
      .help = "at most so many recordings of each group and label; 0: all" },
    { .name = "dry-run",
      .type = OPTION_FLAG,
      .offset = offsetof(struct input_options, dry_run),
      .standard = "0",
      .help = "only tell what there is, and how long it would take" },
    { 0 },
};

struct extract_command {
    struct extract_settings settings;
    struct compute_options compute;
    struct run_options run;
    struct input_options input;
    double started_s;
    char started_utc[32];
};

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

/* The batch at hand is finished, complete parts are kept, and the program ends with 75. */
static void catch_signals(void)
{
    const int signals[] = { SIGINT, SIGTERM, SIGUSR1 };
    struct sigaction action = { .sa_handler = ask_to_stop, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

/* --------------------------------------------------------------------------------------- what came out */

static double per_second(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds : 0;
}

static void print_words(const struct extract_command *c, const struct setup *setup,
                        const struct extract_result *r)
{
    if (!r->is_merged)
        printf("%s: %d of %d parts are complete, %d of them from this run; `earshot merge %s` joins them\n",
               c->run.output, r->parts_there + r->parts_done, r->n_parts, r->parts_done, c->run.output);
    else
        printf("%s: %lld recordings, %lld of them failed, %lld patches × %d\n", c->run.output, r->recordings,
               r->failed, r->patches, setup->columns);
    printf("%s%s%s on %s (%s): %.1f recordings/s, %.0f × real time\n", c->settings.network,
           *c->settings.layer ? " " : "", c->settings.layer, setup->backend->ops->name,
           setup->backend->ops->device(setup->backend), per_second((double)r->computed, r->seconds),
           per_second(r->audio_s, r->seconds));
    if (setup->weights && setup->weights->is_seeded)
        printf("RANDOM WEIGHTS (%s): these features have seen no photograph\n", setup->weights->source);
}

static json_t *summary(const struct extract_command *c, const struct setup *setup,
                       const struct extract_result *r)
{
    return json_pack(
        "{s:I, s:I, s:I, s:f, s:f, s:f, s:s, s:s, s:s, s:s, s:o, s:b, s:b}", "recordings", r->recordings,
        "failed", r->failed, "patches", r->patches, "seconds", clock_seconds() - c->started_s,
        "recordings_per_second", per_second((double)r->computed, r->seconds), "realtime_factor",
        per_second(r->audio_s, r->seconds), "network", c->settings.network, "layer", c->settings.layer,
        "backend", setup->backend->ops->name, "device", setup->backend->ops->device(setup->backend), "output",
        json_text(c->run.output), "merged", r->is_merged, "random_weights",
        setup->weights ? setup->weights->is_seeded : 0);
}

/* F.h5.run.json: what equal work may differ in, so that it stands beside the file and not in it. */
static enum status write_run_file(const struct extract_command *c, const struct setup *setup,
                                  const struct extract_result *r)
{
    char *path = memory_print("%s.run.json", c->run.output), host[256] = "", finished[32];
    json_t *json = summary(c, setup, r);
    gethostname(host, sizeof host - 1);
    clock_utc(finished, sizeof finished);
    if (json)
        json_object_update_new(json, json_pack("{s:s, s:s, s:s, s:i, s:i}", "started", c->started_utc,
                                               "finished", finished, "host", host, "process", (int)getpid(),
                                               "threads", c->compute.place.threads));
    const int is_written = json && path && json_dump_file(json, path, JSON_INDENT(1)) == 0;
    json_decref(json);
    const enum status status =
        is_written ? OK : fail(ERR_OUTPUT, "%s cannot be written", path ? path : "the run file");
    memory_free(path);
    return status;
}

static enum status tell(const struct extract_command *c, const struct setup *setup,
                        const struct extract_result *r, int as_json)
{
    if (r->is_merged) TRY(write_run_file(c, setup, r));
    if (as_json) return command_json(summary(c, setup, r));
    print_words(c, setup, r);
    return OK;
}

/* ----------------------------------------------------------------------------------------- the command */

/* --resume and the output is there: ends as that run ended. */
static enum status resume_finished(const char *output)
{
    struct features *features = NULL;
    TRY(features_open(&features, output));
    const long long failed = attributes_integer(features_provenance(features), "n_failed", 0);
    const long long count = attributes_integer(features_provenance(features), "n_recordings", 0);
    features_close(&features);
    log_info("%s is there and complete", output);
    REQUIRE(failed == 0, ERR_PARTIAL, "%lld of %lld recordings could not be used", failed, count);
    return OK;
}

static enum status extract_dataset(struct extract_command *c, const struct setup *setup,
                                   const struct dataset *dataset, int as_json)
{
    struct extract_result result;
    if (c->input.dry_run) return dry_run(setup, dataset, as_json);
    catch_signals();
    const enum status status = extract_run(setup, &c->run, dataset, &stop_asked, &result);
    if (status == OK || status == ERR_PARTIAL) {
        char kept[1024];
        snprintf(kept, sizeof kept, "%s", status_sentence());
        TRY(tell(c, setup, &result, as_json));
        if (status != OK) return fail(status, "%s", kept);
    }
    return status;
}

static enum status open_and_extract(struct extract_command *c, const struct command_line *line)
{
    struct dataset dataset = { 0 };
    struct setup setup = { 0 };
    const struct dataset_options options = { c->input.list, c->input.snr, c->input.limit };
    TRY(extract_settings_resolve(&c->settings));
    TRY(dataset_open(&dataset, line->options.words, line->options.n_words, &options));
    enum status status = setup_init(&setup, &c->settings, &c->compute);
    if (status == OK) status = extract_dataset(c, &setup, &dataset, line->common.json);
    setup_release(&setup);
    dataset_release(&dataset);
    return status;
}

static enum status extract(const struct command *command, struct extract_command *c,
                           const struct command_line *line)
{
    REQUIRE(line->options.n_words > 0 || c->input.list, ERR_USAGE, "no recordings were named: earshot %s",
            command->usage);
    if (c->input.dry_run) return open_and_extract(c, line);
    REQUIRE(c->run.output, ERR_USAGE, "no output was named: -o F.h5");
    if (c->run.resume && access(c->run.output, F_OK) == 0) return resume_finished(c->run.output);
    TRY(command_output(c->run.output, c->run.overwrite));
    return open_and_extract(c, line);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct extract_command c = { .started_s = clock_seconds() };
    const struct option_set sets[] = {
        { run_options, &c.run, "Output" },
        { input_options, &c.input, "Input" },
        { network_options, &c.settings, "Network" },
        { weights_options, &c.compute, "Weights" },
        { place_options, &c.compute.place, "Where to compute" },
        { front_options, &c.settings, "Front end (defaults: the paper's)" },
    };
    struct command_line line;
    int done;
    clock_utc(c.started_utc, sizeof c.started_utc);
    enum status status = command_parse(command, &line, sets, sizeof sets / sizeof *sets, argc, argv, &done);
    if (status == OK && !done) status = extract(command, &c, &line);
    command_release(&line);
    return status;
}

const struct command command_extract = {
    .name = "extract",
    .summary = "recordings → standardised feature file",
    .usage = "extract PATH... -o F.h5 [options]",
    .about = "Turns recordings into a matrix of features, one row a patch of about a second. PATH is a file, "
             "a folder, or the\n"
             "root of a dataset (MIMII, DCASE 2020 to 2026, or plain folders whose names are the labels); "
             "machine, id, SNR and\n"
             "label are read from the path. A recording that cannot be used is listed with its reason, the "
             "others go on.\n"
             "A run that was stopped goes on where it was when the same command is given again.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot show features.h5",
    .run = run,
};
