/* What every detector that keeps training rows is asked: rows that cannot be learned or scored are refused, a
 * saved model scores as it did, the number of threads changes no bit. */
#ifndef DETECT_FIXTURE_H
#define DETECT_FIXTURE_H

#include "test.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/rng.h"
#include "detect/detector.h"

static struct backend *backend;
static char folder[64], model_path[128];

static int open_backend(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR);
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(model_path, sizeof model_path, "%s/m.h5", folder);
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static int close_backend(void **state)
{
    (void)state;
    unlink(model_path);
    rmdir(folder);
    backend->ops->close(&backend);
    return 0;
}

/* The standard settings of a detector, into a struct of settings_size. */
static void set_standard(const struct detector *detector, void *settings)
{
    const struct option_set set = { detector->options, settings, detector->name };
    assert_ok(options_standard(&set));
}

/* Normal numbers around 3; the last column is constant. */
static struct rows make_rows(int n, int columns, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 0);
    struct rows rows;
    assert_ok(rows_init(&rows, n, columns));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < columns; j++)
            matrix_row(&rows.x, i)[j] = (float)(3 + (j + 1 < columns ? rng_normal(&rng) : 0));
    return rows;
}

static void *fitted(const struct detector *detector, struct backend *own, const void *settings,
                    const struct rows *rows)
{
    void *model = memory_new(1, detector->model_size);
    assert_non_null(model);
    assert_ok(detector->fit(own, settings, rows, model));
    return model;
}

static void discard(const struct detector *detector, void *model)
{
    detector->release(model);
    memory_free(model);
}

static void save_model(const struct detector *detector, const void *model)
{
    struct store *store = NULL;
    assert_ok(store_create(&store, model_path));
    assert_ok(detector->save(model, store, "/d"));
    assert_ok(store_commit(store));
    store_close(&store);
}

/* Into zeroed memory of model_size, which is to be released whatever came. */
static enum status load_model(const struct detector *detector, void *model)
{
    struct store *store = NULL;
    assert_ok(store_open(&store, model_path));
    memset(model, 0, detector->model_size);
    const enum status status = detector->load(model, store, "/d");
    store_close(&store);
    return status;
}

/* Saves a model that was spoilt on purpose: loading it must fail with these words. */
static void refuses_model(const struct detector *detector, const void *spoilt, const char *words)
{
    void *loaded = memory_new(1, detector->model_size);
    save_model(detector, spoilt);
    assert_fails(load_model(detector, loaded), ERR_INPUT, words);
    discard(detector, loaded);
}

/* A group without what the detector keeps. */
static void refuses_empty_model(const struct detector *detector)
{
    struct store *store = NULL;
    struct attributes none = { 0 };
    void *loaded = memory_new(1, detector->model_size);
    assert_ok(store_create(&store, model_path));
    assert_ok(store_set(store, "/d", &none));
    assert_ok(store_commit(store));
    store_close(&store);
    assert_int_equal(load_model(detector, loaded), ERR_INPUT);
    discard(detector, loaded);
}

/* NaN in what is learned and in what is scored, and rows of other columns. */
static void refuses_bad_rows(const struct detector *detector, const void *settings)
{
    struct rows good = make_rows(30, 4, 1), bad = make_rows(30, 4, 2), other = make_rows(2, 5, 3);
    double score[30];
    void *model = memory_new(1, detector->model_size);
    matrix_row(&bad.x, 7)[2] = NAN;
    assert_fails(detector->fit(backend, settings, &bad, model), ERR_INPUT, "patch 7, column 2 is nan");
    discard(detector, model);
    model = fitted(detector, backend, settings, &good);
    assert_fails(detector->score(backend, model, &bad, score), ERR_INPUT, "patch 7, column 2 is nan");
    assert_fails(detector->score(backend, model, &other, score), ERR_INPUT, "5 columns");
    discard(detector, model);
    rows_release(&good);
    rows_release(&bad);
    rows_release(&other);
}

static void scores_after_loading(const struct detector *detector, const void *settings)
{
    struct rows learned = make_rows(60, 9, 4), scored = make_rows(23, 9, 5);
    double before[23], after[23];
    void *model = fitted(detector, backend, settings, &learned),
         *loaded = memory_new(1, detector->model_size);
    save_model(detector, model);
    assert_ok(load_model(detector, loaded));
    assert_ok(detector->score(backend, model, &scored, before));
    assert_ok(detector->score(backend, loaded, &scored, after));
    assert_memory_equal(before, after, sizeof before);
    discard(detector, model);
    discard(detector, loaded);
    rows_release(&learned);
    rows_release(&scored);
}

static void same_bits_for_any_threads(const struct detector *detector, const void *settings)
{
    struct rows learned = make_rows(150, 19, 6), scored = make_rows(75, 19, 7);
    double score[3][75];
    for (int i = 0; i < 3; i++) {
        struct backend *own = NULL;
        assert_ok(backend_open(&own, "cpu", &(struct backend_options){ .threads = 1 + i }));
        void *model = fitted(detector, own, settings, &learned);
        assert_ok(detector->score(own, model, &scored, score[i]));
        discard(detector, model);
        own->ops->close(&own);
        assert_memory_equal(score[i], score[0], sizeof score[0]);
    }
    rows_release(&learned);
    rows_release(&scored);
}

/* A far row scores higher than all that are like those learned from, one column of which is constant. */
static void far_rows_score_higher(const struct detector *detector, const void *settings)
{
    struct rows learned = make_rows(80, 6, 8), scored = make_rows(40, 6, 9);
    double score[40];
    void *model = fitted(detector, backend, settings, &learned);
    for (int j = 0; j < 6; j++) matrix_row(&scored.x, 11)[j] = 3 + (j % 2 ? 30 : -30);
    assert_ok(detector->score(backend, model, &scored, score));
    for (int n = 0; n < 40; n++) {
        assert_true(isfinite(score[n]));
        if (n != 11) assert_true(score[n] < score[11]);
    }
    discard(detector, model);
    rows_release(&learned);
    rows_release(&scored);
}

#endif
