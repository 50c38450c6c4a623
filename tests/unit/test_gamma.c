/* The Gamma distribution: what has none first, then exponential and normal limits, which can be worked out by
 * hand, and scores whose likelihood has no top. scipy's answers to the others are in golden.gamma. */
#include "test.h"

#include "core/rng.h"
#include "detect/gamma.h"

static void refuses_what_has_no_distribution(void **state)
{
    (void)state;
    struct gamma_distribution fitted;
    const double one[] = { 1 }, alike[] = { 3, 3, 3 }, bad[] = { 1, 2, (double)NAN },
                 infinite[] = { (double)INFINITY, 2, 3 };
    const double nearly_alike[] = { 1e9, 1e9 + 1e-6 };
    assert_fails(gamma_fit(one, 0, &fitted), ERR_INPUT, "0 scores are too few");
    assert_fails(gamma_fit(one, 1, &fitted), ERR_INPUT, "1 scores are too few");
    assert_fails(gamma_fit(alike, 3, &fitted), ERR_INPUT, "all 3 scores are 3");
    assert_fails(gamma_fit(bad, 3, &fitted), ERR_INPUT, "score 3 of 3 is nan");
    assert_fails(gamma_fit(infinite, 3, &fitted), ERR_INPUT, "score 1 of 3 is inf");
    assert_fails(gamma_fit(nearly_alike, 2, &fitted), ERR_INPUT, "no spread");
}

/* P(1, x) = 1 - exp(-x); P(2, x) = 1 - (1 + x) exp(-x). */
static void knows_the_closed_forms(void **state)
{
    (void)state;
    const struct gamma_distribution exponential = { 1, 5, 2 }, erlang = { 2, 0, 1 };
    assert_near(gamma_cdf(&exponential, 4), 0, 0);
    assert_near(gamma_cdf(&exponential, 5), 0, 0);
    for (double x = 0.1; x < 40; x *= 1.7) {
        assert_near(gamma_cdf(&exponential, 5 + 2 * x), 1 - exp(-x), 1e-14);
        assert_near(gamma_cdf(&erlang, x), 1 - (1 + x) * exp(-x), 1e-14);
    }
    assert_near(gamma_quantile(&exponential, 0.9), 5 + 2 * log(10), 1e-13);
    assert_near(gamma_quantile(&exponential, 1e-9), 5 + 2e-9, 1e-14);
}

/* Two ways to be without a top: too steep at the left end, and no longer skewed to the right. */
static void stays_within_its_bounds(void **state)
{
    (void)state;
    enum { N = 400 };
    struct rng rng = rng_seeded(5, 0);
    struct gamma_distribution fitted;
    double steep[N], left[N], mean = 0, square = 0;
    for (int i = 0; i < N; i++) {
        steep[i] = pow(rng_normal(&rng), 4);
        left[i] = 7 - pow(rng_normal(&rng), 2);
        mean += left[i] / N;
        square += left[i] * left[i] / N;
    }
    assert_ok(gamma_fit(steep, N, &fitted));
    assert_near(fitted.shape, 1, 1e-6);
    assert_ok(gamma_fit(left, N, &fitted));
    /* the quantile of the normal distribution, but for what skewness 2 / sqrt(1e4) moves it */
    assert_near(gamma_quantile(&fitted, 0.9), mean + 1.2816 * sqrt(square - mean * mean), 0.02);
}

/* Scores only change their unit and their zero. */
static void moves_with_the_scores(void **state)
{
    (void)state;
    enum { N = 60 };
    static const double units[][2] = { { 1e-6, 0 }, { 1, -1000 }, { 1e4, 3e6 } };
    struct rng rng = rng_seeded(6, 0);
    struct gamma_distribution fitted, moved;
    double x[N], y[N];
    for (int i = 0; i < N; i++) x[i] = pow(rng_normal(&rng), 2) + pow(rng_normal(&rng), 2);
    assert_ok(gamma_fit(x, N, &fitted));
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        for (int i = 0; i < N; i++) y[i] = units[u][0] * x[i] + units[u][1];
        assert_ok(gamma_fit(y, N, &moved));
        const double quantile = (gamma_quantile(&moved, 0.9) - units[u][1]) / units[u][0];
        assert_near(quantile, gamma_quantile(&fitted, 0.9), 1e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_has_no_distribution),
        cmocka_unit_test(knows_the_closed_forms),
        cmocka_unit_test(stays_within_its_bounds),
        cmocka_unit_test(moves_with_the_scores),
    };
    return cmocka_run_group_tests_name("gamma", tests, NULL, NULL);
}
