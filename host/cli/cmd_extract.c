#include "cli/cmd.h"
#include "cli/dry_run.h"

#include "core/clock.h"
#include "core/log.h"
#include "io/json_text.h"
#include "pipeline/extract.h"
#include "pipeline/failures.h"
#include "pipeline/finished.h"
#include "pipeline/parts.h"
#include "pipeline/plan.h"
#include "pipeline/run_rows.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct input_options {
    const char *list, *snr;
    int limit, dry_run;
};

#define FIELD(name) .offset = offsetof(struct input_options, name)

static const struct option input_options[] = {
    LIST_ROW(list),
    { .name = "snr",
      .type = OPTION_TEXT,
      FIELD(snr),
      .metavar = "NAME",
      .help = "signal-to-noise ratio of recordings whose path does not tell, e.g. -6dB" },
    LIMIT_ROW(limit),
    { .name = "dry-run",
      .type = OPTION_FLAG,
      FIELD(dry_run),
      .standard = "0",
      .help = "only tell what there is, and how long it would take" },
    { 0 },
};

struct extract_command {
    struct extract_settings settings;
    struct compute_options compute;
    struct run_options run;
    struct input_options input;
    const atomic_int *stop;
    double started_s;
    char started_utc[32];
};

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
        "{s:I, s:I, s:I, s:f, s:f, s:f, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:o}", "recordings", r->recordings,
        "failed", r->failed, "patches", r->patches, "seconds", clock_seconds() - c->started_s,
        "recordings_per_second", per_second((double)r->computed, r->seconds), "realtime_factor",
        per_second(r->audio_s, r->seconds), "network", c->settings.network, "layer", c->settings.layer,
        "backend", setup->backend->ops->name, "device", setup->backend->ops->device(setup->backend), "output",
        json_text(c->run.output), "merged", r->is_merged, "random_weights",
        setup->weights ? setup->weights->is_seeded : 0, "warnings", guards_json(&r->guards));
}

static enum status write_run_file(const struct extract_command *c, const struct setup *setup,
                                  const struct extract_result *r)
{
    json_t *json = summary(c, setup, r);
    if (json) json_object_set_new(json, "threads", json_integer(c->compute.place.threads));
    return command_run_file(c->run.output, c->started_utc, json);
}

static enum status tell(const struct extract_command *c, const struct setup *setup,
                        const struct extract_result *r, int as_json)
{
    if (r->is_merged) TRY(write_run_file(c, setup, r));
    command_warn(&r->guards);
    if (as_json) return command_json(summary(c, setup, r));
    print_words(c, setup, r);
    return OK;
}

/* ----------------------------------------------------------------------------------------- the command */

static json_t *finished_json(const struct features *features, const char *output)
{
    const struct attributes *p = features_provenance(features);
    const struct merge_result *counts = features_counts(features);
    return json_pack("{s:I, s:I, s:I, s:f, s:f, s:f, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:o}", "recordings",
                     (json_int_t)counts->recordings, "failed", (json_int_t)counts->failed, "patches",
                     (json_int_t)counts->patches, "seconds", 0.0, "recordings_per_second", 0.0,
                     "realtime_factor", 0.0, "network", attributes_text(p, "network", ""), "layer",
                     attributes_text(p, "layer", ""), "backend", attributes_text(p, "backend", ""), "device",
                     attributes_text(p, "device", ""), "output", json_text(output), "merged", 1,
                     "random_weights", provenance_has_random_weights(p), "warnings",
                     guards_json(&counts->guards));
}

static enum status tell_finished(const struct extract_command *c, const struct features *features,
                                 int as_json)
{
    const struct merge_result *counts = features_counts(features);
    if (c->run.failed_list) TRY(failures_of_file(c->run.failed_list, c->run.output));
    if (as_json) TRY(command_json(finished_json(features, c->run.output)));
    command_warn(&counts->guards);
    log_info("%s is there and complete", c->run.output);
    if (c->run.shard) return OK; /* a share ends so whenever there is nothing to do */
    REQUIRE(counts->failed == 0, ERR_PARTIAL, "%lld of %lld recordings could not be used", counts->failed,
            counts->recordings);
    return OK;
}

/* --resume and the output is there: ends as that run ended. */
static enum status resume_finished(const struct extract_command *c, int as_json)
{
    struct features *features = NULL;
    TRY(features_open(&features, c->run.output));
    const enum status status = tell_finished(c, features, as_json);
    features_close(&features);
    finished_remove_parts(c->run.output);
    return status;
}

/* The first start of an output fixes the instruction set and --conv: a more capable machine goes on with them. */
static void take_fixed_device(struct extract_command *c, char *then, size_t size)
{
    const char *chosen = getenv("EARSHOT_ISA");
    if (chosen && *chosen) return;
    parts_device(c->run.output, then, size);
    if (*then) c->compute.place.device_then = then;
}

static enum status extract_dataset(struct extract_command *c, const struct setup *setup,
                                   const struct dataset *dataset, int as_json)
{
    struct extract_result result;
    const enum status status = extract_run(setup, &c->run, dataset, c->stop, &result);
    if (status == OK || status == ERR_PARTIAL) {
        char kept[1024];
        snprintf(kept, sizeof kept, "%s", status_sentence());
        TRY(tell(c, setup, &result, as_json));
        if (status != OK) return fail(status, "%s", kept);
    }
    return status;
}

static enum status set_up_and_extract(struct extract_command *c, const struct dataset *dataset, int as_json)
{
    struct setup setup;
    char then[32];
    if (!c->run.overwrite) take_fixed_device(c, then, sizeof then);
    TRY(setup_init(&setup, &c->settings, &c->compute));
    const enum status status = extract_dataset(c, &setup, dataset, as_json);
    setup_release(&setup);
    return status;
}

static enum status open_and_extract(struct extract_command *c, const struct command_line *line)
{
    struct dataset dataset = { 0 };
    const struct dataset_options options = { c->input.list, c->input.snr, c->input.limit };
    TRY(extract_settings_resolve(&c->settings));
    TRY(dataset_open(&dataset, line->options.words, line->options.n_words, &options));
    const enum status status = c->input.dry_run
                                   ? dry_run(&c->settings, &c->compute, &dataset, line->common.json)
                                   : set_up_and_extract(c, &dataset, line->common.json);
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
    TRY(plan_tell_shard(c->run.shard));
    if (c->run.resume && access(c->run.output, F_OK) == 0) return resume_finished(c, line->common.json);
    TRY(command_output(line, c->run.output, c->run.overwrite));
    c->stop = command_catch_signals(); /* a signal while recordings are looked for must not be lost */
    return open_and_extract(c, line);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct extract_command c = { .started_s = clock_seconds() };
    const struct option_set sets[] = {
        { run_options, &c.run, "Output" },
        { input_options, &c.input, "Input" },
        { decode_options, &c.run.decode,
          "Recordings other than WAV of 16 bits, which a process beside this one decodes" },
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
