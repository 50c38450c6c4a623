#include "fuzz_stores.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/rng.h"
#include "detect/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5, RECORDINGS = 12, PATCHES = 3, MOST_STORES = 20, ROWS_SCORED = 2 };

static char paths[MOST_STORES][96];
static int n_stores;
static struct backend *backend;

static void must(enum status status)
{
    if (status == OK) return;
    fprintf(stderr, "fuzz: an honest store cannot be made: %s\n", status_sentence());
    abort();
}

static const char *add_path(const char *folder, const char *name)
{
    if (n_stores == MOST_STORES) abort();
    snprintf(paths[n_stores], sizeof paths[0], "%s/%s.h5", folder, name);
    return paths[n_stores++];
}

/* ------------------------------------------------------------------------------------------- features */

static struct feature_recording recording_of(int i)
{
    const int is_abnormal = i >= RECORDINGS - 2;
    struct feature_recording row = { .sample_rate = 16000, .samples = 160000 };
    row.of.machine = memory_text(i == 0 ? "pump" : "fan");
    row.of.id = memory_text("id_00");
    row.of.snr = memory_text("0dB");
    row.of.label = memory_text(is_abnormal ? "abnormal" : "normal");
    row.of.root = memory_text("/data");
    row.of.path = memory_print("%s/%d.wav", is_abnormal ? "abnormal" : "normal", i);
    return row;
}

static void append(struct part *part, struct rng *rng, int i)
{
    static float rows[PATCHES * COLUMNS];
    double start_s[PATCHES];
    struct feature_recording row = recording_of(i);
    for (int p = 0; p < PATCHES; p++) start_s[p] = p / 2.0;
    for (int j = 0; j < PATCHES * COLUMNS; j++) rows[j] = (float)(0.5 + 0.1 * rng_uniform(rng));
    must(part_append(part, &row, PATCHES, rows, start_s));
}

static void make_features(const char *folder)
{
    struct part *part = NULL;
    struct attributes provenance = { 0 };
    struct merge_result merged;
    struct rng rng = rng_seeded(3, 0);
    char *of_part = memory_print("%s/part.h5", folder);
    const char *const parts[] = { of_part };
    must(attributes_set_text(&provenance, "network", "resnet18"));
    must(attributes_set_integer(&provenance, "n_fft", 1024));
    must(part_create(&part, of_part, COLUMNS, &provenance));
    for (int i = 0; i < RECORDINGS; i++) append(part, &rng, i);
    must(part_commit(&part));
    part_close(&part);
    must(features_merge(add_path(folder, "features"), parts, 1, NULL, &merged));
    attributes_release(&provenance);
    remove(of_part);
    memory_free(of_part);
}

/* --------------------------------------------------------------------------------------------- models */

static void set(const struct detector *detector, void *settings, const char *name, int value)
{
    for (const struct option *option = detector->options; option->name; option++)
        if (strcmp(option->name, name) == 0) memcpy((char *)settings + option->offset, &value, sizeof value);
}

static void make_model(const char *folder, const struct detector *detector)
{
    struct crew alone = { .whole = backend };
    struct model model;
    struct features *features = NULL;
    void *settings = memory_new(1, detector->settings_size);
    const struct option_set options = { detector->options, settings, "" };
    must(options_standard(&options));
    set(detector, settings, "components", 2);
    set(detector, settings, "trees", 3);
    set(detector, settings, "k", 2);
    struct model_fit_options how = { .detector = detector,
                                     .settings = settings,
                                     .calibration = { CALIBRATION_AUTO, 0.05 } };
    if (detector == &detector_gmm) how.preparation.reduce = "pca:3";
    must(features_open(&features, paths[0]));
    const enum status status = model_fit(&model, &alone, features, &how);
    must(status == ERR_PARTIAL ? OK : status); /* the pump has but one recording */
    must(model_save(&model, add_path(folder, detector->name)));
    model_release(&model);
    features_close(&features);
    memory_free(settings);
}

void fuzz_stores_make(const char *folder)
{
    const struct detector *detector;
    log_set_level(LOG_ERROR);
    must(backend_open(&backend, "cpu", &(struct backend_options){ .threads = 1 }));
    make_features(folder);
    for (int i = 0; (detector = detector_number(i)); i++)
        if (!detector->takes_cells) make_model(folder, detector);
}

int fuzz_stores_count(void)
{
    return n_stores;
}

const char *fuzz_stores_path(int i)
{
    return paths[i];
}

/* ------------------------------------------------------------------------------------------------ use */

static void read_rows(struct features *features)
{
    const long long n = features_patches(features), most = n < 40 ? n : 40;
    const int columns = features_columns(features);
    if (n < 0 || columns < 0) abort();
    float *rows = memory_new((size_t)most * (size_t)columns, sizeof *rows);
    double *start_s = memory_new((size_t)most, sizeof *start_s);
    if (!rows || !start_s) abort();
    (void)fuzz_ok(features_read(features, n - most, most, rows));
    (void)fuzz_ok(features_read_stored(features, 0, most, rows));
    (void)fuzz_ok(features_read_starts(features, 0, most, start_s));
    memory_free(rows);
    memory_free(start_s);
}

static void use_features(const char *path)
{
    struct features *features = NULL;
    long long n;
    (void)fuzz_ok(features_verify(path));
    if (!fuzz_ok(features_open(&features, path))) return;
    const struct features_table *table = features_recordings(features);
    for (size_t i = 0; i < table->count; i++) {
        char group[256];
        recording_group(&table->rows[i].of, group);
        (void)features_basis(features, group, &n);
    }
    read_rows(features);
    features_close(&features);
}

static void score(const struct model *model, const struct model_group *group)
{
    struct rows rows = { 0 };
    double scores[ROWS_SCORED];
    if (rows_init(&rows, ROWS_SCORED, model->columns) != OK) abort();
    for (int i = 0; i < ROWS_SCORED * model->columns; i++) rows.x.data[i] = 0.25f * (float)(i % 7);
    (void)fuzz_ok(model_score(model, group, backend, &rows, scores));
    rows_release(&rows);
}

static void use_model(const char *path)
{
    struct model model;
    struct recording recording = { .machine = "fan", .id = "id_00", .snr = "", .label = "" };
    const struct model_group *chosen;
    if (!fuzz_ok(model_open(&model, path))) return;
    for (size_t i = 0; i < model.count; i++) {
        struct attributes told = { 0 };
        (void)fuzz_ok(model_describe(&model, &model.groups[i], &told));
        attributes_release(&told);
        score(&model, &model.groups[i]);
    }
    (void)model_decides(&model);
    (void)fuzz_ok(model_choose(&model, &recording, &chosen));
    (void)fuzz_ok(model_named(&model, "fan,id_00", &chosen));
    model_release(&model);
}

void fuzz_stores_use(int i, const char *path)
{
    if (i == 0)
        use_features(path);
    else
        use_model(path);
}
