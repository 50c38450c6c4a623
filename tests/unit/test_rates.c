/* Precision, recall, F1 and means: nothing to find or call first, then tables worked out by hand. */
#include "test.h"

#include "eval/rates.h"

static void counts_calls(void **state)
{
    (void)state;
    static const struct {
        int n, is_called[6], is_abnormal[6];
        double precision, recall, f1;
    } cases[] = {
        { 0, { 0 }, { 0 }, 0, 0, 0 },
        { 3, { 0, 0, 0 }, { 0, 0, 0 }, 0, 0, 0 },
        { 3, { 0, 0, 0 }, { 1, 1, 1 }, 0, 0, 0 },
        { 3, { 1, 1, 1 }, { 0, 0, 0 }, 0, 0, 0 },
        { 3, { 1, 1, 1 }, { 1, 1, 1 }, 1, 1, 1 },
        { 4, { 1, 0, 1, 0 }, { 1, 1, 0, 0 }, 0.5, 0.5, 0.5 },
        { 6, { 1, 1, 1, 1, 0, 0 }, { 1, 0, 0, 0, 0, 0 }, 0.25, 1, 0.4 },
        { 6, { 1, 0, 0, 0, 0, 0 }, { 1, 1, 1, 1, 0, 0 }, 1, 0.25, 0.4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rates rates = rates_of(cases[i].is_called, cases[i].is_abnormal, cases[i].n);
        assert_near(rates.precision, cases[i].precision, 1e-15);
        assert_near(rates.recall, cases[i].recall, 1e-15);
        assert_near(rates.f1, cases[i].f1, 1e-15);
    }
}

static void takes_means(void **state)
{
    (void)state;
    const double values[] = { 0.5, 1, 0.25 }, zero[] = { 0, 1 }, undefined[] = { 0.5, (double)NAN };
    assert_true(isnan(arithmetic_mean(values, 0)) && isnan(harmonic_mean(values, 0)));
    assert_true(isnan(arithmetic_mean(undefined, 2)) && isnan(harmonic_mean(undefined, 2)));
    assert_near(arithmetic_mean(values, 3), 1.75 / 3, 1e-15);
    assert_near(harmonic_mean(values, 3), 3.0 / 7, 1e-15);
    assert_near(harmonic_mean(values, 1), 0.5, 0);
    assert_near(harmonic_mean(zero, 2), 2 * 2.220446049250313e-16, 1e-30);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(counts_calls), cmocka_unit_test(takes_means) };
    return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
