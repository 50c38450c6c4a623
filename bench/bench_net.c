/* How many pictures a second a network's trunk takes on the CPU: normalised float pictures in, features up to
 * the global average pooling out (AlexNet and SqueezeNet: the output of `features`). Weights are seeded; the
 * first run is not counted, and opening the net, which packs the weights, is timed by itself. --save writes
 * pictures and features, so that a peer can be given the same and its answers compared (bench/net.py). */
#include "backend/cpu_net.h"
#include "bench.h"
#include "bench_save.h"
#include "core/clock.h"
#include "core/memory.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct settings {
    const char *network, *save;
    int batch, conv;
};

static struct settings settings; /* of the one run of this program */

static const struct option option_table[] = {
    { .name = "network",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, network),
      .standard = "resnet18",
      .metavar = "N",
      .help = "network, as `earshot networks` lists them" },
    { .name = "batch",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, batch),
      .standard = "18",
      .low = 1,
      .high = 4096,
      .metavar = "B",
      .help = "pictures in one call; 18 patches are one recording of 10 s" },
    { .name = "save",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, save),
      .metavar = "FILE",
      .help = "write pictures and features there (HDF5: images, features), and measure nothing" },
    { .name = "conv",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct settings, conv),
      .standard = "auto",
      .choices = "auto|direct",
      .help = "convolutions: as fast as they can be, or window by window" },
    { 0 },
};

/* All that is opened before the clock starts. */
struct bench {
    const struct net *net;
    int layer;
    const struct cpu_isa *isa;
    struct pool *pool;
    struct cpu_net *cpu;
    int columns;
    float *features; /* [batch][columns] */
    double open_s;   /* weights → a net that is ready */
};

enum { MAX_CALLS = 10000 };

struct result {
    int calls;
    double median, best; /* seconds of one call */
};

/* The end of `features` where a network has that container, else its default layer. */
static enum status find_trunk(struct bench *bench, const char *network)
{
    TRY(net_require(network, &bench->net));
    TRY(net_layer(bench->net, NULL, &bench->layer));
    for (int i = 0; i < bench->net->n_layers; i++)
        if (strncmp(bench->net->layers[i].name, "features.", 9) == 0) bench->layer = i;
    return OK;
}

static enum status open_net(struct bench *bench, int batch)
{
    struct weights *weights;
    TRY(weights_open(&weights, bench->net, bench->layer, "seeded:1"));
    const double start = clock_seconds();
    const enum status status = cpu_net_open(&bench->cpu, bench->net, bench->layer, weights, batch,
                                            settings.conv, bench->pool, bench->isa->net);
    bench->open_s = clock_seconds() - start;
    weights_close(&weights);
    return status;
}

/* Normalised pictures have a mean near 0 and a deviation near 1. */
static void draw_pictures(const struct cpu_image *image, int batch)
{
    struct rng rng = rng_seeded(1, 0);
    for (int p = 0; p < batch; p++)
        for (int y = 0; y < image->size; y++) {
            float *row = image->data + (size_t)p * image->patch + (size_t)(y + image->pad) * image->row +
                         (size_t)(image->pad * 3);
            for (int i = 0; i < 3 * image->size; i++) row[i] = (float)rng_normal(&rng);
        }
}

static enum status bench_open(struct bench *bench, int threads)
{
    struct shape shapes[NET_MAX_LAYERS];
    TRY(find_trunk(bench, settings.network));
    TRY(cpu_isa_choose(NULL, &bench->isa));
    TRY(pool_open(&bench->pool, threads));
    TRY(open_net(bench, settings.batch));
    net_shapes(bench->net, shapes);
    bench->columns = shape_size(shapes[bench->layer]);
    TRY(memory_check(bench->features = memory_new((size_t)settings.batch * (size_t)bench->columns,
                                                  sizeof *bench->features)));
    draw_pictures(cpu_net_image(bench->cpu), settings.batch);
    return OK;
}

static void bench_close(struct bench *bench)
{
    memory_free(bench->features);
    cpu_net_close(&bench->cpu);
    pool_close(&bench->pool);
}

/* images [batch][3][size][size], which is how the peers take them. */
static void gather_pictures(const struct cpu_image *image, float *images)
{
    for (int p = 0; p < settings.batch; p++)
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < image->size; y++) {
                const float *row = image->data + (size_t)p * image->patch +
                                   (size_t)(y + image->pad) * image->row + (size_t)(image->pad * 3);
                for (int x = 0; x < image->size; x++) *images++ = row[3 * x + c];
            }
}

static enum status save(const struct bench *bench)
{
    const struct cpu_image *image = cpu_net_image(bench->cpu);
    const int pixels = 3 * image->size * image->size;
    float *images = memory_new((size_t)settings.batch * (size_t)pixels, sizeof *images);
    const struct bench_array arrays[] = {
        { "/images", STORE_FLOAT, settings.batch, pixels, images },
        { "/features", STORE_FLOAT, settings.batch, bench->columns, bench->features },
    };
    enum status status;
    TRY_OR_DONE(memory_check(images));
    gather_pictures(image, images);
    cpu_net_run(bench->cpu, settings.batch, bench->features);
    status = bench_save(settings.save, arrays, 2);
done:
    memory_free(images);
    return status;
}

/* seconds [MAX_CALLS] is scratch. */
static struct result measure(const struct bench *bench, double least_s, double *seconds)
{
    double sum = 0;
    int n = 0;
    cpu_net_run(bench->cpu, settings.batch, bench->features);
    do {
        const double start = clock_seconds();
        cpu_net_run(bench->cpu, settings.batch, bench->features);
        seconds[n] = clock_seconds() - start;
        sum += seconds[n++];
    } while (sum < least_s && n < MAX_CALLS);
    const double median = bench_median(seconds, n);
    return (struct result){ n, median, seconds[0] };
}

static void print_result(const struct bench *bench, int json, const struct result *result)
{
    const double rate = settings.batch / result->median, best = settings.batch / result->best;
    const double megabytes = (double)cpu_net_bytes(bench->cpu) / 1e6;
    const char *layer = bench->net->layers[bench->layer].name;
    if (json)
        printf("{\"network\": \"%s\", \"layer\": \"%s\", \"batch\": %d, \"threads\": %d, \"device\": \"%s\", "
               "\"calls\": %d, \"patches_per_second\": %.2f, \"best_patches_per_second\": %.2f, "
               "\"megabytes\": %.1f, \"open_seconds\": %.3f}\n",
               bench->net->name, layer, settings.batch, pool_threads(bench->pool), bench->isa->name,
               result->calls, rate, best, megabytes, bench->open_s);
    else
        printf("%s to %s, batch %d, %d threads, %s: %.1f patches/s (best %.1f), %.0f MB, opened in %.2f s\n",
               bench->net->name, layer, settings.batch, pool_threads(bench->pool), bench->isa->name, rate,
               best, megabytes, bench->open_s);
}

static enum status run(const struct bench_common *common)
{
    struct bench bench = { 0 };
    enum status status;
    double *seconds = memory_new(MAX_CALLS, sizeof *seconds);
    TRY_OR_DONE(memory_check(seconds));
    TRY_OR_DONE(bench_open(&bench, common->threads));
    if (settings.save) {
        status = save(&bench);
        goto done;
    }
    const struct result result = measure(&bench, common->seconds, seconds);
    print_result(&bench, common->json, &result);
done:
    bench_close(&bench);
    memory_free(seconds);
    return status;
}

int main(int argc, char **argv)
{
    return bench_main(&(struct bench_program){ "net", option_table, &settings, run }, argc, argv);
}
