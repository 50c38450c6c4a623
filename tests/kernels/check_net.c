/* The CPU's networks against their definition (ref_net: conv_ref, pooling_ref), on every instruction set that
 * this machine has: single layers on sizes that reach every edge, tables with every way to join layers, and
 * each network of the program. */
#include "check_net.h"

/* ------------------------------------------------------------------------------------------- bad input */

static const struct layer stem = { .name = "stem",
                                   .op = OP_CONV,
                                   .from = LAYER_IMAGE,
                                   .with = LAYER_NONE,
                                   .channels = 16,
                                   .size = 1,
                                   .stride = 1 };

static void refuses(struct layer second, const char *words)
{
    struct layer layers[] = { stem, second };
    layers[1].name = "second";
    struct model model;
    struct cpu_net *cpu;
    model_init(&model, layers, 2, 8);
    assert_fails(cpu_net_open(&cpu, &model.net, 1, &model.weights, 1, CONV_AUTO, NULL, kernels_of("generic")),
                 ERR_INTERNAL, words);
    assert_null(cpu);
    model_release(&model);
}

static void test_tables_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct cpu_net *none = NULL;
    cpu_net_close(&none);
    refuses(
        (struct layer){
            .op = OP_CONV, .from = 0, .with = LAYER_NONE, .channels = 12, .size = 1, .stride = 1 },
        "test, layer second: 12 channels found, the CPU's networks need a multiple of 8");
    refuses(
        (struct layer){ .op = OP_MAXPOOL, .from = LAYER_IMAGE, .with = LAYER_NONE, .size = 2, .stride = 2 },
        "3 channels found");
    refuses(
        (struct layer){
            .op = OP_CONV, .from = 0, .with = LAYER_IMAGE, .channels = 8, .size = 1, .stride = 1 },
        "layer -1 found where an earlier one is to be joined");
    refuses((struct layer){ .op = OP_CONV, .from = 0, .with = 0, .channels = 8, .size = 1, .stride = 1 },
            "16×8×8 found to be joined to 8×8×8");
    refuses((struct layer){ .op = OP_CONV, .from = 0, .with = 0, .channels = 16, .size = 3, .stride = 1 },
            "16×8×8 found to be joined to 16×6×6");
}

static void test_missing_weights_are_named(void **state)
{
    (void)state;
    struct model model;
    struct cpu_net *cpu;
    model_init(&model, &stem, 1, 8);
    const struct weights none = { 0 };
    assert_fails(cpu_net_open(&cpu, &model.net, 0, &none, 1, CONV_AUTO, NULL, kernels_of("generic")),
                 ERR_INTERNAL, "test, layer stem: has no weights");
    assert_null(cpu);
    model_release(&model);
}

/* --------------------------------------------------------------------------------------- single layers */

static const int sides[] = { 1, 5, 6, 7, 31, 33 };
static const int batches[] = { 1, 2, 7 };
enum { N_SIDES = 6, N_BATCHES = 3 };
static const int widths[][2] = { { 8, 16 }, { 16, 8 }, { 24, 24 }, { 64, 64 }, { 16, 64 }, { 64, 24 } };
enum { N_WIDTHS = 6 };
static const double most_work = 4e6; /* multiply-adds of the definition in one case */

/* What the tested layer reads is made from the picture by a 1 × 1 convolution, its residual by its like. */
static void check_conv(struct layer tested, int side, int in_channels, int has_residual, int batch)
{
    struct layer layers[] = { stem, tested, tested };
    layers[0].channels = in_channels;
    layers[1].name = "residual";
    layers[1].relu = 0;
    layers[2].name = "tested";
    if (has_residual) layers[2].with = 1;
    struct model model;
    struct shape shapes[NET_MAX_LAYERS];
    char name[128];
    model_init(&model, layers, 3, side);
    net_shapes(&model.net, shapes);
    snprintf(name, sizeof name, "%d × %d×%d×%d to %d, size %d, stride %d, pad %d, residual %d, relu %d",
             batch, in_channels, side, side, tested.channels, tested.size, tested.stride, tested.pad,
             has_residual, tested.relu);
    if (batch * net_work(&model.net, shapes, 2) <= most_work) check_layer(&model, 2, batch, name);
    model_release(&model);
}

static void test_convolutions(void **state)
{
    (void)state;
    static const int kernels[] = { 1, 3, 5, 7, 11 }, strides[] = { 1, 2, 4 };
    int n = 0;
    for (int s = 0; s < N_SIDES; s++)
        for (int k = 0; k < 5; k++)
            for (int t = 0; t < 3; t++)
                for (int pad = 0; pad <= kernels[k] / 2; pad += kernels[k] > 3 ? kernels[k] / 2 : 1, n++) {
                    if (sides[s] + 2 * pad < kernels[k]) continue;
                    const int *width = widths[n % N_WIDTHS];
                    const struct layer tested = { .op = OP_CONV,
                                                  .from = 0,
                                                  .with = LAYER_NONE,
                                                  .channels = width[1],
                                                  .size = kernels[k],
                                                  .stride = strides[t],
                                                  .pad = pad,
                                                  .relu = n % 2 };
                    check_conv(tested, sides[s], width[0], n / 2 % 2, batches[n % N_BATCHES]);
                }
}

static void test_convolutions_of_the_picture(void **state)
{
    (void)state;
    static const int kernels[] = { 1, 3, 5, 7, 11 }, strides[] = { 1, 2, 4 };
    for (int s = 0; s < N_SIDES; s++)
        for (int k = 0; k < 5; k++)
            for (int t = 0; t < 3; t++) {
                struct layer layer = stem;
                layer.channels = widths[(s + k + t) % N_WIDTHS][1];
                layer.size = kernels[k];
                layer.stride = strides[t];
                layer.pad = kernels[k] / 2;
                layer.relu = t % 2;
                struct model model;
                char name[64];
                model_init(&model, &layer, 1, sides[s]);
                snprintf(name, sizeof name, "picture of %d, size %d, stride %d", sides[s], layer.size,
                         layer.stride);
                check_layer(&model, 0, batches[k % N_BATCHES], name);
                model_release(&model);
            }
}

static void test_linear_layers(void **state)
{
    (void)state;
    static const int many[] = { 1, 2, 7, 53 }; /* 53: more than a task of another layer takes */
    const struct layer layers[] = {
        { .name = "stem",
          .op = OP_CONV,
          .from = LAYER_IMAGE,
          .with = LAYER_NONE,
          .channels = 64,
          .size = 3,
          .stride = 1,
          .pad = 1,
          .relu = 1 },
        { .name = "first",
          .op = OP_LINEAR,
          .from = 0,
          .with = LAYER_NONE,
          .channels = 72,
          .size = 6,
          .stride = 1,
          .relu = 1 },
        { .name = "second",
          .op = OP_LINEAR,
          .from = 1,
          .with = LAYER_NONE,
          .channels = 24,
          .size = 1,
          .stride = 1 },
    };
    struct model model;
    model_init(&model, layers, 3, 6);
    for (int i = 0; i < 4; i++) {
        check_layer(&model, 1, many[i], "first linear layer");
        check_layer(&model, 2, many[i], "second linear layer");
    }
    model_release(&model);
}

static void check_pooling(struct layer tested, int side)
{
    struct layer layers[] = { stem, tested };
    struct model model;
    char name[96];
    layers[1].name = "pooling";
    layers[1].from = 0;
    layers[1].with = LAYER_NONE;
    model_init(&model, layers, 2, side);
    snprintf(name, sizeof name, "pooling %d of %d, stride %d, pad %d, ceil %d", tested.size, side,
             tested.stride, tested.pad, tested.ceil_mode);
    check_layer(&model, 1, 2, name);
    model_release(&model);
}

/* The stem has no ReLU, so that a border of zeros would win in many windows. */
static void test_poolings(void **state)
{
    (void)state;
    for (int s = 0; s < N_SIDES; s++) {
        for (int size = 1; size <= 3; size++)
            for (int stride = 1; stride <= 3; stride++)
                for (int pad = 0; pad <= size / 2; pad++)
                    for (int ceil_mode = 0; ceil_mode < 2; ceil_mode++)
                        if (sides[s] + 2 * pad >= size)
                            check_pooling((struct layer){ .op = OP_MAXPOOL,
                                                          .size = size,
                                                          .stride = stride,
                                                          .pad = pad,
                                                          .ceil_mode = ceil_mode },
                                          sides[s]);
        for (int size = 1; size <= 6; size++)
            check_pooling((struct layer){ .op = OP_AVGPOOL, .size = size }, sides[s]);
    }
}

/* ---------------------------------------------------------------------------------------- whole tables */

#define CONV(label, in, residual, width, side, step, edge, rectify)                                  \
    {                                                                                                \
        .name = label, .op = OP_CONV, .from = in, .with = residual, .channels = width, .size = side, \
        .stride = step, .pad = edge, .relu = rectify                                                 \
    }
#define CONCAT(label, first, second)                                  \
    {                                                                 \
        .name = label, .op = OP_CONCAT, .from = first, .with = second \
    }

/* All layers on the way to the last one, in one run, against a run of each: the same bits. */
static void check_taps(const struct net *net, int layer, const struct weights *weights, enum conv_choice conv,
                       const struct cpu_net_kernels *kernels, int n)
{
    int needed[NET_MAX_LAYERS] = { 0 }, taps[NET_MAX_LAYERS], n_taps = 0;
    struct shape shapes[NET_MAX_LAYERS];
    float *tapped[NET_MAX_LAYERS];
    struct cpu_net *cpu;
    float *pictures = random_floats((size_t)(n * 3 * net->input_size * net->input_size), 2, 5);
    net_shapes(net, shapes);
    net_needed(net, layer, needed);
    for (int i = 0; i < layer; i++) {
        if (!needed[i]) continue;
        assert_non_null(tapped[n_taps] =
                            memory_new((size_t)n * (size_t)shape_size(shapes[i]), sizeof(float)));
        taps[n_taps++] = i;
    }
    float *features = memory_new((size_t)n * (size_t)shape_size(shapes[layer]), sizeof *features);
    assert_ok(cpu_net_open_tapped(&cpu, net, layer, taps, n_taps, weights, n, conv, NULL, kernels));
    put_pictures(cpu_net_image(cpu), pictures, n);
    cpu_net_run_tapped(cpu, n, features, tapped);
    cpu_net_close(&cpu);
    for (int t = 0; t < n_taps; t++) {
        check_same_bits(net, taps[t], weights, conv, kernels, 1, pictures, n, tapped[t],
                        (size_t)shape_size(shapes[taps[t]]));
        memory_free(tapped[t]);
    }
    check_same_bits(net, layer, weights, conv, kernels, 1, pictures, n, features,
                    (size_t)shape_size(shapes[layer]));
    memory_free(features);
    memory_free(pictures);
}

static void check_table(const struct layer *layers, int n_layers)
{
    struct model model;
    model_init(&model, layers, n_layers, 15);
    for (int layer = 0; layer < n_layers; layer++) check_layer(&model, layer, 7, layers[layer].name);
    for (int isa = 0; isa < N_ISAS; isa++)
        if (kernels_of(isas[isa]))
            for (int conv = CONV_DIRECT; conv <= CONV_WINOGRAD; conv++)
                check_taps(&model.net, n_layers - 1, &model.weights, (enum conv_choice)conv,
                           kernels_of(isas[isa]), 3);
    model_release(&model);
}

/* Residual branches as ResNet has them, in buffers of several shapes and borders. */
static void test_residual_branches(void **state)
{
    (void)state;
    const struct layer layers[] = {
        CONV("0", LAYER_IMAGE, LAYER_NONE, 16, 3, 1, 1, 1),
        { .name = "1", .op = OP_MAXPOOL, .from = 0, .with = LAYER_NONE, .size = 3, .stride = 2, .pad = 1 },
        CONV("2", 1, LAYER_NONE, 16, 3, 1, 1, 1),
        CONV("3", 2, 1, 16, 3, 1, 1, 1), /* takes over 1 */
        CONV("4", 3, LAYER_NONE, 24, 5, 1, 2, 1),
        CONV("5", 4, 3, 16, 3, 1, 1, 0), /* takes over 3 */
        CONV("6", 5, LAYER_NONE, 32, 1, 2, 0, 0),
        CONV("7", 5, LAYER_NONE, 32, 3, 2, 1, 1),
        CONV("8", 7, 6, 32, 3, 1, 1, 1),
        CONV("9", 8, 8, 32, 3, 1, 1, 1), /* input and residual at once: takes over nothing */
        CONV("10", 9, 8, 32, 3, 1, 1, 1),
        { .name = "11", .op = OP_AVGPOOL, .from = 10, .with = LAYER_NONE, .size = 2 },
        { .name = "12",
          .op = OP_LINEAR,
          .from = 11,
          .with = LAYER_NONE,
          .channels = 40,
          .size = 2,
          .stride = 1 },
    };
    check_table(layers, sizeof layers / sizeof *layers);
}

/* Concatenations: plain, one in another, of a layer with itself, of a layer that lives elsewhere, and with a
 * half that is read after the whole was used up as a residual. */
static void test_concatenations(void **state)
{
    (void)state;
    const struct layer layers[] = {
        CONV("0", LAYER_IMAGE, LAYER_NONE, 8, 3, 1, 1, 1),
        CONV("1", 0, LAYER_NONE, 16, 1, 1, 0, 1),
        CONV("2", 0, LAYER_NONE, 24, 3, 1, 1, 1),
        CONCAT("3", 1, 2),
        CONV("4", 3, LAYER_NONE, 16, 3, 1, 1, 1),
        CONCAT("5", 3, 4),
        CONCAT("6", 4, 4),
        CONCAT("7", 5, 6),
        { .name = "8",
          .op = OP_MAXPOOL,
          .from = 7,
          .with = LAYER_NONE,
          .size = 3,
          .stride = 2,
          .ceil_mode = 1 },
        CONV("9", 8, LAYER_NONE, 16, 1, 1, 0, 1),
        CONV("10", 8, LAYER_NONE, 8, 3, 1, 1, 1),
        CONCAT("11", 9, 10),
        CONV("12", 8, 11, 24, 1, 1, 0, 0),
        CONV("13", 9, 12, 24, 3, 1, 1, 1), /* 9, a half of 11, is read once more */
        CONV("14", 10, 13, 24, 5, 1, 2, 1),
    };
    check_table(layers, sizeof layers / sizeof *layers);
}

/* --------------------------------------------------------------------------------------- real networks */

static const char *const conv_names[] = { "", ", direct", ", winograd" };

static void check_features(const struct net *net, int layer, const struct weights *weights,
                           enum conv_choice conv, const float *picture, const float *expected, size_t columns)
{
    for (int isa = 0; isa < N_ISAS; isa++) {
        const struct cpu_net_kernels *kernels = kernels_of(isas[isa]);
        if (!kernels) continue;
        struct cpu_net *cpu;
        assert_ok(cpu_net_open(&cpu, net, layer, weights, 1, conv, NULL, kernels));
        float *features = run_open(cpu, picture, 1, columns);
        const struct difference found = compare(features, expected, columns);
        printf("%s, %s%s: error %.1e of the largest value, 1 - cosine %.1e\n", net->name, isas[isa],
               conv_names[conv], found.error, found.cosine);
        assert_true(found.error <= tolerances[conv]);
        assert_true(found.cosine <= 1e-6);
        memory_free(features);
        cpu_net_close(&cpu);
    }
}

static void check_network(const struct net *net)
{
    struct shape shapes[NET_MAX_LAYERS];
    struct weights *weights;
    int layer;
    assert_ok(net_layer(net, NULL, &layer));
    assert_ok(weights_open(&weights, net, layer, "seeded:1"));
    net_shapes(net, shapes);
    const size_t columns = (size_t)shape_size(shapes[layer]);
    float *picture = random_floats((size_t)(3 * net->input_size * net->input_size), 2, 3);
    float *expected = run_reference(net, layer, weights, picture, 1, columns);
    check_features(net, layer, weights, CONV_WINOGRAD, picture, expected, columns);
    check_features(net, layer, weights, CONV_DIRECT, picture, expected, columns);
    memory_free(expected);
    memory_free(picture);
    weights_close(&weights);
}

static void test_networks(void **state)
{
    (void)state;
    const struct net *net;
    for (int i = 0; (net = net_number(i)); i++) check_network(net);
}

/* A layer that the last one does not need cannot come with it. */
static void test_taps_that_are_not_on_the_way_are_refused(void **state)
{
    (void)state;
    const struct layer layers[] = { CONV("0", LAYER_IMAGE, LAYER_NONE, 8, 3, 1, 1, 1),
                                    CONV("1", 0, LAYER_NONE, 16, 1, 1, 0, 1),
                                    CONV("2", 0, LAYER_NONE, 24, 3, 1, 1, 1) };
    const int taps[] = { 0, 1 };
    struct model model;
    struct cpu_net *cpu;
    model_init(&model, layers, 3, 7);
    assert_fails(cpu_net_open_tapped(&cpu, &model.net, 2, taps, 2, &model.weights, 1, CONV_AUTO, NULL,
                                     kernels_of("generic")),
                 ERR_INTERNAL, "layer 1 is not on the way to 2");
    model_release(&model);
}

/* The network with the most concatenations, and the one with residual branches. */
static void test_taps_of_networks(void **state)
{
    (void)state;
    static const struct net *const nets[] = { &net_squeezenet1_1, &net_resnet18 };
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        struct weights *weights;
        int layer;
        assert_ok(net_layer(nets[i], NULL, &layer));
        assert_ok(weights_open(&weights, nets[i], layer, "seeded:1"));
        check_taps(nets[i], layer, weights, CONV_AUTO, kernels_of(kernels_of("avx2") ? "avx2" : "generic"),
                   1);
        weights_close(&weights);
    }
}

int main(void)
{
    for (int isa = 0; isa < N_ISAS; isa++)
        if (!kernels_of(isas[isa])) printf("SKIPPED: %s: %s\n", isas[isa], status_sentence());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_that_do_not_fit_are_refused),
        cmocka_unit_test(test_missing_weights_are_named),
        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_convolutions_of_the_picture),
        cmocka_unit_test(test_linear_layers),
        cmocka_unit_test(test_poolings),
        cmocka_unit_test(test_residual_branches),
        cmocka_unit_test(test_concatenations),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_taps_that_are_not_on_the_way_are_refused),
        cmocka_unit_test(test_taps_of_networks),
    };
    return cmocka_run_group_tests_name("kernel.net", tests, NULL, NULL);
}
