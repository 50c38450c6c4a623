/* Two feature files whose statistics differ but whose raw rows are the same: fit and score see the same rows
 * within 1e-6 of the largest value, and give the same scores within 1e-4 * max(1, |score|) from the same
 * start, since each undoes the file's standardisation and takes statistics of its own training rows. */
#include "test.h"

#include "core/rng.h"
#include "core/scaler.h"
#include "detect/gmm.h"
#include "io/features.h"

enum {
    RECORDINGS = 30,
    PATCHES = 6,
    ROWS = RECORDINGS * PATCHES,
    COLUMNS = 40,
    TRAINED = 20,
    COMPONENTS = 4,
    ITERATIONS = 10
};

/* What comes out of a network: never below zero, columns of different size, some dead, some nearly. */
static void make_rows(float *rows)
{
    struct rng rng = rng_seeded(11, 0);
    for (int r = 0; r < ROWS; r++)
        for (int j = 0; j < COLUMNS; j++) {
            const double size = j % 10 == 9 ? 0 : j % 10 == 8 ? 1e-3 : 1 + j;
            const double x = size * (rng_normal(&rng) + r / PATCHES % COMPONENTS);
            rows[r * COLUMNS + j] = x > 0 ? (float)x : 0;
        }
}

/* The first `n_normal` recordings are labelled normal: the file's statistics are taken over them alone. */
static void write_file(const char *path, const float *rows, int n_normal)
{
    char part_path[128], name[16];
    struct part *part;
    struct attributes provenance = { 0 };
    struct merge_result result;
    const char *parts[] = { part_path };
    const double start_s[PATCHES] = { 0 };
    snprintf(part_path, sizeof part_path, "%s.part", path);
    assert_ok(attributes_set_text(&provenance, "network", "none"));
    assert_ok(part_create(&part, part_path, COLUMNS, &provenance));
    for (int i = 0; i < RECORDINGS; i++) {
        snprintf(name, sizeof name, "%02d.wav", i);
        struct feature_recording row = { .of = { .path = memory_text(name),
                                                 .root = memory_text(""),
                                                 .machine = memory_text("fan"),
                                                 .label = memory_text(i < n_normal ? "normal" : "abnormal") },
                                         .error = memory_text(""),
                                         .hash = memory_text("") };
        assert_ok(part_append(part, &row, PATCHES, rows + (size_t)i * PATCHES * COLUMNS, start_s));
    }
    assert_ok(part_commit(&part));
    assert_ok(features_merge(path, parts, 1, NULL, &result));
    attributes_release(&provenance);
}

static void read_raw(const char *path, float *raw)
{
    struct features *features;
    assert_ok(features_open(&features, path));
    assert_ok(features_read(features, 0, ROWS, raw));
    features_close(&features);
}

/* A mean score a recording: statistics and mixture of the first TRAINED recordings, from labels that are
 * given. */
static void score_recordings(const float *raw, double scores[RECORDINGS])
{
    struct scaler scaler;
    struct matrix train, all;
    struct backend *backend;
    struct gmm_model model = { 0 };
    struct em *em;
    int labels[TRAINED * PATCHES];
    double log_likelihood[ROWS], bound;
    assert_ok(scaler_init(&scaler, COLUMNS));
    scaler_add(&scaler, raw, TRAINED * PATCHES);
    scaler_finish(&scaler);
    assert_ok(matrix_init(&train, TRAINED * PATCHES, COLUMNS));
    assert_ok(matrix_init(&all, ROWS, COLUMNS));
    scaler_apply(&scaler, raw, train.rows, train.data);
    scaler_apply(&scaler, raw, all.rows, all.data);
    for (int r = 0; r < train.rows; r++) labels[r] = r / PATCHES % COMPONENTS;
    assert_ok(backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }));
    assert_ok(gmm_model_init(&model, COMPONENTS, COLUMNS, COVARIANCE_DIAGONAL));
    assert_ok(backend->ops->em_open(
        backend, &(struct em_spec){ &train, NULL, COMPONENTS, COVARIANCE_DIAGONAL, 1e-3 }, &em));
    assert_ok(em->ops->em_start(em, labels, NULL, &model.mixture));
    assert_ok(gmm_iterate(em, 0, ITERATIONS, &model));
    em->ops->em_close(&em);
    assert_ok(backend->ops->em_open(
        backend, &(struct em_spec){ &all, NULL, COMPONENTS, COVARIANCE_DIAGONAL, 0 }, &em));
    assert_ok(em->ops->em_step(em, &model.mixture, 1, &bound, log_likelihood));
    em->ops->em_close(&em);
    for (int i = 0; i < RECORDINGS; i++) {
        scores[i] = 0;
        for (int p = 0; p < PATCHES; p++) scores[i] -= log_likelihood[i * PATCHES + p] / PATCHES;
    }
    gmm_model_release(&model);
    backend->ops->close(&backend);
    matrix_release(&train);
    matrix_release(&all);
    scaler_release(&scaler);
}

static void test_other_statistics_same_rows_same_scores(void **state)
{
    (void)state;
    static float rows[ROWS * COLUMNS], raw[2][ROWS * COLUMNS];
    double scores[2][RECORDINGS], largest = 0;
    char path[2][96];
    const char *folder = test_folder();
    make_rows(rows);
    for (int f = 0; f < 2; f++) {
        snprintf(path[f], sizeof path[f], "%s/%d.h5", folder, f);
        write_file(path[f], rows, f ? 3 : RECORDINGS);
        read_raw(path[f], raw[f]);
        score_recordings(raw[f], scores[f]);
    }
    for (int i = 0; i < ROWS * COLUMNS; i++) largest = fmax(largest, (double)rows[i]);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        assert_near(raw[0][i], rows[i], 1e-6 * largest);
        assert_near(raw[1][i], rows[i], 1e-6 * largest);
    }
    for (int i = 0; i < RECORDINGS; i++)
        assert_near(scores[1][i], scores[0][i], 1e-4 * fmax(1, fabs(scores[0][i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_other_statistics_same_rows_same_scores) };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
