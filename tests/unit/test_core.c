/* The small words of core/: status, memory, attributes, rng, pool, scaler, sorting. */
#include "test.h"

#include "core/attributes.h"
#include "core/memory.h"
#include "core/pool.h"
#include "core/rng.h"
#include "core/scaler.h"
#include "core/sorting.h"

static void test_sentences(void **state)
{
    (void)state;
    assert_int_equal(fail(ERR_INPUT, "%d of %d", 3, 4), ERR_INPUT);
    assert_string_equal(status_sentence(), "3 of 4");
    assert_int_equal(fail_within(ERR_OUTPUT, "F.%s", "h5"), ERR_OUTPUT);
    assert_string_equal(status_sentence(), "F.h5: 3 of 4");
    fail(ERR_INPUT, "again: %s", status_sentence()); /* the old sentence may be an argument */
    assert_string_equal(status_sentence(), "again: F.h5: 3 of 4");
}

static void test_exit_codes_are_those_of_the_interface(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        int exit_code;
    } cases[] = { { OK, 0 },          { ERR_INTERNAL, 1 }, { ERR_USAGE, 2 },
                  { ERR_PARTIAL, 3 }, { ERR_INPUT, 4 },    { ERR_OUTPUT, 5 },
                  { ERR_DEVICE, 6 },  { ERR_VERIFY, 7 },   { ERR_STOPPED, 75 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(status_exit_code(cases[i].status), cases[i].exit_code);
    assert_int_equal(status_http_code(ERR_USAGE), 400);
}

static void test_memory_refuses_what_overflows(void **state)
{
    (void)state;
    assert_null(memory_new(SIZE_MAX / 2, 3));
    assert_null(memory_new(SIZE_MAX, 1));
    assert_int_equal(memory_check(NULL), ERR_MEMORY);
    char *empty = memory_new(0, 8);
    assert_non_null(empty);
    memory_free(empty);
    unsigned char *zeroed = memory_new(100, 1);
    for (int i = 0; i < 100; i++) assert_int_equal(zeroed[i], 0);
    assert_int_equal((uintptr_t)zeroed % 64, 0);
    memory_free(zeroed);
}

static void test_memory_grows(void **state)
{
    (void)state;
    int *numbers = NULL;
    size_t capacity = 0;
    for (size_t n = 0; n < 1000; n++) {
        assert_ok(memory_grow((void **)&numbers, &capacity, n, sizeof *numbers));
        numbers[n] = (int)n;
    }
    for (int n = 0; n < 1000; n++) assert_int_equal(numbers[n], n);
    memory_free(numbers);
}

static void test_attributes_keep_their_order(void **state)
{
    (void)state;
    struct attributes a = { 0 };
    char text[64];
    assert_ok(attributes_set_text(&a, "network", "resnet18"));
    assert_ok(attributes_set_real(&a, "range", 0.1));
    assert_ok(attributes_set_integer(&a, "n", 5));
    assert_ok(attributes_set_text(&a, "network", "alexnet"));
    assert_int_equal(a.count, 3);
    assert_string_equal(a.items[0].text, "alexnet");
    assert_int_equal(attributes_integer(&a, "n", 0), 5);
    assert_int_equal(attributes_integer(&a, "network", -1), -1);
    assert_string_equal(attributes_text(&a, "nothing", "else"), "else");
    attribute_print(attributes_find(&a, "range"), text, sizeof text);
    assert_string_equal(text, "0.1");
    attributes_release(&a);
}

/* Numbers written down once: the same on every machine. */
static void test_random_numbers_are_the_same_everywhere(void **state)
{
    (void)state;
    struct rng plain = { 1234567 };
    assert_int_equal(rng_bits(&plain),
                     6457827717110365317u); /* SplitMix64's published first values of this seed */
    assert_int_equal(rng_bits(&plain), 3203168211198807973u);
    struct rng a = rng_seeded(1, 0), b = rng_seeded(1, 1), c = rng_seeded(1, 0);
    assert_int_not_equal(rng_bits(&a), rng_bits(&b));
    rng_bits(&c);
    assert_int_equal(rng_bits(&a), rng_bits(&c));
}

static void test_random_numbers_are_fair(void **state)
{
    (void)state;
    enum { N = 60000 };
    struct rng rng = rng_seeded(3, 0);
    int counts[6] = { 0 }, order[100], seen[100] = { 0 };
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        counts[rng_below(&rng, 6)]++;
        const double x = rng_normal(&rng);
        sum += x;
        squares += x * x;
    }
    /* five standard deviations of each count, mean and variance */
    for (int i = 0; i < 6; i++) assert_near(counts[i], N / 6.0, 5 * sqrt(N * 5.0 / 36));
    assert_near(sum / N, 0, 5 / sqrt(N));
    assert_near(squares / N, 1, 5 * sqrt(2.0 / N));
    rng_permutation(&rng, 100, order);
    for (int i = 0; i < 100; i++) seen[order[i]]++;
    for (int i = 0; i < 100; i++) assert_int_equal(seen[i], 1);
}

static void count_task(void *context, int index, int thread)
{
    (void)thread;
    ((int *)context)[index]++;
}

static void test_pool_runs_every_task_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 5; threads++) {
        struct pool *pool = NULL;
        int done[37] = { 0 };
        assert_ok(pool_open(&pool, threads));
        assert_int_equal(pool_threads(pool), threads);
        for (int round = 1; round <= 50; round++) {
            pool_run(pool, 37, count_task, done);
            for (int i = 0; i < 37; i++) assert_int_equal(done[i], round);
        }
        pool_run(pool, 0, count_task, done);
        pool_close(&pool);
        assert_null(pool);
        pool_close(&pool);
    }
}

static void test_scaler(void **state)
{
    (void)state;
    /* columns: ordinary; constant; constant but for rounding; large mean */
    const float rows[] = { 1, 5, 0.1f, 1e4f, 3, 5, 0.1f, 1e4f + 1, 8, 5, 0.1f, 1e4f + 2 };
    float scaled[12], back[12];
    struct scaler scaler;
    assert_ok(scaler_init(&scaler, 4));
    scaler_add(&scaler, rows, 2);
    scaler_add(&scaler, rows + 8, 1);
    scaler_finish(&scaler);
    assert_near(scaler.mean[0], 4, 1e-12);
    assert_near(scaler.scale[0], sqrt(26.0 / 3), 1e-12);
    assert_true(scaler.scale[1] == 1);
    assert_true(scaler.scale[2] == 1);
    assert_near(scaler.scale[3], sqrt(2.0 / 3), 1e-9);
    scaler_apply(&scaler, rows, 3, scaled);
    assert_near(scaled[1], 0, 0);
    scaler_undo(&scaler, scaled, 3, back);
    for (int i = 0; i < 12; i++) assert_near(back[i], rows[i], 1e-6 * 1e4);
    scaler_release(&scaler);
    scaler_release(&scaler);
}

/* Deviations 0 (constant), 1, 2, 4, and 1e-3 of the last: the median of those that vary is 1.5. */
static void test_scaler_with_a_floor(void **state)
{
    (void)state;
    const float rows[] = { 7, -1, 2, 4, 1e-3f, 7, 1, -2, -4, -1e-3f };
    static const struct {
        double share, scale[5];
    } cases[] = {
        { 0, { 1, 1, 2, 4, (double)1e-3f } },
        { 0.1, { 1, 1, 2, 4, 0.15 } },
        { 1, { 1, 1.5, 2, 4, 1.5 } },
        { 2, { 1, 3, 3, 4, 3 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scaler scaler;
        assert_ok(scaler_init(&scaler, 5));
        scaler_add(&scaler, rows, 2);
        assert_ok(scaler_finish_floored(&scaler, cases[i].share));
        for (int j = 0; j < 5; j++) assert_near(scaler.scale[j], cases[i].scale[j], 1e-12);
        scaler_release(&scaler);
    }
}

/* Nothing varies, or nothing was added: scales of 1, as without a floor. */
static void test_scaler_with_a_floor_and_nothing_that_varies(void **state)
{
    (void)state;
    const float rows[] = { 3, 5, 3, 5 };
    for (int n = 0; n <= 2; n++) {
        struct scaler scaler;
        assert_ok(scaler_init(&scaler, 2));
        scaler_add(&scaler, rows, n);
        assert_ok(scaler_finish_floored(&scaler, 10));
        for (int j = 0; j < 2; j++) assert_true(scaler.scale[j] == 1);
        scaler_release(&scaler);
    }
}

static void test_sorting(void **state)
{
    (void)state;
    double values[] = { 3, -1, (double)INFINITY, 2, -1 };
    static const double sorted[] = { -1, -1, 2, 3, (double)INFINITY };
    static const double medians[] = { -1, -1, -1, 0.5, 2 }; /* of the first n */
    sorting_sort(values, 5);
    assert_memory_equal(values, sorted, sizeof sorted);
    for (int n = 1; n <= 5; n++) assert_true(sorting_median(values, n) == medians[n - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_exit_codes_are_those_of_the_interface),
        cmocka_unit_test(test_memory_refuses_what_overflows),
        cmocka_unit_test(test_memory_grows),
        cmocka_unit_test(test_attributes_keep_their_order),
        cmocka_unit_test(test_random_numbers_are_the_same_everywhere),
        cmocka_unit_test(test_random_numbers_are_fair),
        cmocka_unit_test(test_pool_runs_every_task_once),
        cmocka_unit_test(test_scaler),
        cmocka_unit_test(test_scaler_with_a_floor),
        cmocka_unit_test(test_scaler_with_a_floor_and_nothing_that_varies),
        cmocka_unit_test(test_sorting),
    };
    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
