/* How quickly the host alone carries recordings: read, round the ring, written as parts, joined, on a device
 * that takes no time (bench_null.h). That is what feeds a GPU. The recordings are MIMII's kind (8 channels of
 * 16 bits, 10 s at 16 kHz) and lie in the page cache; the ceiling beside it is a loop that reads the same
 * files and does nothing else. A core's second is a second of CPU, of all threads and of the system. */
#include "bench.h"
#include "bench_null.h"
#include "core/clock.h"
#include "core/output.h"
#include "eval/synth.h"
#include "io/decode.h"
#include "pipeline/extract.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIELD(name) .offset = offsetof(struct settings, name)

struct settings {
    const char *corpus, *folder;
    int network, recordings, batch;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "corpus",
      .type = OPTION_TEXT,
      FIELD(corpus),
      .metavar = "DIR",
      .help = "recordings that are there, as `earshot synth DIR --channels 8` makes them; else they are made "
              "and removed" },
    { .name = "folder",
      .type = OPTION_TEXT,
      FIELD(folder),
      .standard = "/tmp",
      .metavar = "DIR",
      .help = "where feature files (and recordings) are written" },
    { .name = "recordings",
      .type = OPTION_INTEGER,
      FIELD(recordings),
      .standard = "2000",
      .low = 4,
      .high = 1e6,
      .metavar = "N",
      .help = "how many are made; each takes 2.56 MB of the disk and of the page cache" },
    { .name = "network",
      .type = OPTION_CHOICE,
      FIELD(network),
      .standard = "both",
      .choices = "resnet18|alexnet|both",
      .help = "whose columns: 512, 4096" },
    { .name = "batch",
      .type = OPTION_INTEGER,
      FIELD(batch),
      .standard = "1",
      .low = 1,
      .high = 1024,
      .metavar = "N",
      .help = "recordings that go through the ring together" },
    { 0 },
};

enum { MAX_RUNS = 1000, READ_BLOCK = 1 << 20, MACHINES = 4, SHARD_SIZE = 64 };

/* ------------------------------------------------------------------------------------------ recordings */

struct corpus {
    char folder[256], output[300]; /* a temporary one; the feature file in it */
    struct dataset dataset;
    double bytes; /* of all recordings */
};

static enum status make_recordings(const char *folder)
{
    const int each = (settings.recordings + MACHINES - 1) / MACHINES;
    const struct synth_settings synth = { .machines = "fan,pump,slider,valve",
                                          .seed = 1,
                                          .normal = each - 1,
                                          .abnormal = 1,
                                          .channels = 8,
                                          .seconds = 10 };
    int n;
    fprintf(stderr, "making %d recordings of 8 channels ...\n", each * MACHINES);
    return synth_write(folder, &synth, &n);
}

static enum status corpus_open(struct corpus *corpus)
{
    char made[300];
    const char *paths[] = { settings.corpus ? settings.corpus : made };
    snprintf(corpus->folder, sizeof corpus->folder, "%s/bench_feed.XXXXXX", settings.folder);
    REQUIRE(mkdtemp(corpus->folder), ERR_OUTPUT, "%s: no folder can be made there", settings.folder);
    snprintf(corpus->output, sizeof corpus->output, "%s/features.h5", corpus->folder);
    snprintf(made, sizeof made, "%s/recordings", corpus->folder);
    if (!settings.corpus) TRY(make_recordings(made));
    return dataset_open(&corpus->dataset, paths, 1, &(struct dataset_options){ 0 });
}

static void corpus_close(struct corpus *corpus)
{
    if (corpus->folder[0]) output_remove_folder(corpus->folder);
    dataset_release(&corpus->dataset);
}

/* -------------------------------------------------------------------------------------------- ceilings */

static enum status read_file(const char *path, char *block, double *bytes)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    REQUIRE(file >= 0, ERR_INPUT, "%s cannot be opened", path);
    while ((n = read(file, block, READ_BLOCK)) > 0) *bytes += (double)n;
    close(file);
    REQUIRE(n == 0, ERR_INPUT, "%s cannot be read", path);
    return OK;
}

/* Every byte of every file into the same block. */
static enum status read_files(struct corpus *corpus, struct bench_spent *spent)
{
    const struct bench_spent start = bench_spent_now();
    char *block = memory_new(READ_BLOCK, 1);
    enum status status = memory_check(block);
    corpus->bytes = 0;
    for (size_t i = 0; status == OK && i < corpus->dataset.count; i++)
        status = read_file(corpus->dataset.recordings[i].file, block, &corpus->bytes);
    memory_free(block);
    *spent = bench_spent_since(start);
    return status;
}

/* What a reader does with them, one thread, nothing beside it. */
static enum status read_recordings(const struct corpus *corpus, const struct setup *setup,
                                   struct bench_spent *spent)
{
    const struct bench_spent start = bench_spent_now();
    struct batch batch = { 0 };
    enum status status = OK;
    for (size_t i = 0; status == OK && i < corpus->dataset.count; i++)
        status = batch_read(&batch, setup, &corpus->dataset, (int)i, 1, NULL);
    batch_release(&batch);
    *spent = bench_spent_since(start);
    return status;
}

/* CPU seconds of one call for the samples of a channel. */
struct sample_costs {
    double hash_s, level_s, bytes;
};

static struct sample_costs measure_samples(struct samples *samples)
{
    enum { TIMES = 300 };
    struct sample_costs costs = { .bytes = (double)samples->n_samples * (double)sizeof(int16_t) };
    struct bench_spent start = bench_spent_now();
    for (int i = 0; i < TIMES; i++) samples_hash(samples);
    costs.hash_s = bench_cpu_s(bench_spent_since(start)) / TIMES;
    start = bench_spent_now();
    for (int i = 0; i < TIMES; i++) {
        const volatile double peak = samples_level(samples).peak;
        (void)peak;
    }
    costs.level_s = bench_cpu_s(bench_spent_since(start)) / TIMES;
    return costs;
}

static enum status measure_first_recording(const struct corpus *corpus, struct sample_costs *costs)
{
    struct samples samples = { 0 };
    struct wav *wav;
    TRY(wav_open(&wav, corpus->dataset.recordings[0].file));
    const enum status status = wav_read(wav, 0, &samples);
    if (status == OK) *costs = measure_samples(&samples);
    wav_close(&wav);
    samples_release(&samples);
    return status;
}

/* -------------------------------------------------------------------------------------------- the line */

static const char *const networks[] = { "resnet18", "alexnet" }; /* as --network has them */
enum { N_NETWORKS = 2 };

static int is_wanted(int network)
{
    return settings.network == N_NETWORKS || settings.network == network;
}

struct feed {
    int columns, runs;
    struct bench_spent spent;   /* of the median run, by CPU */
    struct extract_times times; /* of the last one */
};

struct report {
    int n;
    double bytes;
    struct bench_spent plain, reader;
    struct sample_costs samples;
    struct feed feeds[N_NETWORKS];
};

/* The usual settings on the null backend; the one that setup opened is closed. */
static enum status setup_null(struct setup *setup, const char *network, int threads)
{
    struct extract_settings extract;
    const struct compute_options compute = { .weights = "seeded:1",
                                             .place = { .backend = "cpu", .threads = threads } };
    TRY(options_standard(&(struct option_set){ front_options, &extract, "" }));
    TRY(options_standard(&(struct option_set){ network_options, &extract, "" }));
    extract.network = network;
    TRY(extract_settings_resolve(&extract));
    TRY(setup_init(setup, &extract, &compute));
    const int n_threads = setup->backend->ops->threads(setup->backend);
    setup->backend->ops->close(&setup->backend);
    setup->backend = bench_null(n_threads);
    return OK;
}

static enum status run_once(const struct corpus *corpus, const struct setup *setup, struct feed *feed,
                            struct bench_spent *spent)
{
    static const atomic_int go_on = 0;
    const struct run_options options = { .output = corpus->output,
                                         .shard_size = SHARD_SIZE,
                                         .batch = settings.batch,
                                         .overwrite = 1,
                                         .max_failures = 0 };
    struct extract_result result;
    const struct bench_spent start = bench_spent_now();
    TRY(extract_run(setup, &options, &corpus->dataset, &go_on, &result));
    *spent = bench_spent_since(start);
    feed->times = result.times;
    REQUIRE(unlink(corpus->output) == 0, ERR_OUTPUT, "%s cannot be removed", corpus->output);
    return OK;
}

static int compare_cpu(const void *a, const void *b)
{
    const double x = bench_cpu_s(*(const struct bench_spent *)a),
                 y = bench_cpu_s(*(const struct bench_spent *)b);
    return (x > y) - (x < y);
}

static enum status run_for(const struct corpus *corpus, const struct setup *setup, double limit,
                           struct feed *feed)
{
    static struct bench_spent spent[MAX_RUNS];
    TRY(run_once(corpus, setup, feed, &spent[0])); /* the first run touches memory that nobody had */
    const double start = clock_seconds();
    do {
        TRY(run_once(corpus, setup, feed, &spent[feed->runs]));
        feed->runs++;
    } while (clock_seconds() - start < limit && feed->runs < MAX_RUNS);
    qsort(spent, (size_t)feed->runs, sizeof *spent, compare_cpu);
    feed->spent = spent[feed->runs / 2];
    feed->columns = setup->columns;
    return OK;
}

static enum status run_network(const struct corpus *corpus, const struct bench_common *common, int number,
                               struct report *report)
{
    enum status status;
    struct setup setup = { 0 };
    TRY_OR_DONE(setup_null(&setup, networks[number], common->threads));
    TRY_OR_DONE(run_for(corpus, &setup, common->seconds, &report->feeds[number]));
done:
    setup_release(&setup);
    return status;
}

static enum status measure_reader(const struct corpus *corpus, struct report *report)
{
    struct setup setup = { 0 };
    enum status status = setup_null(&setup, networks[0], 1);
    if (status == OK) status = read_recordings(corpus, &setup, &report->reader);
    setup_release(&setup);
    return status;
}

static enum status measure(struct corpus *corpus, const struct bench_common *common, struct report *report)
{
    TRY(read_files(corpus, &report->plain)); /* into the page cache */
    TRY(read_files(corpus, &report->plain));
    report->n = (int)corpus->dataset.count;
    report->bytes = corpus->bytes;
    TRY(measure_first_recording(corpus, &report->samples));
    TRY(measure_reader(corpus, report));
    for (int i = 0; i < N_NETWORKS; i++)
        if (is_wanted(i)) TRY(run_network(corpus, common, i, report));
    return OK;
}

/* --------------------------------------------------------------------------------------------- telling */

/* Recordings a second of CPU. */
static double a_core(const struct report *report, struct bench_spent spent)
{
    return report->n / bench_cpu_s(spent);
}

static void print_json(const struct report *report)
{
    printf("{\"recordings\": %d, \"bytes\": %.0f, \"plain_read_a_core\": %.1f, \"reader_a_core\": %.1f, "
           "\"hash_us\": %.2f, \"level_us\": %.2f",
           report->n, report->bytes, a_core(report, report->plain), a_core(report, report->reader),
           1e6 * report->samples.hash_s, 1e6 * report->samples.level_s);
    for (int i = 0; i < N_NETWORKS; i++) {
        const struct feed *f = &report->feeds[i];
        if (!is_wanted(i)) continue;
        printf(", \"%s\": {\"columns\": %d, \"runs\": %d, \"a_second\": %.1f, \"a_core\": %.1f, "
               "\"user_s\": %.3f, \"system_s\": %.3f, \"read_s\": %.3f, \"waited_s\": %.3f, "
               "\"write_s\": %.3f, \"merge_s\": %.3f}",
               networks[i], f->columns, f->runs, report->n / f->spent.wall_s, a_core(report, f->spent),
               f->spent.user_s, f->spent.system_s, f->times.ring.read_s, f->times.waited_s, f->times.write_s,
               f->times.merge_s);
    }
    printf("}\n");
}

static void print_ceiling(const struct report *report, const char *words, struct bench_spent spent)
{
    printf("%-34s %6.0f recordings/s a core, %5.2f GB/s, %4.0f us\n", words, a_core(report, spent),
           1e-9 * report->bytes / bench_cpu_s(spent), 1e6 * bench_cpu_s(spent) / report->n);
}

static void print_words(const struct report *report)
{
    const struct sample_costs *samples = &report->samples;
    printf("%d recordings of %.2f MB in the page cache\n", report->n, 1e-6 * report->bytes / report->n);
    print_ceiling(report, "files read, nothing else", report->plain);
    print_ceiling(report, "a reader alone", report->reader);
    printf("of which hash %.0f us (%.1f GB/s), level %.0f us\n", 1e6 * samples->hash_s,
           1e-9 * samples->bytes / samples->hash_s, 1e6 * samples->level_s);
    printf("%-9s %5s %12s %8s %8s %8s   us of the clock: %6s %6s %6s %6s\n", "network", "D", "recordings/s",
           "a core", "user us", "sys us", "read", "waited", "write", "merge");
    for (int i = 0; i < N_NETWORKS; i++) {
        const struct feed *f = &report->feeds[i];
        const double us = 1e6 / report->n;
        if (!is_wanted(i)) continue;
        printf("%-9s %5d %12.0f %8.0f %8.0f %8.0f %26.0f %6.0f %6.0f %6.0f\n", networks[i], f->columns,
               report->n / f->spent.wall_s, a_core(report, f->spent), us * f->spent.user_s,
               us * f->spent.system_s, us * f->times.ring.read_s, us * f->times.waited_s,
               us * f->times.write_s, us * f->times.merge_s);
    }
}

static enum status run(const struct bench_common *common)
{
    enum status status;
    struct corpus corpus = { 0 };
    struct report report = { 0 };
    TRY_OR_DONE(corpus_open(&corpus));
    TRY_OR_DONE(measure(&corpus, common, &report));
    if (common->json)
        print_json(&report);
    else
        print_words(&report);
done:
    corpus_close(&corpus);
    return status;
}

int main(int argc, char **argv)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    return bench_main(&(struct bench_program){ "feed", option_table, &settings, run }, argc, argv);
}
