/* Pooling and the layouts around a network, emulated, in float and half, against their definitions. */
#include "emulated.h"

#include "core/rng.h"
#include "half.h"
#include "layout.h"
#include "pooling.h"

static size_t number_bytes(enum number number)
{
    return number == NUMBER_HALF ? sizeof(uint16_t) : sizeof(float);
}

static float number_at(const void *numbers, size_t i, enum number number)
{
    return number == NUMBER_HALF ? float_of_half(((const uint16_t *)numbers)[i])
                                 : ((const float *)numbers)[i];
}

static void *filled(size_t n, size_t bytes)
{
    void *memory = calloc(n, bytes);
    assert_non_null(memory);
    return memory;
}

/* -2 … 2, as half holds it. */
static float *random_halves(size_t n, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, n);
    float *values = filled(n, sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = float_of_half(half_of_float((float)(4 * rng_uniform(&rng) - 2)));
    return values;
}

/* The same numbers in either kind, on the device. */
static void *device_numbers(const float *values, size_t n, enum number number)
{
    if (number == NUMBER_FLOAT) return device_of(values, n * sizeof *values);
    uint16_t *halves = filled(n, sizeof *halves);
    for (size_t i = 0; i < n; i++) halves[i] = half_of_float(values[i]);
    void *memory = device_of(halves, n * sizeof *halves);
    free(halves);
    return memory;
}

/* --------------------------------------------------------------------------------------------- pooling */

struct pooling_case {
    int is_mean, side, size, stride, pad, ceil_mode, channels;
};

static int windows(const struct pooling_case *p)
{
    const int room = p->side + 2 * p->pad - p->size;
    int n = room / p->stride + 1 + (p->ceil_mode && room % p->stride > 0);
    if ((n - 1) * p->stride >= p->side + p->pad)
        n--; /* torch: a window begins inside, or in the padding before */
    return n;
}

/* [n][channels][area] → [n][area][channels] */
static float *turned(const float *values, int n, int channels, int area)
{
    float *out = filled((size_t)n * channels * area, sizeof *out);
    for (int p = 0; p < n; p++)
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < area; i++)
                out[((size_t)p * area + i) * channels + c] = values[((size_t)p * channels + c) * area + i];
    return out;
}

/* The largest is one of the numbers. A mean's float sum is rounded up to 33² times, half's result once more. */
static void assert_pooled(const struct pooling_case *pooling, const void *out, const float *expected,
                          size_t n, enum number number)
{
    const double rounding = number == NUMBER_HALF ? 2.0 / 2048 : 1e-5;
    for (size_t i = 0; i < n; i++)
        assert_near((double)number_at(out, i, number), (double)expected[i], pooling->is_mean ? rounding : 0);
}

static void check_pooling(const struct pooling_case *pooling, enum number number)
{
    const int n = 2, channels = pooling->channels, side = pooling->side;
    const int out_side = pooling->is_mean ? pooling->size : windows(pooling);
    const size_t n_in = (size_t)n * channels * side * side,
                 n_out = (size_t)n * channels * out_side * out_side;
    float *in = random_halves(n_in, (uint64_t)side), *expected = filled(n_out, sizeof *expected);
    float *in_turned = turned(in, n, channels, side * side);
    const struct pooling_args ref = {
        in,           expected, n, channels, side, side, out_side, out_side, pooling->size, pooling->stride,
        pooling->pad,
    };
    (pooling->is_mean ? avgpool_ref : maxpool_ref)(&ref);
    float *expected_turned = turned(expected, n, channels, out_side * out_side);
    void *out = filled(n_out, number_bytes(number));
    const struct pooling_nhwc_args args = {
        .in = device_numbers(in_turned, n_in, number),
        .out = device_new(n_out * number_bytes(number)),
        .number = number,
        .n_patches = n,
        .channels = channels,
        .in_height = side,
        .in_width = side,
        .out_height = out_side,
        .out_width = out_side,
        .size = pooling->size,
        .stride = pooling->stride,
        .pad = pooling->pad,
    };
    if (pooling->is_mean)
        emu_run(avgpool, &args);
    else
        emu_run(maxpool, &args);
    device_take(out, args.out, n_out * number_bytes(number));
    emu_free((void *)(uintptr_t)args.in);
    assert_pooled(pooling, out, expected_turned, n_out, number);
    free(in);
    free(expected);
    free(in_turned);
    free(expected_turned);
    free(out);
}

static void check_maxpools_of(int side)
{
    static const int channels[] = { 8, 24, 3 };
    int i = 0;
    for (int size = 1; size <= 3; size++)
        for (int stride = 1; stride <= 3; stride++)
            for (int pad = 0; pad <= size / 2; pad++)
                for (int ceil_mode = 0; ceil_mode < 2 && side + 2 * pad >= size; ceil_mode++, i++)
                    check_pooling(
                        &(struct pooling_case){ 0, side, size, stride, pad, ceil_mode, channels[i % 3] },
                        i % 2 ? NUMBER_HALF : NUMBER_FLOAT);
}

static void check_poolings(void)
{
    static const int sides[] = { 1, 5, 6, 7, 31, 33 };
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        check_maxpools_of(sides[s]);
        for (int size = 1; size <= 6; size++) {
            check_pooling(
                &(struct pooling_case){ .is_mean = 1, .side = sides[s], .size = size, .channels = 40 },
                NUMBER_FLOAT);
            check_pooling(
                &(struct pooling_case){ .is_mean = 1, .side = sides[s], .size = size, .channels = 8 },
                NUMBER_HALF);
        }
    }
}

static void test_poolings(void **state)
{
    (void)state;
    in_every_order(check_poolings);
}

/* --------------------------------------------------------------------------------------------- layouts */

static void check_weights(int filters, int channels, int padded, int size, enum number number)
{
    const size_t n_in = (size_t)filters * channels * size * size;
    const size_t bytes = (size_t)filters * padded * size * size * number_bytes(number);
    float *in = random_halves(n_in, 1);
    char *expected = filled(bytes, 1), *found = filled(bytes, 1);
    struct layout_weights_args args = { in, expected, number, filters, channels, padded, size };
    layout_weights_ref(&args);
    args.in = device_of(in, n_in * sizeof *in);
    args.out = device_new(bytes);
    emu_run(layout_weights, &args);
    device_take(found, args.out, bytes);
    emu_free((void *)(uintptr_t)args.in);
    assert_memory_equal(found, expected, bytes);
    free(in);
    free(expected);
    free(found);
}

/* Into the middle of wider pixels, whose other channels stay. */
static void check_join(size_t n_pixels, int channels, int out_channels, int first, enum number number)
{
    const size_t n_in = n_pixels * channels, bytes = n_pixels * out_channels * number_bytes(number);
    float *values = random_halves(n_in, 2);
    char *in = filled(n_in, number_bytes(number)), *expected = filled(bytes, 1), *found = filled(bytes, 1);
    memset(expected, 0x11, bytes);
    struct layout_join_args args = { device_numbers(values, n_in, number),
                                     device_of(expected, bytes),
                                     number,
                                     n_pixels,
                                     channels,
                                     out_channels,
                                     first };
    emu_run(layout_join, &args);
    device_take(in, (void *)(uintptr_t)args.in, n_in * number_bytes(number));
    device_take(found, args.out, bytes);
    args.in = in;
    args.out = expected;
    layout_join_ref(&args);
    assert_memory_equal(found, expected, bytes);
    free(values);
    free(in);
    free(expected);
    free(found);
}

static void check_features(int n, int height, int width, int channels, enum number number)
{
    const size_t count = (size_t)n * height * width * channels, bytes = count * sizeof(float);
    float *values = random_halves(count, 3), *expected = filled(count, sizeof *expected);
    char *in = filled(count, number_bytes(number)), *found = filled(bytes, 1);
    struct layout_features_args args = {
        device_numbers(values, count, number), device_new(bytes), number, n, height, width, channels
    };
    emu_run(layout_features, &args);
    device_take(in, (void *)(uintptr_t)args.in, count * number_bytes(number));
    device_take(found, args.out, bytes);
    args.in = in;
    args.out = expected;
    layout_features_ref(&args);
    assert_memory_equal(found, expected, bytes);
    free(values);
    free(in);
    free(expected);
    free(found);
}

static void check_layouts(void)
{
    for (int i = 0; i < 2; i++) {
        const enum number number = i ? NUMBER_HALF : NUMBER_FLOAT;
        check_weights(1, 1, 1, 1, number);
        check_weights(5, 3, 8, 7, number);
        check_weights(16, 24, 24, 3, number);
        check_join(1, 1, 1, 0, number);
        check_join(131, 8, 40, 24, number);
        check_join(37, 24, 40, 0, number);
        check_features(1, 1, 1, 1, number);
        check_features(3, 1, 1, 100, number);
        check_features(2, 6, 5, 31, number);
    }
}

static void test_layouts(void **state)
{
    (void)state;
    in_every_order(check_layouts);
}

/* What the definitions are held to: numbers that can be followed by eye. */
static void test_definitions_of_layouts(void **state)
{
    (void)state;
    const float weights[] = { 1, 2, 3, 4, 5, 6, 7, 8 }; /* one filter of two channels, 2 × 2 */
    const float pixels[] = { 1, 2, 3, 4, 5, 6 };        /* 3 of 2 channels */
    const float padded[] = { 1, 5, 0, 2, 6, 0, 3, 7, 0, 4, 8, 0 }, turned_pixels[] = { 1, 3, 5, 2, 4, 6 };
    const float joined[] = { 0, 1, 2, 0, 3, 4, 0, 5, 6 };
    float out[12] = { 0 };
    layout_weights_ref(&(struct layout_weights_args){ weights, out, NUMBER_FLOAT, 1, 2, 3, 2 });
    assert_memory_equal(out, padded, sizeof padded);
    layout_features_ref(&(struct layout_features_args){ pixels, out, NUMBER_FLOAT, 1, 1, 3, 2 });
    assert_memory_equal(out, turned_pixels, sizeof turned_pixels);
    memset(out, 0, sizeof out);
    layout_join_ref(&(struct layout_join_args){ pixels, out, NUMBER_FLOAT, 3, 2, 3, 1 });
    assert_memory_equal(out, joined, sizeof joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poolings),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_definitions_of_layouts),
    };
    return cmocka_run_group_tests_name("emu.net", tests, NULL, NULL);
}
