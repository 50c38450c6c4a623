#include "features_example.h"

/* ----------------------------------------------------------------------------------------- bad outputs */

static void test_not_writable(void **state)
{
    (void)state;
    struct part *part = NULL;
    struct merge_result result;
    const struct attributes none = { 0 };
    assert_fails(part_create(&part, "no/folder/part.h5", 3, &none), ERR_OUTPUT, "its folder does not exist");
    assert_null(part);
    make_parts();
    snprintf(final, sizeof final, "%s/missing/F.h5", folder);
    assert_fails(merge_example(&result), ERR_OUTPUT, "its folder does not exist");
    snprintf(final, sizeof final, "%s", folder);
    assert_fails(merge_example(&result), ERR_OUTPUT, "Is a directory");
}

static void test_abandoned(void **state)
{
    (void)state;
    struct part *part = NULL;
    const struct attributes none = { 0 };
    name_files();
    assert_ok(part_create(&part, parts[0], 3, &none));
    part_close(&part);
    part_close(&part);
    assert_int_equal(rmdir(folder), 0); /* nothing stayed */
}

/* ----------------------------------------------------------------------------------------------- parts */

static void test_part_round_trip(void **state)
{
    (void)state;
    make_parts();
    for (int k = 0; k < N_PARTS; k++) {
        struct features *part = NULL;
        assert_ok(features_open_part(&part, parts[k]));
        assert_int_equal(features_columns(part), N_COLUMNS);
        assert_int_equal(features_recordings(part)->count, RECORDINGS_A_PART);
        for (int i = 0; i < RECORDINGS_A_PART; i++) {
            const struct feature_recording *row = &features_recordings(part)->rows[i];
            const struct example *e = example(k * RECORDINGS_A_PART + i);
            float rows[MOST_PATCHES * N_COLUMNS], expected[MOST_PATCHES * N_COLUMNS];
            example_check_row(row, e);
            example_rows(e, expected);
            assert_ok(features_read(part, row->first_patch, row->n_patches, rows));
            assert_memory_equal(rows, expected, sizeof *rows * (size_t)e->n_patches * N_COLUMNS);
        }
        features_close(&part);
    }
}

static void test_part_check(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        int columns_fmin;
        const char *words;
    } cases[] = {
        { "alexnet", 0, "was made otherwise: network is resnet18, expected alexnet" },
        { "resnet18", 1, "was made otherwise: fmin is 0, expected missing" },
    };
    struct attributes provenance = { 0 };
    int complete = 1;
    make_parts();
    assert_ok(part_check("no/such/part.h5", &provenance, &complete, &(struct merge_result){ 0 }));
    assert_false(complete);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(attributes_set_text(&provenance, "network", cases[i].network));
        if (!cases[i].columns_fmin) assert_ok(attributes_set_real(&provenance, "fmin", 0));
        assert_fails(part_check(parts[0], &provenance, &complete, &(struct merge_result){ 0 }), ERR_USAGE,
                     cases[i].words);
        assert_false(complete);
        attributes_release(&provenance);
    }
    assert_ok(example_provenance(&provenance, "resnet18"));
    assert_ok(part_check(parts[0], &provenance, &complete, &(struct merge_result){ 0 }));
    assert_true(complete);
    attributes_release(&provenance);
}

static void test_merge_refuses(void **state)
{
    (void)state;
    struct merge_result result;
    size_t length;
    make_parts();
    assert_ok(example_write_part(parts[1], 1, "alexnet"));
    assert_fails(merge_example(&result), ERR_INPUT, "part-000001.h5 was made otherwise: network is alexnet");
    make_parts();
    assert_int_equal(unlink(parts[2]), 0);
    assert_fails(merge_example(&result), ERR_INPUT, "part-000002.h5 cannot be read: No such file");
    make_parts();
    char *bytes = read_bytes(parts[1], &length);
    bytes[length / 2] ^= 1;
    write_bytes(parts[1], bytes, length);
    assert_fails(merge_example(&result), ERR_INPUT, "remove this part and run extract again");
    make_final();
    assert_fails(features_merge(parts[0], (const char *const[]){ final }, 1, NULL, &result), ERR_INPUT,
                 "is not a feature file of earshot: format is \"earshot-features\"");
    assert_fails(features_merge(final, NULL, 0, NULL, &result), ERR_INPUT, "no parts");
    assert_ok(features_verify(final)); /* what was there is still there */
}

/* -------------------------------------------------------------------------------------- the final file */

static void test_merged_table(void **state)
{
    (void)state;
    struct features *features = NULL;
    struct merge_result result;
    make_parts();
    assert_ok(merge_example(&result));
    assert_int_equal(result.recordings, N_RECORDINGS);
    assert_int_equal(result.failed, N_FAILED);
    assert_int_equal(result.patches, N_PATCHES);
    assert_ok(features_verify(final));
    assert_ok(features_open(&features, final));
    assert_int_equal(features_columns(features), N_COLUMNS);
    assert_int_equal(features_patches(features), N_PATCHES);
    assert_string_equal(attributes_text(features_provenance(features), "program_version", ""),
                        EARSHOT_VERSION);
    assert_string_equal(attributes_text(features_provenance(features), "network", ""), "resnet18");
    assert_null(attributes_find(features_provenance(features), "complete"));
    const struct features_table *table = features_recordings(features);
    assert_int_equal(table->count, N_RECORDINGS);
    for (int i = 0; i < N_RECORDINGS; i++) example_check_row(&table->rows[i], example(i));
    features_close(&features);
}

/* Undoing gives the raw rows within 1e-6 of the largest value: float32 rounds twice by 2^-24. */
static void test_undo(void **state)
{
    (void)state;
    struct features *features = NULL;
    static float all[N_PATCHES * N_COLUMNS];
    make_final();
    assert_ok(features_open(&features, final));
    assert_ok(features_read(features, 0, N_PATCHES, all));
    for (int i = 0; i < N_RECORDINGS; i++) {
        const struct feature_recording *row = &features_recordings(features)->rows[i];
        float expected[MOST_PATCHES * N_COLUMNS], rows[MOST_PATCHES * N_COLUMNS];
        double start_s[MOST_PATCHES];
        example_rows(example(i), expected);
        assert_ok(features_read(features, row->first_patch, row->n_patches, rows));
        assert_ok(features_read_starts(features, row->first_patch, row->n_patches, start_s));
        for (int p = 0; p < row->n_patches; p++) {
            assert_true(start_s[p] == example_start_s(p));
            for (int j = p * N_COLUMNS; j < (p + 1) * N_COLUMNS; j++) {
                assert_near(rows[j], expected[j], 1e-6 * EXAMPLE_LARGEST);
                assert_true(rows[j] == all[row->first_patch * N_COLUMNS + j]);
            }
        }
    }
    assert_fails(features_read(features, N_PATCHES - 1, 2, all), ERR_INTERNAL, "2 patches from");
    assert_fails(features_read(features, -1, 1, all), ERR_INTERNAL, "1 patches from -1 on");
    assert_ok(features_read(features, N_PATCHES, 0, all));
    features_close(&features);
}

/* Two groups: one has normal recordings, its other rows do not count; the other has none, all count. */
static void test_statistics(void **state)
{
    (void)state;
    static const struct {
        const char *group, *basis;
    } cases[] = { { "fan/id_00/0dB", "normal" }, { "pump", "all" } };
    struct features *features = NULL;
    long long n;
    make_final();
    assert_ok(features_open(&features, final));
    for (size_t g = 0; g < sizeof cases / sizeof *cases; g++) {
        double sum[N_COLUMNS] = { 0 }, square[N_COLUMNS] = { 0 };
        int counted = 0;
        for (int i = 0; i < N_RECORDINGS; i++) {
            const struct feature_recording *row = &features_recordings(features)->rows[i];
            char group[256];
            float rows[MOST_PATCHES * N_COLUMNS];
            recording_group(&row->of, group);
            const int is_normal = strcmp(row->of.label, "normal") == 0;
            if (strcmp(group, cases[g].group) != 0 || (g == 0 && !is_normal)) continue;
            assert_ok(features_read_stored(features, row->first_patch, row->n_patches, rows));
            for (int k = 0; k < row->n_patches * N_COLUMNS; k++) {
                sum[k % N_COLUMNS] += (double)rows[k];
                square[k % N_COLUMNS] += (double)rows[k] * (double)rows[k];
            }
            counted += row->n_patches;
        }
        assert_string_equal(features_basis(features, cases[g].group, &n), cases[g].basis);
        assert_int_equal(n, counted);
        for (int j = 0; j < N_COLUMNS; j++) {
            const int is_constant = j == EXAMPLE_CONSTANT_COLUMN;
            assert_near(sum[j] / counted, 0, 1e-6);
            assert_near(square[j] / counted, is_constant ? 0 : 1, 1e-6);
        }
    }
    assert_null(features_basis(features, "valve", &n));
    features_close(&features);
}

static void test_equal_bytes(void **state)
{
    (void)state;
    size_t first_length, second_length;
    make_final();
    const char *first = read_bytes(final, &first_length);
    make_final();
    const char *second = read_bytes(final, &second_length);
    assert_int_equal(first_length, second_length);
    assert_memory_equal(first, second, first_length);
}

/* The same recordings in one part: the file does not tell how the work was cut. */
static void test_any_cut(void **state)
{
    (void)state;
    size_t first_length, second_length;
    struct merge_result result;
    make_final();
    const char *first = read_bytes(final, &first_length);
    assert_ok(example_write_all(parts[0], "resnet18"));
    assert_ok(features_merge(final, (const char *const[]){ parts[0] }, 1, NULL, &result));
    const char *second = read_bytes(final, &second_length);
    assert_int_equal(first_length, second_length);
    assert_memory_equal(first, second, first_length);
}

static void test_only_failures(void **state)
{
    (void)state;
    struct merge_result result;
    name_files();
    assert_ok(example_write_failures(parts[0]));
    assert_fails(features_merge(final, (const char *const[]){ parts[0] }, 1, NULL, &result), ERR_INPUT,
                 "none of the 1 recordings could be used");
    assert_int_equal(result.recordings, 1);
    assert_int_equal(result.failed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_writable),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_part_round_trip),
        cmocka_unit_test(test_part_check),
        cmocka_unit_test(test_merge_refuses),
        cmocka_unit_test(test_merged_table),
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_any_cut),
        cmocka_unit_test(test_only_failures),
    };
    return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
