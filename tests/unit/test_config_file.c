#include "test.h"

#include "io/config_file.h"

struct settings {
    int n_fft, resume;
    const char *weights;
};

static const struct option table[] = {
    { .name = "n-fft",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, n_fft),
      .standard = "1024",
      .low = 2,
      .high = 65536 },
    { .name = "resume", .type = OPTION_FLAG, .offset = offsetof(struct settings, resume), .standard = "0" },
    { .name = "weights",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, weights),
      .standard = "auto" },
    { 0 },
};

/* Reads `text` as a configuration file into a fresh set of options; the caller releases them. */
static enum status read_text(const char *text, size_t length, struct settings *settings,
                             struct options *options)
{
    static struct option_set set;
    static char path[96];
    set = (struct option_set){ table, settings, "Options" };
    snprintf(path, sizeof path, "%s/config.yaml", test_folder());
    FILE *file = fopen(path, "wb");
    fwrite(text, 1, length, file);
    fclose(file);
    options_init(options, &set, 1);
    const enum status status = config_file_read(path, options);
    return status == OK ? options_apply(options) : status;
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
        const char *words;
    } cases[] = {
        { "n-fft: 2048\nwindow: 4\n", ERR_USAGE, "config.yaml:2: unknown option --window" },
        { "n-ftt: 2048\n", ERR_USAGE, "the nearest one is --n-fft" },
        { "resume: yes\nn-fft: [512, 1024]\n", ERR_USAGE, "config.yaml:2: n-fft: a list" },
        { "n-fft:\n  size: 3\n", ERR_USAGE, "config.yaml:2: n-fft: nested values found" },
        { "weights: &w auto\nn-fft: *w\n", ERR_USAGE, "config.yaml:2: n-fft: a reference found" },
        { "weights:\n", ERR_USAGE, "weights has no value" },
        { "[a, b]: 3\n", ERR_USAGE, "config.yaml:1: a list" },
        { "- n-fft\n", ERR_USAGE, "config.yaml:1: expected lines like" },
        { "just words\n", ERR_USAGE, "expected lines like" },
        { "n-fft: 2048\n---\nn-fft: 4\n", ERR_USAGE, "config.yaml:2: a second document" },
        { "n-fft: 7.5\n", ERR_USAGE, "--n-fft 7.5 (--config file): expected a whole number" },
        { "n-fft: \"20\n", ERR_INPUT, "config.yaml:" },
        { "n-fft: 1\n\tb: 2\n", ERR_INPUT, "config.yaml:2: " },
        { "\x89HDF\r\n\x1a\n\xff\xfe\x01", ERR_INPUT, "config.yaml:" },
        { "a-name-that-is-longer-than-any-option-could-ever-be-and-then-some-more-letters: 1\n", ERR_USAGE,
          "is no option" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings;
        struct options options;
        assert_fails(read_text(cases[i].text, strlen(cases[i].text), &settings, &options), cases[i].status,
                     cases[i].words);
        options_release(&options);
    }
}

static void test_missing(void **state)
{
    (void)state;
    struct options options;
    const struct option_set set = { table, NULL, "Options" };
    options_init(&options, &set, 1);
    assert_fails(config_file_read("no/such.yaml", &options), ERR_INPUT,
                 "no/such.yaml cannot be read: No such file");
    assert_fails(config_file_read(".", &options), ERR_INPUT, ".:1: ");
    options_release(&options);
}

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct settings expected;
    } cases[] = {
        { "", { 1024, 0, "auto" } },
        { "# nothing but words\n", { 1024, 0, "auto" } },
        { "{}", { 1024, 0, "auto" } },
        { "n-fft: 2048\n", { 2048, 0, "auto" } },
        { "n_fft: 512   # underscores too\nresume: true\nweights: \"a b: c.pth\"\n",
          { 512, 1, "a b: c.pth" } },
        { "{ \"n-fft\": 256, 'weights': seeded:1 }", { 256, 0, "seeded:1" } },
        { "---\nn-fft: 64\n...\n", { 64, 0, "auto" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings;
        struct options options;
        assert_ok(read_text(cases[i].text, strlen(cases[i].text), &settings, &options));
        assert_int_equal(settings.n_fft, cases[i].expected.n_fft);
        assert_int_equal(settings.resume, cases[i].expected.resume);
        assert_string_equal(settings.weights, cases[i].expected.weights);
        options_release(&options);
    }
}

static void test_command_line_wins(void **state)
{
    (void)state;
    struct settings settings;
    struct options options;
    char argument[] = "--n-fft=128", *argv[] = { argument };
    assert_ok(read_text("n-fft: 2048\nweights: x\n", 23, &settings, &options));
    assert_ok(options_collect_arguments(&options, 1, argv));
    assert_ok(options_apply(&options));
    assert_int_equal(settings.n_fft, 128);
    assert_string_equal(settings.weights, "x");
    options_release(&options);
}

/* A sweep's SPEC takes lists: their values come with commas between. */
static enum status read_spec(const char *text, struct options *options)
{
    static char path[96];
    static const struct option_set set = { table, NULL, "Options" };
    snprintf(path, sizeof path, "%s/spec.yaml", test_folder());
    FILE *file = fopen(path, "wb");
    fputs(text, file);
    fclose(file);
    options_init(options, &set, 1);
    return config_file_read_spec(path, options);
}

static void test_spec_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "resume: no\nn-fft: []\n", "spec.yaml:2: n-fft: an empty list" },
        { "n-fft: [512, [1024]]\n", "spec.yaml:1: n-fft: a list within a list" },
        { "n-fft:\n- 512\n- a: 3\n", "spec.yaml:3: n-fft: nested values found" },
        { "weights: [a, \"b,c\"]\n", "spec.yaml:1: weights: a comma within a value" },
        { "n-fft: [512, '']\n", "spec.yaml:1: n-fft has no value" },
        { "n-ftt: [512, 1024]\n", "spec.yaml:1: unknown option --n-ftt (SPEC); the nearest one is --n-fft" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options;
        assert_fails(read_spec(cases[i].text, &options), ERR_USAGE, cases[i].words);
        options_release(&options);
    }
    char text[8192] = "weights: [";
    for (int i = 0; i < 500; i++) strcat(text, "0123456789, ");
    strcat(text, "1]\n");
    struct options options;
    assert_fails(read_spec(text, &options), ERR_USAGE, "the list is longer than");
    options_release(&options);
}

static void test_spec_read(void **state)
{
    (void)state;
    struct options options;
    assert_ok(read_spec("n_fft: [512, 1024]\nweights:\n  - a b\n  - seeded:1\nresume: yes\n", &options));
    assert_string_equal(options_given(&options, "n-fft"), "512,1024");
    assert_string_equal(options_given(&options, "weights"), "a b,seeded:1");
    assert_string_equal(options_given(&options, "resume"), "yes");
    options_release(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_missing),
        cmocka_unit_test(test_read),         cmocka_unit_test(test_command_line_wins),
        cmocka_unit_test(test_spec_refused), cmocka_unit_test(test_spec_read),
    };
    return cmocka_run_group_tests_name("config_file", tests, NULL, NULL);
}
