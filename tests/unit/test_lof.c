/* Local outlier factors as a detector: what it refuses, factors that can be written down, files. */
#include "detect_fixture.h"

#include "detect/lof.h"

static const struct lof_settings five = { 5 };

static void test_too_few_rows(void **state)
{
    (void)state;
    assert_fails(detector_lof.check(&five, 1, 4), ERR_INPUT, "1 patch to learn from");
    assert_ok(detector_lof.check(&five, 2, 4));
}

static void test_bad_rows(void **state)
{
    (void)state;
    refuses_bad_rows(&detector_lof, &five);
}

static void test_hostile_files(void **state)
{
    (void)state;
    const struct {
        int k;
        double radius, density;
        const char *words;
    } cases[] = {
        { 0, 1, 1, "k of /d is 0" },
        { 2, 1, 1, "k of /d is 2, expected 1 … 1" },
        { 1, -1, 1, "/d/radius is -1 at 1" },
        { 1, (double)NAN, 1, "/d/radius is" },
        { 1, (double)INFINITY, 1, "/d/radius is inf" },
        { 1, 1, 0, "/d/density is 0 at 1" },
        { 1, 1, (double)NAN, "/d/density is" },
        { 1, 1, (double)INFINITY, "/d/density is inf" },
    };
    float data[] = { 1, 2 };
    refuses_empty_model(&detector_lof);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double radius[] = { 1, cases[i].radius }, density[] = { 1, cases[i].density };
        const struct lof_model model = { cases[i].k, { data, 2, 1 }, radius, density };
        refuses_model(&detector_lof, &model, cases[i].words);
    }
}

static void test_shapes_that_disagree(void **state)
{
    (void)state;
    const float rows[] = { 1, 2 };
    const double radius[] = { 1, 1, 1 };
    struct store *store = NULL;
    struct lof_model loaded;
    assert_ok(store_create(&store, model_path));
    assert_ok(store_new(store, "/d/rows", STORE_FLOAT, 2, 1, 0));
    assert_ok(store_write(store, "/d/rows", 0, 2, rows));
    assert_ok(store_new(store, "/d/radius", STORE_DOUBLE, 3, 0, 0));
    assert_ok(store_write(store, "/d/radius", 0, 3, radius));
    assert_ok(store_commit(store));
    store_close(&store);
    assert_fails(load_model(&detector_lof, &loaded), ERR_INPUT, "expected a vector of 2");
    detector_lof.release(&loaded);
}

static void test_standard_settings(void **state)
{
    (void)state;
    struct lof_settings settings;
    set_standard(&detector_lof, &settings);
    assert_int_equal(settings.k, 20);
}

/* Points 0, 1, 2 on a line, one neighbour: each radius is 1, each density 1; a point at 5 is 3 from its
 * neighbour, so three times sparser. */
static void test_factors(void **state)
{
    (void)state;
    float learned[] = { 0, 1, 2 }, scored[] = { 5, 0.5F };
    const struct rows rows = { .x = { learned, 3, 1 } }, asked = { .x = { scored, 2, 1 } };
    const struct lof_settings settings = { 1 };
    double score[2];
    struct lof_model *model = fitted(&detector_lof, backend, &settings, &rows);
    for (int n = 0; n < 3; n++) {
        assert_near(model->radius[n], 1, 0);
        assert_near(model->density[n], 1, 2e-10);
    }
    assert_ok(detector_lof.score(backend, model, &asked, score));
    assert_near(score[0], 3, 1e-9);
    assert_near(score[1], 1, 1e-9);
    discard(&detector_lof, model);
}

/* More neighbours than there are: all but the row itself. */
static void test_few_rows(void **state)
{
    (void)state;
    struct rows rows = make_rows(4, 3, 1);
    double score[4];
    struct lof_model *model = fitted(&detector_lof, backend, &five, &rows);
    assert_int_equal(model->k, 3);
    assert_ok(detector_lof.score(backend, model, &rows, score));
    for (int n = 0; n < 4; n++) assert_true(isfinite(score[n]));
    discard(&detector_lof, model);
    rows_release(&rows);
}

/* Copies of one row have no distances; what lies elsewhere is far sparser, and still a number. */
static void test_copies(void **state)
{
    (void)state;
    float learned[] = { 1, 1, 1, 1 }, scored[] = { 1, 2 };
    const struct rows rows = { .x = { learned, 4, 1 } }, asked = { .x = { scored, 2, 1 } };
    const struct lof_settings settings = { 2 };
    double score[2];
    void *model = fitted(&detector_lof, backend, &settings, &rows);
    assert_ok(detector_lof.score(backend, model, &asked, score));
    assert_near(score[0], 1, 1e-12);
    assert_near(score[1], 1e10, 10);
    save_model(&detector_lof, model);
    discard(&detector_lof, model);
    struct lof_model loaded;
    assert_ok(load_model(&detector_lof, &loaded));
    detector_lof.release(&loaded);
}

static void test_far_rows_score_higher(void **state)
{
    (void)state;
    far_rows_score_higher(&detector_lof, &five);
}

static void test_same_bits(void **state)
{
    (void)state;
    same_bits_for_any_threads(&detector_lof, &five);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    scores_after_loading(&detector_lof, &five);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_few_rows),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_shapes_that_disagree),
        cmocka_unit_test(test_standard_settings),
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_far_rows_score_higher),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("lof", tests, open_backend, close_backend);
}
