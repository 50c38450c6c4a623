/* The one-class support vector machine as a detector: what it refuses, its optimality conditions, files. */
#include "detect_fixture.h"

#include "detect/kernel_rows.h"
#include "detect/ocsvm.h"
#include "detect/smo.h"

static struct ocsvm_settings settings_with(double nu, double tol)
{
    struct ocsvm_settings settings;
    set_standard(&detector_ocsvm, &settings);
    settings.nu = nu;
    settings.tol = tol;
    return settings;
}

/* --------------------------------------------------------------------------------------------- refused */

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "wide", "0", "-1", "nan", "inf", "0.1x" };
    struct ocsvm_settings settings = settings_with(0.1, 1e-3);
    assert_fails(detector_ocsvm.check(&settings, 1, 4), ERR_INPUT, "1 patch to learn from");
    assert_ok(detector_ocsvm.check(&settings, 2, 4));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        settings.gamma = bad[i];
        assert_fails(detector_ocsvm.check(&settings, 10, 4), ERR_USAGE, "--gamma");
    }
}

static void test_bad_rows(void **state)
{
    (void)state;
    const struct ocsvm_settings settings = settings_with(0.1, 1e-3);
    refuses_bad_rows(&detector_ocsvm, &settings);
}

static void test_hostile_files(void **state)
{
    (void)state;
    const struct {
        double gamma, rho, weight;
        const char *words;
    } cases[] = {
        { -1, 0, 1, "gamma of /d is -1" },         { (double)INFINITY, 0, 1, "gamma of /d is inf" },
        { 1, (double)NAN, 1, "rho of /d is" },     { 1, 0, 1.5, "/d/weights is 1.5 at 1" },
        { 1, 0, -0.5, "/d/weights is -0.5 at 1" }, { 1, 0, (double)NAN, "/d/weights is" },
    };
    float data[] = { 1, 2 };
    refuses_empty_model(&detector_ocsvm);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double weights[] = { 1, cases[i].weight };
        const struct ocsvm_model model = {
            .gamma = cases[i].gamma, .rho = cases[i].rho, .vectors = { data, 2, 1 }, .weights = weights
        };
        refuses_model(&detector_ocsvm, &model, cases[i].words);
    }
}

/* --------------------------------------------------------------------------------------- fit and score */

static void test_standard_is_the_papers(void **state)
{
    (void)state;
    struct ocsvm_settings settings;
    set_standard(&detector_ocsvm, &settings);
    assert_near(settings.nu, 1e-4, 0);
    assert_near(settings.tol, 1e-3, 0);
    assert_string_equal(settings.gamma, "scale");
    assert_int_equal(settings.cache_mb, 200);
}

static void test_gamma(void **state)
{
    (void)state;
    float data[] = { 1, 3, 3, 1, 5, 7, 7, 5 }, same[] = { 2, 2, 2, 2 }; /* variance 5, and none */
    const struct rows rows = { .x = { data, 4, 2 } }, equal = { .x = { same, 2, 2 } };
    const struct {
        const struct rows *rows;
        const char *words;
        double expected;
    } cases[] = {
        { &rows, "scale", 0.1 }, { &rows, "auto", 0.5 }, { &rows, "0.25", 0.25 }, { &equal, "scale", 1 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ocsvm_settings settings = settings_with(0.5, 1e-3);
        settings.gamma = cases[i].words;
        struct ocsvm_model *model = fitted(&detector_ocsvm, backend, &settings, cases[i].rows);
        assert_near(model->gamma, cases[i].expected, 1e-15);
        discard(&detector_ocsvm, model);
    }
}

/* Two rows share the weight alike: both lie on the boundary, and the middle inside. */
static void test_two_rows(void **state)
{
    (void)state;
    float data[] = { 0, 2 }, asked[] = { 0, 2, 1, 9 };
    const struct rows rows = { .x = { data, 2, 1 } }, scored = { .x = { asked, 4, 1 } };
    struct ocsvm_settings settings = settings_with(0.25, 1e-9);
    double score[4];
    settings.gamma = "0.5";
    struct ocsvm_model *model = fitted(&detector_ocsvm, backend, &settings, &rows);
    assert_int_equal(model->vectors.rows, 2);
    assert_near(model->weights[0], 0.25, 1e-7);
    assert_near(model->rho, 0.25 * (1 + exp(-2)), 1e-7);
    assert_ok(detector_ocsvm.score(backend, model, &scored, score));
    assert_near(score[0], 0, 1e-7);
    assert_near(score[1], 0, 1e-7);
    assert_near(score[2], 0.25 * (1 + exp(-2)) - 0.5 * exp(-0.5), 1e-7);
    assert_near(score[3], model->rho, 1e-10);
    discard(&detector_ocsvm, model);
}

/* Rows without weight score tol or less, full ones -tol or more, those between the bounds 0 within tol. */
static void test_optimality_conditions(void **state)
{
    (void)state;
    static const double tol = 1e-5, totals[] = { 0.01, 1.55, 7, 12.5, 60 };
    struct rows rows = make_rows(60, 5, 3);
    for (int t = 0; t < 5; t++) {
        struct kernel_rows k;
        struct smo_solution found;
        const struct smo_problem problem = { backend, &rows.x, 0.1, totals[t], tol, 0 };
        double sum = 0;
        assert_ok(smo_solve(&problem, &found));
        assert_true(found.converged);
        assert_ok(kernel_rows_init(&k, backend, &rows.x, 0.1, 0));
        for (int i = 0; i < 60; i++) {
            const float *row;
            double score = found.rho;
            assert_ok(kernel_rows_get(&k, i, NULL, 0, &row));
            for (int j = 0; j < 60; j++) score -= found.a[j] * (double)row[j];
            sum += found.a[i];
            assert_true(found.a[i] >= 0 && found.a[i] <= 1);
            if (found.a[i] < 1) assert_true(score <= 1.01 * tol);
            if (found.a[i] > 0) assert_true(score >= -1.01 * tol);
        }
        assert_near(sum, totals[t], 1e-12);
        kernel_rows_release(&k);
        smo_release(&found);
    }
    rows_release(&rows);
}

/* Room for two rows or for all of them: the same bits. */
static void test_small_cache(void **state)
{
    (void)state;
    struct rows rows = make_rows(90, 5, 4);
    struct smo_solution found[2];
    for (int i = 0; i < 2; i++) {
        const struct smo_problem problem = { backend, &rows.x, 0.1, 3.3, 1e-6, i ? 1 << 20 : 0 };
        assert_ok(smo_solve(&problem, &found[i]));
    }
    assert_memory_equal(found[0].a, found[1].a, 90 * sizeof(double));
    assert_int_equal(found[0].iterations, found[1].iterations);
    smo_release(&found[0]);
    smo_release(&found[1]);
    rows_release(&rows);
}

static void test_kernel_rows(void **state)
{
    (void)state;
    static const int order[] = { 0, 1, 2, 1, 0, 3, 2, 2, 0, 1, 3 };
    float data[] = { 0, 1, 3, -2 };
    const struct matrix x = { data, 4, 1 };
    for (size_t room = 2; room <= 4; room++) {
        struct kernel_rows k;
        assert_ok(kernel_rows_init(&k, backend, &x, 0.5, room * sizeof data));
        assert_int_equal(k.n_slots, (int)room);
        for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
            const float *row, centre = data[order[i]];
            assert_ok(kernel_rows_get(&k, order[i], NULL, 0, &row));
            for (int n = 0; n < 4; n++)
                assert_near((double)row[n], exp(-0.5 * (double)((data[n] - centre) * (data[n] - centre))),
                            1e-7);
        }
        kernel_rows_release(&k);
    }
}

/* Rows that are computed with another are there, and right. */
static void test_kernel_rows_in_advance(void **state)
{
    (void)state;
    static const int more[] = { 5, 0, 7 };
    struct rows rows = make_rows(40, 9, 5);
    struct kernel_rows alone, together;
    assert_ok(kernel_rows_init(&alone, backend, &rows.x, 0.1, 1 << 20));
    assert_ok(kernel_rows_init(&together, backend, &rows.x, 0.1, 1 << 20));
    assert_true(kernel_rows_has_room(&together));
    const float *row, *expected;
    assert_ok(kernel_rows_get(&together, 3, more, 3, &row));
    for (int i = 0; i < 8; i++) {
        assert_int_equal(kernel_rows_has(&together, i), i == 0 || i == 3 || i == 5 || i == 7);
        if (!kernel_rows_has(&together, i)) continue;
        assert_ok(kernel_rows_get(&together, i, NULL, 0, &row));
        assert_ok(kernel_rows_get(&alone, i, NULL, 0, &expected));
        assert_memory_equal(row, expected, 40 * sizeof *row);
    }
    kernel_rows_release(&alone);
    kernel_rows_release(&together);
    rows_release(&rows);
}

static void test_copies(void **state)
{
    (void)state;
    float data[] = { 1, 1, 1, 1, 1, 1 }, asked[] = { 1, 2 };
    const struct rows rows = { .x = { data, 6, 1 } }, scored = { .x = { asked, 2, 1 } };
    const struct ocsvm_settings settings = settings_with(0.3, 1e-3);
    double score[2];
    struct ocsvm_model *model = fitted(&detector_ocsvm, backend, &settings, &rows);
    assert_ok(detector_ocsvm.score(backend, model, &scored, score));
    assert_near(score[0], 0, 1e-12);
    assert_near(score[1], 1.8 * (1 - exp(-1)), 1e-6);
    discard(&detector_ocsvm, model);
}

static void test_far_rows_score_higher(void **state)
{
    (void)state;
    const struct ocsvm_settings settings = settings_with(1.55 / 80, 1e-6);
    far_rows_score_higher(&detector_ocsvm, &settings);
}

static void test_same_bits(void **state)
{
    (void)state;
    const struct ocsvm_settings settings = settings_with(0.1, 1e-4);
    same_bits_for_any_threads(&detector_ocsvm, &settings);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    const struct ocsvm_settings settings = settings_with(0.1, 1e-4);
    scores_after_loading(&detector_ocsvm, &settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_standard_is_the_papers),
        cmocka_unit_test(test_gamma),
        cmocka_unit_test(test_two_rows),
        cmocka_unit_test(test_optimality_conditions),
        cmocka_unit_test(test_small_cache),
        cmocka_unit_test(test_kernel_rows),
        cmocka_unit_test(test_kernel_rows_in_advance),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_far_rows_score_higher),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("ocsvm", tests, open_backend, close_backend);
}
