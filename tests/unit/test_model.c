/* From a feature file to a model and back: groups, training rows, standardisation, hostile files. */
#include "model_fixture.h"

/* --------------------------------------------------------------------------------------------- refused */

static void test_nothing_can_be_learned(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 1000, NULL, NULL), ERR_INPUT, "no group could be learned");
    model_release(&model);
    assert_fails(fit(&model, 1000, NULL, NULL), ERR_INPUT, "--components");
    model_release(&model);
}

static void test_unknown_level(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 2, "machine,snow", NULL), ERR_USAGE, "snow");
    model_release(&model);
}

static void test_bad_lists(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 2, NULL, in_folder("none.txt")), ERR_INPUT, "none.txt");
    model_release(&model);
    write_list("\n\n");
    assert_fails(fit(&model, 2, NULL, in_folder("list.txt")), ERR_INPUT, "names no recording");
    model_release(&model);
    write_list("nowhere.wav\n");
    assert_fails(fit(&model, 2, NULL, in_folder("list.txt")), ERR_INPUT, "no usable recording");
    model_release(&model);
}

static void test_foreign_files(void **state)
{
    (void)state;
    struct model model;
    assert_int_equal(model_open(&model, in_folder("none.h5")), ERR_INPUT);
    assert_fails(model_open(&model, in_folder("f.h5")), ERR_INPUT, "is not a model");
    write_list("not HDF5");
    assert_int_equal(model_open(&model, in_folder("list.txt")), ERR_INPUT);
}

/* A saved model whose root, groups or arrays say something else. */
static void save_hostile(const char *format, const char *detector, const char *group, double scale,
                         int columns)
{
    struct attributes root = { 0 };
    struct store *store = NULL;
    const double values[3] = { 1, scale, 1 };
    assert_ok(store_create(&store, in_folder("m.h5")));
    assert_ok(attributes_set_text(&root, "format", format));
    assert_ok(attributes_set_integer(&root, "format_version", MODEL_VERSION));
    assert_ok(attributes_set_text(&root, "detector", detector));
    assert_ok(store_set(store, "/", &root));
    assert_ok(store_new(store, "/groups", STORE_TEXT, 1, 0, 0));
    assert_ok(store_write(store, "/groups", 0, 1, &group));
    assert_ok(store_new(store, "/models/fan/mean", STORE_DOUBLE, 3, 0, 0));
    assert_ok(store_write(store, "/models/fan/mean", 0, 3, values));
    assert_ok(store_new(store, "/models/fan/scale", STORE_DOUBLE, (size_t)columns, 0, 0));
    assert_ok(store_write(store, "/models/fan/scale", 0, (size_t)columns, values));
    assert_ok(store_commit(store));
    store_close(&store);
    attributes_release(&root);
}

static void test_hostile_files(void **state)
{
    (void)state;
    struct model model;
    const struct {
        const char *format, *detector, *group;
        double scale;
        int columns;
        const char *words;
    } cases[] = {
        { "earshot-models", "gmm", "fan", 1, 3, "is not a model" },
        { MODEL_FORMAT, "gbm", "fan", 1, 3, "gbm" },
        { MODEL_FORMAT, "gmm", "pump", 1, 3, "pump" },
        { MODEL_FORMAT, "gmm", "fan", 0, 3, "scale" },
        { MODEL_FORMAT, "gmm", "fan", (double)NAN, 3, "finite" },
        { MODEL_FORMAT, "gmm", "fan", 1, 2, "vector" },
        { MODEL_FORMAT, "gmm", "fan", 1, 3, "detector" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        save_hostile(cases[i].format, cases[i].detector, cases[i].group, cases[i].scale, cases[i].columns);
        assert_fails(model_open(&model, in_folder("m.h5")), ERR_INPUT, cases[i].words);
    }
}

/* ---------------------------------------------------------------------------------------------- groups */

static void assert_group(const struct model *model, const char *name, const char *basis, int recordings,
                         int patches)
{
    const struct model_group *group = model_find(model, name);
    assert_non_null(group);
    assert_string_equal(group->basis, basis);
    assert_int_equal(group->n_recordings, recordings);
    assert_int_equal(group->n_patches, patches);
    assert_int_equal(group->scaler.n, patches);
}

/* One recording of 6 patches is too few for 8 components: told, the others go on. */
static void test_groups_and_training_rows(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 8, NULL, NULL), ERR_PARTIAL, "1 of 3 groups");
    assert_int_equal(model.count, 2);
    assert_group(&model, "fan/id_00/0dB", "normal", 12, 2 * 12 * PATCHES);
    assert_group(&model, "pump/id_00", "all", 8, 8 * PATCHES);
    assert_null(model_find(&model, "fan/id_02/0dB"));
    model_release(&model);
}

static void test_coarser_groups(void **state)
{
    (void)state;
    struct model model;
    assert_ok(fit(&model, 2, "machine", NULL));
    assert_int_equal(model.count, 2);
    assert_group(&model, "fan", "normal", 13, 25 * PATCHES);
    assert_group(&model, "pump", "all", 8, 8 * PATCHES);
    model_release(&model);
}

static void test_train_list(void **state)
{
    (void)state;
    struct model model;
    write_list("fan/id_00/normal/3.wav\r\n/data/fan/id_00/abnormal/1.wav\n\nnowhere.wav\n");
    assert_fails(fit(&model, 2, NULL, in_folder("list.txt")), ERR_PARTIAL, "1 lines");
    assert_int_equal(model.count, 1);
    assert_group(&model, "fan/id_00/0dB", "list", 2, 3 * PATCHES);
    model_release(&model);
    write_list("pump/id_00/all/2.wav\n");
    assert_ok(fit(&model, 2, NULL, in_folder("list.txt")));
    assert_group(&model, "pump/id_00", "list", 1, PATCHES);
    model_release(&model);
}

static struct recording named(const char *machine, const char *id, const char *snr)
{
    return (struct recording){
        .path = (char *)"r.wav", .machine = (char *)machine, .id = (char *)id, .snr = (char *)snr
    };
}

static void test_choosing_a_group(void **state)
{
    (void)state;
    struct model model;
    const struct model_group *group;
    assert_ok(fit(&model, 2, NULL, NULL));
    assert_int_equal(model.count, 3);
    const struct {
        const char *machine, *id, *snr, *group; /* NULL: none; "": it does not tell */
    } cases[] = {
        { "fan", "id_00", "0dB", "fan/id_00/0dB" },
        { "fan", "id_02", "", "fan/id_02/0dB" },
        { "fan", "", "", "" },
        { "", "", "", "" },
        { "pump", "", "", "pump/id_00" },
        { "pump", "id_00", "6dB", "pump/id_00" },
        { "valve", "", "", NULL },
        { "fan", "id_04", "0dB", NULL },
        { "fan", "id_00", "6dB", NULL },
        { "", "id_02", "", "fan/id_02/0dB" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct recording of = named(cases[i].machine, cases[i].id, cases[i].snr);
        if (cases[i].group && !cases[i].group[0]) {
            assert_fails(model_choose(&model, &of, &group), ERR_USAGE, "fan/id_02/0dB");
            continue;
        }
        assert_ok(model_choose(&model, &of, &group));
        if (cases[i].group) assert_string_equal(group->name, cases[i].group);
        if (!cases[i].group) assert_null(group);
    }
    model_release(&model);
}

static void test_naming_a_group(void **state)
{
    (void)state;
    struct model model;
    const struct model_group *group;
    assert_ok(fit(&model, 2, NULL, NULL));
    assert_ok(model_named(&model, "fan,id_02", &group));
    assert_string_equal(group->name, "fan/id_02/0dB");
    assert_ok(model_named(&model, "pump", &group));
    assert_string_equal(group->name, "pump/id_00");
    assert_ok(model_named(&model, "fan/id_00/0dB", &group));
    assert_string_equal(group->name, "fan/id_00/0dB");
    assert_fails(model_named(&model, "fan", &group), ERR_USAGE, "2 groups");
    assert_fails(model_named(&model, "fan,id_7", &group), ERR_USAGE, "0 groups");
    model_release(&model);
}

/* ------------------------------------------------------------------------------------ scores and files */

/* All rows of the feature file, raw. */
static void read_raw(struct matrix *x)
{
    struct features *features = NULL;
    assert_ok(features_open(&features, in_folder("f.h5")));
    const int n = (int)features_patches(features);
    assert_ok(matrix_init(x, n, COLUMNS));
    assert_ok(features_read(features, 0, n, x->data));
    features_close(&features);
}

static void test_abnormal_rows_score_higher(void **state)
{
    (void)state;
    struct model model;
    struct matrix x;
    assert_ok(fit(&model, 2, NULL, NULL));
    read_raw(&x);
    double *score = memory_new((size_t)x.rows, sizeof *score), abnormal = 0, normal = 0;
    assert_ok(
        model_score(&model, model_find(&model, "fan/id_00/0dB"), backend, &(struct rows){ .x = x }, score));
    for (int n = 0; n < 4 * PATCHES; n++) abnormal += score[n] / (4 * PATCHES);
    for (int n = 4 * PATCHES; n < 28 * PATCHES; n++) normal += score[n] / (24 * PATCHES);
    assert_true(abnormal > normal + 5);
    x.columns = COLUMNS - 1;
    assert_fails(model_score(&model, &model.groups[0], backend, &(struct rows){ .x = x }, score), ERR_INPUT,
                 "4 columns");
    memory_free(score);
    matrix_release(&x);
    model_release(&model);
}

static void assert_same_groups(const struct model *a, const struct model *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct model_group *left = &a->groups[i], *right = &b->groups[i];
        assert_string_equal(left->name, right->name);
        assert_string_equal(left->machine, right->machine);
        assert_string_equal(left->id, right->id);
        assert_string_equal(left->snr, right->snr);
        assert_string_equal(left->basis, right->basis);
        assert_int_equal(left->n_recordings, right->n_recordings);
        assert_int_equal(left->n_patches, right->n_patches);
        assert_memory_equal(left->scaler.mean, right->scaler.mean, COLUMNS * sizeof(double));
        assert_memory_equal(left->scaler.scale, right->scaler.scale, COLUMNS * sizeof(double));
    }
}

static void test_saved_and_opened(void **state)
{
    (void)state;
    struct model model, opened;
    struct matrix x, again;
    assert_ok(fit(&model, 2, NULL, NULL));
    assert_ok(model_save(&model, in_folder("m.h5")));
    assert_ok(model_open(&opened, in_folder("m.h5")));
    assert_same_groups(&opened, &model);
    assert_ptr_equal(opened.detector, &detector_gmm);
    assert_int_equal(attributes_integer(&opened.settings, "components", 0), 2);
    assert_string_equal(attributes_text(&opened.provenance, "program_version", ""), "0.0.7");
    assert_string_equal(attributes_text(&opened.provenance, "network", ""), "resnet18");
    assert_int_equal(attributes_integer(&opened.provenance, "n_fft", 0), 1024);
    assert_null(attributes_find(&opened.provenance, "detector_components"));
    read_raw(&x);
    read_raw(&again);
    double *score = memory_new((size_t)x.rows, 2 * sizeof *score);
    assert_ok(model_score(&model, &model.groups[0], backend, &(struct rows){ .x = x }, score));
    assert_ok(model_score(&opened, &opened.groups[0], backend, &(struct rows){ .x = again }, score + x.rows));
    assert_memory_equal(score, score + x.rows, (size_t)x.rows * sizeof *score);
    memory_free(score);
    matrix_release(&x);
    matrix_release(&again);
    model_release(&model);
    model_release(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_can_be_learned),
        cmocka_unit_test(test_unknown_level),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_groups_and_training_rows),
        cmocka_unit_test(test_coarser_groups),
        cmocka_unit_test(test_train_list),
        cmocka_unit_test(test_choosing_a_group),
        cmocka_unit_test(test_naming_a_group),
        cmocka_unit_test(test_abnormal_rows_score_higher),
        cmocka_unit_test(test_saved_and_opened),
    };
    return cmocka_run_group_tests_name("model", tests, set_up, tear_down);
}
