/* The pages that are made of the commands' tables while earshot is built (help_pages.c), each kind in a file of
 * its own. Streams are the caller's; writing to them needs no checks. */
#ifndef HELP_PAGES_H
#define HELP_PAGES_H

#include "cli/cmd.h"

/* Every option once, in the order of the sets; the first row of a name counts. Begin with *set = 0 and NULL. */
const struct option *help_next_option(const struct options *options, int *set, const struct option *before);

/* man 1 earshot, man 1 earshot-COMMAND */
void man_program(FILE *stream, const struct command *const *commands, int n_commands);
void man_command(FILE *stream, const struct command *command, const struct options *options);

/* Completion: between a beginning and an end, one function for each command. */
void bash_begin(FILE *stream);
void bash_command(FILE *stream, const struct command *command, const struct options *options);
void bash_end(FILE *stream, const struct command *const *commands, int n_commands);

void zsh_begin(FILE *stream);
void zsh_command(FILE *stream, const struct command *command, const struct options *options);
void zsh_end(FILE *stream, const struct command *const *commands, int n_commands);

#endif
