/* A command is a row of the table in main.c and one file, cmd_<name>.c. Commands put things together; what
 * they put together lives below. */
#ifndef CMD_H
#define CMD_H

#include "core/options.h"
#include "io/guards.h"

#include <jansson.h>
#include <stdatomic.h>

struct command {
    const char *name;
    const char *summary; /* one line for `earshot --help` */
    const char *usage;   /* "extract PATH... -o F.h5 [options]" */
    const char *about;   /* a paragraph for --help */
    const char *example; /* lines that can be pasted, each runs as it stands */
    enum status (*run)(const struct command *command, int argc,
                       char **argv); /* argv[0] is the first argument after the name */
};

extern const struct command command_extract, command_fit, command_score, command_eval, command_reproduce,
    command_sweep, command_merge, command_verify, command_show, command_export, command_trace,
    command_weights, command_networks, command_layers, command_detectors, command_devices, command_synth,
    command_serve, command_listen, command_selftest;

/* Options that every command has: --help --json --quiet --verbose --config. */
struct common {
    int help, json, quiet, verbose;
    const char *config;
};

/* Collects configuration file, environment and command line for the command's sets (at most 31) and applies
 * them. *done = 1: --help was asked for and printed; the command returns OK at once. Release `options` when
 * the texts of the settings are no longer used. */
struct command_line {
    struct common common;
    struct options options;
    struct option_set sets[32];
};
enum status command_parse(const struct command *command, struct command_line *line,
                          const struct option_set *sets, int n_sets, int argc, char **argv,
                          int *done) MUST_CHECK;
/* The same in two steps, for who has more to collect between them. */
enum status command_collect(const struct command *command, struct command_line *line,
                            const struct option_set *sets, int n_sets, int argc, char **argv,
                            int *done) MUST_CHECK;
enum status command_apply(struct command_line *line) MUST_CHECK;
void command_release(struct command_line *line);

/* at_least … at_most words stood between the options, or ERR_USAGE with the usage line. */
enum status command_words(const struct command *command, const struct command_line *line, size_t at_least,
                          size_t at_most) MUST_CHECK;

/* The one JSON object on the last line of stdout (--json). Releases `object`; NULL (no memory) is
 * ERR_MEMORY. */
enum status command_json(json_t *object) MUST_CHECK;

/* Before any work: ERR_OUTPUT where `path` exists and `overwrite` does not allow it, is no regular file, or
 * its folder cannot be written to; ERR_USAGE where it is one of the command's words (line NULL: not looked
 * at). */
enum status command_output(const struct command_line *line, const char *path, int overwrite) MUST_CHECK;

/* The same for a folder of results: ERR_OUTPUT where it is there and not empty, and `overwrite` does not allow
 * that, or where it cannot be made; *is_new says whether it was made now. */
enum status command_folder(const char *path, int overwrite, int *is_new) MUST_CHECK;

/* Signs that a data set is silently wrong, one warning each; the exit code does not change. */
void command_warn(const struct guards *guards);

/* From now on SIGINT, SIGTERM and SIGUSR1 only set what is returned: work at hand is finished or cleaned up. */
const atomic_int *command_catch_signals(void);

/* F.h5.run.json: what equal work may differ in, so that it stands beside the file and not in it. Releases
 * `summary`. */
enum status command_run_file(const char *output, const char *started_utc, json_t *summary) MUST_CHECK;

#endif
