/* Options are rows of a table. The same row drives parsing, --help, the environment (EARSHOT_<NAME>),
 * --config files and what is recorded in every file about how it was made.
 *
 *   struct settings { int n_fft; };
 *   static const struct option table[] = {
 *       { .name = "n-fft", .type = OPTION_INTEGER, .offset = offsetof(struct settings, n_fft), .standard = "1024",
 *         .low = 2, .high = 65536, .metavar = "N", .shapes = 1, .help = "samples in one window" },
 *       { 0 },
 *   };
 *
 * Values are collected from several sources and then applied, the weakest first: the table's standard, a
 * preset (`--profile`), the configuration file, the environment, the command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "core/attributes.h"

#include <stdio.h>

enum option_type {
    OPTION_FLAG,    /* int: --name sets 1, --no-name sets 0 */
    OPTION_INTEGER, /* int, low … high */
    OPTION_REAL,    /* double, low … high */
    OPTION_TEXT,    /* const char *, borrowed from struct options; NULL where there is no standard */
    OPTION_CHOICE,  /* int: the place in `choices`, counted from 0 */
    OPTION_PRESET,  /* int like OPTION_CHOICE; its assignments are applied before all that a user gave */
};

struct option {
    const char *name; /* as typed after --, words joined by - (users may type _) */
    enum option_type type;
    size_t offset;              /* of the field in the settings */
    const char *standard;       /* the value that nobody gave, as typed */
    double low, high;           /* OPTION_INTEGER, OPTION_REAL */
    const char *choices;        /* OPTION_CHOICE, OPTION_PRESET: "fp32|tf32|fp16" */
    const char *const *presets; /* OPTION_PRESET: for each choice "name=value name=value" */
    const char *alias;          /* other names for the same, "n-components|k"; NULL: none */
    char letter;                /* -o; 0: none */
    const char *metavar;        /* what stands for the value in --help */
    const char *help;           /* one sentence; the standard value is added to it */
    int shapes;                 /* 1: shapes the numbers, so it is recorded in every file */
};

struct option_set {
    const struct option *options; /* ends with { 0 } */
    void *settings;               /* NULL: the set is only described, never filled */
    const char *title;            /* heading in --help */
};

enum option_source { OPTION_FROM_CONFIG, OPTION_FROM_ENVIRONMENT, OPTION_FROM_COMMAND_LINE };

struct options {
    const struct option_set *sets;
    int n_sets;
    struct option_value {
        char *name, *value;
        const char *where; /* "--config file", "environment", "command line" */
        enum option_source source;
    } * values;
    size_t count, capacity;
    const char **words; /* what stood between the options: paths */
    size_t n_words, words_capacity;
};

/* `sets` is kept and must outlive `options`; so must argv, which the words point into. */
void options_init(struct options *options, const struct option_set *sets, int n_sets);
void options_release(struct options *options);

enum status options_collect_arguments(struct options *options, int argc, char **argv) MUST_CHECK;
enum status options_collect_environment(struct options *options) MUST_CHECK;

/* One value, for instance from a configuration file; copied. An unknown name is ERR_USAGE and names the
 * nearest one. */
enum status options_collect(struct options *options, const char *name, const char *value,
                            enum option_source source, const char *where) MUST_CHECK;

/* The value that a user gave for `name` (the strongest source), or NULL. */
const char *options_given(const struct options *options, const char *name);

/* Fills the settings of all sets. A value outside its range is ERR_USAGE: option, value, where from, what it
 * should be. */
enum status options_apply(struct options *options) MUST_CHECK;

/* Fills one settings struct with the table's standards. */
enum status options_standard(const struct option_set *set) MUST_CHECK;

/* Settings → attributes (rows with `shapes`, "n-fft" becomes "n_fft"), and back; a name that is missing is
 * ERR_INPUT. */
enum status options_record(const struct option_set *set, struct attributes *attributes) MUST_CHECK;
enum status options_restore(const struct option_set *set, const struct attributes *attributes) MUST_CHECK;

void options_help(FILE *stream, const struct option_set *set);

/* The words of `text` from column `indent` on, after `column` that are there, lines broken at 100 letters. */
void print_wrapped(FILE *stream, int indent, int column, const char *text);

/* The one of n words that is nearest to `word` by edits (Damerau, Levenshtein), or NULL where none is near. */
const char *nearest_word(const char *word, const char *const *words, int n);

#endif
