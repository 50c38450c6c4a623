/* The level baseline: silence, recordings that are all as loud, channels, files. */
#include "detector_files.h"

#include "eval/roc.h"

static const struct detector *const detector = &detector_level;

/* Rows of one recording each, two patches long, whose features say nothing. */
static void make_levels(struct rows *rows, const double *level_dbfs, int n)
{
    assert_ok(rows_init(rows, 2 * n, 1));
    for (int i = 0; i < n; i++) rows_tell(rows, 2 * i, 2, i, level_dbfs[i]);
}

static void fit_levels(void *model, const double *level_dbfs, int n)
{
    struct rows rows;
    make_levels(&rows, level_dbfs, n);
    assert_ok(detector->check(NULL, 2 * n, 1));
    assert_ok(detector->fit(backend, NULL, &rows, model));
    rows_release(&rows);
}

static double score_of(const void *model, double level_dbfs)
{
    struct rows rows;
    double scores[2];
    make_levels(&rows, &level_dbfs, 1);
    assert_ok(detector->score(backend, model, &rows, scores));
    assert_near(scores[0], scores[1], 0);
    rows_release(&rows);
    return scores[0];
}

static void *new_model(void)
{
    void *model = memory_new(1, detector->model_size);
    assert_non_null(model);
    return model;
}

static void free_model(void *model)
{
    detector->release(model);
    memory_free(model);
}

static void test_no_rows(void **state)
{
    (void)state;
    assert_fails(detector->check(NULL, 0, 5), ERR_INPUT, "no patch");
    assert_ok(detector->check(NULL, 1, 5));
}

/* -30 ± 2 dB. */
static void test_deviations(void **state)
{
    (void)state;
    static const struct {
        double level_dbfs, score;
    } cases[] = { { -30, 0 }, { -28, 1 }, { -32, 1 }, { -40, 5 }, { -20, 5 }, { -120, 45 }, { -200, 45 } };
    const double levels[] = { -32, -28, -28, -32 };
    void *model = new_model();
    fit_levels(model, levels, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_near(score_of(model, cases[i].level_dbfs), cases[i].score, 1e-12);
    assert_near(score_of(model, (double)NAN), 45, 1e-12);
    assert_near(score_of(model, -(double)INFINITY), 45, 1e-12);
    free_model(model);
}

/* 0.01 dB stands for no deviation at all: one recording, all as loud, all silent. */
static void test_as_loud_as_each_other(void **state)
{
    (void)state;
    const double one[] = { -20 }, same[] = { -20, -20, -20 },
                 silent[] = { (double)NAN, -(double)INFINITY, -120 };
    const double *const all[] = { one, same, silent };
    for (int i = 0; i < 3; i++) {
        void *model = new_model();
        fit_levels(model, all[i], i == 0 ? 1 : 3);
        assert_near(score_of(model, i == 2 ? -120 : -20), 0, 0);
        assert_near(score_of(model, i == 2 ? -119 : -21), 100, 1e-9);
        free_model(model);
    }
}

/* A recording counts once, however long it is; its channels are averaged. */
static void test_recordings_not_patches(void **state)
{
    (void)state;
    struct rows rows;
    void *model = new_model();
    assert_ok(rows_init(&rows, 12, 1));
    rows_tell(&rows, 0, 9, 0, -10);
    rows_tell(&rows, 9, 1, 1, -15);
    rows_tell(&rows, 10, 1, 1, -25);
    rows_tell(&rows, 11, 1, 2, -30);
    assert_ok(detector->fit(backend, NULL, &rows, model));
    assert_near(score_of(model, -20), 0, 1e-12);
    assert_near(score_of(model, -10), 10 / sqrt(200 / 3.0), 1e-12);
    free_model(model);
    rows_release(&rows);
}

/* Recordings of which only the level differs, to either side, are told apart. */
static void test_area_under_the_curve(void **state)
{
    (void)state;
    const double normal[] = { -30.2, -29.9, -30.1, -29.8, -30 }, abnormal[] = { -28, -33, -27.5, -60 };
    double scores[9], auc;
    int labels[9];
    void *model = new_model();
    fit_levels(model, normal, 5);
    for (int i = 0; i < 9; i++) {
        labels[i] = i >= 5;
        scores[i] = score_of(model, labels[i] ? abnormal[i - 5] : normal[i]);
    }
    assert_ok(roc_auc(scores, labels, 9, &auc));
    assert_near(auc, 1, 0);
    free_model(model);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    const double levels[] = { -30, -20, -27 }, judged[] = { -20, -50, (double)NAN };
    struct rows rows;
    void *model = new_model();
    fit_levels(model, levels, 3);
    make_levels(&rows, judged, 3);
    assert_loads_alike(detector, model, &rows);
    assert_threads_alike(detector, NULL, &rows);
    rows_release(&rows);
    free_model(model);
}

static void test_hostile_files(void **state)
{
    (void)state;
    static const struct { /* as the model has them */
        double mean_dbfs, deviation_db;
    } cases[] = {
        { (double)NAN, 1 }, { (double)INFINITY, 1 }, { -20, 0 }, { -20, -1 }, { -20, (double)NAN }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(detector, &cases[i], "levels of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_deviations),
        cmocka_unit_test(test_as_loud_as_each_other),
        cmocka_unit_test(test_recordings_not_patches),
        cmocka_unit_test(test_area_under_the_curve),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("level", tests, set_up, tear_down);
}
