#include "store_example.h"

#include "core/memory.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ----------------------------------------------------------------------------------------- bad outputs */

static void test_not_writable(void **state)
{
    (void)state;
    struct store *store = NULL;
    char path[160];
    const char *folder = test_folder();
    assert_fails(store_create(&store, "no/such/folder.h5"), ERR_OUTPUT,
                 "no/such/folder.h5 cannot be written: its folder does not exist");
    assert_fails(store_create(&store, folder), ERR_OUTPUT, "Is a directory");
    assert_fails(store_create(&store, "/proc/earshot.h5"), ERR_OUTPUT,
                 "/proc/earshot.h5 cannot be written: ");
    snprintf(path, sizeof path, "%s/file", folder);
    write_bytes(path, "x", 1);
    snprintf(path, sizeof path, "%s/file/below.h5", folder);
    assert_fails(store_create(&store, path), ERR_OUTPUT, "Not a directory");
    assert_null(store);
}

static void test_no_permission(void **state)
{
    (void)state;
    struct store *store = NULL;
    char folder[64], path[128];
    const uid_t user = geteuid(), nobody = 65534;
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(path, sizeof path, "%s/x.h5", folder);
    assert_int_equal(chmod(folder, 0555), 0);
    if (user == 0 && seteuid(nobody) != 0) test_skip("root may write everywhere, and cannot become nobody");
    assert_fails(store_create(&store, path), ERR_OUTPUT, "Permission denied");
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(folder, 0755), 0);
}

/* Writes 256 KiB of rows while files may not grow beyond `limit` bytes. */
static enum status write_limited(const char *path, rlim_t limit)
{
    static const float rows[1 << 16];
    struct store *store = NULL;
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = limit;
    setrlimit(RLIMIT_FSIZE, &small);
    enum status status = store_create(&store, path);
    if (status == OK) status = store_new(store, "/features", STORE_FLOAT, 0, 1024, 16);
    if (status == OK) status = store_write(store, "/features", 0, 64, rows);
    if (status == OK) status = store_commit(store);
    store_close(&store);
    setrlimit(RLIMIT_FSIZE, &before);
    return status;
}

/* A limit on the size of files stands for a full disk. Writes go through caches, so one may fail only when
 * the file is flushed: wherever it does, it must be told, and nothing may stay behind. (Limits between 2 and
 * 4 KiB are left out: there HDF5 1.10 leaks.) */
static void test_disk_full(void **state)
{
    (void)state;
    static const rlim_t limits[] = { 0, 1, 1000, 4096, 10000, 33000, 65536, 100000, 131072, 200000, 262144 };
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char folder[64], path[128];
        snprintf(folder, sizeof folder, "%s", test_folder());
        snprintf(path, sizeof path, "%s/full.h5", folder);
        const int is_partial = limits[i] > 0 && limits[i] < 2048; /* the first write of all is cut short */
        assert_fails(write_limited(path, limits[i]), ERR_OUTPUT, strerror(is_partial ? ENOSPC : EFBIG));
        assert_int_equal(rmdir(folder), 0); /* empty: nothing stayed */
    }
}

static void test_misuse(void **state)
{
    (void)state;
    struct store *store = NULL;
    assert_ok(store_create(&store, new_path("misuse.h5")));
    assert_fails(store_write(store, "/nothing", 0, 1, words), ERR_INTERNAL, "before it was made");
    assert_ok(store_new(store, "/fixed", STORE_DOUBLE, 2, 0, 0));
    assert_fails(store_write(store, "/fixed", 1, 2, reals), ERR_INTERNAL, "has 2 rows, row 3 is written");
    assert_int_equal(store_new(store, "/fixed", STORE_DOUBLE, 2, 0, 0), ERR_OUTPUT);
    store_close(&store);
    store_close(&store);
}

/* ------------------------------------------------------------------------------------------ good files */

static void check_attributes(const struct attributes *found)
{
    static const char *const names[] = { "zeta", "nothing", "n_fft", "fmin" };
    assert_int_equal(found->count, 4);
    for (size_t i = 0; i < 4; i++) assert_string_equal(found->items[i].name, names[i]);
    assert_string_equal(attributes_text(found, "zeta", ""), "first");
    assert_string_equal(attributes_text(found, "nothing", "?"), "");
    assert_int_equal(attributes_integer(found, "n_fft", 0), -3000000000);
    assert_true(found->items[3].real == 0.1);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct store *store = NULL;
    float rows[10];
    int64_t numbers[3];
    double values[3];
    char *texts[3];
    const char *path = new_path("example.h5");
    store_example(path);
    assert_ok(store_open(&store, path));
    assert_string_equal(store_path(store), path);
    assert_ok(store_read(store, "/features", STORE_FLOAT, 0, 5, rows));
    assert_memory_equal(rows, matrix, sizeof matrix);
    assert_ok(store_read(store, "/features", STORE_FLOAT, 3, 1, rows));
    assert_memory_equal(rows, matrix + 6, 2 * sizeof *matrix);
    assert_ok(store_read(store, "/table/deep/counts", STORE_INT64, 0, 3, numbers));
    assert_memory_equal(numbers, counts, sizeof counts);
    assert_ok(store_read(store, "/table/a", STORE_DOUBLE, 0, 3, values));
    assert_memory_equal(values, reals, sizeof reals);
    assert_ok(store_read(store, "/table/path", STORE_TEXT, 0, 3, texts));
    for (int i = 0; i < 3; i++) {
        assert_string_equal(texts[i], words[i]);
        memory_free(texts[i]);
    }
    static const char *const objects[] = { "/", "/table/deep", "/group/of/nothing" };
    for (int i = 0; i < 3; i++) {
        struct attributes attributes = { 0 };
        assert_ok(store_get(store, objects[i], &attributes));
        check_attributes(&attributes);
        attributes_release(&attributes);
    }
    store_close(&store);
}

static void test_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t rows, columns;
    } cases[] = { { "/features", 5, 2 }, { "/table/path", 3, 0 }, { "/empty", 0, 0 } };
    struct store *store = NULL;
    const char *path = new_path("shapes.h5");
    store_example(path);
    assert_ok(store_open(&store, path));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t rows, columns;
        assert_ok(store_shape(store, cases[i].name, &rows, &columns));
        assert_int_equal(rows, cases[i].rows);
        assert_int_equal(columns, cases[i].columns);
    }
    assert_true(store_has(store, "/"));
    assert_true(store_has(store, "/table/deep"));
    assert_false(store_has(store, "/table/shallow"));
    assert_false(store_has(store, "/nothing/deep"));
    store_close(&store);
}

static void test_members_in_order(void **state)
{
    (void)state;
    static const char *const expected[] = { "path", "deep", "a" };
    struct store *store = NULL;
    char **names;
    size_t count;
    const char *path = new_path("members.h5");
    store_example(path);
    assert_ok(store_open(&store, path));
    assert_ok(store_members(store, "/table", &names, &count));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(names[i], expected[i]);
        memory_free(names[i]);
    }
    memory_free(names);
    store_close(&store);
}

static void test_equal_bytes(void **state)
{
    (void)state;
    static char first[1 << 16], second[1 << 16];
    char path[128];
    snprintf(path, sizeof path, "%s", new_path("a.h5"));
    store_example(path);
    const char *other = new_path("a longer name.h5");
    sleep(1); /* times, if there were any, are in seconds */
    store_example(other);
    const size_t length = read_bytes(path, first, sizeof first);
    assert_int_equal(read_bytes(other, second, sizeof second), length);
    assert_memory_equal(first, second, length);
}

/* Until it is committed nothing stands under the name; an older file stays what it was. */
static void test_commit(void **state)
{
    (void)state;
    char folder[64], path[128];
    struct store *store = NULL;
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(path, sizeof path, "%s/out.h5", folder);
    assert_ok(store_create(&store, path));
    assert_int_not_equal(access(path, F_OK), 0);
    store_close(&store);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(mkdir(folder, 0755), 0);
    write_bytes(path, "old", 3);
    assert_ok(store_create(&store, path));
    struct store *second = NULL;
    assert_ok(store_create(&second, path)); /* two writers of one name do not meet */
    store_close(&second);
    assert_int_equal(read_bytes(path, folder, sizeof folder), 3);
    assert_ok(store_commit(store));
    store_close(&store);
    assert_ok(store_open(&store, path));
    store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_writable),     cmocka_unit_test(test_no_permission),
        cmocka_unit_test(test_disk_full),        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_members_in_order), cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_commit),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
