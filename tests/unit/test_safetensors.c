#include "test.h"

#include "core/memory.h"
#include "io/safetensors.h"

#include <fcntl.h>
#include <sys/stat.h>

static char path[128];

static int make_folder(void **state)
{
    const char *folder = test_folder();
    (void)state;
    if (!folder) return 1;
    snprintf(path, sizeof path, "%s/file.safetensors", folder);
    return 0;
}

/* A file with this header and `size` bytes of data 0, 1, 2 … */
static void write_file(const char *header, uint64_t length, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(&length, sizeof length, 1, file);
    fwrite(header, 1, strlen(header), file);
    for (size_t i = 0; i < size; i++) fputc((int)(i & 0xff), file);
    assert_int_equal(fclose(file), 0);
}

static void refused(const char *words)
{
    struct tensor_file *file = NULL;
    assert_fails(tensor_file_open(&file, path, "the current one"), ERR_INPUT, words);
    assert_null(file);
}

static void files_that_are_no_weights_are_refused(void **state)
{
    (void)state;
    snprintf(path + strlen(path), 2, "x"); /* a name that is not there */
    refused("file.safetensorsx: cannot be opened: No such file");
    path[strlen(path) - 1] = '\0';
    write_file("", 0, 0);
    refused("8 bytes are no file of weights");
    write_file("hello, these are words", 99, 0);
    refused("the current file is the current one");
    char folder[128];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    struct tensor_file *file = NULL;
    assert_fails(tensor_file_open(&file, folder, ""), ERR_INPUT, "not a file");
}

static void hostile_headers_are_refused(void **state)
{
    static const struct {
        const char *header;
        size_t data;
        const char *words;
    } cases[] = {
        { "{\"a\":", 0, "the header is no JSON" },
        { "{}]", 0, "the header is no JSON" },
        { "{\"a\":1}", 0, "tensor a: dtype (none) found" },
        { "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
          "tensor a: dtype F64 found, F32" },
        { "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape is no list" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4,
          "shape holds something else" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4,
          "shape holds something else" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
          "shape is no list of at most 8" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets is no list" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", 4, "no beginning and end" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "no beginning and end" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
          "data_offsets span 4 bytes, its shape and dtype need 8" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7,
          "its data end at byte 8 of 7: the file is cut off" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775803,9223372036854775807]"
          "}}",
          4, "cut off" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
          "shape or strides that no file can hold" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,9223372036854775807,9],\"data_offsets\":["
          "0,4]}}",
          4, "shape or strides that no file can hold" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5,
          "5 bytes of data found, its tensors need 4" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":\"F32\","
          "\"shape\":[0],"
          "\"data_offsets\":[0,0]}}",
          0, "no JSON: duplicate" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(cases[i].header, strlen(cases[i].header), cases[i].data);
        refused(cases[i].words);
    }
}

static void lying_header_lengths_are_refused(void **state)
{
    static const uint64_t lengths[] = { 3, 1000, 1 << 30, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63 };
    (void)state;
    write_file("{}", lengths[0], 0);
    refused("a header of 3 bytes does not fit into a file of 10");
    for (size_t i = 1; i < sizeof lengths / sizeof *lengths; i++) {
        write_file("{}", lengths[i], 100);
        refused("does not fit");
    }
}

static void deep_headers_are_refused(void **state)
{
    enum { DEPTH = 100000 };
    char *header = memory_new(DEPTH + 1, 1);
    (void)state;
    assert_non_null(header);
    memset(header, '[', DEPTH);
    memcpy(header, "{\"a\":", 5);
    write_file(header, DEPTH, 0);
    refused("no JSON: maximum parsing depth");
    memory_free(header);
}

static void too_many_tensors_are_refused(void **state)
{
    FILE *file = fopen(path, "wb");
    uint64_t length = 0;
    (void)state;
    assert_non_null(file);
    fwrite(&length, sizeof length, 1, file);
    fputc('{', file);
    for (int i = 0; i <= TENSOR_MAX_COUNT; i++)
        fprintf(file, "%s\"%d\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "", i);
    fputc('}', file);
    length = (uint64_t)ftell(file) - sizeof length;
    rewind(file);
    fwrite(&length, sizeof length, 1, file);
    assert_int_equal(fclose(file), 0);
    refused("more than 4096 tensors");
}

static const char good_header[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                                  "\"single\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                                  "\"half\":{\"dtype\":\"F16\",\"shape\":[7],\"data_offsets\":[8,22]},"
                                  "\"brain\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[22,28]},"
                                  "\"steps\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[28,36]},"
                                  "\"empty\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[36,36]}}";

static void write_good_file(void)
{
    static const float singles[] = { 1.5f, -3.0e-40f }; /* the second is subnormal */
    static const uint16_t halves[] = { 0x3c00, 0xc000, 0x7bff, 0x0001, 0x83ff, 0x8000, 0xfc00 };
    static const uint16_t brains[] = { 0x3f80, 0xc049, 0x7f80 };
    static const int64_t steps = -12345;
    const uint64_t length = strlen(good_header);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(&length, sizeof length, 1, file);
    fwrite(good_header, 1, length, file);
    fwrite(singles, sizeof singles, 1, file);
    fwrite(halves, sizeof halves, 1, file);
    fwrite(brains, sizeof brains, 1, file);
    fwrite(&steps, sizeof steps, 1, file);
    assert_int_equal(fclose(file), 0);
}

static void check_numbers(struct tensor_file *file, const char *name, const float *expected, size_t count)
{
    float found[8];
    const struct tensor *tensor = tensor_file_find(file, name);
    assert_non_null(tensor);
    assert_ok(tensor_file_read(file, tensor, found));
    assert_memory_equal(found, expected, count * sizeof *found);
}

static void numbers_of_every_type_are_read(void **state)
{
    struct tensor_file *file = NULL;
    (void)state;
    write_good_file();
    assert_ok(tensor_file_open(&file, path, ""));
    assert_int_equal(file->count, 5);
    assert_false(file->is_seeded);
    check_numbers(file, "single", (const float[]){ 1.5f, -3.0e-40f }, 2);
    check_numbers(file, "half",
                  (const float[]){ 1.0f, -2.0f, 65504.0f, 0x1p-24f, -1023 * 0x1p-24f, -0.0f, -INFINITY }, 7);
    check_numbers(file, "brain", (const float[]){ 1.0f, -3.140625f, INFINITY }, 3);
    check_numbers(file, "steps", (const float[]){ -12345.0f }, 1);
    check_numbers(file, "empty", NULL, 0);
    assert_null(tensor_file_find(file, "none"));
    tensor_file_close(&file);
    assert_null(file);
    tensor_file_close(&file);
}

static void every_cut_is_refused(void **state)
{
    struct stat about;
    (void)state;
    write_good_file();
    assert_int_equal(stat(path, &about), 0);
    for (off_t size = about.st_size - 1; size >= 0; size--) {
        struct tensor_file *file = NULL;
        assert_int_equal(truncate(path, size), 0);
        assert_int_equal(tensor_file_open(&file, path, ""), ERR_INPUT);
        assert_null(file);
    }
}

static void a_file_that_shrinks_while_it_is_open_is_an_error(void **state)
{
    struct tensor_file *file = NULL;
    float numbers[2];
    (void)state;
    write_good_file();
    assert_ok(tensor_file_open(&file, path, ""));
    assert_int_equal(truncate(path, 20), 0);
    assert_fails(tensor_file_read(file, tensor_file_find(file, "single"), numbers), ERR_INPUT,
                 "tensor single: became shorter while it was read");
    tensor_file_close(&file);
}

static void shapes_are_printed(void **state)
{
    static const int64_t shape[] = { 64, 3, 7, 7 };
    char text[32], narrow[8];
    (void)state;
    tensor_print_shape(shape, 4, text, sizeof text);
    assert_string_equal(text, "[64][3][7][7]");
    tensor_print_shape(shape, 0, text, sizeof text);
    assert_string_equal(text, "[]");
    tensor_print_shape(shape, 4, narrow, sizeof narrow);
    assert_string_equal(narrow, "[64][3]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_no_weights_are_refused),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(lying_header_lengths_are_refused),
        cmocka_unit_test(deep_headers_are_refused),
        cmocka_unit_test(too_many_tensors_are_refused),
        cmocka_unit_test(numbers_of_every_type_are_read),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(a_file_that_shrinks_while_it_is_open_is_an_error),
        cmocka_unit_test(shapes_are_printed),
    };
    return cmocka_run_group_tests_name("safetensors", tests, make_folder, NULL);
}
