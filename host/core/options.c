#include "core/options.h"

#include "core/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void options_init(struct options *options, const struct option_set *sets, int n_sets)
{
    *options = (struct options){ .sets = sets, .n_sets = n_sets };
}

void options_release(struct options *options)
{
    for (size_t i = 0; i < options->count; i++) {
        memory_free(options->values[i].name);
        memory_free(options->values[i].value);
    }
    memory_free(options->values);
    memory_free(options->words);
    *options = (struct options){ 0 };
}

/* ----------------------------------------------------------------------------------------------- names */

static int same_letter(char a, char b)
{
    return (a == '_' ? '-' : tolower((unsigned char)a)) == (b == '_' ? '-' : tolower((unsigned char)b));
}

static int same_name(const char *a, const char *b, size_t length_b)
{
    for (size_t i = 0; i < length_b; i++)
        if (!a[i] || !same_letter(a[i], b[i])) return 0;
    return a[length_b] == '\0';
}

/* Whether `word` is one of "a|b|c"; its place, or -1. */
static int place_among(const char *word, const char *list)
{
    for (int place = 0; list; place++) {
        const char *end = strchr(list, '|');
        const size_t length = end ? (size_t)(end - list) : strlen(list);
        if (same_name(word, list, length)) return place;
        list = end ? end + 1 : NULL;
    }
    return -1;
}

static int is_named(const struct option *option, const char *name)
{
    return same_name(name, option->name, strlen(option->name)) ||
           (option->alias && place_among(name, option->alias) >= 0);
}

static const struct option *find_in(const struct option_set *set, const char *name)
{
    for (const struct option *option = set->options; option->name; option++)
        if (is_named(option, name)) return option;
    return NULL;
}

static const struct option *find(const struct options *options, const char *name)
{
    for (int i = 0; i < options->n_sets; i++) {
        const struct option *option = find_in(&options->sets[i], name);
        if (option) return option;
    }
    return NULL;
}

static const struct option *find_letter(const struct options *options, char letter)
{
    for (int i = 0; i < options->n_sets; i++)
        for (const struct option *option = options->sets[i].options; option->name; option++)
            if (option->letter == letter) return option;
    return NULL;
}

enum { LONGEST_WORD = 63 };

static int minimum(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out, replaced or swapped with their neighbour. */
static int edit_distance(const char *a, const char *b)
{
    const int n = (int)strnlen(a, LONGEST_WORD), m = (int)strnlen(b, LONGEST_WORD);
    int rows[LONGEST_WORD + 1][LONGEST_WORD + 1];
    for (int i = 0; i <= n; i++) rows[i][0] = i;
    for (int j = 0; j <= m; j++) rows[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            const int replaced = rows[i - 1][j - 1] + !same_letter(a[i - 1], b[j - 1]);
            rows[i][j] = minimum(replaced, 1 + minimum(rows[i - 1][j], rows[i][j - 1]));
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                rows[i][j] = minimum(rows[i][j], 1 + rows[i - 2][j - 2]);
        }
    return rows[n][m];
}

const char *nearest_word(const char *word, const char *const *words, int n)
{
    const char *nearest = NULL;
    int least = 1 + (int)strlen(word) / 2;
    for (int i = 0; i < n; i++) {
        const int distance = edit_distance(word, words[i]);
        if (distance >= least) continue;
        least = distance;
        nearest = words[i];
    }
    return nearest;
}

static enum status unknown_option(const struct options *options, const char *name, const char *where)
{
    const char *nearest = NULL;
    for (int i = 0; i < options->n_sets; i++)
        for (const struct option *option = options->sets[i].options; option->name; option++) {
            const char *candidates[] = { nearest, option->name };
            nearest = nearest_word(name, candidates + !nearest, 1 + !!nearest);
        }
    if (nearest)
        return fail(ERR_USAGE, "unknown option --%s (%s); the nearest one is --%s", name, where, nearest);
    return fail(ERR_USAGE, "unknown option --%s (%s); see --help", name, where);
}

/* ------------------------------------------------------------------------------------------ collecting */

static enum status set_flag(const struct option *option, const char *value, const char *where, int *out)
{
    const int yes = place_among(value, "1|true|yes|on") >= 0, no = place_among(value, "0|false|no|off") >= 0;
    REQUIRE(yes || no, ERR_USAGE, "--%s %s (%s): expected yes or no", option->name, value, where);
    *out = yes;
    return OK;
}

static enum status add_value(struct options *options, const char *name, const char *value,
                             enum option_source source, const char *where)
{
    TRY(memory_grow((void **)&options->values, &options->capacity, options->count, sizeof *options->values));
    struct option_value *added = &options->values[options->count];
    *added = (struct option_value){ .source = source, .where = where };
    options->count++;
    TRY(memory_check(added->name = memory_text(name)));
    return memory_check(added->value = memory_text(value));
}

enum status options_collect(struct options *options, const char *name, const char *value,
                            enum option_source source, const char *where)
{
    const struct option *option = find(options, name);
    if (!option && (strncmp(name, "no-", 3) == 0 || strncmp(name, "no_", 3) == 0)) {
        option = find(options, name + 3);
        if (option && option->type == OPTION_FLAG) {
            int is_off = 1;
            TRY(set_flag(option, value, where, &is_off));
            return add_value(options, option->name, is_off ? "0" : "1", source, where);
        }
        option = NULL;
    }
    if (!option) return unknown_option(options, name, where);
    return add_value(options, option->name, value, source, where);
}

static enum status collect_long(struct options *options, int argc, char **argv, int *i)
{
    const char *argument = argv[*i] + 2, *equals = strchr(argument, '=');
    char name[LONGEST_WORD + 1];
    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - argument : (long)strlen(argument)), argument);
    const struct option *option = find(options, name);
    const int takes_value = option && option->type != OPTION_FLAG;
    if (takes_value && !equals) {
        REQUIRE(*i + 1 < argc, ERR_USAGE, "--%s needs a value: --%s %s", name, option->name,
                option->metavar ? option->metavar : option->choices);
        return options_collect(options, name, argv[++*i], OPTION_FROM_COMMAND_LINE, "command line");
    }
    return options_collect(options, name, equals ? equals + 1 : "1", OPTION_FROM_COMMAND_LINE,
                           "command line");
}

static enum status collect_letter(struct options *options, int argc, char **argv, int *i)
{
    const char *argument = argv[*i];
    const struct option *option = find_letter(options, argument[1]);
    REQUIRE(option, ERR_USAGE, "unknown option %s (command line); see --help", argument);
    if (option->type == OPTION_FLAG) {
        REQUIRE(!argument[2], ERR_USAGE, "-%c takes no value, but %s was given", argument[1], argument);
        return options_collect(options, option->name, "1", OPTION_FROM_COMMAND_LINE, "command line");
    }
    const char *value = argument[2] ? argument + 2 : *i + 1 < argc ? argv[++*i] : NULL;
    REQUIRE(value, ERR_USAGE, "-%c needs a value: -%c %s", argument[1], argument[1], option->metavar);
    return options_collect(options, option->name, value, OPTION_FROM_COMMAND_LINE, "command line");
}

static enum status add_word(struct options *options, const char *word)
{
    TRY(memory_grow((void **)&options->words, &options->words_capacity, options->n_words,
                    sizeof *options->words));
    options->words[options->n_words++] = word;
    return OK;
}

enum status options_collect_arguments(struct options *options, int argc, char **argv)
{
    int only_words = 0;
    for (int i = 0; i < argc; i++) {
        const char *argument = argv[i];
        if (only_words || argument[0] != '-' || !argument[1])
            TRY(add_word(options, argument));
        else if (strcmp(argument, "--") == 0)
            only_words = 1;
        else if (argument[1] == '-')
            TRY(collect_long(options, argc, argv, &i));
        else
            TRY(collect_letter(options, argc, argv, &i));
    }
    return OK;
}

/* The value of EARSHOT_<NAME> for the first `length` letters of name; NULL: none. */
static const char *environment_value(const char *name, size_t length)
{
    char variable[2 * LONGEST_WORD];
    snprintf(variable, sizeof variable, "EARSHOT_%.*s", (int)length, name);
    for (char *c = variable; *c; c++) *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

/* Of the option's name, or else of one of its aliases. */
static const char *value_of(const struct option *option)
{
    const char *value = environment_value(option->name, strlen(option->name));
    for (const char *alias = option->alias; alias && !value;) {
        const size_t length = strcspn(alias, "|");
        value = environment_value(alias, length);
        alias = alias[length] ? alias + length + 1 : NULL;
    }
    return value;
}

enum status options_collect_environment(struct options *options)
{
    for (int i = 0; i < options->n_sets; i++)
        for (const struct option *option = options->sets[i].options; option->name; option++) {
            const char *value = value_of(option);
            if (value) TRY(add_value(options, option->name, value, OPTION_FROM_ENVIRONMENT, "environment"));
        }
    return OK;
}

const char *options_given(const struct options *options, const char *name)
{
    const struct option *option = find(options, name);
    const char *given = NULL;
    enum option_source strongest = OPTION_FROM_CONFIG;
    for (size_t i = 0; option && i < options->count; i++) {
        const struct option_value *value = &options->values[i];
        if (strcmp(value->name, option->name) != 0 || value->source < strongest) continue;
        given = value->value;
        strongest = value->source;
    }
    return given;
}

/* -------------------------------------------------------------------------------------------- applying */

static void *field(const struct option *option, void *settings)
{
    return (char *)settings + option->offset;
}

static enum status set_number(const struct option *option, const char *value, const char *where, double *out)
{
    char *end;
    *out = strtod(value, &end);
    const int whole = option->type != OPTION_INTEGER || *out == floor(*out);
    REQUIRE(*value && !*end && whole && *out >= option->low && *out <= option->high, ERR_USAGE,
            "--%s %s (%s): expected a%s number between %g and %g", option->name, value, where,
            option->type == OPTION_INTEGER ? " whole" : "", option->low, option->high);
    return OK;
}

static enum status set_choice(const struct option *option, const char *value, const char *where, int *out)
{
    *out = place_among(value, option->choices);
    REQUIRE(*out >= 0, ERR_USAGE, "--%s %s (%s): expected one of %s", option->name, value, where,
            option->choices);
    return OK;
}

static enum status set_field(const struct option *option, void *settings, const char *value,
                             const char *where)
{
    double number = 0;
    switch (option->type) {
    case OPTION_FLAG:
        return set_flag(option, value, where, field(option, settings));
    case OPTION_CHOICE:
    case OPTION_PRESET:
        return set_choice(option, value, where, field(option, settings));
    case OPTION_TEXT:
        *(const char **)field(option, settings) = value;
        return OK;
    case OPTION_INTEGER:
        TRY(set_number(option, value, where, &number));
        *(int *)field(option, settings) = (int)number;
        return OK;
    case OPTION_REAL:
        return set_number(option, value, where, field(option, settings));
    }
    return fail(ERR_INTERNAL, "option --%s has no type", option->name);
}

enum status options_standard(const struct option_set *set)
{
    for (const struct option *option = set->options; option->name; option++) {
        if (option->standard)
            TRY(set_field(option, set->settings, option->standard, "standard"));
        else if (option->type == OPTION_TEXT)
            *(const char **)field(option, set->settings) = NULL;
    }
    return OK;
}

/* One value goes to every set that knows its name: detectors share `--seed`. */
static enum status apply_value(struct options *options, const char *name, const char *value,
                               const char *where)
{
    for (int i = 0; i < options->n_sets; i++) {
        const struct option *option = options->sets[i].settings ? find_in(&options->sets[i], name) : NULL;
        if (option) TRY(set_field(option, options->sets[i].settings, value, where));
    }
    return OK;
}

/* "name=value name=value" */
static enum status apply_preset(struct options *options, const struct option *preset, int choice)
{
    char assignments[512], *rest = NULL;
    snprintf(assignments, sizeof assignments, "%s", preset->presets[choice]);
    for (char *word = strtok_r(assignments, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        REQUIRE(value, ERR_INTERNAL, "preset %s: %s is no assignment", preset->name, word);
        *value++ = '\0';
        const struct option *option = find(options, word);
        REQUIRE(option && option->type != OPTION_TEXT, ERR_INTERNAL, "preset %s: no option %s", preset->name,
                word);
        TRY(apply_value(options, word, value, preset->name));
    }
    return OK;
}

static enum status apply_presets(struct options *options)
{
    for (int i = 0; i < options->n_sets; i++)
        for (const struct option *option = options->sets[i].options; option->name; option++) {
            const char *given = option->type == OPTION_PRESET ? options_given(options, option->name) : NULL;
            int choice;
            if (!given) continue;
            TRY(set_choice(option, given, "given", &choice));
            TRY(apply_preset(options, option, choice));
        }
    return OK;
}

enum status options_apply(struct options *options)
{
    for (int i = 0; i < options->n_sets; i++)
        if (options->sets[i].settings) TRY(options_standard(&options->sets[i]));
    TRY(apply_presets(options));
    for (enum option_source source = OPTION_FROM_CONFIG; source <= OPTION_FROM_COMMAND_LINE; source++)
        for (size_t i = 0; i < options->count; i++) {
            const struct option_value *value = &options->values[i];
            if (value->source == source) TRY(apply_value(options, value->name, value->value, value->where));
        }
    return OK;
}

/* ------------------------------------------------------------------------------------------- recording */

static void attribute_name(const struct option *option, char *name)
{
    snprintf(name, LONGEST_WORD + 1, "%s", option->name);
    for (char *c = name; *c; c++)
        if (*c == '-') *c = '_';
}

static void option_choice(const struct option *option, int number, char *text, size_t size)
{
    const char *word = option->choices;
    for (; number > 0 && strchr(word, '|'); number--) word = strchr(word, '|') + 1;
    snprintf(text, size, "%.*s", (int)strcspn(word, "|"), word);
}

static enum status record_field(const struct option *option, void *settings, struct attributes *attributes)
{
    char name[LONGEST_WORD + 1], text[LONGEST_WORD + 1];
    attribute_name(option, name);
    switch (option->type) {
    case OPTION_FLAG:
    case OPTION_INTEGER:
        return attributes_set_integer(attributes, name, *(int *)field(option, settings));
    case OPTION_REAL:
        return attributes_set_real(attributes, name, *(double *)field(option, settings));
    case OPTION_TEXT: {
        const char *value = *(const char **)field(option, settings);
        return attributes_set_text(attributes, name, value ? value : "");
    }
    case OPTION_CHOICE:
    case OPTION_PRESET:
        option_choice(option, *(int *)field(option, settings), text, sizeof text);
        return attributes_set_text(attributes, name, text);
    }
    return fail(ERR_INTERNAL, "option --%s has no type", option->name);
}

enum status options_record(const struct option_set *set, struct attributes *attributes)
{
    for (const struct option *option = set->options; option->name; option++)
        if (option->shapes) TRY(record_field(option, set->settings, attributes));
    return OK;
}

enum status options_restore(const struct option_set *set, const struct attributes *attributes)
{
    for (const struct option *option = set->options; option->name; option++) {
        char name[LONGEST_WORD + 1], value[128];
        if (!option->shapes) continue;
        attribute_name(option, name);
        const struct attribute *found = attributes_find(attributes, name);
        REQUIRE(found, ERR_INPUT, "the recorded options lack %s", name);
        if (option->type == OPTION_TEXT) {
            *(const char **)field(option, set->settings) = attributes_text(attributes, name, "");
            continue;
        }
        attribute_print(found, value, sizeof value);
        if (set_field(option, set->settings, value, "recorded") != OK)
            return fail(ERR_INPUT, "%s", status_sentence());
    }
    return OK;
}

/* ------------------------------------------------------------------------------------------------ help */

enum { HELP_INDENT = 26, HELP_WIDTH = 100 };

void print_wrapped(FILE *stream, int indent, int column, const char *text)
{
    static const char space[] = " \n";
    if (column + 1 > indent && indent > 0) {
        fputc('\n', stream);
        column = 0;
    }
    fprintf(stream, "%*s", indent - column, "");
    column = indent;
    for (text += strspn(text, space); *text; text += strspn(text, space)) {
        const int length = (int)strcspn(text, space);
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        }
        column += fprintf(stream, "%s%.*s", column > indent ? " " : "", length, text);
        text += length;
    }
    fputc('\n', stream);
}

void options_help(FILE *stream, const struct option_set *set)
{
    fprintf(stream, "%s:\n", set->title);
    for (const struct option *option = set->options; option->name; option++) {
        char help[1024];
        int column = option->letter ? fprintf(stream, "  -%c, --%s", option->letter, option->name)
                                    : fprintf(stream, "  --%s", option->name);
        if (option->type == OPTION_CHOICE || option->type == OPTION_PRESET)
            column += fprintf(stream, " %s", option->metavar ? option->metavar : "NAME");
        else if (option->type != OPTION_FLAG)
            column += fprintf(stream, " %s", option->metavar);
        int length = snprintf(help, sizeof help, "%s", option->help);
        if (option->choices)
            length += snprintf(help + length, sizeof help - (size_t)length, ": %s", option->choices);
        if (option->standard && option->type != OPTION_FLAG)
            snprintf(help + length, sizeof help - (size_t)length, " [%s]", option->standard);
        print_wrapped(stream, HELP_INDENT, column, help);
    }
}
