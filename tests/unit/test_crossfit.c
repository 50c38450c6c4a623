/* Cross-fitting: every row is scored by a detector that has not seen its recording, and a threshold from
 * such scores keeps the false-alarm rate on unseen normal sounds that was asked for. */
#include "test.h"

#include "core/rng.h"
#include "detect/crossfit.h"
#include "detect/gmm.h"

enum { COLUMNS = 8, PATCHES = 5 };

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

/* ----------------------------------------------------------------------------------- who has seen whom */

/* A detector that learns which recordings it was shown: a row of one of them scores 1, another one 0. */
struct witness {
    char has_seen[64];
};

static enum status witness_check(const void *settings, int rows, int columns)
{
    (void)columns;
    REQUIRE(rows >= *(const int *)settings, ERR_INPUT, "%d rows are too few", rows);
    return OK;
}

static enum status witness_fit(struct backend *unused, const void *settings, const struct rows *rows,
                               void *model)
{
    struct witness *witness = model;
    (void)unused;
    (void)settings;
    for (int r = 0; r < rows->x.rows; r++) witness->has_seen[rows->recording[r]] = 1;
    return OK;
}

static enum status witness_score(struct backend *unused, const void *model, const struct rows *rows,
                                 double *score)
{
    const struct witness *witness = model;
    (void)unused;
    for (int r = 0; r < rows->x.rows; r++)
        score[r] = witness->has_seen[rows->recording[r]] + (double)rows->x.data[r * rows->x.columns] * 100;
    return OK;
}

static void witness_release(void *model)
{
    (void)model;
}

static const struct detector witness = { .name = "witness",
                                         .settings_size = sizeof(int),
                                         .model_size = sizeof(struct witness),
                                         .check = witness_check,
                                         .fit = witness_fit,
                                         .score = witness_score,
                                         .release = witness_release };

static void test_no_row_is_scored_by_who_saw_its_recording(void **state)
{
    (void)state;
    for (int n_recordings = 2; n_recordings <= 13; n_recordings++) {
        const int least_rows = 1, n = n_recordings * PATCHES;
        struct rows rows;
        double score[13 * PATCHES];
        assert_ok(rows_init(&rows, n, 1));
        for (int r = 0; r < n; r++) {
            rows_tell(&rows, r, 1, r / PATCHES, -20);
            rows.x.data[r] = (float)r; /* so that each score is known to have come back to its own row */
        }
        assert_ok(crossfit_scores(backend, &witness, &least_rows, &rows, 5, 7, score));
        for (int r = 0; r < n; r++) assert_near(score[r], 100.0 * r, 0);
        rows_release(&rows);
    }
}

static void test_too_little_is_refused(void **state)
{
    (void)state;
    struct rows rows;
    double score[2 * PATCHES];
    int least_rows = 1;
    assert_ok(rows_init(&rows, 2 * PATCHES, 1));
    rows_tell(&rows, 0, 2 * PATCHES, 0, -20);
    assert_fails(crossfit_scores(backend, &witness, &least_rows, &rows, 5, 7, score), ERR_INPUT,
                 "1 recording in 5 folds");
    rows_tell(&rows, PATCHES, PATCHES, 1, -20);
    least_rows = PATCHES + 1;
    assert_fails(crossfit_scores(backend, &witness, &least_rows, &rows, 5, 7, score), ERR_INPUT,
                 "5 rows are too few");
    rows_release(&rows);
}

/* ---------------------------------------------------------------------------------------- false alarms */

static void test_threshold_is_the_conformal_one(void **state)
{
    (void)state;
    double scores[] = { 3, 1, 2, 5, 4, 9, 8, 7, 6 };
    assert_near(crossfit_threshold(scores, 9, 0.5), 5, 0);
    assert_near(crossfit_threshold(scores, 9, 0.1), 9, 0);
    assert_near(crossfit_threshold(scores, 9, 1), 1, 0);
    assert_true(isinf(crossfit_threshold(scores, 9, 0.09)));
}

/* Normal sounds: a recording has its own place near one of three states, its patches scatter around it. */
static void make_normal(struct rng *rng, struct rows *rows, int n_recordings)
{
    assert_ok(rows_init(rows, n_recordings * PATCHES, COLUMNS));
    for (int i = 0; i < n_recordings; i++) {
        double place[COLUMNS];
        const int kind = (int)rng_below(rng, 3);
        for (int j = 0; j < COLUMNS; j++) place[j] = 3.0 * (j % 3 == kind) + 0.5 * rng_normal(rng);
        for (int p = 0; p < PATCHES * COLUMNS; p++)
            rows->x.data[(i * PATCHES) * COLUMNS + p] = (float)(place[p % COLUMNS] + rng_normal(rng));
        rows_tell(rows, i * PATCHES, PATCHES, i, -20);
    }
}

/* scores of patches → of recordings, in place */
static void pool(double *score, int n_recordings)
{
    for (int i = 0; i < n_recordings; i++) {
        double sum = 0;
        for (int p = 0; p < PATCHES; p++) sum += score[i * PATCHES + p];
        score[i] = sum / PATCHES;
    }
}

/* Thirty components learn 300 recordings nearly by heart: a threshold from the training rows' own scores
 * would sound the alarm far too often. */
static void test_false_alarms_are_as_many_as_asked_for(void **state)
{
    (void)state;
    enum { TRAINED = 300, UNSEEN = 2000 };
    static double calibration[TRAINED * PATCHES], own[TRAINED * PATCHES], unseen[UNSEEN * PATCHES];
    static const double rates[] = { 0.05, 0.1, 0.2 };
    struct gmm_settings settings;
    struct gmm_model model = { 0 };
    struct rows train, test;
    struct rng rng = rng_seeded(5, 0);
    assert_ok(options_standard(&(struct option_set){ detector_gmm.options, &settings, "" }));
    settings.components = 30;
    make_normal(&rng, &train, TRAINED);
    make_normal(&rng, &test, UNSEEN);
    assert_ok(crossfit_scores(backend, &detector_gmm, &settings, &train, 5, 1, calibration));
    assert_ok(detector_gmm.fit(backend, &settings, &train, &model));
    assert_ok(detector_gmm.score(backend, &model, &train, own));
    assert_ok(detector_gmm.score(backend, &model, &test, unseen));
    pool(calibration, TRAINED);
    pool(own, TRAINED);
    pool(unseen, UNSEEN);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const double threshold = crossfit_threshold(calibration, TRAINED, rates[i]);
        int alarms = 0;
        for (int r = 0; r < UNSEEN; r++) alarms += unseen[r] > threshold;
        assert_near((double)alarms / UNSEEN, rates[i], 0.03);
    }
    int alarms = 0;
    const double naive = crossfit_threshold(own, TRAINED, 0.05);
    for (int r = 0; r < UNSEEN; r++) alarms += unseen[r] > naive;
    assert_true((double)alarms / UNSEEN > 0.08); /* what cross-fitting is for */
    detector_gmm.release(&model);
    rows_release(&train);
    rows_release(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_row_is_scored_by_who_saw_its_recording),
        cmocka_unit_test(test_too_little_is_refused),
        cmocka_unit_test(test_threshold_is_the_conformal_one),
        cmocka_unit_test(test_false_alarms_are_as_many_as_asked_for),
    };
    return cmocka_run_group_tests_name("crossfit", tests, open_backend, close_backend);
}
