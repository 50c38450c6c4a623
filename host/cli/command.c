#include "cli/cmd.h"

#include "cli/help.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/output.h"
#include "core/temporary.h"
#include "io/config_file.h"
#include "io/json_text.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
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

static enum status collect_config(struct options *options)
{
    const char *config = options_given(options, "config");
    return config ? config_file_read(config, options) : OK;
}

enum status command_collect(const struct command *command, struct command_line *line,
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
        *done = 1;
        return help_command(command, &line->options);
    }
    TRY(options_collect_environment(&line->options));
    return collect_config(&line->options);
}

enum status command_apply(struct command_line *line)
{
    TRY(options_apply(&line->options));
    if (line->common.quiet) log_set_level(LOG_WARNING);
    if (line->common.verbose) log_set_level(LOG_DEBUG);
    return OK;
}

enum status command_parse(const struct command *command, struct command_line *line,
                          const struct option_set *sets, int n_sets, int argc, char **argv, int *done)
{
    TRY(command_collect(command, line, sets, n_sets, argc, argv, done));
    return *done ? OK : command_apply(line);
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
    const enum status status = json_check_memory();
    json_decref(object);
    if (text && status == OK) puts(text);
    free(text);
    REQUIRE(text, ERR_MEMORY, "no memory for the JSON summary");
    return status;
}

/* The folder that `path` would be in can be written to. */
static enum status check_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_print("%.*s", (int)(slash - path + 1), path) : memory_text(".");
    TRY(memory_check(folder));
    const int error = access(folder, W_OK | X_OK) == 0 ? 0 : errno;
    memory_free(folder);
    REQUIRE(error != ENOENT, ERR_OUTPUT, "%s cannot be written: its folder does not exist", path);
    REQUIRE(!error, ERR_OUTPUT, "%s cannot be written: %s", path, strerror(error));
    return OK;
}

/* Nothing that the command reads may be what it replaces. */
static enum status check_is_no_input(const struct command_line *line, const char *path,
                                     const struct stat *output)
{
    struct stat input;
    for (size_t i = 0; line && i < line->options.n_words; i++)
        REQUIRE(stat(line->options.words[i], &input) != 0 || input.st_dev != output->st_dev ||
                    input.st_ino != output->st_ino,
                ERR_USAGE, "%s is both the input and the output", path);
    return OK;
}

enum status command_output(const struct command_line *line, const char *path, int overwrite)
{
    struct stat there;
    REQUIRE(path && *path, ERR_USAGE, "no output was named: -o FILE");
    TRY(check_folder(path));
    temporary_remove_left(path);
    if (stat(path, &there) != 0) return OK;
    REQUIRE(S_ISREG(there.st_mode), ERR_OUTPUT, "%s cannot be written: it is there and no regular file",
            path);
    TRY(check_is_no_input(line, path, &there));
    REQUIRE(overwrite, ERR_OUTPUT, "%s exists; --overwrite replaces it", path);
    return OK;
}

static int is_empty(DIR *folder)
{
    const struct dirent *entry;
    while ((entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) return 0;
    return 1;
}

enum status command_folder(const char *path, int overwrite, int *is_new)
{
    DIR *folder = opendir(path);
    *is_new = !folder && errno == ENOENT;
    if (*is_new) return output_folder(path);
    REQUIRE(folder, ERR_OUTPUT, "%s cannot be used as a folder: %s", path, strerror(errno));
    const int is_free = overwrite || is_empty(folder);
    closedir(folder);
    REQUIRE(is_free, ERR_OUTPUT, "%s exists and is not empty; --overwrite writes into it", path);
    REQUIRE(access(path, W_OK | X_OK) == 0, ERR_OUTPUT, "%s cannot be written to: %s", path, strerror(errno));
    temporary_remove_left_below(path);
    return OK;
}

static atomic_int stop_asked;

static void ask_to_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

const atomic_int *command_catch_signals(void)
{
    const int signals[] = { SIGINT, SIGTERM, SIGUSR1 };
    struct sigaction action = { .sa_handler = ask_to_stop, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
    return &stop_asked;
}

enum status command_run_file(const char *output, const char *started_utc, json_t *summary)
{
    char *path = memory_print("%s.run.json", output), host[256] = "", finished[32];
    gethostname(host, sizeof host - 1);
    clock_utc(finished, sizeof finished);
    if (summary)
        json_object_update_new(summary,
                               json_pack("{s:s, s:s, s:o, s:i}", "started", started_utc, "finished", finished,
                                         "host", json_text(host), "process", (int)getpid()));
    struct output *file = NULL;
    enum status status = summary && path ? output_open(&file, path) : ERR_MEMORY;
    if (status == OK) {
        json_dumpf(summary, output_stream(file), JSON_INDENT(1));
        status = json_check_memory();
        if (status == OK) status = output_commit(&file);
        output_close(&file);
    }
    json_decref(summary);
    memory_free(path);
    return status;
}

void command_warn(const struct guards *guards)
{
    char words[GUARD_EXAMPLE + 128];
    for (int g = 0; g < N_GUARDS; g++)
        if (guard_words(guards, (enum guard)g, words, sizeof words)) log_warning("%s", words);
}
