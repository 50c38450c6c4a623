#include "eval/selftest.h"

#include "core/clock.h"
#include "core/memory.h"
#include "core/rng.h"
#include "detect/bgmm.h"
#include "detect/kde.h"
#include "detect/knn.h"
#include "eval/synth.h"
#include "pipeline/batch.h"
#include "pipeline/lines.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------ a recording */

/* What goes through a line: the same bytes on every machine. */
struct passage {
    struct setup setup;
    struct lines lines; /* one */
    struct clip clip;
    int16_t *pcm;
    float *features; /* [n_patches][columns] */
};

static enum status make_recording(double seconds, int16_t **pcm, int *n_samples)
{
    const struct synth_settings settings = { .seed = 1, .channels = 1, .seconds = seconds };
    *n_samples = synth_samples(&settings);
    TRY(memory_check(*pcm = memory_new((size_t)*n_samples, sizeof **pcm)));
    return synth_recording(&settings, 0, 0, 0, *pcm);
}

static enum status passage_open(struct passage *p, const struct place *place, const char *network,
                                double seconds)
{
    struct extract_settings settings;
    const struct compute_options compute = { .weights = "seeded:1", .place = *place };
    TRY(options_standard(&(struct option_set){ front_options, &settings, NULL }));
    TRY(options_standard(&(struct option_set){ network_options, &settings, NULL }));
    settings.network = network;
    settings.segment = seconds;
    TRY(extract_settings_resolve(&settings));
    TRY(setup_init(&p->setup, &settings, &compute));
    TRY(make_recording(seconds, &p->pcm, &p->clip.n_samples));
    p->clip.pcm = p->pcm;
    p->clip.n_frames = setup_frames(&p->setup, p->clip.n_samples);
    p->clip.n_patches = setup_patches(&p->setup, p->clip.n_samples);
    const size_t n = (size_t)p->clip.n_patches * (size_t)p->setup.columns;
    TRY(memory_check(p->features = memory_new(n, sizeof *p->features)));
    return lines_init(&p->lines, &p->setup, &p->setup.backend, 1);
}

static void passage_close(struct passage *p)
{
    lines_release(&p->lines);
    memory_free(p->features);
    memory_free(p->pcm);
    setup_release(&p->setup);
}

static enum status pass(struct passage *p)
{
    return extract_batch(p->lines.line[0], &p->lines.spec, &p->clip, 1, p->clip.n_patches, p->features);
}

/* Some of n values, evenly spread. */
static void spread(const float *from, size_t n, double *values)
{
    for (size_t i = 0; i < SELFTEST_PROBES; i++)
        values[i] = (double)from[(n - 1) * i / (SELFTEST_PROBES - 1)];
}

/* -------------------------------------------------------------------------------------- stages of the line */

static const double one_patch_s = 1.01;

static enum status probe_decibel(struct backend *backend, const struct place *place, const char *name,
                                 double *values)
{
    struct passage p = { 0 };
    float *decibel = NULL;
    enum status status;
    (void)backend;
    (void)name;
    TRY_OR_DONE(passage_open(&p, place, "patch", one_patch_s));
    const size_t n = (size_t)p.clip.n_frames * (size_t)p.setup.settings.n_mels;
    TRY_OR_DONE(memory_check(decibel = memory_new(n, sizeof *decibel)));
    struct line *line = p.lines.line[0];
    TRY_OR_DONE(line->ops->upload(line, &p.clip, 1));
    TRY_OR_DONE(line->ops->logmel(line));
    TRY_OR_DONE(line->ops->download_decibel(line, decibel));
    TRY_OR_DONE(line->ops->sync(line));
    spread(decibel, n, values);
done:
    memory_free(decibel);
    passage_close(&p);
    return status;
}

static enum status probe_network(struct backend *backend, const struct place *place, const char *name,
                                 double *values)
{
    struct passage p = { 0 };
    enum status status;
    (void)backend;
    TRY_OR_DONE(passage_open(&p, place, name, one_patch_s));
    TRY_OR_DONE(pass(&p));
    spread(p.features, (size_t)p.clip.n_patches * (size_t)p.setup.columns, values);
done:
    passage_close(&p);
    return status;
}

/* ------------------------------------------------------------------------------------------------ detectors */

enum { ROWS = 240, COLUMNS = 24, CLUSTERS = 3 };

static enum status fill_rows(struct rows *rows, int n, uint64_t stream)
{
    struct rng rng = rng_seeded(1, stream);
    TRY(rows_init(rows, n, COLUMNS));
    for (int r = 0; r < n; r++)
        for (int j = 0; j < COLUMNS; j++)
            matrix_row(&rows->x, r)[j] = (float)(rng_uniform(&rng) + 2.0 * ((r % CLUSTERS + j) % CLUSTERS));
    return OK;
}

static enum status fit_and_score(struct backend *backend, const struct detector *detector,
                                 const void *settings, double *values)
{
    struct rows train = { 0 }, test = { 0 };
    enum status status;
    TRY_OR_DONE(fill_rows(&train, ROWS, 1));
    TRY_OR_DONE(fill_rows(&test, SELFTEST_PROBES, 2));
    TRY_OR_DONE(detector_fit_and_score(detector, backend, settings, &train, &test, values));
done:
    rows_release(&train);
    rows_release(&test);
    return status;
}

static enum status probe_detector(struct backend *backend, const struct place *place, const char *name,
                                  double *values)
{
    const struct detector *detector;
    void *settings;
    (void)place;
    TRY(detector_require(name, &detector));
    TRY(memory_check(settings = memory_new(1, detector->settings_size)));
    enum status status = options_standard(&(struct option_set){ detector->options, settings, NULL });
    if (detector == &detector_gmm || detector == &detector_bgmm)
        ((struct gmm_settings *)settings)->components = CLUSTERS; /* a bgmm's settings begin with a gmm's */
    if (status == OK) status = fit_and_score(backend, detector, settings, values);
    memory_free(settings);
    return status;
}

/* Columns 0 … of the product of two fixed matrices. */
static enum status probe_gemm(struct backend *backend, const struct place *place, const char *name,
                              double *values)
{
    enum { INNER = 37 };
    float a[INNER], b[INNER * SELFTEST_PROBES], c[SELFTEST_PROBES];
    (void)place;
    (void)name;
    for (int k = 0; k < INNER; k++) a[k] = (float)(k % 7) - 3;
    for (int i = 0; i < INNER * SELFTEST_PROBES; i++) b[i] = (float)(i % 11) / 8;
    backend->ops->gemm(backend, &(struct gemm_args){ .m = 1,
                                                     .n = SELFTEST_PROBES,
                                                     .k = INNER,
                                                     .a = a,
                                                     .a_row = INNER,
                                                     .a_column = 1,
                                                     .b = b,
                                                     .b_row = SELFTEST_PROBES,
                                                     .b_column = 1,
                                                     .c = c,
                                                     .c_row = SELFTEST_PROBES });
    spread(c, SELFTEST_PROBES, values);
    return OK;
}

/* Bounds: dB differ by how a transform of 1024 is ordered; a network's sums have thousands of terms in float;
 * detectors sum in double, on rows that are floats. */
const struct selftest_stage selftest_stages[SELFTEST_STAGES] = {
    { "log-mel", "decibels of a recording", 1e-5, probe_decibel },
    { "patch", "cells of a patch", 1e-5, probe_network },
    { "alexnet", "features of a patch", 1e-4, probe_network },
    { "resnet18", "features of a patch", 1e-4, probe_network },
    { "resnet34", "features of a patch", 1e-4, probe_network },
    { "squeezenet1_0", "features of a patch", 1e-4, probe_network },
    { "squeezenet1_1", "features of a patch", 1e-4, probe_network },
    { "gmm", "k-means, EM and scores", 1e-5, probe_detector },
    { "bgmm", "variational EM and scores", 1e-5, probe_detector },
    { "kde", "distances, scores", 1e-6, probe_detector },
    { "knn", "distances, scores", 1e-6, probe_detector },
    { "gemm", "a product of matrices", 1e-6, probe_gemm },
};

/* --------------------------------------------------------------------------------------------- comparing */

double selftest_error(const double *values, int i)
{
    const double *answers = selftest_answers(i);
    double difference = 0, largest = 0;
    for (int v = 0; v < SELFTEST_PROBES; v++) {
        const double d = fabs(values[v] - answers[v]);
        if (isnan(d)) return d;
        difference = fmax(difference, d);
        largest = fmax(largest, fabs(answers[v]));
    }
    return difference / largest;
}

struct selftest_result selftest_run(struct backend *backend, const struct place *place, int i)
{
    const struct selftest_stage *stage = &selftest_stages[i];
    const double started_s = clock_seconds();
    struct selftest_result result = { .error = (double)NAN };
    double values[SELFTEST_PROBES];
    result.status = stage->probe(backend, place, stage->name, values);
    result.seconds = clock_seconds() - started_s;
    if (result.status != OK) {
        strncpy(result.sentence, status_sentence(), sizeof result.sentence - 1);
        return result;
    }
    result.error = selftest_error(values, i);
    result.passed = result.error <= stage->bound;
    return result;
}

/* ----------------------------------------------------------------------------------------------- the line */

static double cosine(const float *a, const float *b, int n)
{
    double product = 0, squares_a = 0, squares_b = 0;
    for (int i = 0; i < n; i++) {
        product += (double)a[i] * (double)b[i];
        squares_a += (double)a[i] * (double)a[i];
        squares_b += (double)b[i] * (double)b[i];
    }
    return product / sqrt(squares_a * squares_b);
}

static enum status time_passage(struct passage *p, double *recordings_per_second)
{
    const double enough_s = 2;
    int n = 0;
    TRY(pass(p)); /* the first one warms up */
    const double started_s = clock_seconds();
    do {
        TRY(pass(p));
        n++;
    } while (clock_seconds() - started_s < enough_s);
    *recordings_per_second = n / (clock_seconds() - started_s);
    return OK;
}

enum status selftest_line(const struct place *place, double *recordings_per_second, double *least_cosine)
{
    const struct place cpu = { .backend = "cpu", .threads = place->threads };
    struct passage here = { 0 }, there = { 0 };
    enum status status;
    *least_cosine = 1;
    TRY_OR_DONE(passage_open(&here, place, "resnet18", 10));
    TRY_OR_DONE(time_passage(&here, recordings_per_second));
    TRY_OR_DONE(passage_open(&there, &cpu, "resnet18", 10));
    TRY_OR_DONE(pass(&there));
    const int columns = here.setup.columns;
    for (int p = 0; p < here.clip.n_patches; p++) {
        const size_t at = (size_t)p * (size_t)columns;
        *least_cosine = fmin(*least_cosine, cosine(here.features + at, there.features + at, columns));
    }
done:
    passage_close(&here);
    passage_close(&there);
    return status;
}
