/* How long one iteration of EM for a diagonal mixture takes, and how long the start by k-means. The mean of the
 * first 20 iterations from the same labels is one round; the median of rounds is reported. */
#include "bench.h"
#include "bench_rows.h"
#include "core/clock.h"
#include "core/memory.h"
#include "detect/kmeans.h"

#include <stddef.h>
#include <stdio.h>

struct settings {
    int rows, columns, components;
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
    { 0 },
};

enum { ITERATIONS = 20, MAX_ROUNDS = 1000 };

/* All that is made before the clock starts. */
struct bench {
    struct backend *backend;
    struct matrix x;
    int *labels; /* [rows] */
    struct em *em;
    struct mixture mixture;
};

struct result {
    int rounds;
    double per_iteration, init, lower_bound; /* seconds, seconds, nats a row */
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
    memory_free(bench->labels);
    matrix_release(&bench->x);
}

/* ------------------------------------------------------------------------------------------- measuring */

static enum status measure_init(struct bench *bench, int components, double *seconds)
{
    struct rng rng = rng_seeded(0, 0);
    struct kmeans kmeans;
    const double start = clock_seconds();
    TRY(kmeans_fit(bench->backend, bench->em, &bench->x, components, &rng, bench->labels, &kmeans));
    TRY(bench->em->ops->em_start(bench->em, bench->labels, NULL, &bench->mixture));
    *seconds = clock_seconds() - start;
    return OK;
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
    TRY(measure_init(bench, settings.components, &result->init));
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
               "\"seconds_per_iteration\": %.6f, \"seconds_init\": %.4f, \"lower_bound\": %.9g}\n",
               s->rows, s->columns, s->components, device, r->rounds, r->per_iteration, r->init,
               r->lower_bound);
    else
        printf(
            "%d × %d, %d components, %s: %.2f ms an iteration, start by k-means %.2f s, lower bound %.6f\n",
            s->rows, s->columns, s->components, device, 1e3 * r->per_iteration, r->init, r->lower_bound);
}

static enum status run(const struct bench_common *common)
{
    struct bench bench = { 0 };
    struct result result = { 0 };
    enum status status;
    double *rounds = memory_new(MAX_ROUNDS, sizeof *rounds);
    TRY_OR_DONE(memory_check(rounds));
    TRY_OR_DONE(bench_open(&bench, common->threads));
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
