/* The autoencoders as detectors: what they refuse, learning, sameness of bits, files, models of cells. */
#include "test.h"

#include "detect/autoencoder.h"
#include "detect/model.h"
#include "patches_example.h"

static struct backend *backend;
static char folder[64];

static const struct detector *const detectors[] = { &detector_lenet_dcae, &detector_small_dcae };

static int open_backend(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_folder());
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int close_backend(void **state)
{
    (void)state;
    unlink(in_folder("m.h5"));
    unlink(in_folder("part.h5"));
    unlink(in_folder("f.h5"));
    rmdir(folder);
    backend->ops->close(&backend);
    return 0;
}

static struct autoencoder_settings settings_with(int epochs, int batch_size)
{
    struct autoencoder_settings settings;
    const struct option_set set = { detector_small_dcae.options, &settings, "small_dcae" };
    assert_ok(options_standard(&set));
    settings.epochs = epochs;
    settings.batch_size = batch_size;
    return settings;
}

/* --------------------------------------------------------------------------------------------- refused */

static void test_rows_that_cannot_be_learned(void **state)
{
    (void)state;
    const struct autoencoder_settings settings = settings_with(1, 2);
    for (int d = 0; d < 2; d++) {
        assert_fails(detectors[d]->check(&settings, 1, CELLS), ERR_INPUT, "1 patch to learn from");
        assert_fails(detectors[d]->check(&settings, 100, 512), ERR_INPUT, "4096 columns; 512 found");
        assert_fails(detectors[d]->check(&settings, 100, 512), ERR_INPUT, detectors[d]->name);
        assert_ok(detectors[d]->check(&settings, 2, CELLS));
    }
}

static void test_cells_that_are_no_numbers(void **state)
{
    (void)state;
    const struct autoencoder_settings settings = settings_with(1, 2);
    struct autoencoder ae = { 0 };
    struct matrix x;
    make_rows(&x, 3);
    matrix_row(&x, 2)[17] = NAN;
    assert_fails(detector_small_dcae.fit(backend, &settings, &(struct rows){ .x = x }, &ae), ERR_INPUT,
                 "patch 2: cell 17");
    detector_small_dcae.release(&ae);
    matrix_release(&x);
}

static void test_loss_that_is_no_number(void **state)
{
    (void)state;
    const struct autoencoder_settings settings = settings_with(2, 2);
    struct autoencoder ae = { 0 };
    struct matrix x;
    make_rows(&x, 2);
    for (int i = 0; i < CELLS; i++) matrix_row(&x, 1)[i] = 3e38f;
    assert_fails(detector_small_dcae.fit(backend, &settings, &(struct rows){ .x = x }, &ae), ERR_INPUT,
                 "--learning-rate");
    detector_small_dcae.release(&ae);
    matrix_release(&x);
}

static void test_other_columns(void **state)
{
    (void)state;
    struct autoencoder ae;
    float row[5] = { 0 };
    double score;
    assert_ok(autoencoder_init(&ae, &architecture_small));
    assert_fails(detector_small_dcae.score(backend, &ae, &(struct rows){ .x = { row, 1, 5 } }, &score),
                 ERR_INPUT, "5 found");
    autoencoder_release(&ae);
}

static void test_other_networks(void **state)
{
    (void)state;
    struct attributes provenance = { 0 };
    assert_fails(detector_takes(&detector_lenet_dcae, &provenance), ERR_INPUT, "network (not told)");
    assert_ok(attributes_set_text(&provenance, "network", "resnet18"));
    assert_fails(detector_takes(&detector_lenet_dcae, &provenance), ERR_INPUT, "network resnet18");
    assert_fails(detector_takes(&detector_small_dcae, &provenance), ERR_INPUT, "--network patch");
    assert_ok(detector_takes(&detector_gmm, &provenance));
    assert_ok(attributes_set_text(&provenance, "network", "patch"));
    assert_ok(detector_takes(&detector_small_dcae, &provenance));
    attributes_release(&provenance);
}

/* --------------------------------------------------------------------------------------- fit and score */

static void test_defaults_are_the_papers(void **state)
{
    (void)state;
    struct autoencoder_settings s;
    assert_ok(options_standard(&(struct option_set){ detector_lenet_dcae.options, &s, NULL }));
    assert_ptr_equal(detector_lenet_dcae.options, detector_small_dcae.options);
    assert_int_equal(s.epochs, 80);
    assert_int_equal(s.batch_size, 128);
    assert_near(s.learning_rate, 1e-4, 0);
}

static void test_shapes_are_the_papers(void **state)
{
    (void)state;
    static const int channels[2][8] = { { 32, 64, 128, 128, 128, 64, 32, 1 }, { 12, 24, 48, 24, 12, 1 } };
    static const struct architecture *const architectures[] = { &architecture_lenet, &architecture_small };
    for (int i = 0; i < 2; i++) {
        struct autoencoder ae;
        assert_ok(autoencoder_init(&ae, architectures[i]));
        assert_int_equal(ae.n_layers, i == 0 ? 8 : 6);
        for (int l = 0; l < ae.n_layers; l++) {
            assert_int_equal(ae.layers[l].channels, channels[i][l]);
            assert_int_equal(ae.layers[l].is_up, l >= ae.n_layers / 2);
        }
        assert_int_equal(ae.layers[ae.n_layers - 1].area, CELLS);
        autoencoder_release(&ae);
    }
}

static void test_what_was_learned_scores_lower(void **state)
{
    (void)state;
    struct autoencoder_settings settings = settings_with(12, 4);
    struct matrix x, turned;
    double normal[8], other[8];
    settings.learning_rate = 3e-3;
    make_rows(&x, 8);
    make_rows(&turned, 8);
    for (int n = 0; n < 8; n++)
        for (int i = 0; i < CELLS; i++) matrix_row(&turned, n)[i] = matrix_row(&x, n)[i % 64 * 64 + i / 64];
    struct autoencoder ae = { 0 };
    assert_ok(detector_small_dcae.fit(backend, &settings, &(struct rows){ .x = x }, &ae));
    assert_ok(detector_small_dcae.score(backend, &ae, &(struct rows){ .x = x }, normal));
    assert_ok(detector_small_dcae.score(backend, &ae, &(struct rows){ .x = turned }, other));
    for (int n = 0; n < 8; n++) assert_true(normal[n] < other[0]);
    assert_int_equal(ae.epochs, 12);
    assert_true(ae.loss < 0.1);
    detector_small_dcae.release(&ae);
    matrix_release(&x);
    matrix_release(&turned);
}

/* A batch of 3, one of 2, whatever the threads; and a patch's score does not depend on its neighbours. */
static void test_same_seed_same_bits(void **state)
{
    (void)state;
    const struct autoencoder_settings settings = settings_with(1, 3);
    struct matrix x;
    make_rows(&x, 5);
    for (int d = 0; d < 2; d++) {
        struct autoencoder models[3] = { { 0 } };
        double scores[3][5], alone;
        for (int i = 0; i < 3; i++) {
            struct backend *own = NULL;
            assert_ok(backend_open(&own, "cpu", &(struct backend_options){ .threads = 1 + i }));
            assert_ok(detectors[d]->fit(own, &settings, &(struct rows){ .x = x }, &models[i]));
            assert_ok(detectors[d]->score(own, &models[i], &(struct rows){ .x = x }, scores[i]));
            own->ops->close(&own);
            assert_memory_equal(models[i].parameters, models[0].parameters,
                                models[0].n_parameters * sizeof(float));
            assert_memory_equal(models[i].statistics, models[0].statistics,
                                models[0].n_statistics * sizeof(float));
            assert_memory_equal(scores[i], scores[0], sizeof scores[0]);
        }
        const struct matrix last = { matrix_row(&x, 4), 1, CELLS };
        assert_ok(detectors[d]->score(backend, &models[0], &(struct rows){ .x = last }, &alone));
        assert_true(alone == scores[0][4]);
        for (int i = 0; i < 3; i++) detectors[d]->release(&models[i]);
    }
    matrix_release(&x);
}

static void test_another_seed(void **state)
{
    (void)state;
    struct autoencoder ae;
    const float bound = 1.0f / 4; /* 16 cells are seen by the first layer's channel */
    assert_ok(autoencoder_init(&ae, &architecture_small));
    autoencoder_start(&ae, 1);
    const float first = ae.parameters[0];
    for (size_t i = 0; i < ae.layers[0].n_weights; i++) assert_true(fabsf(ae.parameters[i]) <= bound);
    autoencoder_start(&ae, 2);
    assert_true(ae.parameters[0] != first);
    autoencoder_release(&ae);
}

/* ----------------------------------------------------------------------------------------------- files */

static void save(const struct detector *detector, const struct autoencoder *ae)
{
    struct store *store = NULL;
    assert_ok(store_create(&store, in_folder("m.h5")));
    assert_ok(detector->save(ae, store, "/d"));
    assert_ok(store_commit(store));
    store_close(&store);
}

static enum status load(const struct detector *detector, struct autoencoder *ae)
{
    struct store *store = NULL;
    assert_ok(store_open(&store, in_folder("m.h5")));
    *ae = (struct autoencoder){ 0 };
    const enum status status = detector->load(ae, store, "/d");
    store_close(&store);
    return status;
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    const struct autoencoder_settings settings = settings_with(1, 2);
    struct matrix x;
    make_rows(&x, 3);
    for (int d = 0; d < 2; d++) {
        struct autoencoder ae = { 0 }, loaded;
        double before[3], after[3];
        assert_ok(detectors[d]->fit(backend, &settings, &(struct rows){ .x = x }, &ae));
        save(detectors[d], &ae);
        assert_ok(load(detectors[d], &loaded));
        assert_ok(detectors[d]->score(backend, &ae, &(struct rows){ .x = x }, before));
        assert_ok(detectors[d]->score(backend, &loaded, &(struct rows){ .x = x }, after));
        assert_memory_equal(before, after, sizeof before);
        assert_int_equal(loaded.epochs, 1);
        assert_near(loaded.loss, ae.loss, 0);
        detectors[d]->release(&ae);
        detectors[d]->release(&loaded);
    }
    matrix_release(&x);
}

static void test_hostile_files(void **state)
{
    (void)state;
    struct autoencoder ae, loaded;
    assert_ok(autoencoder_init(&ae, &architecture_lenet));
    autoencoder_start(&ae, 0);
    save(&detector_lenet_dcae, &ae);
    assert_fails(load(&detector_small_dcae, &loaded), ERR_INPUT, "parameters is");
    detector_small_dcae.release(&loaded);
    ae.parameters[5] = (float)NAN;
    save(&detector_lenet_dcae, &ae);
    assert_fails(load(&detector_lenet_dcae, &loaded), ERR_INPUT, "parameters is not finite at 5");
    detector_lenet_dcae.release(&loaded);
    ae.parameters[5] = 0;
    ae.statistics[33] = -1;
    save(&detector_lenet_dcae, &ae);
    assert_fails(load(&detector_lenet_dcae, &loaded), ERR_INPUT, "variance of layer 0 is -1");
    detector_lenet_dcae.release(&loaded);
    ae.n_statistics--;
    save(&detector_lenet_dcae, &ae);
    assert_fails(load(&detector_lenet_dcae, &loaded), ERR_INPUT, "statistics is");
    detector_lenet_dcae.release(&loaded);
    autoencoder_release(&ae);
}

/* ---------------------------------------------------------------------------------------------- models */

enum { RECORDINGS = 3, PATCHES = 2 };

static void make_features(const char *network)
{
    struct part *part = NULL;
    struct attributes provenance = { 0 };
    struct merge_result merged;
    struct rng rng = rng_seeded(6, 0);
    const char *paths[] = { in_folder("part.h5") };
    static float rows[PATCHES][CELLS];
    const double start_s[PATCHES] = { 0, 1 };
    assert_ok(attributes_set_text(&provenance, "network", network));
    assert_ok(part_create(&part, paths[0], CELLS, &provenance));
    for (int i = 0; i < RECORDINGS; i++) {
        struct feature_recording row = { .sample_rate = 16000, .samples = 32000 };
        row.of.machine = memory_text("fan");
        row.of.label = memory_text("normal");
        row.of.path = memory_print("fan/normal/%d.wav", i);
        for (int p = 0; p < PATCHES; p++) fill_patch(&rng, rows[p]);
        assert_ok(part_append(part, &row, PATCHES, rows[0], start_s));
    }
    assert_ok(part_commit(&part));
    part_close(&part);
    assert_ok(features_merge(in_folder("f.h5"), paths, 1, NULL, &merged));
    attributes_release(&provenance);
}

static enum status fit_model(struct model *model, const char *network)
{
    const struct autoencoder_settings settings = settings_with(1, 4);
    const struct model_fit_options options = { .detector = &detector_small_dcae, .settings = &settings };
    struct features *features = NULL;
    make_features(network);
    assert_ok(features_open(&features, in_folder("f.h5")));
    const enum status status = model_fit(model, &(struct crew){ .whole = backend }, features, &options);
    features_close(&features);
    return status;
}

static void test_model_of_another_network(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit_model(&model, "alexnet"), ERR_INPUT, "network alexnet");
    model_release(&model);
    assert_ok(fit_model(&model, "patch"));
    assert_ok(attributes_set_text(&model.provenance, "network", "alexnet"));
    assert_ok(model_save(&model, in_folder("m.h5")));
    model_release(&model);
    assert_fails(model_open(&model, in_folder("m.h5")), ERR_INPUT, "network alexnet");
}

/* Rows reach the detector as they are, in fit and, from a file, in score. */
static void test_model_keeps_cells(void **state)
{
    (void)state;
    struct model fitted, model;
    struct rows rows;
    struct rng rng = rng_seeded(7, 0);
    double found, expected;
    assert_ok(fit_model(&fitted, "patch"));
    assert_ok(model_save(&fitted, in_folder("m.h5")));
    model_release(&fitted);
    assert_ok(model_open(&model, in_folder("m.h5")));
    for (int j = 0; j < CELLS; j++) {
        assert_true(model.groups[0].preparation.scaler.mean[j] == 0);
        assert_true(model.groups[0].preparation.scaler.scale[j] == 1);
    }
    assert_ok(rows_init(&rows, 1, CELLS));
    fill_patch(&rng, rows.x.data);
    assert_ok(detector_small_dcae.score(backend, model.groups[0].fitted, &rows, &expected));
    assert_ok(model_score(&model, &model.groups[0], backend, &rows, &found));
    assert_true(found == expected);
    rows_release(&rows);
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_cannot_be_learned),
        cmocka_unit_test(test_cells_that_are_no_numbers),
        cmocka_unit_test(test_loss_that_is_no_number),
        cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_other_networks),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_model_of_another_network),
        cmocka_unit_test(test_defaults_are_the_papers),
        cmocka_unit_test(test_shapes_are_the_papers),
        cmocka_unit_test(test_what_was_learned_scores_lower),
        cmocka_unit_test(test_same_seed_same_bits),
        cmocka_unit_test(test_another_seed),
        cmocka_unit_test(test_saved_and_loaded),
        cmocka_unit_test(test_model_keeps_cells),
    };
    return cmocka_run_group_tests_name("autoencoder", tests, open_backend, close_backend);
}
