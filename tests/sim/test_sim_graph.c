/* The simulated cuDNN, asked by cuda/graph.c as the real one is, against the definition of a convolution. */
#include "simulated.h"

#include "conv.h"
#include "core/rng.h"
#include "cuda/graph.h"
#include "half.h"

#include <cudnn_graph.h>

/* Sums in double on both sides, rounded once; half has 11 bits. */
static const double ROUNDED = 1e-6, HALF_ROUNDED = 1e-3;

static float *random_floats(size_t n, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 0);
    float *values = malloc(n * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++)
        values[i] = float_of_half(half_of_float((float)(2 * rng_uniform(&rng) - 1)));
    return values;
}

/* [n][channels][height][width] → [n][height][width][pitch], as halves where `element` is 2. */
static void *turned(const float *values, int n, int channels, int height, int width, int pitch,
                    size_t element)
{
    const size_t count = (size_t)n * height * width * pitch;
    char *out = calloc(count, element);
    assert_non_null(out);
    for (int p = 0; p < n; p++)
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < height * width; i++) {
                const float value = values[((size_t)p * channels + c) * height * width + i];
                const size_t at = ((size_t)p * height * width + i) * pitch + c;
                const uint16_t half = half_of_float(value);
                memcpy(out + at * element, element == 2 ? (const void *)&half : &value, element);
            }
    void *card = on_card_with(out, count * element);
    free(out);
    return card;
}

/* The definition's groups: each by itself. */
static void expect(const struct graph_conv *c, const float *x, const float *w, const float *b, const float *z,
                   float *y)
{
    const int in = c->in_channels / c->groups, out = c->out_channels / c->groups;
    const int in_pixels = c->in_height * c->in_width, out_pixels = c->out_height * c->out_width;
    for (int p = 0; p < c->n_patches; p++)
        for (int g = 0; g < c->groups; g++) {
            const size_t from = ((size_t)p * c->in_channels + g * in) * in_pixels;
            const size_t to = ((size_t)p * c->out_channels + g * out) * out_pixels;
            conv_ref(&(struct conv_args){ .in = x + from,
                                          .weight = w + (size_t)g * out * in * c->size * c->size,
                                          .bias = b + g * out,
                                          .residual = z ? z + to : NULL,
                                          .out = y + to,
                                          .n_patches = 1,
                                          .in_channels = in,
                                          .in_height = c->in_height,
                                          .in_width = c->in_width,
                                          .out_channels = out,
                                          .out_height = c->out_height,
                                          .out_width = c->out_width,
                                          .size = c->size,
                                          .stride = c->stride,
                                          .pad = c->pad,
                                          .relu = c->relu });
        }
}

/* y as the host has it, and what stands beside its channels must be as it was: zeros. */
static void check_result(const struct graph_conv *c, const void *card, const float *expected)
{
    const size_t element = graph_element(c->precision),
                 pixels = (size_t)c->n_patches * c->out_height * c->out_width;
    char *out = malloc(pixels * c->out_pitch * element);
    assert_non_null(out);
    assert_cuda(cudaMemcpy(out, card, pixels * c->out_pitch * element, cudaMemcpyDeviceToHost));
    const size_t area = (size_t)c->out_height * c->out_width;
    for (size_t i = 0; i < pixels; i++)
        for (int k = 0; k < c->out_pitch; k++) {
            float value;
            uint16_t half;
            memcpy(element == 2 ? (void *)&half : &value, out + (i * c->out_pitch + k) * element, element);
            if (element == 2) value = float_of_half(half);
            const float right =
                k < c->out_channels ? expected[((i / area) * c->out_channels + k) * area + i % area] : 0;
            assert_near((double)value, (double)right, (element == 2 ? HALF_ROUNDED : ROUNDED) * 10);
        }
    free(out);
}

struct tensors {
    float *x, *w, *b, *z, *y; /* the host's, channel-major */
    struct graph_operands card;
    void *workspace;
};

static void tensors_open(struct tensors *t, const struct graph_conv *c)
{
    const size_t in = (size_t)c->n_patches * c->in_channels * c->in_height * c->in_width,
                 out = (size_t)c->n_patches * c->out_channels * c->out_height * c->out_width,
                 element = graph_element(c->precision);
    const int depth = c->in_channels / c->groups;
    *t = (struct tensors){ .x = random_floats(in, 1),
                           .w = random_floats((size_t)c->out_channels * depth * c->size * c->size, 2),
                           .b = random_floats((size_t)c->out_channels, 3),
                           .z = c->residual ? random_floats(out, 4) : NULL,
                           .y = calloc(out, sizeof *t->y),
                           .workspace = on_card(1 << 20) };
    t->card.x = turned(t->x, c->n_patches, c->in_channels, c->in_height, c->in_width, c->in_pitch, element);
    t->card.w = turned(t->w, c->out_channels, depth, c->size, c->size, depth, element);
    t->card.b = turned(t->b, 1, c->out_channels, 1, 1, c->out_channels, element);
    if (t->z)
        t->card.z = turned(t->z, c->n_patches, c->out_channels, c->out_height, c->out_width, c->out_channels,
                           element);
    t->card.y =
        turned(t->y, c->n_patches, c->out_channels, c->out_height, c->out_width, c->out_pitch, element);
    t->card.workspace = t->workspace;
    expect(c, t->x, t->w, t->b, t->z, t->y);
}

static void tensors_close(struct tensors *t)
{
    const void *const cards[] = { t->card.x, t->card.w, t->card.b, t->card.z, t->card.y, t->workspace };
    float *const hosts[] = { t->x, t->w, t->b, t->z, t->y };
    for (int i = 0; i < 6; i++) cudaFree((void *)(uintptr_t)cards[i]);
    for (int i = 0; i < 5; i++) free(hosts[i]);
}

static void run_graph(const struct graph_conv *c, const struct graph_operands *operands, cudnnHandle_t handle)
{
    struct graph_device *device;
    struct graph *graph;
    struct graph_call *call;
    assert_ok(graph_device_open(&device, handle, NULL));
    assert_ok(graph_open(&graph, device, c, 1 << 20));
    assert_int_equal(graph_report(graph)->notes & graph_forbidden(c->precision), 0);
    assert_ok(graph_call_open(&call, graph, operands));
    assert_ok(graph_call_run(call));
    assert_cuda(cudaDeviceSynchronize());
    graph_call_close(&call);
    graph_close(&graph);
    graph_device_close(&device);
}

static void test_graphs(void **state)
{
    (void)state;
    static const struct graph_conv cases[] = {
        /* precision, patches, in c h w, out c h w, size stride pad, groups, pitches, residual, relu */
        { GRAPH_FP32, 2, 8, 9, 9, 16, 5, 5, 3, 2, 1, 1, 8, 16, 0, 1 },
        { GRAPH_FP32, 1, 16, 5, 4, 8, 5, 4, 1, 1, 0, 1, 16, 24, 0, 0 },
        { GRAPH_FP32, 3, 16, 6, 6, 32, 6, 6, 5, 1, 2, 2, 24, 32, 1, 1 },
        { GRAPH_FP16, 2, 8, 7, 7, 8, 4, 4, 3, 2, 1, 1, 8, 8, 1, 1 },
        { GRAPH_TF32, 1, 8, 6, 6, 8, 1, 1, 6, 1, 0, 1, 8, 8, 0, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tensors t;
        cudnnHandle_t handle;
        sim_begin(SIM_LATE, 0);
        assert_int_equal(cudnnCreate(&handle), CUDNN_STATUS_SUCCESS);
        tensors_open(&t, &cases[i]);
        run_graph(&cases[i], &t.card, handle);
        check_result(&cases[i], t.card.y, t.y);
        assert_int_equal(sim_counts.graphs, 1);
        assert_no_fault();
        tensors_close(&t);
        cudnnDestroy(handle);
        sim_end();
    }
}

static const struct graph_conv small = { GRAPH_FP32, 1, 8, 4, 4, 8, 4, 4, 3, 1, 1, 1, 8, 8, 0, 1 };

static void test_wrong_graphs(void **state)
{
    (void)state;
    struct graph_device *device;
    struct graph *graph;
    cudnnHandle_t handle;
    sim_begin(SIM_LATE, 0);
    assert_int_equal(cudnnCreate(&handle), CUDNN_STATUS_SUCCESS);
    assert_ok(graph_device_open(&device, handle, NULL));
    struct graph_conv wrong = small;
    wrong.out_width = 5;
    assert_fails(graph_open(&graph, device, &wrong, 1 << 20), ERR_DEVICE,
                 "y has 5, a convolution of these sizes gives 4");
    wrong = small;
    wrong.in_channels = wrong.in_pitch = 12, wrong.groups = 8; /* filters of one channel */
    assert_fails(graph_open(&graph, device, &wrong, 1 << 20), ERR_DEVICE,
                 "channels of y are no multiple of the groups");
    assert_fails(graph_open(&graph, device, &small, 100), ERR_DEVICE,
                 "wants 4096 bytes of workspace, there are 100");
    graph_device_close(&device);
    cudnnDestroy(handle);
    sim_end();
}

/* Every plan in turn is refused: another is taken, or the sentence says that there is none. */
static void test_refused_plans(void **state)
{
    (void)state;
    for (int precision = GRAPH_FP32; precision <= GRAPH_FP16; precision += GRAPH_FP16) {
        struct graph_device *device;
        struct graph *graph;
        cudnnHandle_t handle;
        struct graph_conv conv = small;
        conv.precision = (enum graph_precision)precision;
        sim_begin(SIM_LATE, 0);
        sim_options.fail_call = "cudnnBackendFinalize";
        sim_options.fail_at = 1;
        assert_int_equal(cudnnCreate(&handle), CUDNN_STATUS_SUCCESS);
        assert_ok(graph_device_open(&device, handle, NULL));
        assert_ok(graph_open(&graph, device, &conv, 1 << 20));
        assert_int_equal(graph_report(graph)->refused, 1);
        graph_close(&graph);
        graph_device_close(&device);
        cudnnDestroy(handle);
        sim_end();
    }
}

/* Slightly wrong operands of a right graph. */
static void test_wrong_operands(void **state)
{
    (void)state;
    static const char *const words[] = { "cuDNN, tensor: 512 bytes", "is not aligned as its descriptor says",
                                         "what is written overlaps tensor" };
    for (int mistake = 0; mistake < 3; mistake++) {
        struct tensors t;
        cudnnHandle_t handle;
        sim_begin(SIM_LATE, 0);
        assert_int_equal(cudnnCreate(&handle), CUDNN_STATUS_SUCCESS);
        tensors_open(&t, &small);
        struct graph_operands wrong = t.card;
        if (mistake == 0) wrong.x = t.card.b;
        if (mistake == 1) wrong.b = (const char *)t.workspace + 8;
        if (mistake == 2) wrong.y = (void *)(uintptr_t)t.card.x;
        run_graph(&small, &wrong, handle);
        assert_fault(words[mistake]);
        tensors_close(&t);
        cudnnDestroy(handle);
        sim_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphs),
        cmocka_unit_test(test_wrong_graphs),
        cmocka_unit_test(test_refused_plans),
        cmocka_unit_test(test_wrong_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
