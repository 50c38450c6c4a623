#include "cli/cmd.h"

#include "core/clock.h"
#include "eval/synth.h"
#include "io/json_text.h"

static enum status print_summary(const struct command_line *line, const struct synth_settings *settings,
                                 const char *folder, int n_files, double seconds)
{
    if (!line->common.json) {
        printf("%d recordings of %g s (seed %d) in %s\n", n_files, settings->seconds, settings->seed, folder);
        return OK;
    }
    return command_json(json_pack("{s:i, s:o, s:i, s:f, s:i, s:f}", "recordings", n_files, "output",
                                  json_text(folder), "seed", settings->seed, "recording_seconds",
                                  settings->seconds, "channels", settings->channels, "seconds", seconds));
}

static enum status run(const struct command *command, int argc, char **argv)
{
    enum status status;
    struct synth_settings settings = { 0 };
    const struct option_set sets[] = { { synth_options, &settings, "Options" } };
    struct command_line line;
    const double start = clock_seconds();
    int is_done, n_files = 0;
    TRY_OR_DONE(command_parse(command, &line, sets, 1, argc, argv, &is_done));
    if (is_done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1));
    const char *folder = line.options.words[0];
    TRY_OR_DONE(synth_write(folder, &settings, &n_files));
    status = print_summary(&line, &settings, folder, n_files, clock_seconds() - start);
done:
    command_release(&line);
    return status;
}

const struct command command_synth = {
    .name = "synth",
    .summary = "make a corpus of synthetic machines, normal and abnormal, in MIMII's layout",
    .usage = "synth DIR [options]",
    .about = "Writes DIR/0dB/<machine>/id_00/{normal,abnormal}/00000000.wav: a fan that may be out of "
             "balance, a pump\n"
             "that may leak, a slide rail that may rub, a valve that may stick. The same seed gives the same "
             "bytes on\n"
             "every machine.",
    .example = "  earshot synth corpus --normal 40 --abnormal 20",
    .run = run,
};
