/* A model's file: what is refused, what is read back, and files of old. */
#include "model_fixture.h"

#include "detect/saved.h"

/* ----------------------------------------------------------------------------------------------- refused */

static void test_foreign_files(void **state)
{
    (void)state;
    struct model model;
    assert_int_equal(model_open(&model, in_folder("none.h5")), ERR_INPUT);
    assert_fails(model_open(&model, in_folder("f.h5")), ERR_INPUT, "is not a model");
    write_list("not HDF5");
    assert_int_equal(model_open(&model, in_folder("list.txt")), ERR_INPUT);
}

static struct store *create_model(struct attributes *root, const char *format, const char *detector)
{
    struct store *store = NULL;
    assert_ok(store_create(&store, in_folder("m.h5")));
    assert_ok(attributes_set_text(root, "format", format));
    assert_ok(attributes_set_integer(root, "format_version", MODEL_VERSION));
    assert_ok(attributes_set_text(root, "detector", detector));
    return store;
}

/* A saved model whose root, groups or arrays say something else. */
static void save_hostile(const char *format, const char *detector, const char *group, double scale,
                         int columns, const char *reduce, const char *pool)
{
    struct attributes root = { 0 };
    const double values[3] = { 1, scale, 1 };
    struct store *store = create_model(&root, format, detector);
    if (reduce) assert_ok(attributes_set_text(&root, "preparation_reduce", reduce));
    if (pool) assert_ok(attributes_set_text(&root, "pool", pool));
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
        const char *reduce, *pool; /* NULL: as in files of old */
        const char *words;
    } cases[] = {
        { "earshot-models", "gmm", "fan", 1, 3, NULL, NULL, "is not a model" },
        { MODEL_FORMAT, "gbm", "fan", 1, 3, NULL, NULL, "gbm" },
        { MODEL_FORMAT, "gmm", "pump", 1, 3, NULL, NULL, "pump" },
        { MODEL_FORMAT, "gmm", "fan", 0, 3, NULL, NULL, "scale" },
        { MODEL_FORMAT, "gmm", "fan", (double)NAN, 3, NULL, NULL, "finite" },
        { MODEL_FORMAT, "gmm", "fan", 1, 2, NULL, NULL, "expected 3" },
        { MODEL_FORMAT, "gmm", "fan", 1, 3, NULL, NULL, "detector" },
        { MODEL_FORMAT, "gmm", "fan", 1, 3, "none", "median", "detector" },
        { MODEL_FORMAT, "gmm", "fan", 1, 3, "pca:0", NULL, "--reduce pca:0" },
        { MODEL_FORMAT, "gmm", "fan", 1, 3, "pca:2", NULL, "reduction" },
        { MODEL_FORMAT, "gmm", "fan", 1, 3, NULL, "top:2", "--pool top:2" },
        { MODEL_FORMAT, "small_dcae", "fan", 1, 3, "pca:2", NULL, "never reduced" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        save_hostile(cases[i].format, cases[i].detector, cases[i].group, cases[i].scale, cases[i].columns,
                     cases[i].reduce, cases[i].pool);
        assert_fails(model_open(&model, in_folder("m.h5")), ERR_INPUT, cases[i].words);
    }
}

/* ------------------------------------------------------------------------------------------- read back */

/* Of all rows, by the first group of each. */
static void assert_same_scores(const struct model *a, const struct model *b)
{
    struct matrix x, again;
    read_raw(&x);
    read_raw(&again);
    double *score = memory_new((size_t)x.rows, 2 * sizeof *score);
    assert_ok(model_score(a, &a->groups[0], backend, &(struct rows){ .x = x }, score));
    assert_ok(model_score(b, &b->groups[0], backend, &(struct rows){ .x = again }, score + x.rows));
    assert_memory_equal(score, score + x.rows, (size_t)x.rows * sizeof *score);
    memory_free(score);
    matrix_release(&x);
    matrix_release(&again);
}

/* Rows of two columns reach the detector, and the file says how they came to be. */
static void test_choices_are_kept(void **state)
{
    (void)state;
    struct model model, opened;
    const struct model_fit_options options = { .preparation = { 0.5, "pca:2" },
                                               .pooler = { POOLER_TOP, 0.2 } };
    assert_ok(fit_with(&model, 2, options));
    assert_ok(model_save(&model, in_folder("m.h5")));
    assert_ok(model_open(&opened, in_folder("m.h5")));
    assert_int_equal(opened.pooler.kind, POOLER_TOP);
    assert_true(opened.pooler.share == 0.2);
    assert_string_equal(attributes_text(&opened.preparation, "reduce", ""), "pca:2");
    assert_near(attributes_find(&opened.preparation, "scale_floor")->real, 0.5, 0);
    assert_null(attributes_find(&opened.provenance, "pool"));
    assert_int_equal(((struct gmm_model *)opened.groups[0].fitted)->mixture.columns, 2);
    assert_same_scores(&model, &opened);
    model_release(&model);
    model_release(&opened);
}

/* What was written before there was a choice: the group's scaler and its detector. */
static void save_as_of_old(const struct model_group *group)
{
    struct attributes root = { 0 };
    struct store *store = create_model(&root, MODEL_FORMAT, "gmm");
    const struct scaler *scaler = &group->preparation.scaler;
    assert_ok(store_set(store, "/", &root));
    assert_ok(store_new(store, "/groups", STORE_TEXT, 1, 0, 0));
    assert_ok(store_write(store, "/groups", 0, 1, &group->name));
    assert_ok(saved_put(store, "/models/fan/id_00/0dB", "mean", STORE_DOUBLE, COLUMNS, 0, scaler->mean));
    assert_ok(saved_put(store, "/models/fan/id_00/0dB", "scale", STORE_DOUBLE, COLUMNS, 0, scaler->scale));
    assert_ok(gmm_save(group->fitted, store, "/models/fan/id_00/0dB/detector"));
    assert_ok(store_commit(store));
    store_close(&store);
    attributes_release(&root);
}

static void test_models_of_old(void **state)
{
    (void)state;
    struct model model, opened;
    assert_ok(fit(&model, 2, NULL, NULL));
    save_as_of_old(&model.groups[0]);
    assert_ok(model_open(&opened, in_folder("m.h5")));
    assert_int_equal(opened.pooler.kind, POOLER_MEAN);
    assert_string_equal(attributes_text(&opened.preparation, "reduce", ""), "none");
    assert_same_scores(&model, &opened);
    model_release(&model);
    model_release(&opened);
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
        assert_memory_equal(left->preparation.scaler.mean, right->preparation.scaler.mean,
                            COLUMNS * sizeof(double));
        assert_memory_equal(left->preparation.scaler.scale, right->preparation.scaler.scale,
                            COLUMNS * sizeof(double));
    }
}

static void test_saved_and_opened(void **state)
{
    (void)state;
    struct model model, opened;
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
    assert_same_scores(&model, &opened);
    model_release(&model);
    model_release(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_files),    cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_choices_are_kept), cmocka_unit_test(test_models_of_old),
        cmocka_unit_test(test_saved_and_opened),
    };
    return cmocka_run_group_tests_name("model_file", tests, set_up, tear_down);
}
