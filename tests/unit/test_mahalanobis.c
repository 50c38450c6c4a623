/* The Mahalanobis distance: what it refuses, cases that can be written down, files. */
#include "detector_files.h"

#include "detect/mahalanobis.h"

static const struct detector *const detector = &detector_mahalanobis;

/* --------------------------------------------------------------------------------------------- refused */

static void test_too_few_rows(void **state)
{
    (void)state;
    assert_fails(detector->check(NULL, 1, 5), ERR_INPUT, "1 patch to learn from");
    assert_fails(detector->check(NULL, 2, 5), ERR_INPUT, "at least 3");
    assert_fails(detector->check(NULL, 9, 1 << 20), ERR_INPUT, "1048576 columns");
    assert_ok(detector->check(NULL, 3, 5));
}

static void assert_unlearnable(const struct rows *rows, const char *words)
{
    struct mahalanobis_model model = { 0 };
    assert_fails(detector->fit(backend, NULL, rows, &model), ERR_INPUT, words);
    detector->release(&model);
}

static void test_rows_without_an_inverse(void **state)
{
    (void)state;
    struct rows rows;
    assert_ok(rows_init(&rows, 6, 3));
    assert_unlearnable(&rows, "all alike");
    for (int n = 0; n < 6; n++)
        for (int j = 0; j < 3; j++) matrix_row(&rows.x, n)[j] = (float)(n % 2 ? 0.1 * j : 0.7);
    assert_unlearnable(&rows, "two kinds only");
    rows_release(&rows);
    assert_ok(rows_init(&rows, 6, 1));
    assert_unlearnable(&rows, "all alike");
    rows_release(&rows);
}

static void test_not_finite(void **state)
{
    (void)state;
    struct mahalanobis_model model = { 0 };
    struct rows rows;
    double scores[20];
    make_rows(&rows, 20, 3, 0);
    assert_ok(detector->fit(backend, NULL, &rows, &model));
    matrix_row(&rows.x, 7)[1] = NAN;
    assert_fails(detector->score(backend, &model, &rows, scores), ERR_INPUT, "row 7");
    assert_unlearnable(&rows, "column 1");
    detector->release(&model);
    rows_release(&rows);
}

static void test_other_columns(void **state)
{
    (void)state;
    struct mahalanobis_model model = { .columns = 3 };
    struct rows rows;
    double scores[4];
    make_rows(&rows, 4, 2, 0);
    assert_fails(detector->score(backend, &model, &rows, scores), ERR_INPUT, "2 columns");
    rows_release(&rows);
}

/* --------------------------------------------------------------------------------------- fit and score */

/* One column is not shrunk: the squared number of standard deviations, but for the 10 eps in mixture.h. */
static void test_one_column(void **state)
{
    (void)state;
    float learned[] = { 1, 3, 1, 3 }, judged[] = { 2, 3, 7 };
    double scores[3];
    struct mahalanobis_model model = { 0 };
    assert_ok(detector->fit(backend, NULL, &(struct rows){ .x = { learned, 4, 1 } }, &model));
    assert_ok(detector->score(backend, &model, &(struct rows){ .x = { judged, 3, 1 } }, scores));
    assert_near(model.shrinkage, 0, 0);
    assert_near(scores[0], 0, 1e-15);
    assert_near(scores[1], 1, 1e-14);
    assert_near(scores[2], 25, 1e-13);
    detector->release(&model);
}

/* Rows ±a e_1, ±b e_2, N = 4: S = diag(a², b²) / 2; the fourth powers' mean is (a⁴ + b⁴) / 2. */
static void test_shrinkage_by_hand(void **state)
{
    (void)state;
    float data[] = { 2, 0, -2, 0, 0, 1, 0, -1 };
    const struct matrix x = { data, 4, 2 };
    const double mean[] = { 0, 0 }, covariance[] = { 2, 0, 0, 0.5 };
    const double mu = 1.25, delta = (4 + 0.25) / 2 - mu * mu, beta = (8.5 - 4.25) / 2 / 4;
    assert_near(mahalanobis_shrinkage(&x, mean, covariance), beta / delta, 1e-15);
}

/* A column that never changed says nothing against a row until it does. */
static void test_constant_column(void **state)
{
    (void)state;
    struct mahalanobis_model model = { 0 };
    struct rows rows;
    double scores[2];
    make_rows(&rows, 50, 4, 0);
    for (int n = 0; n < 50; n++) matrix_row(&rows.x, n)[2] = 5;
    assert_ok(detector->fit(backend, NULL, &rows, &model));
    rows.x.rows = 2;
    memcpy(matrix_row(&rows.x, 1), matrix_row(&rows.x, 0), 4 * sizeof(float));
    matrix_row(&rows.x, 1)[2] = 6;
    assert_ok(detector->score(backend, &model, &rows, scores));
    assert_true(isfinite(scores[0]) && scores[1] > scores[0] + 1);
    detector->release(&model);
    rows_release(&rows);
}

/* A row's score does not depend on what is scored beside it. */
static void test_rows_alone(void **state)
{
    (void)state;
    struct mahalanobis_model model = { 0 };
    struct rows rows;
    double scores[21], alone;
    make_rows(&rows, 21, 5, 1);
    assert_ok(detector->fit(backend, NULL, &rows, &model));
    assert_ok(detector->score(backend, &model, &rows, scores));
    for (int n = 0; n < 21; n++) {
        const struct rows one = { .x = { matrix_row(&rows.x, n), 1, 5 } };
        assert_ok(detector->score(backend, &model, &one, &alone));
        assert_memory_equal(&alone, &scores[n], sizeof alone);
    }
    detector->release(&model);
    rows_release(&rows);
}

static void test_threads(void **state)
{
    (void)state;
    struct rows rows;
    make_rows(&rows, 150, 37, 2);
    assert_threads_alike(detector, NULL, &rows);
    rows_release(&rows);
}

/* ----------------------------------------------------------------------------------------------- files */

static void test_saved_and_loaded(void **state)
{
    (void)state;
    struct mahalanobis_model model = { 0 };
    struct rows rows;
    make_rows(&rows, 60, 9, 0);
    assert_ok(detector->fit(backend, NULL, &rows, &model));
    assert_loads_alike(detector, &model, &rows);
    detector->release(&model);
    rows_release(&rows);
}

static void test_hostile_files(void **state)
{
    (void)state;
    const struct {
        double mean, factor;
        const char *words;
    } cases[] = {
        { (double)NAN, 1, "mean is not finite" },
        { -(double)INFINITY, 1, "mean is not finite" },
        { 0, (double)INFINITY, "factor is not finite" },
        { 0, 0, "not above 0" },
        { 0, -1, "not above 0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean[] = { 0, cases[i].mean }, factor[] = { 1, 0, 0, cases[i].factor };
        assert_refused(detector, &(struct mahalanobis_model){ 2, mean, factor, 0.1 }, cases[i].words);
    }
}

static void test_shapes_that_disagree(void **state)
{
    (void)state;
    static const size_t shapes[][4] = { { 3, 0, 2, 2 }, { 2, 0, 2, 3 }, { 2, 2, 2, 2 }, { 2, 0, 4, 0 } };
    static const double ones[] = { 1, 1, 1, 1, 1, 1, 1, 1 };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct store *store = NULL;
        struct mahalanobis_model loaded = { 0 };
        assert_ok(store_create(&store, model_path));
        assert_ok(store_new(store, "/d/mean", STORE_DOUBLE, shapes[i][0], shapes[i][1], 0));
        assert_ok(store_write(store, "/d/mean", 0, shapes[i][0], ones));
        assert_ok(store_new(store, "/d/factor", STORE_DOUBLE, shapes[i][2], shapes[i][3], 0));
        assert_ok(store_write(store, "/d/factor", 0, shapes[i][2], ones));
        assert_ok(store_commit(store));
        store_close(&store);
        assert_fails(load_model(detector, &loaded), ERR_INPUT, "expected");
        detector->release(&loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_few_rows),    cmocka_unit_test(test_rows_without_an_inverse),
        cmocka_unit_test(test_not_finite),      cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_hostile_files),   cmocka_unit_test(test_shapes_that_disagree),
        cmocka_unit_test(test_one_column),      cmocka_unit_test(test_shrinkage_by_hand),
        cmocka_unit_test(test_constant_column), cmocka_unit_test(test_rows_alone),
        cmocka_unit_test(test_threads),         cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("mahalanobis", tests, set_up, tear_down);
}
