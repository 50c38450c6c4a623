/* Files that tests/golden/make_pth.py wrote with PyTorch, the same cut off and damaged, and pickles by hand. */
#include "test.h"

#include "core/memory.h"
#include "io/tensor_file.h"
#include "io/torch_pickle.h"

#define FILES TEST_SOURCE "/tests/golden/pth/"

static char damaged[128];

static int make_folder(void **state)
{
    const char *folder = test_folder();
    (void)state;
    if (!folder) return 1;
    snprintf(damaged, sizeof damaged, "%s/damaged.pth", folder);
    return 0;
}

static void bad_files_are_refused(void **state)
{
    static const struct {
        const char *path, *words;
    } cases[] = {
        { FILES "command.pth",
          "the pickle asks for posix.system, which is none of the names known here; nothing" },
        { FILES "double.pth", "the pickle asks for torch.DoubleStorage" },
        { FILES "nested.pth", "entry epoch is no tensor; a state_dict" },
        { FILES "list.pth", "opcode 0x5d" },
        { FILES "legacy.pth", "(it would begin with PK); the current file is resnet18-f37072fd.pth" },
        { FILES "big_endian.pth", "entry byteorder does not say little" },
        { FILES "short_storage.pth", "entry dict/data/0 has 44 bytes, 48 expected" },
        { FILES "outside.pth", "tensor a: it reads 12 elements from 1 on, its storage has 12" },
        { FILES "compressed.pth", "is compressed; torch.save stores" },
        { FILES "other.zip", "a zip archive without ARCHIVE/data.pkl" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tensor_file *file = NULL;
        assert_fails(tensor_file_open(&file, cases[i].path, "resnet18-f37072fd.pth"), ERR_INPUT,
                     cases[i].words);
        assert_non_null(strstr(status_sentence(), cases[i].path)); /* once, at the beginning */
        assert_null(strstr(status_sentence() + 1, cases[i].path));
        assert_null(file);
    }
}

static void read_whole(const char *path, unsigned char *bytes, size_t room, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *size = fread(bytes, 1, room, file);
    assert_true(*size < room);
    fclose(file);
}

static void write_whole(const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(damaged, "wb");
    assert_non_null(file);
    fwrite(bytes, 1, size, file);
    assert_int_equal(fclose(file), 0);
}

/* Opens and reads everything; what comes of it must be OK or a sentence. */
static enum status read_all(const char *path)
{
    struct tensor_file *file = NULL;
    float numbers[64];
    enum status status = tensor_file_open(&file, path, "");
    for (size_t i = 0; status == OK && i < file->count; i++) {
        uint64_t bytes;
        assert_ok(tensor_extent(&file->tensors[i], &bytes));
        int64_t count = 1;
        for (int side = 0; side < file->tensors[i].rank; side++) count *= file->tensors[i].shape[side];
        if (count <= 64) status = tensor_file_read(file, &file->tensors[i], numbers);
    }
    tensor_file_close(&file);
    return status;
}

static void cut_off_files_are_refused(void **state)
{
    static const char *const names[] = { FILES "dict.pth", FILES "ordered.pth", FILES "strides.pth" };
    unsigned char bytes[8192];
    size_t size;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        read_whole(names[i], bytes, sizeof bytes, &size);
        for (size_t cut = 0; cut < size; cut += 97) {
            write_whole(bytes, cut);
            assert_int_equal(read_all(damaged), ERR_INPUT);
        }
    }
}

static void damaged_files_never_crash(void **state)
{
    unsigned char bytes[8192];
    size_t size;
    (void)state;
    read_whole(FILES "dict.pth", bytes, sizeof bytes, &size);
    for (size_t i = 0; i < size; i += 3) {
        const unsigned char kept = bytes[i];
        bytes[i] = (unsigned char)(kept ^ (1 + i % 255));
        write_whole(bytes, size);
        const enum status status = read_all(damaged);
        assert_true(status == OK || status == ERR_INPUT);
        bytes[i] = kept;
    }
}

/* A number changed in a storage, which the entry's checksum finds. */
static void damaged_numbers_are_found(void **state)
{
    static const float eleven = 11.0f;
    unsigned char bytes[8192];
    size_t size;
    (void)state;
    read_whole(FILES "dict.pth", bytes, sizeof bytes, &size);
    unsigned char *number = memmem(bytes, size, &eleven, sizeof eleven);
    assert_non_null(number);
    number[0] ^= 1;
    write_whole(bytes, size);
    assert_int_equal(read_all(damaged), ERR_INPUT);
    assert_non_null(strstr(status_sentence(), "damaged.pth: tensor a: an entry is"));
}

static void tensors_are_read(void **state)
{
    static const char *const names[] = { FILES "dict.pth",     FILES "ordered.pth", FILES "half.pth",
                                         FILES "bfloat16.pth", FILES "strides.pth", FILES "shared.pth",
                                         FILES "parameter.pth" };
    float numbers[12];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct tensor_file *file = NULL;
        assert_ok(tensor_file_open(&file, names[i], ""));
        assert_int_equal(file->count, 3);
        const struct tensor *a = tensor_file_find(file, "a"), *b = tensor_file_find(file, "b");
        assert_int_equal(a->rank, 2);
        assert_true(a->shape[0] == 3 && a->shape[1] == 4);
        assert_ok(tensor_file_read(file, a, numbers));
        for (int k = 0; k < 12; k++) assert_near(numbers[k], k, 0);
        assert_true(b->rank == 1 && b->shape[0] == 5);
        assert_ok(tensor_file_read(file, b, numbers));
        for (int k = 0; k < 5; k++) assert_near(numbers[k], -1 - k, 0);
        const struct tensor *steps = tensor_file_find(file, "steps");
        assert_true(steps->rank == 0 && steps->type == TENSOR_I64);
        tensor_file_close(&file);
    }
}

static enum status take_none(void *context, const struct pickled_tensor *tensor)
{
    (void)context;
    memory_free(tensor->tensor.name);
    return OK;
}

/* Programs that are no table of tensors; `size` counts zeros within. */
static void strange_pickles_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } cases[] = {
        { "", 0, "the pickle is cut off at byte 0" },
        { "\x80", 1, "the pickle is cut off at byte 1" },
        { ".", 1, "takes more from its stack than is there" },
        { "}", 1, "cut off" },
        { "N.", 2, "another kind of value was expected" },
        { "}}.", 3, "leaves values on its stack" },
        { "}(u", 3, "cut off" },
        { "}(Nu.", 5, "a key without a value" },
        { "}u.", 3, "misses a mark" },
        { "t", 1, "misses a mark" },
        { "}N(s", 4, "takes more from its stack" },
        { "}NNs.", 5, "a key that is no text" },
        { "(\x85", 2, "a mark within a tuple" },
        { "\x85", 1, "takes more from its stack" },
        { "q\x00", 2, "remembers a value out of turn" },
        { "}q\x01", 3, "remembers a value out of turn" },
        { "}r\xff\xff\xff\xff", 6, "remembers a value out of turn" },
        { "h\x00", 2, "never remembered" },
        { "j\xff\xff\xff\x7f", 5, "never remembered" },
        { "X\xff\xff\xff\xff", 5, "cut off" },
        { "X\x01\x00\x00\x00\x00", 6, "a text of 1 bytes or with a zero in it" },
        { "\x8a\x09", 2, "a number of 9 bytes" },
        { "cos\nsystem", 10, "cut off in a name" },
        { "cos\nsystem\n", 11, "asks for os.system" },
        { "cbuiltins\neval\n", 15, "asks for builtins.eval" },
        { "ctorch\nFloatStorage\n)R.", 23, "calls a storage type" },
        { "ccollections\nOrderedDict\nN\x85R", 28, "gives OrderedDict arguments" },
        { "ctorch._utils\n_rebuild_tensor_v2\n)R", 35, "gives 0 arguments, more expected" },
        { "N)R", 3, "another kind of value" },
        { "}}b.", 4, "" }, /* an attribute table is dropped: an empty dictionary stays */
        { "}Nb", 3, "another kind of value" },
        { "]", 1, "opcode 0x5d" },
        { "i", 1, "opcode 0x69" },
        { "Q", 1, "takes more from its stack" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const enum status status =
            torch_pickle_read((const unsigned char *)cases[i].bytes, cases[i].size, take_none, NULL);
        assert_int_equal(status, *cases[i].words ? ERR_INPUT : OK);
        if (status != OK && !strstr(status_sentence(), cases[i].words))
            fail_msg("pickle %zu: %s", i, status_sentence());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_files_are_refused),       cmocka_unit_test(cut_off_files_are_refused),
        cmocka_unit_test(damaged_files_never_crash),   cmocka_unit_test(damaged_numbers_are_found),
        cmocka_unit_test(strange_pickles_are_refused), cmocka_unit_test(tensors_are_read),
    };
    return cmocka_run_group_tests_name("torch_file", tests, make_folder, NULL);
}
