#include "cli/cmd.h"

#include "core/log.h"
#include "io/config_file.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const struct option common_options[] = {
    { .name = "config",
      .type = OPTION_TEXT,
      .offset = offsetof(struct common, config),
      .metavar = "FILE",
      .help = "YAML file with these options as names and values; the command line wins" },
    { .name = "json",
      .type = OPTION_FLAG,
      .offset = offsetof(struct common, json),
      .standard = "0",
      .help = "one JSON object on the last line of stdout instead of a table" },
    { .name = "quiet",
      .type = OPTION_FLAG,
      .offset = offsetof(struct common, quiet),
      .standard = "0",
      .letter = 'q',
      .help = "only warnings and errors on stderr" },
    { .name = "verbose",
      .type = OPTION_FLAG,
      .offset = offsetof(struct common, verbose),
      .standard = "0",
      .letter = 'v',
      .help = "more words on stderr" },
    { .name = "help",
      .type = OPTION_FLAG,
      .offset = offsetof(struct common, help),
      .standard = "0",
      .letter = 'h',
      .help = "this text" },
    { 0 },
};

static void print_help(const struct command *command, const struct options *options)
{
    printf("Usage: earshot %s\n\n", command->usage);
    print_wrapped(stdout, 0, 0, command->about);
    putchar('\n');
    if (command->example) printf("Example:\n%s\n\n", command->example);
    for (int i = 0; i < options->n_sets; i++) {
        options_help(stdout, &options->sets[i]);
        putchar('\n');
    }
    printf("Every option is also EARSHOT_<OPTION> in the environment (--n-fft is EARSHOT_N_FFT).\n");
}

static enum status collect_config(struct options *options)
{
    const char *config = options_given(options, "config");
    return config ? config_file_read(config, options) : OK;
}

enum status command_parse(const struct command *command, struct command_line *line,
                          const struct option_set *sets, int n_sets, int argc, char **argv, int *done)
{
    *line = (struct command_line){ 0 };
    *done = 0;
    memcpy(line->sets, sets, (size_t)n_sets * sizeof *sets);
    line->sets[n_sets] = (struct option_set){ common_options, &line->common, "Common options" };
    options_init(&line->options, line->sets, n_sets + 1);
    TRY(options_collect_arguments(&line->options, argc, argv));
    const char *help = options_given(&line->options, "help");
    if (help && strcmp(help, "1") == 0) {
        print_help(command, &line->options);
        *done = 1;
        return OK;
    }
    TRY(options_collect_environment(&line->options));
    TRY(collect_config(&line->options));
    TRY(options_apply(&line->options));
    if (line->common.quiet) log_set_level(LOG_WARNING);
    if (line->common.verbose) log_set_level(LOG_DEBUG);
    return OK;
}

void command_release(struct command_line *line)
{
    options_release(&line->options);
}

enum status command_words(const struct command *command, const struct command_line *line, size_t at_least,
                          size_t at_most)
{
    const size_t found = line->options.n_words;
    REQUIRE(found >= at_least, ERR_USAGE, "%zu arguments found, at least %zu expected: earshot %s", found,
            at_least, command->usage);
    REQUIRE(found <= at_most, ERR_USAGE, "%zu arguments found, at most %zu expected (from %s on): earshot %s",
            found, at_most, line->options.words[at_most], command->usage);
    return OK;
}

enum status command_json(json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(object);
    REQUIRE(text, ERR_MEMORY, "no memory for the JSON summary");
    puts(text);
    free(text);
    return OK;
}

enum status command_output(const char *path, int overwrite)
{
    REQUIRE(path, ERR_USAGE, "no output was named: -o FILE");
    REQUIRE(overwrite || access(path, F_OK) != 0, ERR_OUTPUT, "%s exists; --overwrite replaces it", path);
    return OK;
}
