/* Principal components: what is refused, planes that are known, files. */
#include "detector_files.h"

#include "detect/pca.h"

static const struct detector *const detector = &detector_pca;

/* --------------------------------------------------------------------------------------------- refused */

static void test_keep_that_cannot_be(void **state)
{
    (void)state;
    static const double wrong[] = { 0, -1, 1.5, 2.25 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct pca_settings settings = { wrong[i] };
        assert_fails(detector->check(&settings, 100, 5), ERR_USAGE, "a whole number of components");
    }
    const struct pca_settings six = { 6 }, share = { 0.9 };
    assert_fails(detector->check(&six, 100, 5), ERR_INPUT, "at most 5 components");
    assert_fails(detector->check(&six, 6, 50), ERR_INPUT, "at most 5 components");
    assert_fails(detector->check(&share, 1, 50), ERR_INPUT, "1 patch to learn from");
    assert_fails(detector->check(&share, 1 << 20, 1 << 20), ERR_INPUT, "16384 at most");
    assert_ok(detector->check(&share, 2, 50));
    assert_ok(detector->check(&six, 7, 50));
}

static void assert_unlearnable(const struct rows *rows, const char *words)
{
    const struct pca_settings settings = { 0.9 };
    struct pca_model model = { 0 };
    assert_fails(detector->fit(backend, &settings, rows, &model), ERR_INPUT, words);
    detector->release(&model);
}

static void test_rows_that_are_alike(void **state)
{
    (void)state;
    static const int shapes[][2] = { { 9, 3 }, { 3, 9 } };
    for (int i = 0; i < 2; i++) {
        struct rows rows;
        assert_ok(rows_init(&rows, shapes[i][0], shapes[i][1]));
        assert_unlearnable(&rows, "all alike");
        rows_release(&rows);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    const struct pca_settings settings = { 2 };
    struct pca_model model = { 0 };
    struct rows rows;
    double scores[20];
    make_rows(&rows, 20, 3, 0);
    assert_ok(detector->fit(backend, &settings, &rows, &model));
    matrix_row(&rows.x, 7)[1] = INFINITY;
    assert_fails(detector->score(backend, &model, &rows, scores), ERR_INPUT, "row 7");
    assert_unlearnable(&rows, "column 1");
    detector->release(&model);
    rows_release(&rows);
}

static void test_other_columns(void **state)
{
    (void)state;
    struct pca_model model = { .columns = 3 };
    struct rows rows;
    double scores[4];
    make_rows(&rows, 4, 2, 0);
    assert_fails(detector->score(backend, &model, &rows, scores), ERR_INPUT, "2 columns");
    rows_release(&rows);
}

/* --------------------------------------------------------------------------------------- fit and score */

static void test_standard(void **state)
{
    (void)state;
    struct pca_settings settings;
    standard_settings(detector, &settings);
    assert_near(settings.keep, 0.95, 0);
}

/* Rows on the line (1, 2, 2) t + (1, 0, -1): what lies beside it by d scores d². */
static void test_a_line(void **state)
{
    (void)state;
    float learned[] = { 1, 0, -1, 2, 2, 1, 3, 4, 3, 0, -2, -3 }, judged[] = { 5, 8, 7, 1 + 2, 0 - 2, -1 + 1 };
    const struct pca_settings settings = { 1 };
    struct pca_model model = { 0 };
    double scores[2];
    assert_ok(detector->fit(backend, &settings, &(struct rows){ .x = { learned, 4, 3 } }, &model));
    assert_ok(detector->score(backend, &model, &(struct rows){ .x = { judged, 2, 3 } }, scores));
    assert_near(scores[0], 0, 1e-13);
    assert_near(scores[1], 9, 1e-13);
    assert_near(model.share, 1, 1e-15);
    detector->release(&model);
}

/* Deviations of 1, 2, 3, 1, 2, 3: shares of the variance 9, 9, 4, 4, 1, 1 of 28. A share of 0.6 needs 2 of
 * the large ones; columns that do not vary are never kept. */
static void test_shares(void **state)
{
    (void)state;
    static const struct {
        double keep;
        int kept;
    } cases[] = { { 1e-9, 1 }, { 0.2, 1 },   { 0.6, 2 }, { 0.7, 3 }, { 0.85, 4 },
                  { 0.94, 5 }, { 0.999, 6 }, { 6, 6 },   { 7, 6 } };
    struct rows rows;
    make_rows(&rows, 5000, 8, 0);
    for (int n = 0; n < 5000; n++) matrix_row(&rows.x, n)[6] = matrix_row(&rows.x, n)[7] = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pca_settings settings = { cases[i].keep };
        struct pca_model model = { 0 };
        assert_ok(detector->fit(backend, &settings, &rows, &model));
        assert_int_equal(model.kept, cases[i].kept);
        assert_true(model.share > 0 && model.share <= 1);
        detector->release(&model);
    }
    rows_release(&rows);
}

/* Fewer rows than columns: rows that were learned from lie in the plane of all components. */
static void test_fewer_rows_than_columns(void **state)
{
    (void)state;
    const struct pca_settings settings = { 9 };
    struct pca_model model = { 0 };
    struct rows rows, other;
    double scores[10], far;
    make_rows(&rows, 10, 40, 1);
    make_rows(&other, 11, 40, 1);
    assert_ok(detector->fit(backend, &settings, &rows, &model));
    assert_ok(detector->score(backend, &model, &rows, scores));
    assert_ok(
        detector->score(backend, &model, &(struct rows){ .x = { matrix_row(&other.x, 10), 1, 40 } }, &far));
    for (int n = 0; n < 10; n++) assert_true(scores[n] >= 0 && scores[n] < 1e-12 * far);
    detector->release(&model);
    rows_release(&rows);
    rows_release(&other);
}

static void test_one_column(void **state)
{
    (void)state;
    const struct pca_settings settings = { 1 };
    struct pca_model model = { 0 };
    struct rows rows;
    double scores[200];
    make_rows(&rows, 200, 1, 5);
    assert_ok(detector->fit(backend, &settings, &rows, &model));
    assert_ok(detector->score(backend, &model, &rows, scores));
    assert_near(fabs(model.axes[0]), 1, 0);
    for (int n = 0; n < 200; n++) assert_near(scores[n], 0, 1e-13);
    detector->release(&model);
    rows_release(&rows);
}

static void test_rows_alone(void **state)
{
    (void)state;
    const struct pca_settings settings = { 2 };
    struct pca_model model = { 0 };
    struct rows rows;
    double scores[130], alone;
    make_rows(&rows, 130, 5, 1);
    assert_ok(detector->fit(backend, &settings, &rows, &model));
    assert_ok(detector->score(backend, &model, &rows, scores));
    for (int n = 0; n < 130; n++) {
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
    const struct pca_settings settings = { 0.8 };
    static const int shapes[][2] = { { 150, 37 }, { 20, 37 }, { 900, 230 }, { 150, 330 } };
    for (int i = 0; i < 4; i++) {
        struct rows rows;
        make_rows(&rows, shapes[i][0], shapes[i][1], 2);
        assert_threads_alike(detector, &settings, &rows);
        rows_release(&rows);
    }
}

/* ----------------------------------------------------------------------------------------------- files */

static void test_saved_and_loaded(void **state)
{
    (void)state;
    const struct pca_settings settings = { 0.7 };
    struct pca_model model = { 0 };
    struct rows rows;
    make_rows(&rows, 60, 9, 0);
    assert_ok(detector->fit(backend, &settings, &rows, &model));
    assert_loads_alike(detector, &model, &rows);
    detector->release(&model);
    rows_release(&rows);
}

static void test_hostile_files(void **state)
{
    (void)state;
    double mean[] = { 0, 0 }, axes[] = { 1, 0, 0, 1, 1, 1 };
    assert_refused(detector, &(struct pca_model){ 2, 3, mean, axes, 1 }, "3 axes of 2 columns");
    axes[1] = (double)NAN;
    assert_refused(detector, &(struct pca_model){ 2, 1, mean, axes, 1 }, "axes is not finite");
    axes[1] = 0;
    mean[1] = (double)INFINITY;
    assert_refused(detector, &(struct pca_model){ 2, 1, mean, axes, 1 }, "mean is not finite");
}

static void test_shapes_that_disagree(void **state)
{
    (void)state;
    static const size_t shapes[][4] = { { 3, 0, 1, 2 }, { 2, 2, 1, 2 }, { 2, 0, 2, 0 } };
    static const double ones[] = { 1, 1, 1, 1 };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct store *store = NULL;
        struct pca_model loaded = { 0 };
        assert_ok(store_create(&store, model_path));
        assert_ok(store_new(store, "/d/mean", STORE_DOUBLE, shapes[i][0], shapes[i][1], 0));
        assert_ok(store_write(store, "/d/mean", 0, shapes[i][0], ones));
        assert_ok(store_new(store, "/d/axes", STORE_DOUBLE, shapes[i][2], shapes[i][3], 0));
        assert_ok(store_write(store, "/d/axes", 0, shapes[i][2], ones));
        assert_ok(store_commit(store));
        store_close(&store);
        assert_int_equal(load_model(detector, &loaded), ERR_INPUT);
        detector->release(&loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_that_cannot_be),
        cmocka_unit_test(test_rows_that_are_alike),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_shapes_that_disagree),
        cmocka_unit_test(test_standard),
        cmocka_unit_test(test_a_line),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_fewer_rows_than_columns),
        cmocka_unit_test(test_one_column),
        cmocka_unit_test(test_rows_alone),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("pca", tests, set_up, tear_down);
}
