/* The table of graphs of each network: whoever reads a tensor finds there what the network's table says. */
#include "test.h"

#include "cuda/graph_net.h"

enum { BATCH = 18 };

static struct graph_net plan(const struct net *net, int layer, enum graph_precision precision)
{
    struct graph_net table;
    assert_ok(graph_net_plan(&table, net, layer, BATCH, precision));
    return table;
}

/* What lies in the memory while the steps run: for each eight channels of a slot the layer that wrote them
 * and which of its own eights they are. */
struct memory {
    int layer[NET_MAX_LAYERS][512], eight[NET_MAX_LAYERS][512];
};

static void write_place(struct memory *memory, const struct graph_place *place, int layer, int first)
{
    for (int i = 0; i < place->shape.channels / 8; i++) {
        memory->layer[place->slot][place->channel / 8 + i] = layer;
        memory->eight[place->slot][place->channel / 8 + i] = first + i;
    }
}

/* A tensor that is written whole takes the place of everything that was in its slot. */
static void write_step(struct memory *memory, const struct graph_net *table, const struct graph_step *step)
{
    if (step->out.shape.channels == step->out.pitch)
        memset(memory->layer[step->out.slot], -1, sizeof memory->layer[0]);
    assert_true((size_t)step->out.pitch * (size_t)(step->out.shape.height * step->out.shape.width) * BATCH *
                    graph_element(table->precision) <=
                table->slots[step->out.slot]);
    write_place(memory, &step->out, step->layer, 0);
}

static void expect(const struct memory *memory, const struct net *net, int layer,
                   const struct graph_place *place, int offset)
{
    struct shape shapes[NET_MAX_LAYERS];
    if (layer == LAYER_IMAGE) {
        assert_int_equal(place->slot, GRAPH_SLOT_IMAGE);
        return;
    }
    net_shapes(net, shapes);
    if (net->layers[layer].op == OP_CONCAT) {
        expect(memory, net, net->layers[layer].from, place, offset);
        expect(memory, net, net->layers[layer].with, place,
               offset + shapes[net->layers[layer].from].channels / 8);
        return;
    }
    for (int i = 0; i < shapes[layer].channels / 8; i++) {
        assert_int_equal(memory->layer[place->slot][place->channel / 8 + offset + i], layer);
        assert_int_equal(memory->eight[place->slot][place->channel / 8 + offset + i], i);
    }
}

static void follow(const struct net *net, int layer)
{
    static struct memory memory;
    const struct graph_net table = plan(net, layer, GRAPH_FP16);
    memset(&memory, -1, sizeof memory);
    for (int i = 0; i < table.n_steps; i++) {
        const struct graph_step *step = &table.steps[i];
        const struct layer *row = &net->layers[step->layer];
        expect(&memory, net, row->from, &step->in, 0);
        if (row->with != LAYER_NONE) expect(&memory, net, row->with, &step->with, 0);
        assert_true(step->out.slot != step->in.slot);
        assert_true(step->out.slot != step->with.slot);
        write_step(&memory, &table, step);
    }
    expect(&memory, net, layer, &table.features, 0);
}

static void every_layer_finds_its_input(void **state)
{
    const struct net *net;
    (void)state;
    for (int n = 0; (net = net_number(n)); n++)
        for (int layer = 0; layer < net->n_layers; layer++) follow(net, layer);
}

static void graphs_have_the_table_s_shapes(void **state)
{
    const struct graph_net table = plan(&net_resnet18, net_resnet18.n_layers - 1, GRAPH_FP32);
    const struct graph_conv *stem = &table.convs[table.steps[0].conv];
    (void)state;
    assert_int_equal(stem->in_channels, GRAPH_IMAGE_CHANNELS);
    assert_int_equal(stem->in_height, 224);
    assert_int_equal(stem->out_height, 112);
    assert_int_equal(stem->out_channels, 64);
    assert_int_equal(stem->size, 7);
    assert_int_equal(stem->residual, 0);
    assert_int_equal(table.image, (size_t)BATCH * 224 * 224 * 8 * sizeof(float));
    assert_int_equal(table.steps[1].op, OP_MAXPOOL);
    assert_int_equal(table.steps[1].conv, -1);
    assert_int_equal(table.convs[table.steps[3].conv].residual, 1);
    assert_int_equal(table.steps[3].with.slot, table.steps[2].in.slot);
    assert_int_equal(table.features.shape.channels, 512);
}

static void layers_of_one_shape_share_a_graph(void **state)
{
    const struct graph_net small = plan(&net_resnet18, net_resnet18.n_layers - 1, GRAPH_FP16);
    const struct graph_net large = plan(&net_resnet34, net_resnet34.n_layers - 1, GRAPH_FP16);
    (void)state;
    assert_int_equal(small.n_convs, large.n_convs); /* more blocks, the same shapes */
    assert_int_equal(small.n_steps, net_resnet18.n_layers);
    assert_true(small.n_slots < 5);
}

static void halves_are_slices_of_one_tensor(void **state)
{
    const struct graph_net table = plan(&net_squeezenet1_0, 5, GRAPH_FP16);
    const struct graph_step *one = &table.steps[3], *three = &table.steps[4];
    (void)state;
    assert_int_equal(table.n_steps, 5); /* stem, pool, squeeze, two expand; no concatenation */
    assert_int_equal(one->out.slot, three->out.slot);
    assert_int_equal(one->out.channel, 0);
    assert_int_equal(three->out.channel, 64);
    assert_int_equal(table.convs[one->conv].out_pitch, 128);
    assert_int_equal(table.convs[three->conv].out_pitch, 128);
    assert_int_equal(table.features.pitch, 128);
    assert_int_equal(table.features.shape.channels, 128);
}

static void linear_layers_are_windows(void **state)
{
    const struct graph_net table = plan(&net_alexnet, net_alexnet.n_layers - 1, GRAPH_TF32);
    const struct graph_step *linear = &table.steps[8];
    const struct graph_conv *conv = &table.convs[linear->conv];
    (void)state;
    assert_int_equal(linear->op, OP_LINEAR);
    assert_int_equal(linear->in.shape.channels, 256);
    assert_int_equal(linear->in.shape.height, 6);
    assert_int_equal(conv->size, 1);
    assert_int_equal(conv->in_height, 1);
    assert_int_equal(conv->in_channels, 6 * 6 * 256);
    assert_int_equal(conv->in_pitch, 6 * 6 * 256);
    assert_int_equal(conv->out_height, 1);
    assert_int_equal(conv->out_channels, 4096);
}

/* Only what the layer needs. */
static void branches_that_nobody_asked_for_do_not_run(void **state)
{
    const struct graph_net table = plan(&net_squeezenet1_1, 4, GRAPH_FP16); /* the first expand3x3 */
    (void)state;
    assert_int_equal(table.n_steps, 4);
    assert_int_equal(table.features.pitch, 64);
}

static const struct layer odd_rows[] = {
    { .name = "a",
      .op = OP_CONV,
      .from = LAYER_IMAGE,
      .with = LAYER_NONE,
      .channels = 12,
      .size = 1,
      .stride = 1 },
};
static const struct layer twice_rows[] = {
    { .name = "a",
      .op = OP_CONV,
      .from = LAYER_IMAGE,
      .with = LAYER_NONE,
      .channels = 8,
      .size = 1,
      .stride = 1 },
    { .name = "b", .op = OP_CONCAT, .from = 0, .with = 0 },
};
static const struct layer large_rows[] = {
    { .name = "a",
      .op = OP_CONV,
      .from = LAYER_IMAGE,
      .with = LAYER_NONE,
      .channels = 8,
      .size = 1,
      .stride = 2 },
    { .name = "b", .op = OP_CONV, .from = LAYER_IMAGE, .with = 0, .channels = 8, .size = 1, .stride = 1 },
};

static void what_cudnn_does_not_do_is_refused(void **state)
{
    const struct net odd = { .name = "odd", .input_size = 8, .layers = odd_rows, .n_layers = 1 };
    const struct net twice = { .name = "twice", .input_size = 8, .layers = twice_rows, .n_layers = 2 };
    const struct net large = { .name = "large", .input_size = 8, .layers = large_rows, .n_layers = 2 };
    struct graph_net table;
    (void)state;
    assert_fails(graph_net_plan(&table, &odd, 0, 1, GRAPH_FP16), ERR_INTERNAL,
                 "12 channels found, a multiple of 8");
    assert_fails(graph_net_plan(&table, &twice, 1, 1, GRAPH_FP16), ERR_INTERNAL,
                 "a half that cannot be written");
    assert_fails(graph_net_plan(&table, &large, 1, 1, GRAPH_FP16), ERR_INTERNAL,
                 "8×4×4 found to be joined to 8×8×8");
}

static void fp32_forbids_what_the_others_allow(void **state)
{
    (void)state;
    assert_true(graph_forbidden(GRAPH_FP32) & GRAPH_TENSOR_CORE);
    assert_false(graph_forbidden(GRAPH_TF32) & GRAPH_TENSOR_CORE);
    assert_false(graph_forbidden(GRAPH_FP16) & GRAPH_TENSOR_CORE);
    for (int p = 0; p < GRAPH_PRECISIONS; p++) {
        assert_true(graph_forbidden((enum graph_precision)p) & GRAPH_REDUCED_PRECISION_REDUCTION);
        assert_true(graph_forbidden((enum graph_precision)p) & GRAPH_NONDETERMINISTIC);
        assert_true(graph_forbidden((enum graph_precision)p) & GRAPH_WINOGRAD);
        assert_false(graph_forbidden((enum graph_precision)p) & GRAPH_STRICT_NAN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cudnn_does_not_do_is_refused),
        cmocka_unit_test(every_layer_finds_its_input),
        cmocka_unit_test(graphs_have_the_table_s_shapes),
        cmocka_unit_test(layers_of_one_shape_share_a_graph),
        cmocka_unit_test(halves_are_slices_of_one_tensor),
        cmocka_unit_test(linear_layers_are_windows),
        cmocka_unit_test(branches_that_nobody_asked_for_do_not_run),
        cmocka_unit_test(fp32_forbids_what_the_others_allow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
