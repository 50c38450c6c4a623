#include "cli/cmd.h"

#include "io/json_text.h"
#include "pipeline/finished.h"
#include "pipeline/parts.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

struct settings {
    int overwrite, resume;
};

static const struct option merge_options[] = {
    { .name = "overwrite",
      .type = OPTION_FLAG,
      .offset = offsetof(struct settings, overwrite),
      .standard = "0",
      .help = "replace a feature file that exists" },
    { .name = "resume",
      .type = OPTION_FLAG,
      .offset = offsetof(struct settings, resume),
      .standard = "0",
      .help = "a feature file that exists is what was wanted: do nothing" },
    { 0 },
};

static enum status report(const char *output, int n_parts, const struct merge_result *r, int as_json)
{
    command_warn(&r->guards);
    if (as_json)
        TRY(command_json(json_pack("{s:o, s:i, s:I, s:I, s:I, s:o}", "output", json_text(output), "parts",
                                   n_parts, "recordings", (json_int_t)r->recordings, "failed",
                                   (json_int_t)r->failed, "patches", (json_int_t)r->patches, "warnings",
                                   guards_json(&r->guards))));
    else
        printf("%s: %d parts, %lld recordings, %lld of them failed, %lld patches\n", output, n_parts,
               r->recordings, r->failed, r->patches);
    REQUIRE(r->failed == 0, ERR_PARTIAL, "%lld of %lld recordings failed; earshot show %s lists them",
            r->failed, r->recordings, output);
    return OK;
}

/* A merge that was killed while it removed the parts has left a finished file. */
static enum status resume_finished(const char *output, int as_json)
{
    struct features *features = NULL;
    TRY(features_open(&features, output));
    const struct merge_result counts = *features_counts(features);
    features_close(&features);
    finished_remove_parts(output);
    return report(output, 0, &counts, as_json);
}

/* Of merges that run side by side one is first, and the others find its file. */
static enum status join(const char *output, int overwrite, int as_json)
{
    const atomic_int *stop = command_catch_signals();
    struct merge_result result = { 0 };
    struct finished finished;
    json_t *plan = NULL;
    int n_parts = 0;
    finished_look(&finished, output, overwrite);
    enum status status = parts_read_plan(output, &plan);
    parts_remove_left(output);
    if (status == OK) status = parts_join(output, stop, &n_parts, &result);
    if (status != OK) status = finished_elsewhere(&finished, plan, status, &result);
    json_decref(plan);
    TRY(status);
    return report(output, n_parts, &result, as_json);
}

static enum status merge(const struct command *command, const struct command_line *line,
                         const struct settings *settings)
{
    TRY(command_words(command, line, 1, 1));
    const char *output = line->options.words[0];
    if (settings->resume && access(output, F_OK) == 0) return resume_finished(output, line->common.json);
    TRY(command_output(NULL, output, settings->overwrite));
    return join(output, settings->overwrite, line->common.json);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct settings settings;
    const struct option_set set = { merge_options, &settings, "Options" };
    struct command_line line;
    int done;
    enum status status = command_parse(command, &line, &set, 1, argc, argv, &done);
    if (status == OK && !done) status = merge(command, &line, &settings);
    command_release(&line);
    return status;
}

const struct command command_merge = {
    .name = "merge",
    .summary = "joins the parts that extract --shard i/n wrote",
    .usage = "merge F.h5 [options]",
    .about =
        "Joins F.h5.parts/ into F.h5, standardised, as an extraction without --shard does at its end, and "
        "removes the parts.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1 --shard-size 16 --shard 0/2\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1 --shard-size 16 --shard 1/2\n"
               "  earshot merge features.h5",
    .run = run,
};
