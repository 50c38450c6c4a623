/* How long each step of the line takes on the CPU for one recording of 10 s (PCM16, 16 kHz, the paper's
 * settings): on one core, then on all that this process may use. Weights are seeded; opening and the first
 * recording are not timed. */
#include "bench.h"
#include "core/clock.h"
#include "core/pool.h"
#include "core/rng.h"
#include "pipeline/setup.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

struct settings {
    const char *network;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "network",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, network),
      .standard = "resnet18",
      .metavar = "N",
      .help = "network, as `earshot networks` lists them; patch: none" },
    { 0 },
};

enum { UPLOAD, LOGMEL, PICTURE, NET, DOWNLOAD, N_STAGES };
static const char *const stage_names[N_STAGES] = { "upload", "logmel", "picture", "net", "download" };

enum { MAX_RECORDINGS = 10000, SAMPLES = 160000 };

/* All that is opened before the clock starts. */
struct bench {
    struct setup setup;
    struct line *line;
    struct clip clip;
    int16_t *pcm;              /* [SAMPLES] */
    float *features;           /* [n_patches][columns] */
    double *seconds[N_STAGES]; /* [MAX_RECORDINGS] */
    int n;                     /* recordings timed */
};

static enum status standard_settings(struct extract_settings *extract, const char *network)
{
    TRY(options_standard(&(struct option_set){ front_options, extract, "" }));
    TRY(options_standard(&(struct option_set){ network_options, extract, "" }));
    extract->network = network;
    extract->segment = (double)SAMPLES / extract->sample_rate;
    return extract_settings_resolve(extract);
}

/* Noise that swells and fades, so that cells of all colours occur. */
static void fill_recording(struct bench *bench)
{
    struct rng rng = rng_seeded(1, 0);
    for (int i = 0; i < SAMPLES; i++) {
        const double level = 1 + 0.9 * cos(i * 1e-3);
        bench->pcm[i] = (int16_t)(3000 * level * (2 * rng_uniform(&rng) - 1));
    }
    bench->clip = (struct clip){ .pcm = bench->pcm,
                                 .n_samples = SAMPLES,
                                 .n_frames = setup_frames(&bench->setup, SAMPLES),
                                 .n_patches = setup_patches(&bench->setup, SAMPLES) };
}

static enum status bench_open(struct bench *bench, const char *network, int threads)
{
    struct extract_settings extract;
    const struct compute_options compute = { .weights = "seeded:1",
                                             .place = { .backend = "cpu", .threads = threads } };
    TRY(standard_settings(&extract, network));
    TRY(setup_init(&bench->setup, &extract, &compute));
    TRY(bench->setup.backend->ops->line_open(bench->setup.backend, &bench->setup.spec, &bench->line));
    TRY(memory_check(bench->pcm = memory_new(SAMPLES, sizeof *bench->pcm)));
    fill_recording(bench);
    const size_t n = (size_t)bench->clip.n_patches * bench->setup.columns;
    TRY(memory_check(bench->features = memory_new(n, sizeof *bench->features)));
    for (int i = 0; i < N_STAGES; i++)
        TRY(memory_check(bench->seconds[i] = memory_new(MAX_RECORDINGS, sizeof *bench->seconds[i])));
    return OK;
}

static void bench_close(struct bench *bench)
{
    for (int i = 0; i < N_STAGES; i++) memory_free(bench->seconds[i]);
    memory_free(bench->features);
    memory_free(bench->pcm);
    if (bench->line) bench->line->ops->line_close(&bench->line);
    setup_release(&bench->setup);
}

static enum status run_stage(struct bench *bench, int stage, int first, int n)
{
    const struct backend_ops *ops = bench->line->ops;
    switch (stage) {
    case UPLOAD:
        return ops->upload(bench->line, &bench->clip, 1);
    case LOGMEL:
        return ops->logmel(bench->line);
    case PICTURE:
        return ops->picture(bench->line, first, n);
    case NET:
        return ops->net(bench->line, first, n);
    default:
        return ops->download(bench->line, bench->features);
    }
}

/* Adds the stage's time to `seconds`. */
static enum status time_stage(struct bench *bench, int stage, int first, int n, double seconds[N_STAGES])
{
    const double start = clock_seconds();
    TRY(run_stage(bench, stage, first, n));
    TRY(bench->line->ops->sync(bench->line));
    seconds[stage] += clock_seconds() - start;
    return OK;
}

static enum status one_recording(struct bench *bench, double seconds[N_STAGES])
{
    const int n_patches = bench->clip.n_patches, chunk = bench->setup.spec.chunk;
    TRY(time_stage(bench, UPLOAD, 0, 0, seconds));
    TRY(time_stage(bench, LOGMEL, 0, 0, seconds));
    for (int first = 0; first < n_patches; first += chunk) {
        const int n = n_patches - first < chunk ? n_patches - first : chunk;
        TRY(time_stage(bench, PICTURE, first, n, seconds));
        TRY(time_stage(bench, NET, first, n, seconds));
    }
    return time_stage(bench, DOWNLOAD, 0, 0, seconds);
}

/* Medians, in seconds. */
static enum status measure(struct bench *bench, double limit, double medians[N_STAGES])
{
    double warm_up[N_STAGES] = { 0 };
    TRY(one_recording(bench, warm_up));
    const double start = clock_seconds();
    do {
        double seconds[N_STAGES] = { 0 };
        TRY(one_recording(bench, seconds));
        for (int i = 0; i < N_STAGES; i++) bench->seconds[i][bench->n] = seconds[i];
        bench->n++;
    } while (clock_seconds() - start < limit && bench->n < MAX_RECORDINGS);
    for (int i = 0; i < N_STAGES; i++) {
        medians[i] = bench_median(bench->seconds[i], bench->n);
    }
    return OK;
}

struct result {
    int threads, recordings;
    double medians[N_STAGES]; /* seconds */
    char device[64];
};

static enum status run_threads(int threads, double limit, struct result *result)
{
    struct bench bench = { 0 };
    enum status status;
    TRY_OR_DONE(bench_open(&bench, settings.network, threads));
    TRY_OR_DONE(measure(&bench, limit, result->medians));
    result->threads = threads;
    result->recordings = bench.n;
    snprintf(result->device, sizeof result->device, "%s",
             bench.setup.backend->ops->device(bench.setup.backend));
done:
    bench_close(&bench);
    return status;
}

static void print_json(const struct result results[2])
{
    printf("{\"network\": \"%s\", \"device\": \"%s\", \"recording_s\": 10", settings.network,
           results[0].device);
    for (int r = 0; r < 2; r++) {
        printf(", \"%s\": {\"threads\": %d, \"recordings\": %d", r ? "all_cores" : "one_core",
               results[r].threads, results[r].recordings);
        for (int i = 0; i < N_STAGES; i++)
            printf(", \"%s_ms\": %.4f", stage_names[i], 1e3 * results[r].medians[i]);
        putchar('}');
    }
    printf("}\n");
}

static void print_table(const struct result results[2])
{
    printf("%s on %s, milliseconds a recording of 10 s, median of %d and %d recordings\n", settings.network,
           results[0].device, results[0].recordings, results[1].recordings);
    printf("%-10s %9s %9s\n", "stage", "1 thread", "all");
    for (int i = 0; i < N_STAGES; i++)
        printf("%-10s %9.3f %9.3f\n", stage_names[i], 1e3 * results[0].medians[i],
               1e3 * results[1].medians[i]);
    printf("all: %d threads\n", results[1].threads);
}

static enum status count_threads(const struct bench_common *common, int *threads)
{
    struct pool *pool;
    TRY(pool_open(&pool, common->threads));
    *threads = pool_threads(pool);
    pool_close(&pool);
    return OK;
}

static enum status run(const struct bench_common *common)
{
    struct result results[2];
    int threads;
    TRY(count_threads(common, &threads));
    TRY(run_threads(1, common->seconds, &results[0]));
    TRY(run_threads(threads, common->seconds, &results[1]));
    if (common->json)
        print_json(results);
    else
        print_table(results);
    return OK;
}

int main(int argc, char **argv)
{
    return bench_main(&(struct bench_program){ "stages", option_table, &settings, run }, argc, argv);
}
