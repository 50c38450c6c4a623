/* Seconds of an epoch of an autoencoder's training with its standard settings, its start included. Epochs are
 * trained again until --seconds are over; the median is reported. --save writes the patches, so that a peer
 * can be given the same (bench/dcae.py). */
#include "bench.h"
#include "bench_rows.h"
#include "bench_save.h"
#include "core/clock.h"
#include "core/memory.h"
#include "detect/autoencoder.h"

#include <stddef.h>
#include <stdio.h>

struct settings {
    const char *detector, *save;
    int patches;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "detector",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, detector),
      .standard = "lenet_dcae",
      .metavar = "D",
      .help = "lenet_dcae or small_dcae" },
    { .name = "patches",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, patches),
      .standard = "2560",
      .low = 2,
      .high = 1e6,
      .metavar = "N",
      .help = "patches of an epoch" },
    { .name = "save",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, save),
      .metavar = "FILE",
      .help = "write the patches there (HDF5: patches), and measure nothing" },
    { 0 },
};

enum { MAX_ROUNDS = 1000 };

struct bench {
    const struct detector *detector;
    struct backend *backend;
    struct autoencoder_settings settings;
    struct rows rows;
};

struct result {
    int rounds;
    double epoch; /* seconds, the median */
};

static enum status bench_open(struct bench *bench, int threads)
{
    TRY(detector_require(settings.detector, &bench->detector));
    REQUIRE(bench->detector->takes_cells, ERR_USAGE, "--detector %s: lenet_dcae or small_dcae expected",
            settings.detector);
    TRY(backend_open(&bench->backend, "cpu", &(struct backend_options){ .threads = threads }));
    TRY(options_standard(&(struct option_set){ bench->detector->options, &bench->settings, NULL }));
    bench->settings.epochs = 1;
    return OK;
}

static void bench_close(struct bench *bench)
{
    if (bench->backend) bench->backend->ops->close(&bench->backend);
    matrix_release(&bench->rows.x);
}

static enum status save_patches(const struct matrix *x)
{
    const struct bench_array patches = { "/patches", STORE_FLOAT, x->rows, x->columns, x->data };
    return bench_save(settings.save, &patches, 1);
}

static enum status measure_round(struct bench *bench, double *seconds)
{
    struct autoencoder ae = { 0 };
    const double start = clock_seconds();
    const enum status status = bench->detector->fit(bench->backend, &bench->settings, &bench->rows, &ae);
    *seconds = clock_seconds() - start;
    bench->detector->release(&ae);
    return status;
}

static enum status measure(struct bench *bench, double limit, struct result *result)
{
    static double seconds[MAX_ROUNDS];
    double sum = 0;
    do {
        TRY(measure_round(bench, &seconds[result->rounds]));
        sum += seconds[result->rounds++];
    } while (sum < limit && result->rounds < MAX_ROUNDS);
    result->epoch = bench_median(seconds, result->rounds);
    return OK;
}

static void print_result(const struct bench *bench, int json, const struct result *r)
{
    const char *name = bench->detector->name, *device = bench->backend->ops->device(bench->backend);
    if (json)
        printf("{\"detector\": \"%s\", \"patches\": %d, \"device\": \"%s\", \"rounds\": %d, "
               "\"seconds_epoch\": %.6f, \"patches_per_second\": %.1f}\n",
               name, settings.patches, device, r->rounds, r->epoch, settings.patches / r->epoch);
    else
        printf("%s, %s: an epoch of %d patches %.3f s, %.0f patches/s\n", name, device, settings.patches,
               r->epoch, settings.patches / r->epoch);
}

static enum status run(const struct bench_common *common)
{
    struct bench bench = { 0 };
    struct result result = { 0 };
    enum status status;
    TRY_OR_DONE(bench_rows(&bench.rows.x, settings.patches, 64 * 64));
    if (settings.save) {
        TRY_OR_DONE(save_patches(&bench.rows.x));
        goto done;
    }
    TRY_OR_DONE(bench_open(&bench, common->threads));
    TRY_OR_DONE(measure(&bench, common->seconds, &result));
    print_result(&bench, common->json, &result);
done:
    bench_close(&bench);
    return status;
}

int main(int argc, char **argv)
{
    return bench_main(&(struct bench_program){ "train", option_table, &settings, run }, argc, argv);
}
