/* What the tests of detectors share: a folder, and a model that is saved, changed and loaded. */
#ifndef DETECTOR_FILES_H
#define DETECTOR_FILES_H

#include "test.h"

#include "core/memory.h"
#include "core/rng.h"
#include "detect/detector.h"

static struct backend *backend;
static char folder[64], model_path[128];

static inline int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(model_path, sizeof model_path, "%s/m.h5", folder);
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static inline int tear_down(void **state)
{
    (void)state;
    unlink(model_path);
    rmdir(folder);
    backend->ops->close(&backend);
    return 0;
}

static inline void standard_settings(const struct detector *detector, void *settings)
{
    assert_ok(options_standard(&(struct option_set){ detector->options, settings, detector->name }));
}

static inline void save_model(const struct detector *detector, const void *model)
{
    struct store *store = NULL;
    assert_ok(store_create(&store, model_path));
    assert_ok(detector->save(model, store, "/d"));
    assert_ok(store_commit(store));
    store_close(&store);
}

/* `model` is zeroed memory. */
static inline enum status load_model(const struct detector *detector, void *model)
{
    struct store *store = NULL;
    assert_ok(store_open(&store, model_path));
    const enum status status = detector->load(model, store, "/d");
    store_close(&store);
    return status;
}

/* The model as it stands cannot be loaded, and the sentence says `words`. */
static inline void assert_refused(const struct detector *detector, const void *model, const char *words)
{
    void *loaded = memory_new(1, detector->model_size);
    save_model(detector, model);
    assert_fails(load_model(detector, loaded), ERR_INPUT, words);
    detector->release(loaded);
    memory_free(loaded);
}

/* A loaded model gives the scores of the one that was saved, to the bit. */
static inline void assert_loads_alike(const struct detector *detector, const void *model,
                                      const struct rows *rows)
{
    const size_t size = (size_t)rows->x.rows * sizeof(double);
    double *before = memory_new(1, size), *after = memory_new(1, size);
    void *loaded = memory_new(1, detector->model_size);
    save_model(detector, model);
    assert_ok(load_model(detector, loaded));
    assert_ok(detector->score(backend, model, rows, before));
    assert_ok(detector->score(backend, loaded, rows, after));
    assert_memory_equal(before, after, size);
    detector->release(loaded);
    memory_free(loaded);
    memory_free(before);
    memory_free(after);
}

/* A fit on one, two and three threads gives the same scores, to the bit. */
static inline void assert_threads_alike(const struct detector *detector, const void *settings,
                                        const struct rows *rows)
{
    const size_t size = (size_t)rows->x.rows * sizeof(double);
    double *scores[3];
    for (int i = 0; i < 3; i++) {
        struct backend *own = NULL;
        void *model = memory_new(1, detector->model_size);
        scores[i] = memory_new(1, size);
        assert_ok(backend_open(&own, "cpu", &(struct backend_options){ .threads = i + 1 }));
        assert_ok(detector->fit(own, settings, rows, model));
        assert_ok(detector->score(own, model, rows, scores[i]));
        assert_memory_equal(scores[i], scores[0], size);
        own->ops->close(&own);
        detector->release(model);
        memory_free(model);
    }
    for (int i = 0; i < 3; i++) memory_free(scores[i]);
}

/* Normally distributed, column j with deviation 1 + j % 3; the columns' mean is `level`. */
static inline void make_rows(struct rows *rows, int n_rows, int columns, double level)
{
    struct rng rng = rng_seeded(1, 0);
    assert_ok(rows_init(rows, n_rows, columns));
    for (int n = 0; n < n_rows; n++)
        for (int j = 0; j < columns; j++)
            matrix_row(&rows->x, n)[j] = (float)(level + rng_normal(&rng) * (1 + j % 3));
}

#endif
