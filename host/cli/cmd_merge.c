#include "cli/cmd.h"

#include "io/json_text.h"
#include "pipeline/parts.h"

#include <stddef.h>
#include <stdio.h>

struct settings {
    int overwrite;
};

static const struct option merge_options[] = {
    { .name = "overwrite",
      .type = OPTION_FLAG,
      .offset = offsetof(struct settings, overwrite),
      .standard = "0",
      .help = "replace a feature file that exists" },
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

static enum status run(const struct command *command, int argc, char **argv)
{
    struct settings settings;
    const struct option_set set = { merge_options, &settings, "Options" };
    struct command_line line;
    struct merge_result result;
    int done, n_parts = 0;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, &set, 1, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1));
    TRY_OR_DONE(command_output(NULL, line.options.words[0], settings.overwrite));
    TRY_OR_DONE(parts_join(line.options.words[0], &n_parts, &result));
    status = report(line.options.words[0], n_parts, &result, line.common.json);
done:
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
