/* The tables against torchvision's modules, as tests/golden/net_shapes.txt has them. */
#include "test.h"

#include "nets/net.h"

static void unknown_names_are_refused(void **state)
{
    const struct net *net = NULL;
    int layer;
    (void)state;
    assert_null(net_find("resnet19"));
    assert_null(net_find(""));
    assert_null(net_number(-1));
    assert_fails(net_require("resnet19", &net), ERR_USAGE,
                 "unknown network resnet19; the nearest one is resnet18");
    assert_null(net);
    assert_fails(net_require("x", &net), ERR_USAGE, "there are alexnet, resnet18, resnet34, squeezenet1_0");
    assert_fails(net_layer(&net_resnet18, "layer1.2", &layer), ERR_USAGE,
                 "resnet18 has no layer layer1.2; the nearest one is layer1.");
    assert_fails(net_layer(&net_resnet18, "fc", &layer), ERR_USAGE, "earshot layers resnet18");
    assert_fails(net_layer(&net_alexnet, "classifier", &layer), ERR_USAGE, "alexnet has no layer classifier");
    assert_fails(net_layer(&net_alexnet, "", &layer), ERR_USAGE, "alexnet has no layer");
}

static void every_name_is_found(void **state)
{
    const struct net *net;
    int found;
    (void)state;
    for (int n = 0; (net = net_number(n)); n++) {
        const struct net *same = NULL;
        assert_ok(net_require(net->name, &same));
        assert_ptr_equal(same, net);
        assert_true(net->n_layers <= NET_MAX_LAYERS);
        for (int i = 0; i < net->n_layers; i++) { /* an equal name before it would be found instead */
            assert_non_null(net->layers[i].name);
            assert_ok(net_layer(net, net->layers[i].name, &found));
            assert_int_equal(found, i);
        }
    }
}

static void containers_are_their_last_layer(void **state)
{
    static const struct {
        const struct net *net;
        const char *container, *layer;
    } cases[] = {
        { &net_resnet18, "layer1", "layer1.1" },           { &net_resnet34, "layer3", "layer3.5" },
        { &net_alexnet, "features", "features.12" },       { &net_squeezenet1_0, "features", "features.12" },
        { &net_squeezenet1_1, "features", "features.12" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int layer;
        assert_ok(net_layer(cases[i].net, cases[i].container, &layer));
        assert_string_equal(cases[i].net->layers[layer].name, cases[i].layer);
    }
}

static void default_features_have_the_papers_size(void **state)
{
    static const struct {
        const struct net *net;
        int columns;
    } cases[] = {
        { &net_alexnet, 4096 },       { &net_resnet18, 512 },       { &net_resnet34, 512 },
        { &net_squeezenet1_0, 2048 }, { &net_squeezenet1_1, 2048 },
    };
    struct shape shapes[NET_MAX_LAYERS];
    int layer;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(net_layer(cases[i].net, NULL, &layer));
        assert_int_equal(layer, cases[i].net->n_layers - 1);
        net_shapes(cases[i].net, shapes);
        assert_int_equal(shape_size(shapes[layer]), cases[i].columns);
    }
}

/* One layer read before it is made would be a slip in the table's places. */
static void layers_read_what_stands_before_them(void **state)
{
    const struct net *net;
    (void)state;
    for (int n = 0; (net = net_number(n)); n++)
        for (int i = 0; i < net->n_layers; i++) {
            const struct layer *layer = &net->layers[i];
            assert_true(layer->from < i && layer->with < i);
            assert_int_equal(layer->from == LAYER_IMAGE, i == 0);
            assert_int_equal(layer->tensor != NULL, layer->op == OP_CONV || layer->op == OP_LINEAR);
            assert_int_equal(layer->branch_end, layer->op == OP_CONV && layer->with != LAYER_NONE);
        }
}

static double total_work(const struct net *net, const struct shape *shapes)
{
    double work = 0;
    for (int i = 0; i < net->n_layers; i++) work += net_work(net, shapes, i);
    return work;
}

static void layers_have_torchvisions_shapes(void **state)
{
    char network[32] = "", module[64], rest[64];
    struct shape shapes[NET_MAX_LAYERS], expected;
    const struct net *net = NULL;
    int n_networks = 0, i = 0;
    FILE *file = fopen(TEST_SOURCE "/tests/golden/net_shapes.txt", "r");
    (void)state;
    assert_non_null(file);
    while (fscanf(file, "%31s %63s %63[^\n]", network, module, rest) == 3) {
        assert_ok(net_require(network, &net));
        net_shapes(net, shapes);
        if (strcmp(module, "multiply-adds") == 0) {
            assert_near(total_work(net, shapes), strtod(rest, NULL), 0);
            n_networks++;
            i = 0;
            continue;
        }
        assert_int_equal(sscanf(rest, "%d %d %d", &expected.channels, &expected.height, &expected.width), 3);
        assert_string_equal(net->layers[i].name, module);
        assert_memory_equal(&shapes[i], &expected, sizeof expected);
        i++;
    }
    fclose(file);
    assert_int_equal(n_networks, 5);
}

static void only_what_a_layer_reads_is_needed(void **state)
{
    int needed[NET_MAX_LAYERS], layer, count = 0;
    (void)state;
    assert_ok(net_layer(&net_squeezenet1_1, "features.3.expand3x3", &layer));
    net_needed(&net_squeezenet1_1, layer, needed);
    for (int i = 0; i < NET_MAX_LAYERS; i++) count += needed[i];
    assert_int_equal(count, 4); /* features.1, features.2, squeeze, itself; not expand1x1 */
    assert_false(needed[layer - 1]);
    net_needed(&net_resnet34, net_resnet34.n_layers - 1, needed);
    for (int i = 0; i < NET_MAX_LAYERS; i++) assert_int_equal(needed[i], i < net_resnet34.n_layers);
}

/* torchvision's number of parameters, less its classifier's: the weights, and two numbers a channel, batch
 * norm's weight and bias. */
static void weights_are_counted(void **state)
{
    struct shape shapes[NET_MAX_LAYERS];
    size_t count = 0, channels = 0;
    (void)state;
    net_shapes(&net_resnet18, shapes);
    for (int i = 0; i < net_resnet18.n_layers; i++) {
        count += net_weight_count(&net_resnet18, shapes, i);
        channels += (size_t)net_resnet18.layers[i].channels;
    }
    assert_int_equal(count + 2 * channels, 11689512 - 513 * 1000);
}

static void ops_have_names(void **state)
{
    (void)state;
    assert_string_equal(net_op_name(OP_CONV), "conv");
    assert_string_equal(net_op_name(OP_CONCAT), "concat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(containers_are_their_last_layer),
        cmocka_unit_test(default_features_have_the_papers_size),
        cmocka_unit_test(layers_read_what_stands_before_them),
        cmocka_unit_test(layers_have_torchvisions_shapes),
        cmocka_unit_test(only_what_a_layer_reads_is_needed),
        cmocka_unit_test(weights_are_counted),
        cmocka_unit_test(ops_have_names),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
