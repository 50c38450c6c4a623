/* What common batches are worth, without HTTP: recordings a second that askers get who each ask again as soon as they
 * are answered, of the service as it is, of one without common batches, and of `extract` for the same recordings.
 * They take turns, round by round; ratios are of one round. Beside it what one asker alone waits for an answer. */
#include "bench.h"

#include "core/clock.h"
#include "core/output.h"
#include "eval/synth.h"
#include "io/decode.h"
#include "pipeline/extract.h"
#include "service/service.h"

#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELD(name) .offset = offsetof(struct settings, name)

struct settings {
    const char *network;
    int askers, rounds, recordings;
    double length, max_delay_ms;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "network",
      .type = OPTION_TEXT,
      FIELD(network),
      .standard = "resnet34",
      .metavar = "NAME",
      .help = "whose features, with weights seeded:1" },
    { .name = "askers",
      .type = OPTION_INTEGER,
      FIELD(askers),
      .standard = "16",
      .low = 1,
      .high = 256,
      .metavar = "N",
      .help = "who ask at the same time" },
    { .name = "length",
      .type = OPTION_REAL,
      FIELD(length),
      .standard = "1.01",
      .low = 0.1,
      .high = 600,
      .metavar = "S",
      .help = "seconds of a recording; the usual settings' shortest, with one patch, has 1.008" },
    { .name = "max-delay-ms",
      .type = OPTION_REAL,
      FIELD(max_delay_ms),
      .standard = "5",
      .low = 0,
      .high = 10000,
      .metavar = "MS",
      .help = "how long a recording waits for others" },
    { .name = "rounds",
      .type = OPTION_INTEGER,
      FIELD(rounds),
      .standard = "5",
      .low = 1,
      .high = 100,
      .metavar = "N",
      .help = "of each --seconds for each of the three" },
    { .name = "recordings",
      .type = OPTION_INTEGER,
      FIELD(recordings),
      .standard = "32",
      .low = 4,
      .high = 10000,
      .metavar = "N",
      .help = "different ones; extract takes all of them in a round" },
    { 0 },
};

/* ------------------------------------------------------------------------------------------ recordings */

struct corpus {
    char folder[64], output[96];
    struct dataset dataset;
    struct {
        void *bytes;
        size_t size;
    } * files; /* [dataset.count] */
};

static enum status load_file(const char *path, void **bytes, size_t *size)
{
    struct stat found;
    FILE *file = fopen(path, "rb");
    REQUIRE(file && fstat(fileno(file), &found) == 0, ERR_INPUT, "%s cannot be opened", path);
    *size = (size_t)found.st_size;
    *bytes = memory_new(*size, 1);
    const size_t n = *bytes ? fread(*bytes, 1, *size, file) : 0;
    fclose(file);
    REQUIRE(n == *size, ERR_INPUT, "%s cannot be read", path);
    return OK;
}

static enum status corpus_open(struct corpus *corpus)
{
    char made[96];
    const char *paths[] = { made };
    const struct synth_settings synth = { .machines = "fan",
                                          .seed = 1,
                                          .normal = settings.recordings - 1,
                                          .abnormal = 1,
                                          .channels = 1,
                                          .seconds = settings.length };
    int n;
    snprintf(corpus->folder, sizeof corpus->folder, "/tmp/bench_service.XXXXXX");
    REQUIRE(mkdtemp(corpus->folder), ERR_OUTPUT, "/tmp: no folder can be made there");
    snprintf(corpus->output, sizeof corpus->output, "%s/features.h5", corpus->folder);
    snprintf(made, sizeof made, "%s/recordings", corpus->folder);
    TRY(synth_write(made, &synth, &n));
    TRY(dataset_open(&corpus->dataset, paths, 1, &(struct dataset_options){ 0 }));
    TRY(memory_check(corpus->files = memory_new(corpus->dataset.count, sizeof *corpus->files)));
    for (size_t i = 0; i < corpus->dataset.count; i++)
        TRY(load_file(corpus->dataset.recordings[i].file, &corpus->files[i].bytes, &corpus->files[i].size));
    return OK;
}

static void corpus_close(struct corpus *corpus)
{
    if (corpus->folder[0]) output_remove_folder(corpus->folder);
    for (size_t i = 0; corpus->files && i < corpus->dataset.count; i++) memory_free(corpus->files[i].bytes);
    memory_free(corpus->files);
    dataset_release(&corpus->dataset);
}

/* --------------------------------------------------------------------------------------------- asking */

enum { MAX_WAITS = 100000 };

struct asker {
    pthread_t thread;
    struct service *service;
    const struct corpus *corpus;
    int number, n_answered;
    double until;
    enum status status;
    char sentence[256];
    double *waits; /* [MAX_WAITS] seconds of each answer; NULL: not wanted */
};

static enum status ask_one(struct asker *asker, const struct catalog *catalog, size_t file)
{
    const struct sound sound = { .form = SOUND_FILE,
                                 .bytes = asker->corpus->files[file].bytes,
                                 .size = asker->corpus->files[file].size,
                                 .name = "recording" };
    struct ask ask = { .served = &catalog->served[0],
                       .catalog = catalog,
                       .sounds = &sound,
                       .n_sounds = 1,
                       .wants = ASK_FEATURES };
    const double start = clock_seconds();
    TRY(service_ask_and_wait(asker->service, &ask));
    if (asker->waits && asker->n_answered < MAX_WAITS)
        asker->waits[asker->n_answered] = clock_seconds() - start;
    asker->n_answered++;
    const enum status status = ask.status == OK ? OK : fail(ask.status, "%s", ask.error);
    ask_release(&ask);
    return status;
}

static void *ask_in_turn(void *argument)
{
    struct asker *asker = argument;
    const struct catalog *catalog = service_catalog(asker->service);
    const size_t n_files = asker->corpus->dataset.count;
    size_t file = (size_t)asker->number;
    while (asker->status == OK && clock_seconds() < asker->until)
        asker->status = ask_one(asker, catalog, file++ % n_files);
    if (asker->status != OK) snprintf(asker->sentence, sizeof asker->sentence, "%s", status_sentence());
    service_catalog_release(asker->service, catalog);
    return NULL;
}

/* Recordings a second; waits: of asker 0. */
static enum status ask_for(struct service *service, const struct corpus *corpus, int n_askers, double seconds,
                           double *rate, double *waits, int *n_waits)
{
    struct asker askers[256] = { 0 };
    const double start = clock_seconds();
    int n = 0;
    for (int i = 0; i < n_askers; i++) {
        askers[i] =
            (struct asker){ .service = service, .corpus = corpus, .number = i, .until = start + seconds };
        askers[i].waits = i == 0 ? waits : NULL;
        REQUIRE(pthread_create(&askers[i].thread, NULL, ask_in_turn, &askers[i]) == 0, ERR_INTERNAL,
                "a thread could not be started");
    }
    for (int i = 0; i < n_askers; i++) pthread_join(askers[i].thread, NULL);
    const double took = clock_seconds() - start;
    for (int i = 0; i < n_askers; i++) {
        REQUIRE(askers[i].status == OK, askers[i].status, "%s", askers[i].sentence);
        n += askers[i].n_answered;
    }
    *rate = n / took;
    if (n_waits) *n_waits = askers[0].n_answered < MAX_WAITS ? askers[0].n_answered : MAX_WAITS;
    return OK;
}

/* --------------------------------------------------------------------------------------------- rounds */

enum { MAX_ROUNDS = 100 };

struct contenders {
    struct extract_settings extract;
    struct compute_options compute;
    struct setup setup;               /* extract's */
    struct service *together, *alone; /* with common batches, without */
};

struct report {
    double together[MAX_ROUNDS], alone[MAX_ROUNDS], extract[MAX_ROUNDS]; /* recordings a second */
    double patch_together_ms, patch_alone_ms; /* means of what a patch takes in a batch */
    double lone_together_ms, lone_alone_ms;   /* medians of what one asker waits */
    double batch_recordings;                  /* mean, with common batches */
};

static enum status open_service(struct service **out, const struct contenders *c, int max_batch)
{
    const struct service_options options = { .networks = &settings.network,
                                             .n_networks = 1,
                                             .settings = &c->extract,
                                             .compute = c->compute,
                                             .max_batch = max_batch,
                                             .max_delay_ms = settings.max_delay_ms,
                                             .max_queue = 1024 };
    return service_open(out, &options);
}

static enum status contenders_open(struct contenders *c, int threads)
{
    c->compute =
        (struct compute_options){ .weights = "seeded:1", .place = { .backend = "cpu", .threads = threads } };
    TRY(options_standard(&(struct option_set){ front_options, &c->extract, "" }));
    TRY(options_standard(&(struct option_set){ network_options, &c->extract, "" }));
    c->extract.network = settings.network;
    TRY(open_service(&c->together, c, 0));
    TRY(open_service(&c->alone, c, 1));
    TRY(extract_settings_resolve(&c->extract));
    return setup_init(&c->setup, &c->extract, &c->compute);
}

static void contenders_close(struct contenders *c)
{
    service_close(&c->together);
    service_close(&c->alone);
    setup_release(&c->setup);
}

/* As often as fits into the time. Its seconds are those of its lane, at work or waiting for readers: a run opens its
 * network and joins its parts anew, which the service does once or not at all. */
static enum status extract_for(const struct contenders *c, const struct corpus *corpus, double seconds,
                               double *rate)
{
    static const atomic_int go_on = 0;
    const struct run_options options = { .output = corpus->output, .shard_size = 64, .overwrite = 1 };
    struct extract_result result;
    const double start = clock_seconds();
    double took = 0;
    int n = 0;
    do {
        TRY(extract_run(&c->setup, &options, &corpus->dataset, &go_on, &result));
        took += result.times.ring.compute_s + result.times.ring.starved_s;
        n += (int)corpus->dataset.count;
    } while (clock_seconds() - start < seconds);
    *rate = n / took;
    return OK;
}

static enum status measure_lone(struct contenders *c, const struct corpus *corpus, double seconds,
                                struct report *report)
{
    double rate, *waits = memory_new(MAX_WAITS, sizeof *waits);
    int n = 0;
    enum status status = memory_check(waits);
    if (status == OK) status = ask_for(c->together, corpus, 1, seconds, &rate, waits, &n);
    if (status == OK) report->lone_together_ms = 1e3 * bench_median(waits, n);
    if (status == OK) status = ask_for(c->alone, corpus, 1, seconds, &rate, waits, &n);
    if (status == OK) report->lone_alone_ms = 1e3 * bench_median(waits, n);
    memory_free(waits);
    return status;
}

static enum status measure(struct contenders *c, const struct corpus *corpus, double seconds,
                           struct report *report)
{
    struct service_figures figures, figures_alone;
    double warm;
    TRY(ask_for(c->together, corpus, settings.askers, seconds / 4, &warm, NULL, NULL));
    TRY(ask_for(c->alone, corpus, settings.askers, seconds / 4, &warm, NULL, NULL));
    for (int r = 0; r < settings.rounds; r++) {
        TRY(ask_for(c->together, corpus, settings.askers, seconds, &report->together[r], NULL, NULL));
        TRY(ask_for(c->alone, corpus, settings.askers, seconds, &report->alone[r], NULL, NULL));
        TRY(extract_for(c, corpus, seconds, &report->extract[r]));
    }
    service_figures(c->together, &figures);
    service_figures(c->alone, &figures_alone);
    report->patch_together_ms = 1e3 * figures.compute_s.sum / (double)figures.patches;
    report->patch_alone_ms = 1e3 * figures_alone.compute_s.sum / (double)figures_alone.patches;
    report->batch_recordings = figures.batch_recordings.sum / (double)figures.batches;
    return measure_lone(c, corpus, seconds, report);
}

static double median_ratio(const double *a, const double *b)
{
    double ratios[MAX_ROUNDS];
    for (int r = 0; r < settings.rounds; r++) ratios[r] = a[r] / b[r];
    return bench_median(ratios, settings.rounds);
}

static void print_json(struct report *report)
{
    printf("{\"network\": \"%s\", \"length_s\": %g, \"askers\": %d, \"over_alone\": %.4f, "
           "\"over_extract\": %.4f, \"batch_recordings\": %.2f, \"lone_ms\": %.3f, \"lone_alone_ms\": %.3f, "
           "\"patch_ms\": %.3f, \"patch_alone_ms\": %.3f, "
           "\"a_second\": %.2f}\n",
           settings.network, settings.length, settings.askers, median_ratio(report->together, report->alone),
           median_ratio(report->together, report->extract), report->batch_recordings,
           report->lone_together_ms, report->lone_alone_ms, report->patch_together_ms, report->patch_alone_ms,
           bench_median(report->together, settings.rounds));
}

static void print_words(struct report *report)
{
    printf("%s, recordings of %g s, %d askers, %d rounds\n", settings.network, settings.length,
           settings.askers, settings.rounds);
    printf("common batches (%.1f recordings) / without   %6.2f\n", report->batch_recordings,
           median_ratio(report->together, report->alone));
    printf("common batches / extract                     %6.2f\n",
           median_ratio(report->together, report->extract));
    printf("a patch takes                                %6.2f ms, without common batches %.2f ms\n",
           report->patch_together_ms, report->patch_alone_ms);
    printf("one asker alone waits                        %6.2f ms, without common batches %.2f ms\n",
           report->lone_together_ms, report->lone_alone_ms);
    printf("recordings a second, median                  %6.1f\n",
           bench_median(report->together, settings.rounds));
}

static enum status run(const struct bench_common *common)
{
    static struct report report;
    struct corpus corpus = { 0 };
    struct contenders contenders = { 0 };
    enum status status;
    TRY_OR_DONE(corpus_open(&corpus));
    TRY_OR_DONE(contenders_open(&contenders, common->threads));
    TRY_OR_DONE(measure(&contenders, &corpus, common->seconds, &report));
    if (common->json)
        print_json(&report);
    else
        print_words(&report);
done:
    contenders_close(&contenders);
    corpus_close(&corpus);
    return status;
}

int main(int argc, char **argv)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    return bench_main(&(struct bench_program){ "service", option_table, &settings, run }, argc, argv);
}
