/* How long a detector with its standard settings takes to learn from rows, and to score others. Both are done
 * again until --seconds are over; medians are reported. --save writes the rows, so that a peer can be given
 * the same (bench/detectors.py). */
#include "bench.h"
#include "bench_rows.h"
#include "bench_save.h"
#include "core/clock.h"
#include "core/memory.h"
#include "detect/detector.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct settings {
    const char *detector, *save;
    int rows, columns, scored;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "detector",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, detector),
      .standard = "gmm",
      .metavar = "D",
      .help = "detector, as `earshot detectors` lists them" },
    { .name = "rows",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, rows),
      .standard = "15500",
      .low = 1,
      .high = 1e7,
      .metavar = "N",
      .help = "patches to learn from" },
    { .name = "scored",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, scored),
      .standard = "5400",
      .low = 1,
      .high = 1e7,
      .metavar = "N",
      .help = "other patches, to score" },
    { .name = "columns",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, columns),
      .standard = "512",
      .low = 1,
      .high = 1e6,
      .metavar = "D",
      .help = "numbers in a feature" },
    { .name = "save",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, save),
      .metavar = "FILE",
      .help = "write the rows there (HDF5: learned, scored), and measure nothing" },
    { 0 },
};

enum { MAX_ROUNDS = 1000 };

/* All that is made before the clock starts. */
struct bench {
    const struct detector *detector;
    struct backend *backend;
    struct rows all, learned, scored; /* the last two lie in the first */
    void *settings, *model;
    double *score; /* [scored rows] */
};

struct result {
    int rounds;
    double fit, score; /* seconds, medians */
};

/* ---------------------------------------------------------------------------------------------- making */

/* Levels and recordings are left out: of the detectors only level, which takes no time, and fusions ask. */
static enum status make_rows(struct bench *bench)
{
    const struct settings *s = &settings;
    TRY(bench_rows(&bench->all.x, s->rows + s->scored, s->columns));
    bench->learned.x = (struct matrix){ bench->all.x.data, s->rows, s->columns };
    bench->scored.x = (struct matrix){ matrix_row(&bench->all.x, s->rows), s->scored, s->columns };
    return OK;
}

static enum status save_rows(const struct bench *bench)
{
    const struct matrix *learned = &bench->learned.x, *scored = &bench->scored.x;
    const struct bench_array arrays[] = {
        { "/learned", STORE_FLOAT, learned->rows, learned->columns, learned->data },
        { "/scored", STORE_FLOAT, scored->rows, scored->columns, scored->data },
    };
    return bench_save(settings.save, arrays, 2);
}

static enum status bench_open(struct bench *bench, int threads)
{
    const struct detector *detector;
    TRY(detector_require(settings.detector, &detector));
    REQUIRE(!detector->takes_cells && detector != &detector_level, ERR_USAGE,
            "--detector %s: one that learns from a network's features is expected", detector->name);
    bench->detector = detector;
    TRY(backend_open(&bench->backend, "cpu", &(struct backend_options){ .threads = threads }));
    TRY(memory_check(bench->settings = memory_new(1, detector->settings_size + 1)));
    TRY(memory_check(bench->model = memory_new(1, detector->model_size)));
    TRY(memory_check(bench->score = memory_new((size_t)settings.scored, sizeof *bench->score)));
    TRY(options_standard(&(struct option_set){ detector->options, bench->settings, detector->name }));
    return detector->check(bench->settings, settings.rows, settings.columns);
}

static void bench_close(struct bench *bench)
{
    if (bench->backend) bench->backend->ops->close(&bench->backend);
    memory_free(bench->settings);
    memory_free(bench->model);
    memory_free(bench->score);
    matrix_release(&bench->all.x);
}

/* ------------------------------------------------------------------------------------------- measuring */

static enum status measure_round(struct bench *bench, double *fit, double *score)
{
    const struct detector *detector = bench->detector;
    enum status status;
    const double start = clock_seconds();
    TRY_OR_DONE(detector->fit(bench->backend, bench->settings, &bench->learned, bench->model));
    const double fitted = clock_seconds();
    TRY_OR_DONE(detector->score(bench->backend, bench->model, &bench->scored, bench->score));
    *score = clock_seconds() - fitted;
    *fit = fitted - start;
done:
    detector->release(bench->model);
    memset(bench->model, 0, detector->model_size);
    return status;
}

static enum status measure(struct bench *bench, double limit, struct result *result)
{
    static double fit[MAX_ROUNDS], score[MAX_ROUNDS];
    double sum = 0;
    do {
        const int i = result->rounds++;
        TRY(measure_round(bench, &fit[i], &score[i]));
        sum += fit[i] + score[i];
    } while (sum < limit && result->rounds < MAX_ROUNDS);
    result->fit = bench_median(fit, result->rounds);
    result->score = bench_median(score, result->rounds);
    return OK;
}

static void print_result(const struct bench *bench, int json, const struct result *r)
{
    const struct settings *s = &settings;
    const char *name = bench->detector->name, *device = bench->backend->ops->device(bench->backend);
    if (json)
        printf("{\"detector\": \"%s\", \"rows\": %d, \"columns\": %d, \"scored\": %d, \"device\": \"%s\", "
               "\"rounds\": %d, \"seconds_fit\": %.6f, \"seconds_score\": %.6f}\n",
               name, s->rows, s->columns, s->scored, device, r->rounds, r->fit, r->score);
    else
        printf("%s, %s: fit on %d × %d %.3f s, %d scored %.3f s\n", name, device, s->rows, s->columns, r->fit,
               s->scored, r->score);
}

static enum status run(const struct bench_common *common)
{
    struct bench bench = { 0 };
    struct result result = { 0 };
    enum status status;
    TRY_OR_DONE(make_rows(&bench));
    if (settings.save) {
        TRY_OR_DONE(save_rows(&bench));
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
    return bench_main(&(struct bench_program){ "detect", option_table, &settings, run }, argc, argv);
}
