/* The self-test: it finds a value that is off, the definitions still give the stored answers, and the cpu backend
 * keeps the bounds. Large networks of ref take seconds each: golden.net holds those. */
#include "test.h"

#include "eval/selftest.h"

static struct place place = { .backend = "cpu", .threads = 2 };
static struct backend *backend;

static int number_of(const char *name)
{
    int i = 0;
    while (strcmp(selftest_stages[i].name, name) != 0) i++;
    return i;
}

static void finds_a_value_that_is_off(void **state)
{
    (void)state;
    for (int i = 0; i < SELFTEST_STAGES; i++) {
        double values[SELFTEST_PROBES], largest = 0;
        memcpy(values, selftest_answers(i), sizeof values);
        assert_near(selftest_error(values, i), 0, 0);
        for (int v = 0; v < SELFTEST_PROBES; v++) largest = fmax(largest, fabs(values[v]));
        assert_true(largest > 0);
        values[7] += 2 * selftest_stages[i].bound * largest;
        assert_true(selftest_error(values, i) > selftest_stages[i].bound);
        values[7] = NAN;
        assert_false(selftest_error(values, i) <= selftest_stages[i].bound);
    }
}

/* No two stages have answers that could stand for each other. */
static void each_stage_has_its_own_answers(void **state)
{
    (void)state;
    for (int i = 0; i < SELFTEST_STAGES; i++)
        for (int j = 0; j < SELFTEST_STAGES; j++)
            if (i != j) assert_true(selftest_error(selftest_answers(i), j) > 10 * selftest_stages[j].bound);
}

static void run_stages(const char *const *names, int n)
{
    assert_ok(place_open(&backend, &place));
    for (int i = 0; i < n; i++) {
        const struct selftest_result result = selftest_run(backend, &place, number_of(names[i]));
        if (result.status != OK) fail_msg("%s: %s", names[i], result.sentence);
        print_message("largest error: %s %s %.3g\n", place.backend, names[i], result.error);
        assert_true(result.passed);
    }
    backend->ops->close(&backend);
}

static void the_definitions_give_the_answers(void **state)
{
    (void)state;
    static const char *const names[] = { "log-mel", "patch", "squeezenet1_1", "gmm",
                                         "bgmm",    "kde",   "knn",           "gemm" };
    place.backend = "ref";
    run_stages(names, sizeof names / sizeof *names);
}

static void the_cpu_keeps_the_bounds(void **state)
{
    (void)state;
    const char *names[SELFTEST_STAGES];
    for (int i = 0; i < SELFTEST_STAGES; i++) names[i] = selftest_stages[i].name;
    place.backend = "cpu";
    run_stages(names, SELFTEST_STAGES);
}

static void says_why_a_stage_cannot_run(void **state)
{
    (void)state;
    const struct place nowhere = { .backend = "abacus" };
    const struct selftest_result result = selftest_run(NULL, &nowhere, number_of("resnet18"));
    assert_int_equal(result.status, ERR_USAGE);
    assert_non_null(strstr(result.sentence, "abacus"));
    assert_false(result.passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_value_that_is_off),   cmocka_unit_test(each_stage_has_its_own_answers),
        cmocka_unit_test(says_why_a_stage_cannot_run), cmocka_unit_test(the_definitions_give_the_answers),
        cmocka_unit_test(the_cpu_keeps_the_bounds),
    };
    return cmocka_run_group_tests_name("selftest", tests, NULL, NULL);
}
