#include "cli/help.h"

enum status help_program(FILE *stream, const struct command *const *commands, int n_commands)
{
    fprintf(stream, "%s\n\nUsage: earshot COMMAND [options]\n\nCommands:\n", HELP_PURPOSE);
    for (int i = 0; i < n_commands; i++)
        fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(stream, "\nearshot COMMAND --help tells more, with an example. A first look:\n%s\n",
            HELP_FIRST_LOOK);
    return OK;
}

enum status help_command(const struct command *command, const struct options *options)
{
    printf("Usage: earshot %s\n\n", command->usage);
    print_wrapped(stdout, 0, 0, command->about);
    putchar('\n');
    if (command->example) printf("Example:\n%s\n\n", command->example);
    for (int i = 0; i < options->n_sets; i++) {
        if (!options->sets[i].options->name) continue; /* a detector without options */
        options_help(stdout, &options->sets[i]);
        putchar('\n');
    }
    printf("%s\n", HELP_ENVIRONMENT);
    return OK;
}
