#include "pipeline/extract.h"

#include "pipeline/pass.h"

#include <stddef.h>

#define FIELD(name) .offset = offsetof(struct run_options, name)

const struct option run_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      FIELD(output),
      .letter = 'o',
      .metavar = "F.h5",
      .help = "the feature file" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(overwrite),
      .standard = "0",
      .help = "replace an output that exists, and parts of other options" },
    { .name = "resume",
      .type = OPTION_FLAG,
      FIELD(resume),
      .standard = "0",
      .help = "an output that exists is what was wanted: do nothing; complete parts are always used again" },
    { .name = "shard",
      .type = OPTION_TEXT,
      FIELD(shard),
      .metavar = "i/n",
      .help = "only the parts k with k mod n = i, without joining them; auto: from a Slurm array or "
              "Kubernetes job" },
    { .name = "shard-size",
      .type = OPTION_INTEGER,
      FIELD(shard_size),
      .standard = "64",
      .low = 1,
      .high = 1e6,
      .metavar = "N",
      .help = "recordings of one part: what is lost at most when a run is killed" },
    { .name = "batch",
      .type = OPTION_INTEGER,
      FIELD(batch),
      .standard = "0",
      .low = 0,
      .high = 1024,
      .metavar = "N",
      .help = "recordings that go through the ring together, at most; 0: as many as the backend takes at "
              "once" },
    { .name = "devices",
      .type = OPTION_TEXT,
      FIELD(devices),
      .metavar = "LIST",
      .help = "share the recordings out to several GPUs of one model: their numbers, 0,1, or all" },
    { .name = "max-failures",
      .type = OPTION_INTEGER,
      FIELD(max_failures),
      .standard = "-1",
      .low = -1,
      .high = 1e9,
      .metavar = "N",
      .help = "stop when more recordings than that cannot be used; -1: go on whatever happens" },
    { .name = "failed-list",
      .type = OPTION_TEXT,
      FIELD(failed_list),
      .metavar = "FILE",
      .help = "write failed recordings and their reasons there, one a line" },
    { .name = "progress",
      .type = OPTION_CHOICE,
      FIELD(progress),
      .standard = "auto",
      .choices = "auto|bar|plain|json|none",
      .help = "how far it is, on stderr; auto: a bar on a terminal" },
    { 0 },
};

enum status extract_run(const struct setup *setup, const struct run_options *options,
                        const struct dataset *dataset, const volatile sig_atomic_t *stop,
                        struct extract_result *result)
{
    struct pass_output output = { .setup = setup, .path = options->output };
    const enum status status = pass_run(&output, 1, options, dataset, stop);
    *result = output.result;
    TRY(status);
    if (output.status != OK) return fail(output.status, "%s", output.reason);
    REQUIRE(!result->is_merged || result->failed == 0, ERR_PARTIAL,
            "%lld of %lld recordings could not be used", result->failed, result->recordings);
    return OK;
}

/* --------------------------------------------------------------------------- again, for other commands */

enum status extract_to_file(const struct attributes *provenance, const struct compute_options *compute,
                            const struct dataset *dataset, const char *output,
                            const volatile sig_atomic_t *stop)
{
    const struct run_options options = {
        .output = output, .shard_size = 64, .overwrite = 1, .max_failures = -1
    };
    struct extract_settings settings;
    struct extract_result result;
    struct setup setup;
    TRY(extract_settings_restore(&settings, provenance));
    TRY(setup_like(&setup, &settings, compute, provenance));
    const enum status status = extract_run(&setup, &options, dataset, stop, &result);
    setup_release(&setup);
    return status;
}
