/* A small feature file of three groups, and fits of it. */
#ifndef MODEL_FIXTURE_H
#define MODEL_FIXTURE_H

#include "test.h"

#include "core/memory.h"
#include "core/rng.h"
#include "detect/gmm.h"
#include "detect/model.h"

enum { COLUMNS = 5, PATCHES = 6 };

static struct backend *backend;
static char folder[64];

static inline const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* -------------------------------------------------------------------------------------- a feature file */

/* id_00: 12 normal, 4 abnormal; id_02: 1 normal; pump: 8 without a label. */
static const struct {
    const char *machine, *id, *snr, *label;
    int n, channels;
} kinds[] = {
    { "fan", "id_00", "0dB", "abnormal", 4, 1 },
    { "fan", "id_00", "0dB", "normal", 12, 2 },
    { "fan", "id_02", "0dB", "normal", 1, 1 },
    { "pump", "id_00", "", "", 8, 1 },
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static inline struct feature_recording recording_of(int kind, int number, int channel)
{
    struct feature_recording row = { .channel = channel, .sample_rate = 16000, .samples = 160000 };
    row.of.machine = memory_text(kinds[kind].machine);
    row.of.id = memory_text(kinds[kind].id);
    row.of.snr = memory_text(kinds[kind].snr);
    row.of.label = memory_text(kinds[kind].label);
    row.of.root = memory_text("/data");
    row.of.path = memory_print("%s/%s/%s/%d.wav", kinds[kind].machine, kinds[kind].id,
                               kinds[kind].label[0] ? kinds[kind].label : "all", number);
    return row;
}

static inline void append(struct part *part, struct rng *rng, int kind, int number, int channel)
{
    struct feature_recording row = recording_of(kind, number, channel);
    const double away = strcmp(kinds[kind].label, "abnormal") == 0 ? 4 : 0;
    float rows[PATCHES * COLUMNS];
    double start_s[PATCHES];
    for (int p = 0; p < PATCHES; p++) {
        start_s[p] = p / 2.;
        for (int j = 0; j < COLUMNS; j++)
            rows[p * COLUMNS + j] = (float)(1000 + 50 * kind + (j + 1) * (away + rng_normal(rng)));
    }
    assert_ok(part_append(part, &row, PATCHES, rows, start_s));
}

static inline void append_failed(struct part *part)
{
    struct feature_recording row = recording_of(1, 99, 0);
    row.status = RECORDING_FAILED;
    row.error = memory_text("cut off");
    assert_ok(part_append(part, &row, 0, NULL, NULL));
}

static inline void make_features(void)
{
    struct part *part = NULL;
    struct attributes provenance = { 0 };
    struct merge_result merged;
    struct rng rng = rng_seeded(2, 0);
    const char *paths[] = { in_folder("part.h5") };
    assert_ok(attributes_set_text(&provenance, "program_version", "0.0.7"));
    assert_ok(attributes_set_text(&provenance, "network", "resnet18"));
    assert_ok(attributes_set_integer(&provenance, "n_fft", 1024));
    assert_ok(part_create(&part, paths[0], COLUMNS, &provenance));
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (int i = 0; i < kinds[kind].n; i++)
            for (int channel = 0; channel < kinds[kind].channels; channel++)
                append(part, &rng, kind, i, channel);
        if (kind == 1) append_failed(part);
    }
    assert_ok(part_commit(&part));
    part_close(&part);
    assert_ok(features_merge(in_folder("f.h5"), paths, 1, NULL, &merged));
    attributes_release(&provenance);
}

static inline int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_folder());
    make_features();
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static inline int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = { "part.h5", "f.h5", "m.h5", "list.txt" };
    for (int i = 0; i < 4; i++) unlink(in_folder(names[i]));
    rmdir(folder);
    backend->ops->close(&backend);
    return 0;
}

static inline struct gmm_settings settings_with(int components)
{
    struct gmm_settings settings;
    const struct option_set set = { detector_gmm.options, &settings, "gmm" };
    assert_ok(options_standard(&set));
    settings.components = components;
    return settings;
}

/* With the rest of `options` as it is, and Gaussian mixtures. */
static inline enum status fit_with(struct model *model, int components, struct model_fit_options options)
{
    const struct gmm_settings settings = settings_with(components);
    struct features *features = NULL;
    options.detector = &detector_gmm;
    options.settings = &settings;
    assert_ok(features_open(&features, in_folder("f.h5")));
    const enum status status = model_fit(model, &(struct crew){ .whole = backend }, features, &options);
    features_close(&features);
    return status;
}

static inline enum status fit(struct model *model, int components, const char *levels, const char *train_list)
{
    return fit_with(model, components,
                    (struct model_fit_options){ .levels = levels, .train_list = train_list });
}

/* All rows of the feature file, raw. */
static inline void read_raw(struct matrix *x)
{
    struct features *features = NULL;
    assert_ok(features_open(&features, in_folder("f.h5")));
    const int n = (int)features_patches(features);
    assert_ok(matrix_init(x, n, COLUMNS));
    assert_ok(features_read(features, 0, n, x->data));
    features_close(&features);
}

static inline void write_list(const char *text)
{
    FILE *file = fopen(in_folder("list.txt"), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

#endif
