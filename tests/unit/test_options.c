/* Options: names, sources and their strength, presets, ranges, sentences, recording and restoring. */
#include "test.h"

#include "core/options.h"

struct settings {
    int flag, number, choice, preset;
    double real;
    const char *text;
};
#define FIELD(name) .offset = offsetof(struct settings, name)

static const char *const presets[] = { "", "number=7 choice=green" };
static const struct option table[] = {
    { .name = "profile",
      .type = OPTION_PRESET,
      FIELD(preset),
      .standard = "plain",
      .choices = "plain|seven",
      .presets = presets,
      .shapes = 1,
      .help = "sets others" },
    { .name = "loud",
      .type = OPTION_FLAG,
      FIELD(flag),
      .standard = "0",
      .shapes = 1,
      .letter = 'l',
      .help = "a flag" },
    { .name = "n-fft",
      .type = OPTION_INTEGER,
      FIELD(number),
      .standard = "3",
      .low = 1,
      .high = 10,
      .alias = "number|k",
      .metavar = "N",
      .letter = 'n',
      .shapes = 1,
      .help = "a number" },
    { .name = "reg-covar",
      .type = OPTION_REAL,
      FIELD(real),
      .standard = "0.5",
      .low = 0,
      .high = 1,
      .metavar = "X",
      .shapes = 1,
      .help = "a real number" },
    { .name = "choice",
      .type = OPTION_CHOICE,
      FIELD(choice),
      .standard = "red",
      .choices = "red|green|blue",
      .shapes = 1,
      .help = "a colour" },
    { .name = "text", .type = OPTION_TEXT, FIELD(text), .metavar = "FILE", .shapes = 1, .help = "a text" },
    { 0 },
};

static struct settings settings;
static const struct option_set set = { table, &settings, "Things" };

/* Parses words separated by spaces. */
static enum status parse(struct options *options, const char *words)
{
    static char copy[512];
    char *argv[32], *rest = NULL;
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    options_init(options, &set, 1);
    enum status status = options_collect_arguments(options, argc, argv);
    if (status == OK) status = options_collect_environment(options);
    if (status == OK) status = options_apply(options);
    return status;
}

static void check_refused(const char *words, const char *sentence)
{
    struct options options;
    assert_fails(parse(&options, words), ERR_USAGE, sentence);
    options_release(&options);
}

static void test_mistakes_are_named(void **state)
{
    (void)state;
    check_refused("--n-ftt 3", "unknown option --n-ftt (command line); the nearest one is --n-fft");
    check_refused("--reg-cover 1", "--reg-covar");
    check_refused("--zzzzzzzz", "see --help");
    check_refused("--n-fft", "--n-fft needs a value");
    check_refused("--n-fft 11", "--n-fft 11 (command line): expected a whole number between 1 and 10");
    check_refused("--n-fft 2.5", "whole number");
    check_refused("--n-fft 2x", "whole number");
    check_refused("--n-fft=", "whole number");
    check_refused("--reg-covar nan", "between 0 and 1");
    check_refused("--choice pink", "expected one of red|green|blue");
    check_refused("--loud=perhaps", "expected yes or no");
    check_refused("-x", "unknown option -x");
    check_refused("-lx", "takes no value");
    check_refused("--profile six", "expected one of plain|seven");
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        struct settings expected;
    } cases[] = {
        { "", { 0, 3, 0, 0, 0.5, NULL } },
        { "--loud --n-fft 4 --reg-covar 1e-3 --choice blue --text a", { 1, 4, 2, 0, 1e-3, "a" } },
        { "--n_fft=5 -l", { 1, 5, 0, 0, 0.5, NULL } },
        { "-n6 -n 7", { 0, 7, 0, 0, 0.5, NULL } },
        { "--k 2 --number 8", { 0, 8, 0, 0, 0.5, NULL } },
        { "--loud --no-loud", { 0, 3, 0, 0, 0.5, NULL } },
        { "--no-loud=false", { 1, 3, 0, 0, 0.5, NULL } },
        { "--profile seven", { 0, 7, 1, 1, 0.5, NULL } },
        { "--n-fft 9 --profile seven",
          { 0, 9, 1, 1, 0.5, NULL } }, /* single options win, whatever the order */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options;
        assert_ok(parse(&options, cases[i].words));
        assert_int_equal(settings.flag, cases[i].expected.flag);
        assert_int_equal(settings.number, cases[i].expected.number);
        assert_int_equal(settings.choice, cases[i].expected.choice);
        assert_int_equal(settings.preset, cases[i].expected.preset);
        assert_true(settings.real == cases[i].expected.real);
        if (cases[i].expected.text)
            assert_string_equal(settings.text, cases[i].expected.text);
        else
            assert_null(settings.text);
        options_release(&options);
    }
}

static void test_words_stand_between(void **state)
{
    (void)state;
    struct options options;
    assert_ok(parse(&options, "a.wav --loud b - -- --c"));
    assert_int_equal(options.n_words, 4);
    assert_string_equal(options.words[0], "a.wav");
    assert_string_equal(options.words[2], "-");
    assert_string_equal(options.words[3], "--c");
    options_release(&options);
}

static void test_command_line_beats_environment_beats_config(void **state)
{
    (void)state;
    struct options options;
    setenv("EARSHOT_N_FFT", "6", 1);
    options_init(&options, &set, 1);
    char *none[] = { NULL }, *given[] = { "--n-fft", "8" };
    assert_ok(options_collect_arguments(&options, 0, none));
    assert_ok(options_collect_environment(&options));
    assert_ok(options_collect(&options, "n-fft", "4", OPTION_FROM_CONFIG, "--config"));
    assert_ok(options_collect(&options, "reg_covar", "0.25", OPTION_FROM_CONFIG, "--config"));
    assert_ok(options_apply(&options));
    assert_int_equal(settings.number, 6);
    assert_true(settings.real == 0.25);
    assert_string_equal(options_given(&options, "n_fft"), "6");
    assert_null(options_given(&options, "text"));
    assert_ok(options_collect_arguments(&options, 2, given));
    assert_ok(options_apply(&options));
    assert_int_equal(settings.number, 8);
    options_release(&options);
    setenv("EARSHOT_N_FFT", "many", 1);
    check_refused("", "--n-fft many (environment)");
    unsetenv("EARSHOT_N_FFT");
}

static void test_recorded_and_restored(void **state)
{
    (void)state;
    struct options options;
    struct attributes recorded = { 0 }, other = { 0 };
    struct settings back = { 0 };
    const struct option_set into = { table, &back, NULL };
    assert_ok(parse(&options, "--n-fft 4 --reg-covar 0.1 --choice green --text x --loud"));
    assert_ok(options_record(&set, &recorded));
    assert_ok(options_restore(&into, &recorded));
    assert_int_equal(back.number, 4);
    assert_true(back.real == 0.1);
    assert_int_equal(back.choice, 1);
    assert_int_equal(back.flag, 1);
    assert_string_equal(back.text, "x");
    assert_ok(attributes_copy(&other, &recorded));
    assert_ok(attributes_set_text(&other, "reg_covar", "much"));
    assert_fails(options_restore(&into, &other), ERR_INPUT, "--reg-covar much (recorded)");
    attributes_release(&other);
    assert_fails(options_restore(&into, &other), ERR_INPUT, "lack profile");
    attributes_release(&recorded);
    options_release(&options);
}

static void test_help_tells_all(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    options_help(stream, &set);
    fclose(stream);
    assert_non_null(strstr(text, "-n, --n-fft N"));
    assert_non_null(strstr(text, "a colour: red|green|blue [red]"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_words_stand_between),
        cmocka_unit_test(test_command_line_beats_environment_beats_config),
        cmocka_unit_test(test_recorded_and_restored),
        cmocka_unit_test(test_help_tells_all),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
