/* Networks made in a test, and what check_net.c does with one of their layers. */
#ifndef CHECK_NET_H
#define CHECK_NET_H

#include "check_run.h"

/* A network made in a test, whose weights are drawn here. */
struct model {
    struct net net;
    struct weights weights;
};

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
