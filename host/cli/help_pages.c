/* `earshot_pages --help` writes, into the folder where it is run, man1/earshot.1, man1/earshot-COMMAND.1 and the
 * completions `earshot` (bash) and `_earshot` (zsh). It is earshot with this file in the place of help.c: each
 * command is asked for its help, and so hands over the very tables that it would parse with. */
#include "cli/help_pages.h"

#include "cli/help.h"
#include "core/output.h"

#include <string.h>

static struct output *bash, *zsh; /* between the beginning and the end of help_program */

/* Detectors may share a whole table, so a row is told by its set as well. */
static int is_named_before(const struct options *options, int set, const struct option *option)
{
    for (int s = 0; s <= set; s++)
        for (const struct option *other = options->sets[s].options; other->name; other++) {
            if (s == set && other == option) return 0;
            if (strcmp(other->name, option->name) == 0) return 1;
        }
    return 0;
}

const struct option *help_next_option(const struct options *options, int *set, const struct option *before)
{
    const struct option *option = before ? before + 1 : options->sets[0].options;
    for (;; option++) {
        while (!option->name) {
            if (++*set == options->n_sets) return NULL;
            option = options->sets[*set].options;
        }
        if (!is_named_before(options, *set, option)) return option;
    }
}

static enum status open_man(struct output **out, const char *of)
{
    char path[128];
    snprintf(path, sizeof path, "man1/earshot%s%s.1", *of ? "-" : "", of);
    return output_open(out, path);
}

enum status help_command(const struct command *command, const struct options *options)
{
    struct output *man = NULL;
    TRY(open_man(&man, command->name));
    man_command(output_stream(man), command, options);
    bash_command(output_stream(bash), command, options);
    zsh_command(output_stream(zsh), command, options);
    return output_commit(&man);
}

static enum status all_commands(const struct command *const *commands, int n_commands)
{
    for (int i = 0; i < n_commands; i++) {
        char *arguments[] = { "--help", NULL };
        TRY(commands[i]->run(commands[i], 1, arguments));
    }
    return OK;
}

static enum status program_page(const struct command *const *commands, int n_commands)
{
    struct output *man = NULL;
    TRY(open_man(&man, ""));
    man_program(output_stream(man), commands, n_commands);
    return output_commit(&man);
}

enum status help_program(FILE *stream, const struct command *const *commands, int n_commands)
{
    enum status status;
    (void)stream;
    TRY_OR_DONE(output_folder("man1"));
    TRY_OR_DONE(output_open(&bash, "earshot"));
    TRY_OR_DONE(output_open(&zsh, "_earshot"));
    bash_begin(output_stream(bash));
    zsh_begin(output_stream(zsh));
    TRY_OR_DONE(all_commands(commands, n_commands));
    bash_end(output_stream(bash), commands, n_commands);
    zsh_end(output_stream(zsh), commands, n_commands);
    TRY_OR_DONE(output_commit(&bash));
    TRY_OR_DONE(output_commit(&zsh));
    status = program_page(commands, n_commands);
done:
    output_close(&bash);
    output_close(&zsh);
    return status;
}
