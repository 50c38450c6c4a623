/* earshot COMMAND …: finds the command, runs it, and turns its status into a sentence and an exit code.
 * Helpers of the decoder are this program too (decode.h). */
#include "cli/cmd.h"

#include "core/log.h"
#include "io/decode.h"
#include "io/json_text.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_extract,   &command_fit,     &command_score,    &command_eval,     &command_reproduce,
    &command_sweep,     &command_merge,   &command_verify,   &command_show,     &command_export,
    &command_trace,     &command_synth,   &command_weights,  &command_networks, &command_layers,
    &command_detectors, &command_devices, &command_selftest,
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *stream)
{
    fprintf(stream, "earshot listens to machines: recordings in, features, a model of what is normal, scores "
                    "and AUC out.\n\n"
                    "Usage: earshot COMMAND [options]\n\nCommands:\n");
    for (int i = 0; i < N_COMMANDS; i++)
        fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(stream, "\nearshot COMMAND --help tells more, with an example. A first look:\n"
                    "  earshot synth corpus\n"
                    "  earshot extract corpus -o features.h5 --weights seeded:1\n"
                    "  earshot eval features.h5 -o results --components 8 --held-out 10\n");
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static enum status unknown_command(const char *name)
{
    const char *names[N_COMMANDS];
    for (int i = 0; i < N_COMMANDS; i++) names[i] = commands[i]->name;
    const char *nearest = nearest_word(name, names, N_COMMANDS);
    return fail(ERR_USAGE, "unknown command %s; %s%s", name,
                nearest ? "the nearest one is " : "see earshot --help", nearest ? nearest : "");
}

static enum status run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return fail(ERR_USAGE, "no command was given");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("earshot " EARSHOT_VERSION);
        return OK;
    }
    const struct command *command = find_command(argv[1]);
    return command ? command->run(command, argc - 2, argv + 2) : unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    json_watch_memory();
    enum status status = run(argc, argv);
    if (status == OK && fflush(stdout) != 0) status = fail(ERR_OUTPUT, "stdout cannot be written");
    log_progress_end();
    if (status == ERR_PARTIAL || status == ERR_STOPPED)
        log_warning("%s", status_sentence());
    else if (status != OK)
        log_error("%s", status_sentence());
    return status_exit_code(status);
}
