/* The decision threshold: too little to learn from first, then that it passes about as many new normal
 * recordings as it says, although the detector knows its training rows by heart. */
#include "test.h"

#include "core/rng.h"
#include "detect/knn.h"
#include "eval/threshold.h"

enum { COLUMNS = 4, PATCHES = 3 };

static const struct knn_settings settings = { .k = 1 };
static const struct pooler mean = { .kind = POOLER_MEAN }, highest = { .kind = POOLER_MAX };
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
        for (int p = 0; p < PATCHES * COLUMNS; p++)
            rows->x.data[i * PATCHES * COLUMNS + p] = (float)rng_normal(rng);
        rows_tell(rows, i * PATCHES, PATCHES, i, -20);
    }
}

static void refuses_too_little(void **state)
{
    (void)state;
    struct rng rng = rng_seeded(1, 0);
    struct rows rows;
    double threshold;
    make_rows(&rng, &rows, 1);
    assert_fails(threshold_of_train(backend, &detector_knn, &settings, &rows, &mean, 0, &threshold),
                 ERR_INPUT, "1 recording in 5 folds");
    rows_release(&rows);
    make_rows(&rng, &rows, 6);
    memset(rows.x.data, 0, 6 * PATCHES * COLUMNS * sizeof *rows.x.data);
    assert_fails(threshold_of_train(backend, &detector_knn, &settings, &rows, &mean, 0, &threshold),
                 ERR_INPUT, "all 6 scores are 0");
    rows_release(&rows);
}

static void passes_nine_of_ten(const struct pooler *pooler)
{
    enum { TRAIN = 300, TEST = 1000 };
    struct rng rng = rng_seeded(2, 0);
    struct rows train, test;
    static double score[TEST * PATCHES];
    double threshold, again;
    int n_passed = 0;
    void *model = calloc(1, detector_knn.model_size);
    make_rows(&rng, &train, TRAIN);
    make_rows(&rng, &test, TEST);
    assert_ok(threshold_of_train(backend, &detector_knn, &settings, &train, pooler, 3, &threshold));
    assert_ok(threshold_of_train(backend, &detector_knn, &settings, &train, pooler, 3, &again));
    assert_near(threshold, again, 0);
    assert_ok(detector_knn.fit(backend, &settings, &train, model));
    assert_ok(detector_knn.score(backend, model, &test, score));
    for (int i = 0; i < TEST; i++)
        n_passed += pooler_score(pooler, score + i * PATCHES, PATCHES) <= threshold;
    /* A quantile from 300 scores has a deviation of 0.017, the share of 1000 one of 0.0095; 0.02 together, and
     * four fifths of the training rows are a little farther away than all of them. */
    assert_near((double)n_passed / TEST, 0.91, 0.05);
    detector_knn.release(model);
    free(model);
    rows_release(&train);
    rows_release(&test);
}

static void passes_nine_of_ten_new_ones(void **state)
{
    (void)state;
    passes_nine_of_ten(&mean);
    passes_nine_of_ten(&highest);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(refuses_too_little),
                                        cmocka_unit_test(passes_nine_of_ten_new_ones) };
    return cmocka_run_group_tests_name("threshold", tests, open_backend, close_backend);
}
