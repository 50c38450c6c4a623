/* Verdicts: the rate of false alarms that is asked for holds on recordings that nobody has learned from, with little
 * to learn from there is no threshold, and a model file keeps what matters. */
#include "test.h"

#include "core/rng.h"
#include "detect/calibration.h"
#include "detect/knn.h"

#include <unistd.h>

enum { COLUMNS = 4, PATCHES = 3, TRAIN = 600, TEST = 3000 };

static const struct knn_settings settings = { .k = 1 };
static const struct pooler mean = { .kind = POOLER_MEAN };
static struct backend *backend;

static int open_backend(void **state)
{
    (void)state;
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static int close_backend(void **state)
{
    (void)state;
    backend->ops->close(&backend);
    return 0;
}

static void make_rows(struct rng *rng, struct rows *rows, int n_recordings)
{
    assert_ok(rows_init(rows, n_recordings * PATCHES, COLUMNS));
    for (int i = 0; i < n_recordings; i++) {
        const double loud = 1 + 0.3 * rng_normal(rng);
        for (int p = 0; p < PATCHES * COLUMNS; p++)
            rows->x.data[i * PATCHES * COLUMNS + p] = (float)(loud * rng_normal(rng));
        rows_tell(rows, i * PATCHES, PATCHES, i, -20);
    }
}

static enum status calibrate(struct calibration *calibration, const struct rows *rows, int method,
                             double rate)
{
    const struct calibration_settings how = { method, rate };
    *calibration = (struct calibration){ .n = 0 };
    return calibration_fit(calibration, backend, &detector_knn, &settings, &how, rows, &mean);
}

/* Of new recordings, how many are called not normal, and how many have a percentile above one half. */
static void judge(const struct calibration *calibration, const struct rows *train, const struct rows *test,
                  double *abnormal, double *upper)
{
    static double score[TEST * PATCHES];
    assert_ok(detector_fit_and_score(&detector_knn, backend, &settings, train, test, score));
    *abnormal = *upper = 0;
    for (int i = 0; i < TEST; i++) {
        const double pooled = pooler_score(&mean, score + i * PATCHES, PATCHES);
        *abnormal += calibration_is_abnormal(calibration, pooled) / (double)TEST;
        *upper += (calibration_percentile(calibration, pooled) > 0.5) / (double)TEST;
    }
}

static void the_rate_holds(void **state)
{
    (void)state;
    static const double rates[] = { 0.02, 0.05, 0.1 };
    struct rng rng = rng_seeded(2, 0);
    struct rows train, test;
    make_rows(&rng, &train, TRAIN);
    make_rows(&rng, &test, TEST);
    for (int method = CALIBRATION_AUTO; method <= CALIBRATION_GAMMA; method++)
        for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
            struct calibration calibration;
            double abnormal, upper;
            assert_ok(calibrate(&calibration, &train, method, rates[i]));
            assert_int_equal(calibration.method,
                             method == CALIBRATION_AUTO ? (int)CALIBRATION_QUANTILE : method);
            judge(&calibration, &train, &test, &abnormal, &upper);
            assert_near(abnormal, rates[i], 0.03);
            assert_near(upper, 0.5, 0.1); /* learned from a fifth less, scores are a little higher */
            calibration_release(&calibration);
        }
    rows_release(&train);
    rows_release(&test);
}

static void little_to_learn_from(void **state)
{
    (void)state;
    struct rng rng = rng_seeded(3, 0);
    struct calibration calibration;
    struct rows rows;
    make_rows(&rng, &rows, 18);
    assert_ok(calibrate(&calibration, &rows, CALIBRATION_AUTO, 0.05));
    assert_int_equal(calibration.method, CALIBRATION_GAMMA); /* 19 would be enough for a quantile */
    calibration_release(&calibration);
    assert_fails(calibrate(&calibration, &rows, CALIBRATION_QUANTILE, 0.05), ERR_INPUT,
                 "18 recordings are too few for --threshold quantile --false-alarms 0.05, at least 19");
    calibration_release(&calibration);
    assert_ok(calibrate(&calibration, &rows, CALIBRATION_NONE, 0.05));
    assert_int_equal(calibration.n, 0);
    memset(rows.x.data, 0, 18 * PATCHES * COLUMNS * sizeof *rows.x.data);
    assert_fails(calibrate(&calibration, &rows, CALIBRATION_GAMMA, 0.05), ERR_INPUT, "all 18 scores are 0");
    calibration_release(&calibration);
    rows_release(&rows);
}

static void save(const struct calibration *calibration, const char *path)
{
    struct store *store = NULL;
    assert_ok(store_create(&store, path));
    assert_ok(calibration_save(calibration, store, "/models/fan"));
    assert_ok(store_commit(store));
    store_close(&store);
}

static enum status load(struct calibration *calibration, const char *path)
{
    struct store *store = NULL;
    *calibration = (struct calibration){ .n = 0 };
    assert_ok(store_open(&store, path));
    const enum status status = calibration_load(calibration, store, "/models/fan");
    store_close(&store);
    return status;
}

static void a_file_keeps_it(void **state)
{
    (void)state;
    char *path = memory_print("%s/c.h5", test_folder());
    double scores[] = { 3, 1, 2, 5, 4, 9, 8, 7, 6 };
    for (int method = CALIBRATION_QUANTILE; method <= CALIBRATION_GAMMA; method++) {
        struct calibration of = { scores, 9, (enum calibration_method)method, 0.25, 0, { 0, 0, 0 } }, found;
        assert_ok(calibration_set(&of));
        save(&of, path);
        assert_ok(load(&found, path));
        assert_int_equal(found.n, 9);
        assert_memory_equal(found.scores, scores, sizeof scores);
        assert_true(found.threshold == of.threshold && found.method == of.method);
        assert_true(calibration_percentile(&found, 4.5) == calibration_percentile(&of, 4.5));
        calibration_release(&found);
    }
    unlink(path);
    memory_free(path);
}

static void files_are_hostile(void **state)
{
    (void)state;
    char *path = memory_print("%s/c.h5", test_folder());
    double scores[] = { 1, 2, 3 };
    const struct calibration wrong[] = {
        { scores, 3, CALIBRATION_GAMMA, 1.5, 0, { 0, 0, 0 } },
        { scores, 3, CALIBRATION_QUANTILE, 0.01, 0, { 0, 0, 0 } },
        { scores, 1, CALIBRATION_GAMMA, 0.5, 0, { 0, 0, 0 } },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct calibration found;
        save(&wrong[i], path);
        assert_fails(load(&found, path), ERR_INPUT, "/models/fan/calibration");
        calibration_release(&found);
        unlink(path);
    }
    memory_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_holds),
        cmocka_unit_test(little_to_learn_from),
        cmocka_unit_test(a_file_keeps_it),
        cmocka_unit_test(files_are_hostile),
    };
    return cmocka_run_group_tests_name("unit.calibration", tests, open_backend, close_backend);
}
