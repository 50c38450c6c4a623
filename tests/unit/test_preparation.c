/* What is done to rows before a detector sees them: what is refused, rows that are known, files. */
#include "detector_files.h"

#include "detect/preparation.h"

enum { CELLS = 1 };

/* Normal numbers of deviation 1, 2, 3, … around 5; the last column is constant. */
static struct rows rows_of(int n, int columns)
{
    struct rng rng = rng_seeded(3, 0);
    struct rows rows;
    assert_ok(rows_init(&rows, n, columns));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < columns; j++)
            matrix_row(&rows.x, i)[j] = (float)(5 + (j + 1 < columns ? (j + 1) * rng_normal(&rng) : 0));
    return rows;
}

static struct preparation fitted(const struct preparation_settings *settings, const struct rows *rows)
{
    struct preparation preparation = { 0 };
    assert_ok(preparation_fit(&preparation, backend, settings, rows, 0));
    return preparation;
}

/* --------------------------------------------------------------------------------------------- refused */

static void test_words_that_say_nothing(void **state)
{
    (void)state;
    static const char *const words[] = { "",       "pca",    "pca:",    "pca:0", "pca:-1",         "pca:+2",
                                         "pca: 2", "pca:2x", "pca:1.5", "PCA:2", "pca:9999999999", "svd:2" };
    struct preparation preparation = { 0 };
    struct rows rows = rows_of(9, 3);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct preparation_settings settings = { 0, words[i] };
        assert_fails(preparation_check(&settings, 0), ERR_USAGE, "expected none, or pca:");
        assert_fails(preparation_fit(&preparation, backend, &settings, &rows, 0), ERR_USAGE, words[i]);
    }
    preparation_release(&preparation);
    rows_release(&rows);
}

static void test_cells_are_never_reduced(void **state)
{
    (void)state;
    const struct preparation_settings settings = { 0, "pca:2" };
    struct preparation preparation = { 0 };
    struct rows rows = rows_of(9, 3);
    assert_fails(preparation_check(&settings, CELLS), ERR_INPUT, "never reduced");
    assert_fails(preparation_fit(&preparation, backend, &settings, &rows, CELLS), ERR_INPUT, "pca:2");
    preparation_release(&preparation);
    rows_release(&rows);
}

static void test_more_components_than_there_are(void **state)
{
    (void)state;
    static const struct {
        int rows, columns;
        const char *reduce, *words;
    } cases[] = {
        { 30, 5, "pca:6", "pca:6: 30 patches of 5 columns have at most 5 components" },
        { 6, 50, "pca:6", "pca:6: 6 patches of 50 columns have at most 5 components" },
        { 1, 5, "pca:1", "at most 0 components" },
        { 30, 5, "pca:5", "vary in 4 directions only" }, /* the last column is constant */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct preparation_settings settings = { 0, cases[i].reduce };
        struct preparation preparation = { 0 };
        struct rows rows = rows_of(cases[i].rows, cases[i].columns);
        assert_fails(preparation_fit(&preparation, backend, &settings, &rows, 0), ERR_INPUT, cases[i].words);
        preparation_release(&preparation);
        rows_release(&rows);
    }
}

static void test_rows_that_cannot_be_prepared(void **state)
{
    (void)state;
    const struct preparation_settings settings = { 0.1, "pca:2" };
    struct preparation preparation = { 0 };
    struct rows rows = rows_of(9, 4), other = rows_of(9, 3);
    matrix_row(&rows.x, 4)[1] = NAN;
    assert_fails(preparation_fit(&preparation, backend, &settings, &rows, 0), ERR_INPUT, "not finite");
    preparation_release(&preparation);
    matrix_row(&rows.x, 4)[1] = 1;
    preparation = fitted(&settings, &rows);
    assert_fails(preparation_apply(&preparation, &other), ERR_INPUT, "3 columns, the model was learned on 4");
    preparation_release(&preparation);
    rows_release(&rows);
    rows_release(&other);
}

/* ----------------------------------------------------------------------------------------- rows prepared */

static void test_standard(void **state)
{
    (void)state;
    struct preparation_settings settings;
    assert_ok(options_standard(&(struct option_set){ preparation_options, &settings, NULL }));
    assert_near(settings.scale_floor, 0, 0);
    assert_string_equal(settings.reduce, "none");
    assert_int_equal(preparation_components(&settings), 0);
    assert_int_equal(preparation_components(&(struct preparation_settings){ 0 }), 0);
    assert_int_equal(preparation_columns(&settings, 512), 512);
    assert_int_equal(preparation_columns(&(struct preparation_settings){ 0, "pca:64" }, 512), 64);
}

/* The standard preparation is the scaler, to the bit; cells stay as they are: a scaler without rows. */
static void test_no_more_than_standardised(void **state)
{
    (void)state;
    for (int takes_cells = 0; takes_cells <= 1; takes_cells++) {
        struct preparation preparation = { 0 };
        struct rows rows = rows_of(21, 5), same = rows_of(21, 5);
        struct scaler scaler;
        assert_ok(scaler_init(&scaler, 5));
        if (!takes_cells) scaler_add(&scaler, same.x.data, 21);
        scaler_finish(&scaler);
        scaler_apply(&scaler, same.x.data, 21, same.x.data);
        const struct preparation_settings settings = { takes_cells ? 0.5 : 0, NULL };
        assert_ok(preparation_fit(&preparation, backend, &settings, &rows, takes_cells));
        assert_ok(preparation_apply(&preparation, &rows));
        assert_memory_equal(rows.x.data, same.x.data, 21 * 5 * sizeof(float));
        scaler_release(&scaler);
        preparation_release(&preparation);
        rows_release(&rows);
        rows_release(&same);
    }
}

static void test_a_floor(void **state)
{
    (void)state;
    float learned[] = { -1, 2, 1e-4f, 1, -2, -1e-4f }, judged[] = { 3, 4, 0.3f };
    const struct preparation_settings settings = { 0.5, NULL };
    const struct rows rows = { .x = { learned, 2, 3 } };
    struct rows one = { .x = { judged, 1, 3 } };
    struct preparation preparation = fitted(&settings, &rows);
    assert_ok(preparation_apply(&preparation, &one));
    assert_near(judged[0], 3, 1e-6);
    assert_near(judged[1], 2, 1e-6);
    assert_near(judged[2], 0.6, 1e-6); /* over 3000 without a floor */
    preparation_release(&preparation);
}

/* Two columns that rise together, by √(2/3) each step, and a constant one: the axis is (1, 1, 0) / √2. */
static void test_a_plane(void **state)
{
    (void)state;
    float learned[] = { 1, -30, 7, 2, -20, 7, 3, -10, 7 }, judged[] = { 2 + 1, -20 + 10, 9, 2, -20, 7 };
    const struct preparation_settings settings = { 0, "pca:1" };
    const struct rows rows = { .x = { learned, 3, 3 } };
    struct rows two = { .x = { judged, 2, 3 } };
    struct preparation preparation = fitted(&settings, &rows);
    assert_ok(preparation_apply(&preparation, &two));
    assert_int_equal(two.x.rows, 2);
    assert_int_equal(two.x.columns, 1);
    assert_near(two.x.data[0], 2 / sqrt(2) / sqrt(2. / 3), 1e-6);
    assert_near(two.x.data[1], 0, 1e-6);
    preparation_release(&preparation);
}

/* All components keep the distances between rows. */
static void test_all_components_turn_rows(void **state)
{
    (void)state;
    const struct preparation_settings settings = { 0, "pca:6" }, none = { 0 };
    struct rows standard = rows_of(37, 7), turned = rows_of(37, 7);
    struct preparation scaling = fitted(&none, &standard), turning = fitted(&settings, &standard);
    assert_ok(preparation_apply(&scaling, &standard));
    assert_ok(preparation_apply(&turning, &turned));
    assert_int_equal(turned.x.columns, 6);
    for (int n = 1; n < 37; n++) {
        double before = 0, after = 0;
        for (int j = 0; j < 7; j++)
            before += pow((double)matrix_row(&standard.x, n)[j] - (double)standard.x.data[j], 2);
        for (int j = 0; j < 6; j++)
            after += pow((double)matrix_row(&turned.x, n)[j] - (double)turned.x.data[j], 2);
        assert_near(after, before, 1e-5 * before);
    }
    preparation_release(&scaling);
    preparation_release(&turning);
    rows_release(&standard);
    rows_release(&turned);
}

/* A row is prepared alike whatever is prepared with it, and whatever the threads of the fit. */
static void test_rows_alone_and_threads(void **state)
{
    (void)state;
    const struct preparation_settings settings = { 0.2, "pca:4" };
    struct rows learned = rows_of(150, 37), all = rows_of(150, 37);
    struct preparation preparation = fitted(&settings, &learned);
    assert_ok(preparation_apply(&preparation, &all));
    for (int i = 0; i < 3; i++) {
        struct backend *own = NULL;
        struct preparation other = { 0 };
        assert_ok(backend_open(&own, "cpu", &(struct backend_options){ .threads = i + 1 }));
        assert_ok(preparation_fit(&other, own, &settings, &learned, 0));
        for (int n = 0; n < 150; n++) {
            float row[37];
            struct rows one = { .x = { row, 1, 37 } };
            memcpy(row, matrix_row(&learned.x, n), sizeof row);
            assert_ok(preparation_apply(&other, &one));
            assert_memory_equal(row, matrix_row(&all.x, n), 4 * sizeof(float));
        }
        preparation_release(&other);
        own->ops->close(&own);
    }
    preparation_release(&preparation);
    rows_release(&learned);
    rows_release(&all);
}

/* ----------------------------------------------------------------------------------------------- files */

static void save(const struct preparation *preparation)
{
    struct store *store = NULL;
    assert_ok(store_create(&store, model_path));
    assert_ok(preparation_save(preparation, store, "/models/fan"));
    assert_ok(store_commit(store));
    store_close(&store);
}

static enum status load(struct preparation *preparation, const char *reduce)
{
    const struct preparation_settings settings = { 0, reduce };
    struct store *store = NULL;
    *preparation = (struct preparation){ 0 };
    assert_ok(store_open(&store, model_path));
    const enum status status = preparation_load(preparation, &settings, store, "/models/fan");
    store_close(&store);
    return status;
}

static void test_hostile_files(void **state)
{
    (void)state;
    double mean[] = { 0, 0, 0 }, scale[] = { 1, 1, 1 }, axes[] = { 1, 0, 0, 0, 1, 0 };
    const struct {
        double mean, scale, axis;
        int kept, columns;
        const char *reduce, *words;
    } cases[] = {
        { (double)NAN, 1, 1, 0, 3, "none", "mean is not finite" },
        { 0, 0, 1, 0, 3, "none", "scale is 0 at 1" },
        { 0, (double)INFINITY, 1, 0, 3, "none", "scale is not finite" },
        { 0, 1, 1, 0, 3, "pca:2", "reduction" },
        { 0, 1, 1, 1, 3, "pca:2", "1 axes of 3 columns, expected 2 of 3" },
        { 0, 1, 1, 2, 2, "pca:2", "2 axes of 2 columns, expected 2 of 3" },
        { 0, 1, (double)NAN, 2, 3, "pca:2", "axes is not finite" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct preparation spoilt = { { 3, 0, mean, scale },
                                      { cases[i].columns, cases[i].kept, mean, axes, 1 } };
        struct preparation loaded;
        mean[1] = cases[i].mean;
        scale[1] = cases[i].scale;
        axes[0] = cases[i].axis;
        save(&spoilt);
        assert_fails(load(&loaded, cases[i].reduce), ERR_INPUT, cases[i].words);
        preparation_release(&loaded);
    }
}

static void test_hostile_settings(void **state)
{
    (void)state;
    struct preparation_settings settings;
    for (int i = 0; i < 4; i++) {
        struct attributes told = { 0 };
        assert_ok(preparation_record(&(struct preparation_settings){ 0 }, &told));
        if (i == 0) assert_ok(attributes_set_real(&told, "scale_floor", -1));
        if (i == 1) assert_ok(attributes_set_real(&told, "scale_floor", (double)NAN));
        if (i == 2) assert_ok(attributes_set_text(&told, "reduce", "pca:none"));
        if (i == 3) assert_ok(attributes_set_integer(&told, "reduce", 3));
        assert_int_equal(preparation_restore(&settings, &told), ERR_INPUT);
        attributes_release(&told);
    }
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    static const char *const words[] = { "none", "pca:3" };
    for (int i = 0; i < 2; i++) {
        struct preparation_settings settings = { 0.3, words[i] }, restored;
        struct attributes told = { 0 };
        struct rows before = rows_of(40, 6), after = rows_of(40, 6);
        struct preparation preparation = fitted(&settings, &before), loaded;
        assert_ok(preparation_record(&settings, &told));
        assert_ok(preparation_restore(&restored, &told));
        assert_near(restored.scale_floor, 0.3, 0);
        save(&preparation);
        assert_ok(load(&loaded, restored.reduce));
        assert_ok(preparation_apply(&preparation, &before));
        assert_ok(preparation_apply(&loaded, &after));
        assert_int_equal(after.x.columns, i == 0 ? 6 : 3);
        assert_memory_equal(after.x.data, before.x.data, (size_t)40 * after.x.columns * sizeof(float));
        preparation_release(&preparation);
        preparation_release(&loaded);
        attributes_release(&told);
        rows_release(&before);
        rows_release(&after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_that_say_nothing),
        cmocka_unit_test(test_cells_are_never_reduced),
        cmocka_unit_test(test_more_components_than_there_are),
        cmocka_unit_test(test_rows_that_cannot_be_prepared),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_hostile_settings),
        cmocka_unit_test(test_standard),
        cmocka_unit_test(test_no_more_than_standardised),
        cmocka_unit_test(test_a_floor),
        cmocka_unit_test(test_a_plane),
        cmocka_unit_test(test_all_components_turn_rows),
        cmocka_unit_test(test_rows_alone_and_threads),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("preparation", tests, set_up, tear_down);
}
