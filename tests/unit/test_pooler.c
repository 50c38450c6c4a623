/* How patch scores become a recording's: words that are refused, and scores that are known. */
#include "test.h"

#include "detect/pooler.h"

static void test_words_that_say_nothing(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",        "Mean",    "means",   "top",     "top:",      "top:0",
        "top:1.1", "top:-.5", "top:nan", "top:inf", "top:0.5 x", "best:0.5"
    };
    struct pooler pooler;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_fails(pooler_parse(words[i], &pooler), ERR_USAGE, "expected mean, median, max, or top:");
}

static void test_not_finite(void **state)
{
    (void)state;
    static const char *const words[] = { "mean", "median", "max", "top:0.5", "top:1" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        double unknown[] = { 1, 9, (double)NAN, 3, 4 }, far[] = { 1, (double)INFINITY };
        struct pooler pooler;
        assert_ok(pooler_parse(words[i], &pooler));
        assert_true(isnan(pooler_score(&pooler, unknown, 5)));
        assert_true(isnan(pooler_score(&pooler, unknown, 0)));
        assert_true(isinf(pooler_score(&pooler, far, 2)));
    }
}

static void test_scores(void **state)
{
    (void)state;
    static const double scores[] = { 4, -1, 7, 3, 3, 10 };
    static const struct {
        const char *words;
        int n; /* of the scores, from the first on */
        double pooled;
    } cases[] = {
        { "mean", 1, 4 },        { "mean", 2, 1.5 },     { "mean", 6, 26. / 6 }, { "median", 1, 4 },
        { "median", 2, 1.5 },    { "median", 3, 4 },     { "median", 4, 3.5 },   { "median", 5, 3 },
        { "median", 6, 3.5 },    { "max", 1, 4 },        { "max", 2, 4 },        { "max", 6, 10 },
        { "top:1", 6, 26. / 6 }, { "top:0.5", 6, 7 },    { "top:0.34", 6, 8.5 }, { "top:0.1", 6, 10 },
        { "top:1e-9", 6, 10 },   { "top:0.25", 6, 8.5 }, { "top:0.24", 6, 10 },  { "top:0.5", 1, 4 },
        { "top:0.5", 3, 5.5 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double copy[6];
        struct pooler pooler;
        memcpy(copy, scores, sizeof copy);
        assert_ok(pooler_parse(cases[i].words, &pooler));
        assert_near(pooler_score(&pooler, copy, cases[i].n), cases[i].pooled, 1e-15);
    }
}

/* Where nobody says anything: the mean, added up in the scores' order. */
static void test_standard(void **state)
{
    (void)state;
    double scores[] = { 1e16, 1, -1e16, 3 };
    struct pooler_settings settings;
    struct pooler pooler;
    assert_ok(options_standard(&(struct option_set){ pooler_options, &settings, NULL }));
    assert_ok(pooler_parse(settings.pool, &pooler));
    assert_int_equal(pooler.kind, POOLER_MEAN);
    assert_int_equal((struct pooler){ 0 }.kind, POOLER_MEAN);
    assert_true(pooler_score(&pooler, scores, 4) == 0.75);
}

static void test_printed_and_read(void **state)
{
    (void)state;
    static const struct {
        const char *words, *printed;
    } cases[] = { { "mean", "mean" },         { "median", "median" },  { "max", "max" },
                  { "top:0.1", "top:0.1" },   { "top:1.00", "top:1" }, { "top:.25", "top:0.25" },
                  { "top:1e-3", "top:0.001" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pooler pooler, again;
        char text[POOLER_TEXT];
        assert_ok(pooler_parse(cases[i].words, &pooler));
        pooler_print(&pooler, text);
        assert_string_equal(text, cases[i].printed);
        assert_ok(pooler_parse(text, &again));
        assert_int_equal(again.kind, pooler.kind);
        assert_true(again.share == pooler.share);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_that_say_nothing),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_standard),
        cmocka_unit_test(test_printed_and_read),
    };
    return cmocka_run_group_tests_name("pooler", tests, NULL, NULL);
}
