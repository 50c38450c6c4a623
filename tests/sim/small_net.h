/* A network of every kind of layer, small enough for the emulator, and a line through it. */
#ifndef SMALL_NET_H
#define SMALL_NET_H

#include "../kernels/check_front.h"
#include "backend/backend.h"
#include "core/memory.h"
#include "core/rng.h"

/* 32 → 16 → 8: a residual, a concatenation, both pools, a linear layer. */
static const struct layer small_layers[] = {
    { "a", OP_CONV, "a", NULL, LAYER_IMAGE, LAYER_NONE, 8, 3, 2, 1, 0, 1, 0 },
    { "pool", OP_MAXPOOL, NULL, NULL, 0, LAYER_NONE, 0, 3, 2, 1, 0, 0, 0 },
    { "b", OP_CONV, "b", NULL, 1, LAYER_NONE, 8, 3, 1, 1, 0, 1, 0 },
    { "c", OP_CONV, "c", NULL, 2, 1, 8, 3, 1, 1, 0, 1, 0 },
    { "left", OP_CONV, "left", NULL, 3, LAYER_NONE, 8, 1, 1, 0, 0, 1, 0 },
    { "right", OP_CONV, "right", NULL, 3, LAYER_NONE, 16, 3, 1, 1, 0, 1, 0 },
    { "both", OP_CONCAT, NULL, NULL, 4, 5, 0, 0, 0, 0, 0, 0, 0 },
    { "mean", OP_AVGPOOL, NULL, NULL, 6, LAYER_NONE, 0, 3, 0, 0, 0, 0, 0 },
    { "out", OP_LINEAR, "out", NULL, 7, LAYER_NONE, 24, 3, 1, 0, 0, 0, 0 },
};
enum { SMALL_LAYERS = sizeof small_layers / sizeof *small_layers };

static const struct net small_net = { .name = "small",
                                      .input_size = 32,
                                      .layers = small_layers,
                                      .n_layers = SMALL_LAYERS,
                                      .default_layer = "out" };

static inline float *small_floats(size_t n, double scale, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 7);
    float *values = memory_new(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) values[i] = (float)(scale * (2 * rng_uniform(&rng) - 1));
    return values;
}

static inline void small_weights_init(struct weights *weights)
{
    struct shape shapes[NET_MAX_LAYERS];
    *weights = (struct weights){ .net = &small_net };
    net_shapes(&small_net, shapes);
    for (int i = 0; i < SMALL_LAYERS; i++) {
        const size_t n = net_weight_count(&small_net, shapes, i);
        if (!n) continue;
        const double fan_in = (double)n / small_layers[i].channels;
        weights->layer[i].weight = small_floats(n, sqrt(6 / fan_in), (uint64_t)i);
        weights->layer[i].bias = small_floats((size_t)small_layers[i].channels, 0.1, 100 + (uint64_t)i);
    }
}

static inline void small_weights_release(struct weights *weights)
{
    for (int i = 0; i < SMALL_LAYERS; i++) {
        memory_free(weights->layer[i].weight);
        memory_free(weights->layer[i].bias);
    }
}

/* Two recordings, int16 and float, of several patches each; all of them are one chunk and a bit. */
enum { SMALL_CLIPS = 2 };
struct small_job {
    struct settings settings;
    struct weights weights;
    struct clip clips[SMALL_CLIPS];
    size_t n; /* numbers in the features of the batch */
};

static inline void small_job_init(struct small_job *job, int with_net)
{
    *job = (struct small_job){ .settings = settings_new(64, 32, 16, 16, 8) };
    struct line_spec *spec = &job->settings.spec;
    small_weights_init(&job->weights);
    if (with_net) {
        spec->net = &small_net;
        spec->layer = SMALL_LAYERS - 1;
        spec->weights = &job->weights;
    }
    job->clips[0] = clip_new(spec, NOISE, 1500);
    job->clips[1] = clip_new(spec, FLOAT_NOISE, 900);
    line_up(spec, job->clips, SMALL_CLIPS);
    spec->chunk = spec->max_patches - 2;
    job->n = (size_t)spec->max_patches * line_columns(spec);
}

static inline void small_job_release(struct small_job *job)
{
    for (int i = 0; i < SMALL_CLIPS; i++) clip_free(&job->clips[i]);
    small_weights_release(&job->weights);
    settings_free(&job->settings);
}

/* All steps but the last, sync. */
static inline enum status small_job_enqueue(const struct small_job *job, struct line *line, float *features)
{
    const struct line_spec *spec = &job->settings.spec;
    TRY(line->ops->upload(line, job->clips, SMALL_CLIPS));
    TRY(line->ops->logmel(line));
    for (int first = 0; first < spec->max_patches; first += spec->chunk) {
        const int left = spec->max_patches - first, n = left < spec->chunk ? left : spec->chunk;
        TRY(line->ops->picture(line, first, n));
        TRY(line->ops->net(line, first, n));
    }
    return line->ops->download(line, features);
}

/* Opens a line on an open backend, runs one batch, and closes the line, whatever happens. */
static inline enum status small_job_run(const struct small_job *job, struct backend *backend, float *features)
{
    struct line *line;
    enum status status = backend->ops->line_open(backend, &job->settings.spec, &line);
    if (status == OK) status = small_job_enqueue(job, line, features);
    if (status == OK) status = line->ops->sync(line);
    backend->ops->line_close(&line);
    return status;
}

/* By the definition. */
static inline float *small_job_expected(const struct small_job *job)
{
    struct backend *backend;
    float *features = malloc(job->n * sizeof *features);
    assert_non_null(features);
    assert_ok(backend_open(&backend, "ref", &(struct backend_options){ .threads = 1 }));
    assert_ok(small_job_run(job, backend, features));
    backend->ops->close(&backend);
    return features;
}

static inline double one_minus_cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return 1 - ab / sqrt(aa * bb);
}

#endif
