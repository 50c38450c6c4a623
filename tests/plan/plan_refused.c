/* What the real cuDNN refuses without a device, so that a plan that is accepted means something, and what
 * our own rules rule out. Every refusal stands between two graphs that are accepted. */
#include "test.h"

#include "cuda/graph_internal.h"
#include "plan_cards.h"

static const size_t plenty = (size_t)1 << 30;

/* A block's second convolution in ResNet's first stage. */
static const struct graph_conv good = { .precision = GRAPH_FP16,
                                        .n_patches = 18,
                                        .in_channels = 64,
                                        .in_height = 56,
                                        .in_width = 56,
                                        .out_channels = 64,
                                        .out_height = 56,
                                        .out_width = 56,
                                        .size = 3,
                                        .stride = 1,
                                        .pad = 1,
                                        .groups = 1,
                                        .in_pitch = 64,
                                        .out_pitch = 64,
                                        .residual = 1,
                                        .relu = 1 };

static struct graph_device *open_card(const char *name)
{
    struct graph_device *device;
    char json[1024];
    plan_card_json(plan_card_find(name), json, sizeof json);
    assert_ok(graph_device_open(&device, NULL, json));
    return device;
}

static struct graph_report report_of(const struct graph_device *device, const struct graph_conv *conv,
                                     size_t most)
{
    struct graph *graph;
    assert_ok(graph_open(&graph, device, conv, most));
    const struct graph_report report = *graph_report(graph);
    graph_close(&graph);
    return report;
}

static void is_refused(const struct graph_conv *conv, const char *words)
{
    struct graph_device *device = open_card("a100");
    struct graph *graph;
    report_of(device, &good, plenty);
    assert_fails(graph_open(&graph, device, conv, plenty), ERR_DEVICE, words);
    assert_null(graph);
    report_of(device, &good, plenty);
    graph_device_close(&device);
}

static void groups_that_do_not_divide_the_channels(void **state)
{
    struct graph_conv conv = good;
    (void)state;
    conv.groups = 3;
    is_refused(&conv, "CUDNN_STATUS_BAD_PARAM");
}

static void a_picture_that_is_not_what_comes_out(void **state)
{
    struct graph_conv conv = good;
    (void)state;
    conv.out_height = 55;
    is_refused(&conv, "CUDNN_STATUS_BAD_PARAM");
}

static void a_residual_beside_a_slice(void **state)
{
    struct graph_conv conv = good;
    (void)state;
    conv.out_pitch = 128;
    is_refused(&conv, "cuDNN");
}

/* y = relu((x * w + b) + z): what the header of graph.h warns of. */
static enum status add_bias_first(struct graph *graph, const struct graph_conv *conv)
{
    const struct graph_tensor whole = { UID_X, conv->n_patches, 64, 56, 56, 64 },
                              window = { UID_W, 64, 64, 3, 3, 64 }, bias = { UID_B, 1, 64, 1, 1, 64 };
    struct graph_tensor tensor = whole;
    graph_descriptor x, w, b, z, y, sums[3];
    TRY(graph_add_tensor(graph, &whole, &x));
    TRY(graph_add_tensor(graph, &window, &w));
    TRY(graph_add_tensor(graph, &bias, &b));
    tensor.uid = UID_Z;
    TRY(graph_add_tensor(graph, &tensor, &z));
    tensor.uid = UID_Y;
    TRY(graph_add_tensor(graph, &tensor, &y));
    for (int i = 0; i < 3; i++) {
        tensor.uid = UID_VIRTUAL + i;
        TRY(graph_add_tensor(graph, &tensor, &sums[i]));
    }
    TRY(graph_add_convolution(graph, conv, x, w, sums[0]));
    TRY(graph_add_pointwise(graph, CUDNN_POINTWISE_ADD, sums[0], b, sums[1]));
    TRY(graph_add_pointwise(graph, CUDNN_POINTWISE_ADD, sums[1], z, sums[2]));
    return graph_add_pointwise(graph, CUDNN_POINTWISE_RELU_FWD, sums[2], NULL, y);
}

static void the_bias_before_the_residual(void **state)
{
    struct graph_device *device = open_card("a100");
    struct graph *graph;
    (void)state;
    assert_ok(graph_new(&graph, device, GRAPH_FP16, plenty));
    assert_ok(add_bias_first(graph, &good));
    assert_fails(graph_choose(graph), ERR_DEVICE, "no engine at fp16");
    graph_close(&graph);
    graph_device_close(&device);
}

static void a_card_that_is_no_card(void **state)
{
    struct graph_device *device;
    (void)state;
    assert_fails(graph_device_open(&device, NULL, "{\"deviceVer\":"), ERR_DEVICE, "cuDNN");
    assert_null(device);
}

/* The same graph: TF32 for those who ask for it, float for the others although it is not proposed first. */
static void strictness_costs_engines(void **state)
{
    struct graph_device *device = open_card("a100");
    struct graph_conv conv = good;
    (void)state;
    conv.precision = GRAPH_TF32;
    assert_true(report_of(device, &conv, plenty).notes & GRAPH_TENSOR_CORE);
    conv.precision = GRAPH_FP32;
    const struct graph_report strict = report_of(device, &conv, plenty);
    assert_false(strict.notes & GRAPH_TENSOR_CORE);
    assert_true(strict.forbidden > 0);
    graph_device_close(&device);
}

static void a_workspace_has_a_limit(void **state)
{
    struct graph_device *device = open_card("a100");
    struct graph_conv conv = good;
    (void)state;
    conv.precision = GRAPH_TF32;
    assert_true(report_of(device, &conv, plenty).workspace > 0);
    const struct graph_report bare = report_of(device, &conv, 0);
    assert_int_equal(bare.workspace, 0);
    assert_true(bare.refused > 0);
    graph_device_close(&device);
}

static void calls_need_their_operands_and_a_card(void **state)
{
    static char memory[64];
    struct graph_operands operands = { memory, memory, memory, NULL, memory, memory };
    struct graph_device *device = open_card("a100");
    struct graph_call *call;
    struct graph *graph;
    (void)state;
    assert_ok(graph_open(&graph, device, &good, plenty));
    assert_fails(graph_call_open(&call, graph, &operands), ERR_INTERNAL,
                 "a residual is missing, the graph has one");
    assert_null(call);
    operands.z = memory;
    assert_ok(graph_call_open(&call, graph, &operands));
    assert_fails(graph_call_run(call), ERR_INTERNAL, "only described");
    graph_call_close(&call);
    graph_close(&graph);
    graph_device_close(&device);
    graph_call_close(&call); /* NULL is fine */
    graph_close(&graph);
    graph_device_close(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_that_do_not_divide_the_channels),
        cmocka_unit_test(a_picture_that_is_not_what_comes_out),
        cmocka_unit_test(a_residual_beside_a_slice),
        cmocka_unit_test(the_bias_before_the_residual),
        cmocka_unit_test(a_card_that_is_no_card),
        cmocka_unit_test(strictness_costs_engines),
        cmocka_unit_test(a_workspace_has_a_limit),
        cmocka_unit_test(calls_need_their_operands_and_a_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
