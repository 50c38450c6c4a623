/* man pages in the macros of man(7), which groff, mandoc and man-db read alike. */
#include "cli/help_pages.h"

#include "cli/help.h"
#include "cli/help_values.h"

#include <ctype.h>
#include <string.h>

static const char space[] = " \t\n";

/* Letters that mean something to roff mean themselves. */
static void put_letter(FILE *stream, char letter)
{
    if (letter == '\\')
        fputs("\\e", stream);
    else if (letter == '-')
        fputs("\\-", stream);
    else
        fputc(letter, stream);
}

static void put_word(FILE *stream, const char *word, size_t length)
{
    if (*word == '.' || *word == '\'') fputs("\\&", stream);
    for (size_t i = 0; i < length; i++) put_letter(stream, word[i]);
}

/* As one line, whatever the text's own lines are: roff breaks it again. */
static void put_text(FILE *stream, const char *text)
{
    int is_first = 1;
    for (text += strspn(text, space); *text; text += strspn(text, space)) {
        const size_t length = strcspn(text, space);
        if (!is_first) fputc(' ', stream);
        put_word(stream, text, length);
        text += length;
        is_first = 0;
    }
}

static void put_bold(FILE *stream, const char *before, const char *text)
{
    fputs("\\fB", stream);
    put_text(stream, before);
    put_text(stream, text);
    fputs("\\fR", stream);
}

static void put_lines(FILE *stream, const char *lines)
{
    fputs(".RS 2\n.nf\n", stream);
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        put_word(stream, lines, length);
        fputc('\n', stream);
        lines += length + (lines[length] == '\n');
    }
    fputs(".fi\n.RE\n", stream);
}

/* .TH in capitals, and NAME as whatis(1) reads it. */
static void put_title(FILE *stream, const char *of, const char *summary)
{
    char name[64];
    snprintf(name, sizeof name, "earshot%s%s", *of ? "-" : "", of);
    fputs(".\\\" Made from the tables of the program's options when it was built.\n.TH ", stream);
    for (const char *c = name; *c; c++) put_letter(stream, (char)toupper((unsigned char)*c));
    fprintf(stream, " 1 \"\" \"earshot %s\" \"User commands\"\n.ad l\n.nh\n.SH NAME\n", EARSHOT_VERSION);
    put_text(stream, name);
    fputs(" \\- ", stream);
    put_text(stream, summary);
    fputc('\n', stream);
}

/* ------------------------------------------------------------------------------------------- a command */

static void put_names(FILE *stream, const struct option *option)
{
    const char letter[] = { option->letter, '\0' };
    if (option->letter) {
        put_bold(stream, "-", letter);
        fputs(", ", stream);
    }
    put_bold(stream, "--", option->name);
    if (help_is_negated(option)) {
        fputs(", ", stream);
        put_bold(stream, "--no-", option->name);
    }
    if (option->type != OPTION_FLAG) {
        fputs(" \\fI", stream);
        put_text(stream, option->metavar ? option->metavar : "NAME");
        fputs("\\fR", stream);
    }
}

static void put_list(FILE *stream, const char *title, const char *before, const char *list)
{
    fprintf(stream, "\n%s: ", title);
    for (; *list; list += strcspn(list, "|"), list += *list == '|') {
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(list, "|"), list);
        put_bold(stream, before, word);
        fputs(list[strcspn(list, "|")] ? ", " : ".", stream);
    }
}

static void put_option(FILE *stream, const struct option *option)
{
    fputs(".TP\n", stream);
    put_names(stream, option);
    fputc('\n', stream);
    put_text(stream, option->help);
    fputc('.', stream);
    if (option->choices) put_list(stream, "One of", "", option->choices);
    if (option->standard && *option->standard && option->type != OPTION_FLAG) {
        fputs("\nWithout it: ", stream);
        put_bold(stream, "", option->standard);
        fputc('.', stream);
    }
    if (option->alias) put_list(stream, "Also", "--", option->alias);
    fputc('\n', stream);
}

static void put_set(FILE *stream, const struct option_set *set)
{
    if (!set->options->name) return;
    fputs(".SS ", stream);
    put_text(stream, set->title);
    fputc('\n', stream);
    for (const struct option *option = set->options; option->name; option++) put_option(stream, option);
}

static void put_ending(FILE *stream, const char *see_also)
{
    fprintf(stream, ".SH ENVIRONMENT\n");
    put_text(stream, HELP_ENVIRONMENT);
    fprintf(stream, "\n.SH SEE ALSO\n%s\n", see_also);
}

void man_command(FILE *stream, const struct command *command, const struct options *options)
{
    put_title(stream, command->name, command->summary);
    fputs(".SH SYNOPSIS\n", stream);
    put_bold(stream, "earshot ", "");
    fputc(' ', stream);
    put_text(stream, command->usage);
    fputs("\n.SH DESCRIPTION\n", stream);
    put_text(stream, command->about);
    fputs("\n.SH OPTIONS\n", stream);
    for (int i = 0; i < options->n_sets; i++) put_set(stream, &options->sets[i]);
    if (command->example) {
        fputs(".SH EXAMPLES\n", stream);
        put_lines(stream, command->example);
    }
    put_ending(stream, ".BR earshot (1)");
}

/* ------------------------------------------------------------------------------------------ the program */

static const struct {
    int exit_code;
    const char *sentence;
} statuses[] = {
#define STATUS_ROW(name, exit_code, http_code, sentence) { exit_code, sentence },
    STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
};
enum { N_STATUSES = sizeof statuses / sizeof *statuses };

static int is_first_of_code(int i)
{
    for (int k = 0; k < i; k++)
        if (statuses[k].exit_code == statuses[i].exit_code) return 0;
    return 1;
}

static void put_exit_codes(FILE *stream)
{
    fputs(".SH EXIT STATUS\n", stream);
    for (int i = 0; i < N_STATUSES; i++) {
        if (!is_first_of_code(i)) continue;
        fprintf(stream, ".TP\n%d\n", statuses[i].exit_code);
        for (int k = i; k < N_STATUSES; k++) {
            if (statuses[k].exit_code != statuses[i].exit_code) continue;
            if (k > i) fputs(" / ", stream);
            put_text(stream, statuses[k].sentence);
        }
        fputs(".\n", stream);
    }
}

void man_program(FILE *stream, const struct command *const *commands, int n_commands)
{
    put_title(stream, "", "features and anomaly scores from recordings of machines");
    fputs(".SH SYNOPSIS\n\\fBearshot\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n.PP\n"
          "\\fBearshot\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR\n.PP\n"
          "\\fBearshot\\fR \\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR\n.SH DESCRIPTION\n",
          stream);
    put_text(stream, HELP_PURPOSE);
    fputs("\n.SH COMMANDS\nEach has a page of its own.\n", stream);
    for (int i = 0; i < n_commands; i++) {
        fprintf(stream, ".TP\n.BR earshot\\-%s (1)\n", commands[i]->name);
        put_text(stream, commands[i]->summary);
        fputs(".\n", stream);
    }
    fputs(".SH EXAMPLES\n", stream);
    put_lines(stream, HELP_FIRST_LOOK);
    put_exit_codes(stream);
    put_ending(stream, ".BR earshot\\-extract (1)");
}
