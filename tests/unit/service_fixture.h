/* A small corpus, a model of its cells and one of a network's features, what `extract` and `score` say of more
 * recordings, and the service that must say the same. */
#ifndef SERVICE_FIXTURE_H
#define SERVICE_FIXTURE_H

#include "test.h"

#include "core/memory.h"
#include "core/rng.h"
#include "detect/gmm.h"
#include "pipeline/extract.h"
#include "service/service.h"

#include <pthread.h>
#include <sys/stat.h>

static const atomic_int go_on = 0;
static char folder[64];

static inline const char *in_folder(const char *name)
{
    static _Thread_local char paths[8][160];
    static _Thread_local int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* ------------------------------------------------------------------------------------------- recordings */

struct bytes {
    unsigned char *at;
    size_t size;
};

static inline void put_number(struct bytes *bytes, unsigned number, int n)
{
    for (int i = 0; i < n; i++) bytes->at[bytes->size++] = (unsigned char)(number >> 8 * i);
}

static inline void put_word(struct bytes *bytes, const char *word)
{
    memcpy(bytes->at + bytes->size, word, 4);
    bytes->size += 4;
}

/* A hum with noise, as PCM16 in RIFF/WAVE. */
static inline struct bytes make_wav(double seconds, unsigned rate, unsigned channels, uint64_t seed)
{
    const unsigned n = (unsigned)(seconds * rate), size = n * channels * 2;
    struct bytes wav = { malloc(size + 44), 0 };
    struct rng rng = rng_seeded(seed, 7);
    put_word(&wav, "RIFF"), put_number(&wav, size + 36, 4), put_word(&wav, "WAVE");
    put_word(&wav, "fmt "), put_number(&wav, 16, 4), put_number(&wav, 1, 2), put_number(&wav, channels, 2);
    put_number(&wav, rate, 4), put_number(&wav, rate * channels * 2, 4), put_number(&wav, channels * 2, 2);
    put_number(&wav, 16, 2), put_word(&wav, "data"), put_number(&wav, size, 4);
    for (unsigned i = 0; i < n * channels; i++) {
        const double time = (double)(i / channels) / rate, pitch = 200 + 40 * (double)(seed % 5);
        const double value = 3000 * sin(6.2831853 * pitch * time) + (double)rng_below(&rng, 2000) - 1000;
        put_number(&wav, (unsigned)(int)value, 2);
    }
    return wav;
}

static inline void save_bytes(const char *path, struct bytes bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.at, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

static inline void save_wav(const char *name, double seconds, unsigned rate, unsigned channels, uint64_t seed)
{
    const struct bytes wav = make_wav(seconds, rate, channels, seed);
    save_bytes(in_folder(name), wav);
    free(wav.at);
}

/* ------------------------------------------------------------------------------------------- settings */

enum way { CELLS, NETWORK, N_WAYS };
static const char *const ways[N_WAYS] = {
    "--network patch --n-mels 16 --patch 16 --offset 8 --hop-length 256 --resample --segment 3 --channel all",
    "--network squeezenet1_1 --resample --segment 3 --offset 64",
};
static const struct compute_options computing = { .weights = "seeded:1",
                                                  .place = { .backend = "cpu", .threads = 2 } };

static inline struct extract_settings settings_of(enum way way)
{
    static struct extract_settings settings[N_WAYS];
    static struct options options[N_WAYS];
    static char words[N_WAYS][256];
    static struct option_set sets[N_WAYS][2];
    char *argv[32], *rest = NULL;
    int argc = 0;
    if (options[way].sets) return settings[way];
    snprintf(words[way], sizeof words[way], "%s", ways[way]);
    for (char *word = strtok_r(words[way], " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    sets[way][0] = (struct option_set){ front_options, &settings[way], "" };
    sets[way][1] = (struct option_set){ network_options, &settings[way], "" };
    options_init(&options[way], sets[way], 2);
    assert_ok(options_collect_arguments(&options[way], argc, argv));
    assert_ok(options_apply(&options[way]));
    assert_ok(extract_settings_resolve(&settings[way]));
    return settings[way];
}

/* ------------------------------------------------------------------------------- what the commands make */

static inline void extract_folder(enum way way, const char *from, const char *to)
{
    const struct extract_settings settings = settings_of(way);
    struct attributes recorded = { 0 };
    struct dataset dataset = { 0 };
    const char *paths[] = { from };
    assert_ok(settings_record(&settings, &recorded));
    assert_ok(dataset_open(&dataset, paths, 1, &(struct dataset_options){ 0 }));
    assert_ok(extract_to_file(&recorded, &computing, &dataset, to, &go_on));
    dataset_release(&dataset);
    attributes_release(&recorded);
}

static inline void fit_model(const char *features_path, const char *model_path, int components)
{
    struct gmm_settings settings;
    struct backend *backend;
    struct features *features;
    struct model model = { 0 };
    const struct option_set set = { detector_gmm.options, &settings, "gmm" };
    assert_ok(options_standard(&set));
    settings.components = components;
    settings.covariance = COVARIANCE_DIAGONAL;
    const struct model_fit_options options = {
        .detector = &detector_gmm,
        .settings = &settings,
        .calibration = { .method = CALIBRATION_GAMMA, .false_alarms = 0.1 },
    };
    assert_ok(place_open(&backend, &computing.place));
    assert_ok(features_open(&features, features_path));
    assert_ok(model_fit(&model, &(struct crew){ .whole = backend }, features, &options));
    assert_ok(model_save(&model, model_path));
    model_release(&model);
    features_close(&features);
    backend->ops->close(&backend);
}

/* Two groups, "fan/id_00" and "pump/id_02". */
static inline void make_models(void)
{
    static const char *const folders[] = { "corpus",
                                           "corpus/fan",
                                           "corpus/fan/id_00",
                                           "corpus/pump",
                                           "corpus/fan/id_00/normal",
                                           "corpus/pump/id_02",
                                           "corpus/pump/id_02/normal" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(mkdir(in_folder(folders[i]), 0777), 0);
    for (int i = 0; i < 12; i++) {
        char name[64];
        snprintf(name, sizeof name, "corpus/%s/normal/%d.wav", i % 2 ? "pump/id_02" : "fan/id_00", i);
        save_wav(name, 2.2, 16000, 1, (uint64_t)i);
    }
    extract_folder(CELLS, in_folder("corpus"), in_folder("cells.h5"));
    extract_folder(NETWORK, in_folder("corpus"), in_folder("network.h5"));
    fit_model(in_folder("cells.h5"), in_folder("cells_model.h5"), 2);
    fit_model(in_folder("network.h5"), in_folder("network_model.h5"), 2);
}

/* --------------------------------------------------------------------------------- what they say of more */

enum { N_ASKED = 9 };
static const struct {
    double seconds;
    unsigned rate, channels;
} asked[N_ASKED] = { { 1.1, 16000, 1 }, { 2, 16000, 1 },  { 1.02, 16000, 1 },
                     { 7.5, 16000, 1 }, { 2, 44100, 1 },  { 3, 8000, 1 },
                     { 1.5, 16000, 2 }, { 10, 16000, 1 }, { 3.1, 16000, 1 } };
static struct bytes asked_wav[N_ASKED];

struct expected {
    int n_patches, columns;
    float *features;
    double *start_s, *patch_scores, score, percentile;
    int is_abnormal;
};
static struct expected expected[N_WAYS][N_ASKED];

/* What `score` makes of a recording's rows. */
static inline void expect_scores(const struct model *model, struct backend *backend, struct expected *e)
{
    const struct model_group *group = model_find(model, "fan/id_00");
    const size_t n = (size_t)e->n_patches;
    struct rows rows = { 0 };
    double *scores = malloc(n * sizeof *scores);
    assert_non_null(scores);
    assert_non_null(e->patch_scores = malloc(n * sizeof *e->patch_scores));
    assert_ok(rows_init(&rows, e->n_patches, e->columns));
    memcpy(rows.x.data, e->features, n * (size_t)e->columns * sizeof(float));
    assert_ok(model_score(model, group, backend, &rows, e->patch_scores));
    memcpy(scores, e->patch_scores, n * sizeof *scores);
    e->score = pooler_score(&model->pooler, scores, e->n_patches);
    e->percentile = calibration_percentile(&group->calibration, e->score);
    e->is_abnormal = calibration_is_abnormal(&group->calibration, e->score);
    rows_release(&rows);
    free(scores);
}

static inline void expect_features(const struct batch *batch, struct expected *e, int columns)
{
    const size_t n = batch->n_patches;
    e->n_patches = (int)n;
    e->columns = columns;
    assert_non_null(e->features = malloc(n * (size_t)columns * sizeof(float)));
    assert_non_null(e->start_s = malloc(n * sizeof(double)));
    memcpy(e->features, batch->features, n * (size_t)columns * sizeof(float));
    memcpy(e->start_s, batch->start_s, n * sizeof(double));
}

/* As `extract` computes: its own lines, one recording at a time. What stands in its file is rounded: rows are
 * standardised there. */
static inline void expect_all(enum way way, const char *model_path)
{
    const struct extract_settings settings = settings_of(way);
    const char *paths[] = { in_folder("asked") };
    struct dataset dataset = { 0 };
    struct setup setup;
    struct lines lines;
    struct model model;
    struct batch batch = { 0 };
    assert_ok(dataset_open(&dataset, paths, 1, &(struct dataset_options){ 0 }));
    assert_ok(setup_init(&setup, &settings, &computing));
    assert_ok(lines_init(&lines, &setup, &setup.backend, 1));
    assert_ok(model_open(&model, model_path));
    for (int i = 0; i < N_ASKED; i++) {
        assert_int_equal(atoi(dataset.recordings[i].path), i);
        assert_ok(batch_read(&batch, &setup, &dataset, i, 1, NULL));
        assert_ok(batch_compute(&batch, &setup, &lines.spec, lines.line[0]));
        expect_features(&batch, &expected[way][i], setup.columns);
        expect_scores(&model, setup.backend, &expected[way][i]);
    }
    batch_release(&batch);
    model_release(&model);
    lines_release(&lines);
    setup_release(&setup);
    dataset_release(&dataset);
}

static inline int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_folder());
    make_models();
    assert_int_equal(mkdir(in_folder("asked"), 0777), 0);
    for (int i = 0; i < N_ASKED; i++) {
        char name[64];
        asked_wav[i] = make_wav(asked[i].seconds, asked[i].rate, asked[i].channels, 100 + (uint64_t)i);
        snprintf(name, sizeof name, "asked/%d.wav", i);
        save_bytes(in_folder(name), asked_wav[i]);
    }
    expect_all(CELLS, in_folder("cells_model.h5"));
    expect_all(NETWORK, in_folder("network_model.h5"));
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < N_ASKED; i++) {
        free(asked_wav[i].at);
        for (int m = 0; m < N_WAYS; m++) {
            free(expected[m][i].features);
            free(expected[m][i].start_s);
            free(expected[m][i].patch_scores);
        }
    }
    return 0;
}

/* --------------------------------------------------------------------------------------------- asking */

static const char *model_words[2];

/* Both models and a bare network, which shares its setup with one of them; what `change` says instead. */
static inline struct service_options usual_options(void)
{
    static const char *const networks[] = { "squeezenet1_1" };
    static struct extract_settings settings;
    static char cells[200], network[200];
    settings = settings_of(NETWORK);
    snprintf(cells, sizeof cells, "cells=%s", in_folder("cells_model.h5"));
    snprintf(network, sizeof network, "%s", in_folder("network_model.h5"));
    model_words[0] = cells;
    model_words[1] = network;
    return (struct service_options){ .models = model_words,
                                     .n_models = 2,
                                     .networks = networks,
                                     .n_networks = 1,
                                     .settings = &settings,
                                     .compute = computing,
                                     .max_delay_ms = 5,
                                     .max_queue = 1000,
                                     .most_seconds = 60,
                                     .decoders = 2 };
}

static inline struct service *open_service(const struct service_options *options)
{
    struct service *service;
    assert_ok(service_open(&service, options));
    return service;
}

static inline struct sound sound_number(int number)
{
    return (struct sound){
        .form = SOUND_FILE, .bytes = asked_wav[number].at, .size = asked_wav[number].size, .name = "asked.wav"
    };
}

/* One sound of a model, "cells", "network_model", or a network; the catalog is let go at once. */
static inline enum status ask_once(struct service *service, struct ask *ask, const char *name,
                                   const struct sound *sound, unsigned wants)
{
    const struct catalog *catalog = service_catalog(service);
    *ask = (struct ask){ .served = catalog_find(catalog, name),
                         .catalog = catalog,
                         .group = wants & ASK_SCORES ? "fan,id_00" : NULL,
                         .sounds = sound,
                         .n_sounds = 1,
                         .wants = wants };
    const enum status status = service_ask_and_wait(service, ask);
    service_catalog_release(service, catalog);
    return status;
}

static inline void assert_heard(const struct heard *heard, const struct expected *e, unsigned wants)
{
    const size_t n = (size_t)e->n_patches;
    assert_int_equal(heard->n_patches, e->n_patches);
    assert_memory_equal(heard->start_s, e->start_s, n * sizeof *e->start_s);
    if (wants & ASK_FEATURES)
        assert_memory_equal(heard->features, e->features, n * (size_t)e->columns * sizeof(float));
    if (!(wants & ASK_SCORES)) return;
    assert_memory_equal(heard->patch_scores, e->patch_scores, n * sizeof(double));
    assert_memory_equal(&heard->score, &e->score, sizeof(double));
    assert_memory_equal(&heard->percentile, &e->percentile, sizeof(double));
    assert_int_equal(heard->is_abnormal, e->is_abnormal);
}

#endif
