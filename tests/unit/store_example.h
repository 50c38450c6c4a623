/* A small store for tests, and what their files need. */
#ifndef STORE_EXAMPLE_H
#define STORE_EXAMPLE_H

#include "test.h"

#include "io/store.h"

/* A path in a new folder, in a static buffer. */
static inline const char *new_path(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    return path;
}

static inline size_t read_bytes(const char *path, char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(bytes, 1, size, file);
    fclose(file);
    return length;
}

static inline void write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static const char *const words[] = { "fan/00.wav", "", "Gebläse ü.wav" };
static const float matrix[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }; /* [5][2] */
static const int64_t counts[] = { 1, -2, INT64_C(1) << 40 };
static const double reals[] = { 0.5, NAN, -INFINITY };

/* What most tests read: every type, a chunked matrix written in three steps, attributes of every type. */
static inline void store_example(const char *path)
{
    struct store *store = NULL;
    struct attributes attributes = { 0 };
    assert_ok(store_create(&store, path));
    assert_ok(store_new(store, "/features", STORE_FLOAT, 0, 2, 2));
    assert_ok(store_write(store, "/features", 0, 1, matrix));
    assert_ok(store_write(store, "/features", 1, 3, matrix + 2));
    assert_ok(store_write(store, "/features", 4, 1, matrix + 8));
    assert_ok(store_new(store, "/table/path", STORE_TEXT, 3, 0, 0));
    assert_ok(store_write(store, "/table/path", 0, 3, words));
    assert_ok(store_new(store, "/table/deep/counts", STORE_INT64, 3, 0, 0));
    assert_ok(store_write(store, "/table/deep/counts", 0, 3, counts));
    assert_ok(store_new(store, "/table/a", STORE_DOUBLE, 3, 0, 0));
    assert_ok(store_write(store, "/table/a", 0, 3, reals));
    assert_ok(store_new(store, "/empty", STORE_INT32, 0, 0, 0));
    assert_ok(store_write(store, "/empty", 0, 0, NULL));
    assert_ok(attributes_set_text(&attributes, "zeta", "first"));
    assert_ok(attributes_set_text(&attributes, "nothing", ""));
    assert_ok(attributes_set_integer(&attributes, "n_fft", -3000000000));
    assert_ok(attributes_set_real(&attributes, "fmin", 0.1));
    assert_ok(store_set(store, "/", &attributes));
    assert_ok(store_set(store, "/table/deep", &attributes));
    assert_ok(store_set(store, "/group/of/nothing", &attributes));
    assert_ok(store_commit(store));
    store_close(&store);
    assert_null(store);
    attributes_release(&attributes);
}

#endif
