/* The emulator itself, and half precision as kernels store it. */
#include "emulated.h"
#include "half.h"
#include "probe.h"

/* ----------------------------------------------------------------------------------- what devices refuse */

static const struct probe_atomics_args nothing;

static void refuses(struct kernel_shape shape, const char *words)
{
    const uint64_t launches = emu_counts.launches;
    const char *reason = emu_launch(emu_find((const void *)probe_atomics_kernel), &nothing, shape);
    assert_non_null(reason);
    if (!strstr(reason, words)) fail_msg("\"%s\" does not say \"%s\"", reason, words);
    assert_int_equal(emu_counts.launches, launches);
}

static void test_launches_that_a_device_refuses(void **state)
{
    (void)state;
    refuses((struct kernel_shape){ { 0, 1, 1 }, { 1, 1, 1 }, 0 }, "an empty grid");
    refuses((struct kernel_shape){ { 1, 1, 1 }, { 1, 0, 1 }, 0 }, "an empty grid or block");
    refuses((struct kernel_shape){ { 0x80000000U, 1, 1 }, { 1, 1, 1 }, 0 }, "more blocks in one direction");
    refuses((struct kernel_shape){ { 1, 65536, 1 }, { 1, 1, 1 }, 0 }, "more blocks in one direction");
    refuses((struct kernel_shape){ { 1, 1, 65536 }, { 1, 1, 1 }, 0 }, "more blocks in one direction");
    refuses((struct kernel_shape){ { 1, 1, 1 }, { 1025, 1, 1 }, 0 }, "more threads in one direction");
    refuses((struct kernel_shape){ { 1, 1, 1 }, { 1, 1, 65 }, 0 }, "more threads in one direction");
    refuses((struct kernel_shape){ { 1, 1, 1 }, { 32, 33, 1 }, 0 }, "more than 1024 threads");
    refuses((struct kernel_shape){ { 1, 1, 1 }, { 1, 1, 1 }, 48 * 1024 + 1 }, "more than 48 KiB");
    assert_null(emu_find(&nothing));
}

/* ---------------------------------------------------------------------------------------- threads, lanes */

static void check_places(void)
{
    enum { BLOCKS = 2 * 3 * 4, THREADS = 5 * 6 * 7 };
    static int out[BLOCKS * THREADS];
    memset(out, 0, sizeof out);
    const struct probe_places_args args = { device_of(out, sizeof out) };
    emu_run(probe_places, &args);
    device_take(out, args.out, sizeof out);
    for (int i = 0; i < BLOCKS * THREADS; i++) {
        const int block = i / THREADS, thread = i % THREADS;
        const int of_block = (block / 6 * 10 + block / 2 % 3) * 10 + block % 2;
        const int of_thread = (thread / 30 * 10 + thread / 5 % 6) * 10 + thread % 5;
        assert_int_equal(out[i], of_block * 1000 + of_thread);
    }
}

static void test_every_thread_runs_once(void **state)
{
    (void)state;
    in_every_order(check_places);
}

static void check_lanes(void)
{
    float in[32], across[32], down[32], from[32];
    int ballot[32];
    double twice[32];
    for (int i = 0; i < 32; i++) in[i] = (float)(i * i % 23);
    const struct probe_lanes_args args = {
        .in = device_of(in, sizeof in),
        .across = device_new(sizeof across),
        .down = device_new(sizeof down),
        .from = device_new(sizeof from),
        .ballot = device_new(sizeof ballot),
        .twice = device_new(sizeof twice),
        .mask = ~0U,
    };
    emu_run(probe_lanes, &args);
    device_take(in, (void *)(uintptr_t)args.in, sizeof in);
    device_take(across, args.across, sizeof across);
    device_take(down, args.down, sizeof down);
    device_take(from, args.from, sizeof from);
    device_take(ballot, args.ballot, sizeof ballot);
    device_take(twice, args.twice, sizeof twice);
    for (int i = 0; i < 32; i++) {
        assert_true(across[i] == in[i ^ 1]);
        assert_true(down[i] == in[i + 3 < 32 ? i + 3 : i]);
        assert_true(from[i] == in[5]);
        assert_int_equal((unsigned)ballot[i] >> i & 1, in[i] > 10);
        assert_int_equal(ballot[i], ballot[0]);
        assert_true(twice[i] == 2 * (double)in[i ^ 1] + i);
    }
}

static void test_lanes(void **state)
{
    (void)state;
    in_every_order(check_lanes);
}

static void check_atomics(void)
{
    int values[2] = { 0, 0 };
    int *device = device_of(values, sizeof values);
    emu_run(probe_atomics, (&(struct probe_atomics_args){ device, device + 1 }));
    device_take(values, device, sizeof values);
    assert_int_equal(values[0], 150 * 149 / 2);
    assert_int_equal(values[1], 100);
}

static void test_atomics(void **state)
{
    (void)state;
    in_every_order(check_atomics);
}

/* --------------------------------------------------------------------------------------- device memory */

static void test_device_memory(void **state)
{
    (void)state;
    char text[3] = "ab";
    assert_null(emu_new(0));
    emu_free(NULL);
    char *memory = device_of(text, sizeof text);
    assert_int_equal((uintptr_t)memory % 256, 0);
    assert_int_equal(emu_used(), sizeof text);
    assert_true(emu_owns(memory, 3) && emu_owns(memory + 2, 1));
    assert_false(emu_owns(memory, 4) || emu_owns(memory + 3, 1) || emu_owns(text, 1) ||
                 emu_owns(memory - 1, 1));
    emu_set(memory + 1, 'c', 1);
    device_take(text, memory, sizeof text);
    assert_string_equal(text, "ac");
    assert_int_equal(emu_used(), 0);
}

/* ------------------------------------------------------------------------------------------------- half */

static void test_every_half_and_back(void **state)
{
    (void)state;
    for (unsigned half = 0; half < 0x10000; half++) {
        const float value = float_of_half((uint16_t)half);
        if (isnan(value))
            assert_true(isnan(float_of_half(half_of_float(value))));
        else
            assert_int_equal(half_of_float(value), half);
    }
    assert_true(float_of_half(0x3c00) == 1 && float_of_half(0xc000) == -2 && float_of_half(0x7bff) == 65504);
    assert_true(isinf(float_of_half(0x7c00)) && float_of_half(1) == 0x1p-24F &&
                float_of_half(0x0400) == 0x1p-14F);
}

/* Between neighbours: below the middle down, above it up, in the middle to the even one. */
static void test_halves_are_rounded_to_nearest_even(void **state)
{
    (void)state;
    for (unsigned half = 0; half < 0x7bff; half++) {
        const float low = float_of_half((uint16_t)half), high = float_of_half((uint16_t)(half + 1));
        const float middle = low + (high - low) / 2;
        assert_int_equal(half_of_float(nextafterf(middle, 0)), half);
        assert_int_equal(half_of_float(middle), half + (half & 1));
        assert_int_equal(half_of_float(nextafterf(middle, INFINITY)), half + 1);
        assert_int_equal(half_of_float(-middle), 0x8000 | (half + (half & 1)));
    }
    assert_int_equal(half_of_float(65519.996F), 0x7bff);
    assert_int_equal(half_of_float(65520), 0x7c00);
    assert_int_equal(half_of_float(-INFINITY), 0xfc00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_launches_that_a_device_refuses),
        cmocka_unit_test(test_every_thread_runs_once),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_atomics),
        cmocka_unit_test(test_device_memory),
        cmocka_unit_test(test_every_half_and_back),
        cmocka_unit_test(test_halves_are_rounded_to_nearest_even),
    };
    return cmocka_run_group_tests_name("emu.run", tests, NULL, NULL);
}
