/* Completion for zsh, in the words of its function _arguments. */
#include "cli/help_pages.h"

#include "cli/help_values.h"

#include <string.h>

static const char beginning[] = "#compdef earshot\n"
                                "# Completion of earshot " EARSHOT_VERSION
                                " for zsh, made from the tables of its options when it was built.\n";

static const char ending[] = "\n"
                             "_earshot() {\n"
                             "  if (( CURRENT == 2 )); then\n"
                             "    _describe -t commands command _earshot_commands\n"
                             "    compadd -- --help --version\n"
                             "    return\n"
                             "  fi\n"
                             "  local name=$words[2]\n"
                             "  (( $+functions[_earshot_$name] )) || return 1\n"
                             "  shift words\n"
                             "  (( CURRENT-- ))\n"
                             "  _earshot_$name\n"
                             "}\n"
                             "\n"
                             "_earshot \"$@\"\n";

void zsh_begin(FILE *stream)
{
    fputs(beginning, stream);
}

/* Inside '…' and a specification of _arguments: lines become spaces, and its own letters are escaped. */
static void put_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stream);
        else if (*text == '\n')
            fputc(' ', stream);
        else
            fprintf(stream, "%s%c", strchr("[]:\\", *text) ? "\\" : "", *text);
    }
}

/* ":what it is:what completes it". Names may be a list with commas. */
static void put_value(FILE *stream, const char *metavar, const struct help_value *value, int is_list)
{
    const int has_words = value->words[0] != '\0', has_files = value->kind != HELP_NOTHING;
    const char *files = value->kind == HELP_FOLDERS ? "_files -/" : "_files";
    fputc(':', stream);
    put_text(stream, metavar);
    fputc(':', stream);
    if (has_words && has_files)
        fprintf(stream, "{compadd - %s; %s}", value->words, files);
    else if (has_words && is_list)
        fprintf(stream, "_sequence compadd - %s", value->words);
    else if (has_words)
        fprintf(stream, "(%s)", value->words);
    else if (has_files)
        fputs(files, stream);
}

static void put_specification(FILE *stream, const struct option *option, const char *before, const char *name)
{
    const int takes_value = option->type != OPTION_FLAG;
    const struct help_value value = help_option_value(option);
    fprintf(stream, " \\\n    '%s%s%s[", before, name, !takes_value ? "" : before[1] ? "=" : "+");
    put_text(stream, option->help);
    fputc(']', stream);
    if (takes_value)
        put_value(stream, option->metavar ? option->metavar : "NAME", &value,
                  option->type == OPTION_TEXT && value.kind == HELP_NOTHING);
    fputc('\'', stream);
}

static void put_option(FILE *stream, const struct option *option)
{
    const char letter[] = { option->letter, '\0' };
    put_specification(stream, option, "--", option->name);
    if (help_is_negated(option)) put_specification(stream, option, "--no-", option->name);
    if (option->letter) put_specification(stream, option, "-", letter);
}

void zsh_command(FILE *stream, const struct command *command, const struct options *options)
{
    const struct option *option = NULL;
    const struct help_value between = help_usage_value(command->usage);
    fprintf(stream, "\n_earshot_%s() {\n  _arguments -S :", command->name);
    for (int set = 0; (option = help_next_option(options, &set, option));) put_option(stream, option);
    if (between.kind != HELP_NOTHING || between.words[0]) {
        fputs(" \\\n    '*", stream);
        put_value(stream, "argument", &between, 0);
        fputc('\'', stream);
    }
    fputs("\n}\n", stream);
}

void zsh_end(FILE *stream, const struct command *const *commands, int n_commands)
{
    fputs("\n_earshot_commands=(\n", stream);
    for (int i = 0; i < n_commands; i++) {
        fprintf(stream, "  '%s:", commands[i]->name);
        put_text(stream, commands[i]->summary);
        fputs("'\n", stream);
    }
    fputs(")\n", stream);
    fputs(ending, stream);
}
