/* How the program describes itself, from the tables of its commands and options alone. help.c says it on a
 * terminal. help_pages.c is the same two functions for the build: linked in help.c's place, they write the
 * man pages and completions, so that none of these can know an option that the others do not. */
#ifndef HELP_H
#define HELP_H

#include "cli/cmd.h"

#define HELP_PURPOSE                                                                           \
    "earshot listens to machines: recordings in, features, a model of what is normal, scores " \
    "and AUC out."
#define HELP_FIRST_LOOK                                            \
    "  earshot synth corpus\n"                                     \
    "  earshot extract corpus -o features.h5 --weights seeded:1\n" \
    "  earshot eval features.h5 -o results --components 8 --held-out 10"
#define HELP_ENVIRONMENT \
    "Every option is also EARSHOT_<OPTION> in the environment (--n-fft is EARSHOT_N_FFT)."

/* earshot --help. ERR_OUTPUT (pages alone). */
enum status help_program(FILE *stream, const struct command *const *commands, int n_commands) MUST_CHECK;

/* earshot COMMAND --help, on stdout. ERR_OUTPUT (pages alone). */
enum status help_command(const struct command *command, const struct options *options) MUST_CHECK;

#endif
