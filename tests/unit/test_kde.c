/* Kernel densities as a detector: what it refuses, densities that can be written down, files. */
#include "detect_fixture.h"

#include "detect/kde.h"

static const struct kde_settings wide = { "0.5" };

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "wide", "0", "-1", "nan", "inf", "0.1x", "1e-200", "1e200" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct kde_settings settings = { bad[i] };
        assert_fails(detector_kde.check(&settings, 10, 4), ERR_USAGE, "--bandwidth");
    }
    assert_fails(detector_kde.check(&wide, 0, 4), ERR_INPUT, "at least 1");
    assert_ok(detector_kde.check(&wide, 1, 4));
}

static void test_bad_rows(void **state)
{
    (void)state;
    refuses_bad_rows(&detector_kde, &wide);
}

static void test_hostile_files(void **state)
{
    (void)state;
    static const double bad[] = { 0, -1, (double)NAN, (double)INFINITY };
    float data[] = { 1, 2 };
    struct kde_model model = { .rows = { data, 1, 2 } };
    refuses_empty_model(&detector_kde);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        model.bandwidth = bad[i];
        refuses_model(&detector_kde, &model, "bandwidth of /d is");
    }
    model.bandwidth = 1;
    data[0] = NAN;
    refuses_model(&detector_kde, &model, "not finite");
}

static void test_standard_is_the_papers(void **state)
{
    (void)state;
    struct kde_settings settings;
    set_standard(&detector_kde, &settings);
    assert_string_equal(settings.bandwidth, "0.1");
}

static double score_of(const struct kde_settings *settings, float *learned, int n, float asked)
{
    const struct rows rows = { .x = { learned, n, 1 } }, one = { .x = { &asked, 1, 1 } };
    double score;
    void *model = fitted(&detector_kde, backend, settings, &rows);
    assert_ok(detector_kde.score(backend, model, &one, &score));
    discard(&detector_kde, model);
    return score;
}

static void test_densities(void **state)
{
    (void)state;
    const double constant = log(2 * acos(-1)) / 2 + log(0.5);
    float row[] = { 1 }, two[] = { 1, 3 };
    assert_near(score_of(&wide, row, 1, 1), constant, 1e-15);
    assert_near(score_of(&wide, row, 1, 2), constant + 2, 1e-14);
    assert_near(score_of(&wide, two, 2, 2), constant + 2, 1e-14);
    assert_near(score_of(&wide, two, 2, 1), constant + log(2) - log1p(exp(-8)), 1e-14);
}

/* exp of these exponents is 0 in double. */
static void test_far_away(void **state)
{
    (void)state;
    const struct kde_settings narrow = { "1e-3" };
    const double constant = log(2 * acos(-1)) / 2 + log(1e-3) + log(2);
    float two[] = { 1, 3 };
    assert_near(score_of(&narrow, two, 2, 2), constant + 5e5 - log(2), 1e-8);
    assert_near(score_of(&narrow, two, 2, 1001), constant + 998.0 * 998 / 2e-6, 1e-3);
}

static void test_rules(void **state)
{
    (void)state;
    static const char *const rules[] = { "scott", "silverman" };
    const double expected[] = { pow(60, -1.0 / 13), pow(60 * 11 / 4.0, -1.0 / 13) };
    struct rows rows = make_rows(60, 9, 1);
    for (int i = 0; i < 2; i++) {
        const struct kde_settings settings = { rules[i] };
        assert_ok(detector_kde.check(&settings, 60, 9));
        struct kde_model *model = fitted(&detector_kde, backend, &settings, &rows);
        assert_near(model->bandwidth, expected[i], 1e-15);
        discard(&detector_kde, model);
    }
    rows_release(&rows);
}

static void test_far_rows_score_higher(void **state)
{
    (void)state;
    far_rows_score_higher(&detector_kde, &wide);
}

static void test_same_bits(void **state)
{
    (void)state;
    same_bits_for_any_threads(&detector_kde, &wide);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    scores_after_loading(&detector_kde, &wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_hostile_files), cmocka_unit_test(test_standard_is_the_papers),
        cmocka_unit_test(test_densities),     cmocka_unit_test(test_far_away),
        cmocka_unit_test(test_rules),         cmocka_unit_test(test_far_rows_score_higher),
        cmocka_unit_test(test_same_bits),     cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("kde", tests, open_backend, close_backend);
}
