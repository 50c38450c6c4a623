#include "cli/cmd.h"

#include "detect/detector.h"

#include <stdio.h>

static json_t *option_json(const struct option *option)
{
    return json_pack("{s:s, s:s*, s:s*, s:s*, s:s}", "name", option->name, "default", option->standard,
                     "choices", option->choices, "aliases", option->alias, "help", option->help);
}

static json_t *detector_json(const struct detector *detector)
{
    json_t *options = json_array();
    for (const struct option *option = detector->options; option->name; option++)
        json_array_append_new(options, option_json(option));
    return json_pack("{s:s, s:s, s:o}", "name", detector->name, "summary", detector->summary, "options",
                     options);
}

static enum status print_json(void)
{
    const struct detector *detector;
    json_t *detectors = json_array();
    for (int i = 0; (detector = detector_number(i)); i++)
        json_array_append_new(detectors, detector_json(detector));
    return command_json(json_pack("{s:o}", "detectors", detectors));
}

static void print_words(void)
{
    const struct detector *detector;
    for (int i = 0; (detector = detector_number(i)); i++) {
        const struct option_set set = { detector->options, NULL, "Options" };
        printf("%s%s: %s\n", i ? "\n" : "", detector->name, detector->summary);
        if (detector->options->name) options_help(stdout, &set);
    }
}

static enum status run(const struct command *command, int argc, char **argv)
{
    const struct option_set none = { 0 };
    struct command_line line;
    int done = 0;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, &none, 0, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 0, 0));
    if (line.common.json)
        TRY_OR_DONE(print_json());
    else
        print_words();
done:
    command_release(&line);
    return status;
}

const struct command command_detectors = {
    .name = "detectors",
    .summary = "what can learn from features, with options and defaults",
    .usage = "detectors [--json]",
    .about =
        "Lists the detectors that `fit --detector` and `eval --detector` take, their options and defaults.\n"
        "Names, defaults and meaning are scikit-learn's where the paper does not say otherwise; its own\n"
        "names are taken as well (--n-components for --components).",
    .example = "  earshot detectors",
    .run = run,
};
