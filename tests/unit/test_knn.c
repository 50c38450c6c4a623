/* Nearest neighbours as a detector: what it refuses, distances that can be written down, files. */
#include "detect_fixture.h"

#include "detect/knn.h"

static const struct knn_settings nearest_three = { .k = 3, .metric = METRIC_EUCLIDEAN };
static const struct knn_settings angles = { .k = 2, .metric = METRIC_COSINE };

static void test_too_few_rows(void **state)
{
    (void)state;
    assert_fails(detector_knn.check(&nearest_three, 0, 4), ERR_INPUT, "at least 1");
    assert_fails(detector_knn.check(&nearest_three, 2, 4), ERR_INPUT, "--k 2");
    assert_ok(detector_knn.check(&nearest_three, 3, 4));
}

static void test_bad_rows(void **state)
{
    (void)state;
    refuses_bad_rows(&detector_knn, &nearest_three);
    refuses_bad_rows(&detector_knn, &angles);
}

static void test_hostile_files(void **state)
{
    (void)state;
    float data[] = { 1, 2, 3, 4 };
    struct knn_model model = { .k = 1, .rows = { data, 2, 2 } };
    refuses_empty_model(&detector_knn);
    model.k = 0;
    refuses_model(&detector_knn, &model, "k of /d is 0");
    model.k = 3;
    refuses_model(&detector_knn, &model, "3 nearest of 2 rows");
    model.k = NEIGHBOURS_MOST + 1;
    refuses_model(&detector_knn, &model, "k of /d is 4097");
    model.k = 1;
    data[3] = INFINITY;
    refuses_model(&detector_knn, &model, "/d/rows is not finite at 3");
}

static void test_unknown_metric(void **state)
{
    (void)state;
    const float row[] = { 1 };
    struct store *store = NULL;
    struct attributes told = { 0 };
    struct knn_model loaded;
    assert_ok(attributes_set_integer(&told, "k", 1));
    assert_ok(attributes_set_text(&told, "metric", "manhattan"));
    assert_ok(store_create(&store, model_path));
    assert_ok(store_new(store, "/d/rows", STORE_FLOAT, 1, 1, 0));
    assert_ok(store_write(store, "/d/rows", 0, 1, row));
    assert_ok(store_set(store, "/d", &told));
    assert_ok(store_commit(store));
    store_close(&store);
    assert_fails(load_model(&detector_knn, &loaded), ERR_INPUT, "\"manhattan\", expected one of euclidean");
    detector_knn.release(&loaded);
    attributes_release(&told);
}

static void test_standard_settings(void **state)
{
    (void)state;
    struct knn_settings settings;
    set_standard(&detector_knn, &settings);
    assert_int_equal(settings.k, 1);
    assert_int_equal(settings.metric, METRIC_EUCLIDEAN);
}

/* Rows at 0, 3 and 4 on a line; a row's own distance of 0 counts. */
static void test_means_of_distances(void **state)
{
    (void)state;
    float learned[] = { 0, 0, 3, 0, 4, 0 }, scored[] = { 0, 0, 3.5F, 0, 0, 3 };
    const struct rows rows = { .x = { learned, 3, 2 } }, asked = { .x = { scored, 3, 2 } };
    for (int k = 1; k <= 3; k++) {
        const double sums[3][3] = { { 0, 0.5, 3 }, { 3, 1, 3 + sqrt(18) }, { 7, 4.5, 8 + sqrt(18) } };
        const struct knn_settings settings = { .k = k, .metric = METRIC_EUCLIDEAN };
        double score[3];
        void *model = fitted(&detector_knn, backend, &settings, &rows);
        assert_ok(detector_knn.score(backend, model, &asked, score));
        for (int n = 0; n < 3; n++) assert_near(score[n], sums[k - 1][n] / k, 1e-15);
        discard(&detector_knn, model);
    }
}

/* Lengths do not count; a row that is all zero has no direction, and is 1 from everything. */
static void test_angles(void **state)
{
    (void)state;
    float learned[] = { 0, 0, 2, 0, 0, 5 }, scored[] = { 7, 0, 1, 1, -3, -3, 0, 0 };
    const struct rows rows = { .x = { learned, 3, 2 } }, asked = { .x = { scored, 4, 2 } };
    const struct knn_settings settings = { .k = 1, .metric = METRIC_COSINE };
    double score[4];
    void *model = fitted(&detector_knn, backend, &settings, &rows);
    assert_ok(detector_knn.score(backend, model, &asked, score));
    assert_near(score[0], 0, 1e-15);
    assert_near(score[1], 1 - sqrt(0.5), 1e-15);
    assert_near(score[2], 1, 1e-15);
    assert_near(score[3], 1, 0);
    discard(&detector_knn, model);
}

/* Values whose squares are no floats: the rough distances overflow, the exact ones decide. */
static void test_huge_values(void **state)
{
    (void)state;
    float learned[] = { 3e30F, -1e30F, 9e30F }, scored[] = { 2e30F };
    const struct rows rows = { .x = { learned, 3, 1 } }, asked = { .x = { scored, 1, 1 } };
    const struct knn_settings settings = { .k = 2, .metric = METRIC_EUCLIDEAN };
    double score;
    void *model = fitted(&detector_knn, backend, &settings, &rows);
    assert_ok(detector_knn.score(backend, model, &asked, &score));
    assert_near(score, 2e30, 1e24);
    discard(&detector_knn, model);
}

static void test_far_rows_score_higher(void **state)
{
    (void)state;
    far_rows_score_higher(&detector_knn, &nearest_three);
    far_rows_score_higher(&detector_knn, &angles);
}

static void test_same_bits(void **state)
{
    (void)state;
    same_bits_for_any_threads(&detector_knn, &nearest_three);
    same_bits_for_any_threads(&detector_knn, &angles);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    scores_after_loading(&detector_knn, &nearest_three);
    scores_after_loading(&detector_knn, &angles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_few_rows),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_unknown_metric),
        cmocka_unit_test(test_standard_settings),
        cmocka_unit_test(test_means_of_distances),
        cmocka_unit_test(test_angles),
        cmocka_unit_test(test_huge_values),
        cmocka_unit_test(test_far_rows_score_higher),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("knn", tests, open_backend, close_backend);
}
