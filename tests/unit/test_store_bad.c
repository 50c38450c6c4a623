/* Files that are missing, foreign, damaged or hostile. */
#include "store_example.h"

#include "core/memory.h"

/* ------------------------------------------------------------------------------------------- bad files */

static void test_not_ours(void **state)
{
    (void)state;
    struct store *store = NULL;
    const char *path = new_path("text.h5");
    assert_fails(store_open(&store, "no/such.h5"), ERR_INPUT, "no/such.h5 cannot be read: No such file");
    assert_fails(store_open(&store, "."), ERR_INPUT, ". is no file");
    write_bytes(path, "", 0);
    assert_fails(store_open(&store, path), ERR_INPUT, "is not an HDF5 file");
    write_bytes(path, "recording,machine\n", 18);
    assert_fails(store_open(&store, path), ERR_INPUT, "is not an HDF5 file");
    int is_sealed = 1;
    assert_fails(store_verify(path, &is_sealed), ERR_VERIFY, "no checksum");
    assert_false(is_sealed);
    assert_fails(store_verify("no/such.h5", &is_sealed), ERR_INPUT, "No such file");
    assert_null(store);
}

/* Reads all that the example holds, whatever it is now. */
static enum status read_all(const char *path)
{
    struct store *store = NULL;
    struct attributes attributes = { 0 };
    char *texts[3] = { 0 };
    float rows[10];
    double numbers[3];
    TRY(store_open(&store, path));
    enum status status = store_get(store, "/", &attributes);
    if (status == OK) status = store_read(store, "/features", STORE_FLOAT, 0, 5, rows);
    if (status == OK) status = store_read(store, "/table/a", STORE_DOUBLE, 0, 3, numbers);
    if (status == OK) status = store_read(store, "/table/path", STORE_TEXT, 0, 3, texts);
    for (int i = 0; status == OK && i < 3; i++) memory_free(texts[i]);
    attributes_release(&attributes);
    store_close(&store);
    return status;
}

/* A row of a matrix is more than who asks for a column has room for. */
static void test_no_column(void **state)
{
    (void)state;
    struct store *store = NULL;
    float rows[10];
    double numbers[3];
    const char *path = new_path("column.h5");
    store_example(path);
    assert_ok(store_open(&store, path));
    assert_fails(store_read_column(store, "/features", STORE_FLOAT, 0, 5, rows), ERR_INPUT,
                 "/features has rows of 2 columns, a single column is expected");
    assert_ok(store_read_column(store, "/table/a", STORE_DOUBLE, 0, 3, numbers));
    store_close(&store);
}

static void test_cut_off(void **state)
{
    (void)state;
    static char bytes[1 << 16];
    const char *path = new_path("cut.h5");
    int is_sealed;
    store_example(path);
    assert_ok(read_all(path));
    const size_t length = read_bytes(path, bytes, sizeof bytes);
    assert_true(length > 512 && length < sizeof bytes);
    for (size_t cut = 0; cut < length; cut += cut < 1024 ? 61 : 257) {
        write_bytes(path, bytes, cut);
        assert_int_equal(read_all(path), ERR_INPUT);
        assert_int_equal(store_verify(path, &is_sealed), cut < 39 ? ERR_VERIFY : ERR_INPUT);
    }
}

/* Whatever byte changes, the checksum tells; HDF5 itself is not asked, it may not survive such files. */
static void test_flipped_bytes(void **state)
{
    (void)state;
    static char bytes[1 << 16];
    const char *path = new_path("flipped.h5");
    int is_sealed;
    store_example(path);
    assert_ok(store_verify(path, &is_sealed));
    assert_true(is_sealed);
    const size_t length = read_bytes(path, bytes, sizeof bytes);
    for (size_t i = 0; i < length; i += i < 512 ? 1 : 13) {
        bytes[i] ^= 0x10;
        write_bytes(path, bytes, length);
        assert_int_equal(store_verify(path, &is_sealed), ERR_VERIFY);
        bytes[i] ^= 0x10;
    }
    write_bytes(path, bytes, length);
    assert_ok(store_verify(path, &is_sealed));
}

/* Damaged rows are noticed by whoever reads them, without store_verify. */
static void test_damaged_rows(void **state)
{
    (void)state;
    static char bytes[1 << 16];
    const char *path = new_path("rows.h5");
    store_example(path);
    const size_t length = read_bytes(path, bytes, sizeof bytes);
    char *rows = memmem(bytes, length, matrix, 4 * sizeof *matrix);
    assert_non_null(rows);
    rows[3] ^= 1;
    write_bytes(path, bytes, length);
    assert_fails(read_all(path), ERR_INPUT, "/features cannot be read: the file is damaged");
}

/* ------------------------------------------------------------------------------------- files by others */

static void write_foreign(const char *path)
{
    char command[512];
    snprintf(command, sizeof command, "/usr/bin/python3 %s/unit/foreign_store.py %s", TEST_SOURCE "/tests",
             path);
    assert_int_equal(system(command), 0);
}

static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
    } cases[] = {
        { "/bytes", "/bytes is of a type" },
        { "/letters", "/letters is of a type" },
        { "/cube", "neither a vector nor a matrix" },
        { "/scalar", "neither a vector nor a matrix" },
        { "/huge", "more than the file's" },
        { "/outside", "/outside lies outside the file" },
        { "/virtual", "/virtual lies outside the file" },
        { "/elsewhere", "has no /elsewhere" },
        { "/loop", "has no /loop" },
        { "/nothing/at/all", "has no /nothing/at/all" },
    };
    const char *path = new_path("foreign.h5");
    struct store *store = NULL;
    struct attributes attributes = { 0 };
    size_t rows, columns;
    int32_t numbers[4];
    write_foreign(path);
    assert_ok(store_open(&store, path));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_fails(store_shape(store, cases[i].name, &rows, &columns), ERR_INPUT, cases[i].words);
    assert_fails(store_read(store, "/big_endian", STORE_INT64, 0, 3, numbers), ERR_INPUT,
                 "/big_endian holds int32, expected int64");
    assert_fails(store_read(store, "/big_endian", STORE_INT32, 1, 3, numbers), ERR_INPUT,
                 "has 3 rows, rows 1 to 4");
    assert_fails(store_read(store, "/big_endian", STORE_INT32, SIZE_MAX, 3, numbers), ERR_INPUT,
                 "has 3 rows");
    assert_ok(store_read(store, "/big_endian", STORE_INT32, 0, 3, numbers));
    assert_ok(store_get(store, "/", &attributes));
    assert_int_equal(attributes.count, 2);
    assert_string_equal(attributes_text(&attributes, "name", ""), "somebody else's");
    assert_int_equal(attributes_integer(&attributes, "answer", 0), 42);
    attributes_release(&attributes);
    store_close(&store);
}

static void test_hostile_groups(void **state)
{
    (void)state;
    const char *path = new_path("groups.h5");
    struct store *store = NULL;
    struct attributes attributes = { 0 };
    char **names;
    size_t count;
    write_foreign(path);
    assert_ok(store_open(&store, path));
    assert_fails(store_members(store, "/nothing", &names, &count), ERR_INPUT, "has no group /nothing");
    assert_fails(store_members(store, "/bytes", &names, &count), ERR_INPUT, "has no group /bytes");
    assert_fails(store_get(store, "/nothing", &attributes), ERR_INPUT, "has no /nothing");
    assert_ok(store_members(store, "/unsorted", &names, &count)); /* no order was kept: by name */
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "a");
    for (size_t i = 0; i < count; i++) memory_free(names[i]);
    memory_free(names);
    store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_ours),       cmocka_unit_test(test_no_column),
        cmocka_unit_test(test_cut_off),        cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_damaged_rows),   cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_hostile_groups),
    };
    return cmocka_run_group_tests_name("store_bad", tests, NULL, NULL);
}
