/* Files that are missing, foreign, cut off, damaged, or say something that cannot be. */
#include "features_example.h"
#include "io/store.h"

/* Runs lines of Python that see h5py and numpy. */
static void run_python(const char *lines)
{
    char path[96], command[160];
    snprintf(path, sizeof path, "%s/change.py", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "import h5py, shutil, numpy as np\n%s", lines);
    fclose(file);
    snprintf(command, sizeof command, "/usr/bin/python3 %s", path);
    assert_int_equal(system(command), 0);
}

/* ------------------------------------------------------------------------------------------- bad input */

static void test_not_ours(void **state)
{
    (void)state;
    struct features *features = NULL;
    name_files();
    assert_fails(features_open(&features, final), ERR_INPUT, "cannot be read: No such file");
    assert_fails(features_verify(final), ERR_INPUT, "cannot be read: No such file");
    write_bytes(final, "path,label\n", 11);
    assert_fails(features_open(&features, final), ERR_INPUT, "is not an HDF5 file");
    assert_fails(features_verify(final), ERR_INPUT, "is not an HDF5 file");
    char python[160];
    snprintf(python, sizeof python, "h5py.File('%s', 'w', userblock_size=512).close()", parts[0]);
    run_python(python);
    assert_fails(features_open(&features, parts[0]), ERR_INPUT, "earshot did not write it");
    assert_int_equal(features_verify(parts[0]), ERR_INPUT);
    assert_ok(store_reseal(parts[0]));
    assert_fails(features_open(&features, parts[0]), ERR_INPUT, "is not a feature file of earshot");
    assert_fails(features_verify(parts[0]), ERR_INPUT, "is not a feature file of earshot");
    assert_ok(example_write_part(parts[1], 1, "resnet18"));
    assert_fails(features_open(&features, parts[1]), ERR_INPUT,
                 "is one part of a feature file; earshot merge");
    assert_null(features);
}

/* Changes that leave a well-formed HDF5 file with the right checksum: opening refuses what it must not believe. */
static void test_contradictions(void **state)
{
    (void)state;
    static const struct {
        const char *code, *words;
    } cases[] = {
        { "f.attrs['format_version'] = 2", "format version 2, this earshot reads version 1" },
        { "f.attrs['complete'] = 0", "is not complete" },
        { "f.attrs['n_patches'] = 7", "the attribute n_patches is 7" },
        { "f.attrs['n_failed'] = 1", "the attributes say" },
        { "f.attrs['n_recordings'] = -1", "n_recordings -1" },
        { "f['recordings/n_patches'][0] = 2", "has" },
        { "f['recordings/first_patch'][1] = 1 << 60", "expected from" },
        { "f['recordings/status'][0] = 'fine'", "expected ok or failed" },
        { "del f['recordings/hash']", "has no /recordings/hash" },
        { "del f['recordings/snr']; f['recordings/snr'] = np.zeros(9)",
          "/recordings/snr holds float64, expected text" },
        { "del f['recordings/dc']; f['recordings/dc'] = np.zeros(3)", "/recordings/dc has 3 rows" },
        { "del f['features']; f['features'] = np.zeros(20, 'f4')", "/features is a vector" },
        { "del f['patches/start_s']; f['patches/start_s'] = np.zeros(3)", "/patches/start_s has 3 rows" },
        { "del f['standardization']", "has no /standardization/fan/id_00/0dB/mean" },
        { "f['standardization/fan/id_00/0dB/scale'][1] = 0", "column 1 has mean" },
        { "f['standardization/pump/basis'][0] = 'some'", "expected normal or all" },
        { "f['recordings/machine'][0] = 'valve'", "has no /standardization/valve/" },
    };
    enum { N_CASES = sizeof cases / sizeof *cases };
    static char python[N_CASES * 512];
    int length = 0;
    make_final();
    for (size_t i = 0; i < N_CASES; i++) /* one copy a case, all in one run of Python */
        length += snprintf(python + length, sizeof python - (size_t)length,
                           "shutil.copy('%s', '%s.%zu')\nwith h5py.File('%s.%zu', 'r+') as f: %s\n", final,
                           final, i, final, i, cases[i].code);
    run_python(python);
    for (size_t i = 0; i < N_CASES; i++) {
        struct features *features = NULL;
        char path[128];
        snprintf(path, sizeof path, "%s.%zu", final, i);
        assert_ok(store_reseal(path));
        assert_fails(features_open(&features, path), ERR_INPUT, cases[i].words);
        assert_null(features);
    }
}

static void test_cut_off(void **state)
{
    (void)state;
    size_t length;
    make_final();
    const char *bytes = read_bytes(final, &length);
    for (size_t cut = 0; cut < length; cut += cut < 2048 ? 97 : 1009) {
        struct features *features = NULL;
        int complete = 1;
        write_bytes(final, bytes, cut);
        assert_int_equal(features_open(&features, final), ERR_INPUT);
        assert_int_equal(features_verify(final), ERR_INPUT);
        assert_int_equal(part_check(final, &(struct attributes){ 0 }, &complete, &(struct merge_result){ 0 }),
                         ERR_USAGE);
        assert_false(complete);
    }
}

static void test_flipped_bytes(void **state)
{
    (void)state;
    size_t length;
    make_final();
    assert_ok(features_verify(final));
    char *bytes = read_bytes(final, &length);
    for (size_t i = 0; i < length; i += 211) {
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        write_bytes(final, bytes, length);
        /* without the seal's first byte it is nobody's file */
        assert_int_equal(features_verify(final), i == 0 ? ERR_INPUT : ERR_VERIFY);
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
    }
}

/* The checksum is found wrong first, so these take a file whose checksum was made anew: one that was merged
 * from parts that say something wrong. */
static void test_wrong_contents(void **state)
{
    (void)state;
    static const struct {
        struct example_fault fault;
        const char *words;
    } cases[] = {
        { { .value = 3e38F }, "row 2, column 3 is inf" }, /* once it is divided by a scale of 1e-6 */
        { { .start_s = NAN }, "starts at nan s" },
        { { .start_s = -1 }, "starts at -1 s, expected 0.512 s or later" },
        { { .error = "no reason to fail" }, "do not agree" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct merge_result result;
        make_parts();
        assert_ok(example_write_faulty_part(parts[0], 0, "resnet18", &cases[i].fault));
        assert_ok(merge_example(&result));
        assert_fails(features_verify(final), ERR_VERIFY, cases[i].words);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    const struct example_fault nan = { .value = NAN }, infinite = { .value = -INFINITY };
    name_files();
    assert_fails(example_write_faulty_part(parts[0], 0, "resnet18", &nan), ERR_INPUT,
                 "abnormal/00.wav: feature 3 of patch 2 is nan");
    assert_fails(example_write_faulty_part(parts[0], 0, "resnet18", &infinite), ERR_INPUT, "is -inf");
    assert_int_equal(rmdir(folder), 0); /* nothing stayed */
}

static void test_changed_by_others(void **state)
{
    (void)state;
    struct features *features = NULL;
    char python[160];
    make_final();
    snprintf(python, sizeof python, "with h5py.File('%s', 'r+') as f: f['features'][3, 1] += 1e-3\n", final);
    run_python(python);
    assert_int_equal(features_verify(final), ERR_VERIFY);
    assert_fails(features_open(&features, final), ERR_INPUT, "changed since it was written");
    assert_ok(store_reseal(final));
    assert_ok(features_open(&features, final));
    features_close(&features);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_ours),          cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_cut_off),           cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_wrong_contents),    cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_changed_by_others),
    };
    return cmocka_run_group_tests_name("features_bad", tests, NULL, NULL);
}
