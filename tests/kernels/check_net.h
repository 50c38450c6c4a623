/* What check_net.c does with a network: give it weights and pictures, run it by its definition and on the
 * CPU's kernels, and compare. */
#ifndef CHECK_NET_H
#define CHECK_NET_H

#include "backend/cpu_net.h"
#include "backend/cpu_way.h"
#include "backend/ref_net.h"
#include "core/memory.h"
#include "core/rng.h"
#include "test.h"

/* Of the largest value. Direct: sums of up to 9,216 products in float, in another order than the definition's
 * doubles. Winograd's: its tiles multiply an input by up to 2.5^6 and take the sum back again, so that single
 * outputs of a layer are off by up to 5e-5 (found, without fused multiply-adds); the features of a whole
 * network, where errors of many channels meet, by a tenth of that. What is promised of features is 1e-4. */
static const double tolerances[] = { [CONV_AUTO] = 1e-4, [CONV_DIRECT] = 1e-5, [CONV_WINOGRAD] = 1e-4 };

static const char *const isas[] = { "generic", "avx2" };
enum { N_ISAS = 2, N_GUARDS = 16 };
static const float guard = -12345.5f;

/* A network made in a test, whose weights are drawn here. */
struct model {
    struct net net;
    struct weights weights;
};

static float *random_floats(size_t n, double scale, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 0);
    float *values = memory_new(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) values[i] = (float)(scale * (2 * rng_uniform(&rng) - 1));
    return values;
}

static void model_init(struct model *model, const struct layer *layers, int n_layers, int input_size)
{
    struct shape shapes[NET_MAX_LAYERS];
    *model = (struct model){ .net = { .name = "test",
                                      .input_size = input_size,
                                      .layers = layers,
                                      .n_layers = n_layers,
                                      .default_layer = layers[n_layers - 1].name } };
    net_shapes(&model->net, shapes);
    for (int i = 0; i < n_layers; i++) {
        const struct layer *layer = &layers[i];
        if (layer->op != OP_CONV && layer->op != OP_LINEAR) continue;
        const size_t window = (size_t)net_input(&model->net, shapes, i).channels * layer->size * layer->size;
        struct layer_weights *numbers = &model->weights.layer[i];
        numbers->weight = random_floats(layer->channels * window, sqrt(6.0 / (double)window), 100 + i);
        numbers->bias = random_floats((size_t)layer->channels, 0.1, 200 + i);
    }
}

static void model_release(struct model *model)
{
    for (int i = 0; i < NET_MAX_LAYERS; i++) {
        memory_free(model->weights.layer[i].weight);
        memory_free(model->weights.layer[i].bias);
    }
}

/* The instruction set's kernels, or NULL where this machine lacks it. */
static const struct cpu_net_kernels *kernels_of(const char *isa)
{
    const struct cpu_isa *chosen = NULL;
    setenv("EARSHOT_ISA", isa, 1);
    const enum status status = cpu_isa_choose(NULL, &chosen);
    unsetenv("EARSHOT_ISA");
    return status == OK ? chosen->net : NULL;
}

/* pictures [n][3][size][size] → the padded, interleaved ones that the network reads. */
static void put_pictures(const struct cpu_image *image, const float *pictures, int n)
{
    for (int p = 0; p < n; p++)
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < image->size; y++)
                for (int x = 0; x < image->size; x++)
                    image->data[(size_t)p * image->patch + (size_t)(y + image->pad) * image->row +
                                (size_t)(x + image->pad) * 3 + (size_t)c] = *pictures++;
}

/* Features of n pictures between guards, which must survive. The caller frees them. */
static float *run_open(struct cpu_net *net, const float *pictures, int n, size_t columns)
{
    const size_t size = (size_t)n * columns;
    float *guarded = memory_new(size + 2 * N_GUARDS, sizeof *guarded);
    float *features = memory_new(size, sizeof *features);
    assert_true(guarded && features);
    for (size_t i = 0; i < size + 2 * N_GUARDS; i++) guarded[i] = guard;
    put_pictures(cpu_net_image(net), pictures, n);
    cpu_net_run(net, n, guarded + N_GUARDS);
    for (size_t i = 0; i < N_GUARDS; i++) {
        assert_true(guarded[i] == guard);
        assert_true(guarded[N_GUARDS + size + i] == guard);
    }
    memcpy(features, guarded + N_GUARDS, size * sizeof *features);
    memory_free(guarded);
    return features;
}

/* Against `expected` [n][columns] bit by bit: all at once, the last alone, and all again. */
static void check_same_bits(const struct net *net, int layer, const struct weights *weights,
                            enum conv_choice conv, const struct cpu_net_kernels *kernels, int threads,
                            const float *pictures, int n, const float *expected, size_t columns)
{
    const size_t picture = (size_t)(3 * net->input_size * net->input_size), last = (size_t)n - 1;
    struct pool *pool;
    struct cpu_net *cpu;
    assert_ok(pool_open(&pool, threads));
    assert_ok(cpu_net_open(&cpu, net, layer, weights, n, conv, pool, kernels));
    float *first = run_open(cpu, pictures, n, columns);
    float *alone = run_open(cpu, pictures + last * picture, 1, columns);
    float *again = run_open(cpu, pictures, n, columns);
    assert_memory_equal(first, expected, (size_t)n * columns * sizeof *first);
    assert_memory_equal(alone, expected + last * columns, columns * sizeof *alone);
    assert_memory_equal(again, expected, (size_t)n * columns * sizeof *again);
    memory_free(first);
    memory_free(alone);
    memory_free(again);
    cpu_net_close(&cpu);
    pool_close(&pool);
}

/* [n][columns] by the definition. */
static float *run_reference(const struct net *net, int layer, const struct weights *weights,
                            const float *pictures, int n, size_t columns)
{
    const size_t picture = (size_t)(3 * net->input_size * net->input_size);
    float *features = memory_new((size_t)n * columns, sizeof *features);
    struct ref_net ref;
    struct pool *pool;
    assert_non_null(features);
    assert_ok(pool_open(&pool, 0));
    assert_ok(ref_net_init(&ref, net, layer, weights, pool));
    for (int p = 0; p < n; p++)
        ref_net_run(&ref, pictures + (size_t)p * picture, features + (size_t)p * columns);
    ref_net_release(&ref);
    pool_close(&pool);
    return features;
}

struct difference {
    double error;  /* largest, as a part of the largest expected value */
    double cosine; /* taken from 1 */
};

static struct difference compare(const float *values, const float *expected, size_t n)
{
    double most = 0, error = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        const double a = (double)values[i], b = (double)expected[i];
        assert_true(isfinite(a));
        most = fmax(most, fabs(b));
        error = fmax(error, fabs(a - b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    const struct difference none = { 0, 0 };
    return error == 0 ? none : (struct difference){ error / most, 1 - ab / sqrt(aa * bb) };
}

/* Whether any layer is computed by Winograd's method. */
static int has_winograd(const struct net *net)
{
    struct shape shapes[NET_MAX_LAYERS];
    int found = 0;
    net_shapes(net, shapes);
    for (int i = 0; i < net->n_layers; i++)
        found |= cpu_way_of(net, shapes, i, 1, CONV_WINOGRAD).method != CPU_DIRECT;
    return found;
}

/* A layer of a model, the pictures that it is run for, and what its definition says. */
struct check {
    const struct model *model;
    int layer, n;
    const char *name;
    const float *pictures, *expected;
    size_t columns;
};

static void check_isa(const struct check *check, const char *isa, enum conv_choice conv)
{
    const struct net *net = &check->model->net;
    const struct weights *weights = &check->model->weights;
    const struct cpu_net_kernels *kernels = kernels_of(isa);
    if (!kernels) return;
    struct cpu_net *cpu;
    assert_ok(cpu_net_open(&cpu, net, check->layer, weights, check->n, conv, NULL, kernels));
    assert_true(cpu_net_bytes(cpu) > 0);
    float *features = run_open(cpu, check->pictures, check->n, check->columns);
    cpu_net_close(&cpu);
    const double error = compare(features, check->expected, (size_t)check->n * check->columns).error;
    if (!(error <= tolerances[conv])) fail_msg("%s, %s: error %g", isa, check->name, error);
    for (int threads = 1; threads <= 3; threads++)
        check_same_bits(net, check->layer, weights, conv, kernels, threads, check->pictures, check->n,
                        features, check->columns);
    memory_free(features);
}

/* One layer of a model for `n` pictures: near its definition on every instruction set, and there the same
 * bits for 1, 2 and 3 threads, alone and among others, now and later. */
static void check_layer(const struct model *model, int layer, int n, const char *name)
{
    const struct net *net = &model->net;
    struct shape shapes[NET_MAX_LAYERS];
    net_shapes(net, shapes);
    const size_t columns = (size_t)shape_size(shapes[layer]);
    float *pictures = random_floats((size_t)(n * 3 * net->input_size * net->input_size), 2, 1);
    float *expected = run_reference(net, layer, &model->weights, pictures, n, columns);
    const struct check check = { model, layer, n, name, pictures, expected, columns };
    const int both = has_winograd(net);
    for (int isa = 0; isa < N_ISAS; isa++) {
        check_isa(&check, isas[isa], both ? CONV_WINOGRAD : CONV_DIRECT);
        if (both) check_isa(&check, isas[isa], CONV_DIRECT);
    }
    memory_free(expected);
    memory_free(pictures);
}

#endif
