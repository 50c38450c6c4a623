/* How long one iteration of EM for a diagonal mixture takes, and how long the start by k-means: the whole of
 * it, and Lloyd's iterations alone from given centres. The mean of the first 20 iterations from the same labels
 * is one round; the median of rounds is reported. --save writes rows, labels and centres, so that a peer can
 * start from the same (bench/em.py). */
#include "bench.h"
#include "bench_rows.h"
#include "bench_save.h"
#include "core/clock.h"
#include "core/memory.h"
#include "detect/kmeans.h"

#include <stddef.h>
#include <stdio.h>

struct settings {
    const char *save;
    int rows, columns, components, seed;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "rows",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, rows),
      .standard = "15500",
      .low = 1,
      .high = 1e8,
      .metavar = "N",
      .help = "patches to learn from" },
    { .name = "columns",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, columns),
      .standard = "512",
      .low = 1,
      .high = 1e6,
      .metavar = "D",
      .help = "numbers in a feature" },
    { .name = "components",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, components),
      .standard = "80",
      .low = 1,
      .high = 65536,
      .metavar = "K",
      .help = "Gaussians, at most --rows" },
    { .name = "seed",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, seed),
      .standard = "0",
      .low = 0,
      .high = 1e9,
      .metavar = "N",
      .help = "of k-means" },
    { .name = "save",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, save),
      .metavar = "FILE",
      .help = "write rows, labels of k-means and its first centres there (HDF5), and measure nothing" },
    { 0 },
};

enum { ITERATIONS = 20, MAX_ROUNDS = 1000 };

/* All that is made before the clock starts. */
struct bench {
    struct backend *backend;
    struct matrix x;
    int *labels, *chosen; /* [rows], [components] rows that are k-means' first centres */
    double *centres;      /* [components][columns] */
    struct em *em;
    struct mixture mixture;
};

struct result {
    int rounds;
    double per_iteration, init, lloyd; /* seconds */
    double lower_bound;                /* nats a row, after ITERATIONS */
    struct kmeans whole, given;        /* from its own centres, from the given ones */
};

/* ---------------------------------------------------------------------------------------------- making */

static enum status reserve_mixture(struct mixture *m, int components, int columns)
{
    const size_t size = (size_t)components * (size_t)columns;
    *m = (struct mixture){ components, columns, COVARIANCE_DIAGONAL, NULL, NULL, NULL };
    TRY(memory_check(m->weights = memory_new((size_t)components, sizeof *m->weights)));
    TRY(memory_check(m->means = memory_new(size, sizeof *m->means)));
    return memory_check(m->covariances = memory_new(size, sizeof *m->covariances));
}

static enum status bench_open(struct bench *bench, int threads)
{
    const struct settings *s = &settings;
    REQUIRE(s->components <= s->rows, ERR_USAGE, "--components %d: at most --rows %d", s->components,
            s->rows);
    TRY(backend_open(&bench->backend, "cpu", &(struct backend_options){ .threads = threads }));
    TRY(bench_rows(&bench->x, s->rows, s->columns));
    TRY(memory_check(bench->labels = memory_new((size_t)s->rows, sizeof *bench->labels)));
    TRY(memory_check(bench->chosen = memory_new((size_t)s->components, sizeof *bench->chosen)));
    TRY(memory_check(bench->centres =
                         memory_new((size_t)s->components * (size_t)s->columns, sizeof *bench->centres)));
    TRY(reserve_mixture(&bench->mixture, s->components, s->columns));
    const struct em_spec spec = { &bench->x, NULL, s->components, COVARIANCE_DIAGONAL, 1e-6 };
    return bench->backend->ops->em_open(bench->backend, &spec, &bench->em);
}

static void bench_close(struct bench *bench)
{
    if (bench->backend) {
        bench->backend->ops->em_close(&bench->em);
        bench->backend->ops->close(&bench->backend);
    }
    memory_free(bench->mixture.weights);
    memory_free(bench->mixture.means);
    memory_free(bench->mixture.covariances);
    memory_free(bench->centres);
    memory_free(bench->chosen);
    memory_free(bench->labels);
    matrix_release(&bench->x);
}

/* ------------------------------------------------------------------------------------------- measuring */

/* The centres that every program is given. */
static enum status choose_centres(struct bench *bench)
{
    struct rng rng = rng_seeded((uint64_t)settings.seed, 0);
    TRY(kmeans_plusplus(bench->backend, bench->em, &bench->x, settings.components, &rng, bench->chosen));
    double *centre = bench->centres;
    for (int k = 0; k < settings.components; k++)
        for (int j = 0; j < settings.columns; j++) *centre++ = matrix_row(&bench->x, bench->chosen[k])[j];
    return OK;
}

static enum status measure_lloyd(struct bench *bench, struct result *result)
{
    TRY(choose_centres(bench));
    const double start = clock_seconds();
    TRY(kmeans_lloyd(bench->backend, bench->em, &bench->x, settings.components, bench->centres, bench->labels,
                     &result->given));
    result->lloyd = clock_seconds() - start;
    return OK;
}

/* Leaves the labels that EM starts from. */
static enum status measure_init(struct bench *bench, struct result *result)
{
    struct rng rng = rng_seeded((uint64_t)settings.seed, 0);
    const double start = clock_seconds();
    TRY(kmeans_fit(bench->backend, bench->em, &bench->x, settings.components, &rng, bench->labels,
                   &result->whole));
    result->init = clock_seconds() - start;
    return OK;
}

static enum status save(struct bench *bench)
{
    struct result result;
    TRY(measure_init(bench, &result));
    TRY(choose_centres(bench));
    const struct settings *s = &settings;
    const struct bench_array arrays[] = {
        { "/rows", STORE_FLOAT, s->rows, s->columns, bench->x.data },
        { "/labels", STORE_INT32, s->rows, 0, bench->labels },
        { "/centres", STORE_DOUBLE, s->components, s->columns, bench->centres },
    };
    return bench_save(s->save, arrays, 3);
}

static enum status measure_round(struct bench *bench, double *lower_bound, double *seconds)
{
    TRY(bench->em->ops->em_start(bench->em, bench->labels, NULL, &bench->mixture));
    const double start = clock_seconds();
    for (int i = 0; i < ITERATIONS; i++)
        TRY(bench->em->ops->em_step(bench->em, &bench->mixture, 0, lower_bound, NULL));
    *seconds = (clock_seconds() - start) / ITERATIONS;
    return OK;
}

/* rounds [MAX_ROUNDS] is scratch. */
static enum status measure(struct bench *bench, double limit, double *rounds, struct result *result)
{
    double sum = 0;
    TRY(measure_lloyd(bench, result));
    TRY(measure_init(bench, result));
    do {
        TRY(measure_round(bench, &result->lower_bound, &rounds[result->rounds]));
        sum += ITERATIONS * rounds[result->rounds++];
    } while (sum < limit && result->rounds < MAX_ROUNDS);
    result->per_iteration = bench_median(rounds, result->rounds);
    return OK;
}

static void print_result(const struct bench *bench, int json, const struct result *r)
{
    const struct settings *s = &settings;
    const char *device = bench->backend->ops->device(bench->backend);
    if (json)
        printf("{\"rows\": %d, \"columns\": %d, \"components\": %d, \"device\": \"%s\", \"rounds\": %d, "
               "\"seconds_per_iteration\": %.6f, \"seconds_init\": %.4f, \"seconds_lloyd\": %.4f, "
               "\"lower_bound\": %.12g, \"inertia\": %.12g, \"iterations_init\": %d, "
               "\"iterations_lloyd\": %d}\n",
               s->rows, s->columns, s->components, device, r->rounds, r->per_iteration, r->init, r->lloyd,
               r->lower_bound, r->given.inertia, r->whole.iterations, r->given.iterations);
    else
        printf(
            "%d × %d, %d components, %s: %.2f ms an iteration, lower bound %.6f; start by k-means %.2f s (%d "
            "iterations), from given centres %.2f s (%d)\n",
            s->rows, s->columns, s->components, device, 1e3 * r->per_iteration, r->lower_bound, r->init,
            r->whole.iterations, r->lloyd, r->given.iterations);
}

static enum status run(const struct bench_common *common)
{
    struct bench bench = { 0 };
    struct result result = { 0 };
    enum status status;
    double *rounds = memory_new(MAX_ROUNDS, sizeof *rounds);
    TRY_OR_DONE(memory_check(rounds));
    TRY_OR_DONE(bench_open(&bench, common->threads));
    if (settings.save) {
        TRY_OR_DONE(save(&bench));
        goto done;
    }
    TRY_OR_DONE(measure(&bench, common->seconds, rounds, &result));
    print_result(&bench, common->json, &result);
done:
    bench_close(&bench);
    memory_free(rounds);
    return status;
}

int main(int argc, char **argv)
{
    return bench_main(&(struct bench_program){ "em", option_table, &settings, run }, argc, argv);
}
