/* The Gamma distribution against scipy's. */
#include "golden.h"

#include "core/memory.h"
#include "detect/gamma.h"

/* Both exponentiate differences of numbers of up to 1e5 (shape 1e4), whose roundings are 1e-11 each. */
static const double QUANTILE = 1e-9;
/* The likelihood is flat at its top: places that differ by 1e-7 cannot be told apart by a value that is known
 * to 1e-15. In units of the scale, of which the quantile is several. */
static const double FIT = 1e-5, FITTED_QUANTILE = 1e-6, LIKELIHOOD = 1e-10;

static struct worst worst_fit, worst_quantile, worst_likelihood;

static double mean_log_density(const struct gamma_distribution *of, const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        const double y = (x[i] - of->location) / of->scale;
        sum += (of->shape - 1) * log(y) - y - lgamma(of->shape) - log(of->scale);
    }
    return sum / n;
}

static void check_fit(struct store *golden, const char *name)
{
    struct attributes expected = golden_attributes(golden, "/fits/%s", name);
    struct gamma_distribution fitted;
    int n;
    double *x = golden_doubles(golden, &n, "/fits/%s/x", name);
    assert_ok(gamma_fit(x, n, &fitted));
    const double scale = golden_number(&expected, "scale"), quantile = golden_number(&expected, "quantile");
    print_message("%s: shape %.10g, 0.9 quantile %.10g\n", name, fitted.shape, gamma_quantile(&fitted, 0.9));
    worst_add(&worst_fit, relative_error(fitted.shape, golden_number(&expected, "shape")));
    worst_add(&worst_fit, fabs(fitted.scale / scale - 1));
    worst_add(&worst_fit, fabs(fitted.location - golden_number(&expected, "location")) / scale);
    worst_add(&worst_quantile, fabs(gamma_quantile(&fitted, 0.9) - quantile) / scale);
    worst_add(&worst_likelihood,
              fabs(mean_log_density(&fitted, x, n) - golden_number(&expected, "likelihood")));
    memory_free(x);
    attributes_release(&expected);
}

static void fits_as_scipy_does(void **state)
{
    (void)state;
    struct store *golden = golden_open("gamma.h5");
    golden_each(golden, "/fits", check_fit);
    store_close(&golden);
    golden_report("fit", &worst_fit, FIT);
    golden_report("0.9 quantile", &worst_quantile, FITTED_QUANTILE);
    golden_report("likelihood", &worst_likelihood, LIKELIHOOD);
}

static void has_scipys_quantiles(void **state)
{
    (void)state;
    struct store *golden = golden_open("gamma.h5");
    struct worst there = { 0 }, back = { 0 };
    int n;
    double *shape = golden_doubles(golden, &n, "/quantiles/shape");
    double *q = golden_doubles(golden, &n, "/quantiles/q"), *x = golden_doubles(golden, &n, "/quantiles/x");
    for (int i = 0; i < n; i++) {
        const struct gamma_distribution of = { shape[i], -3, 0.5 };
        worst_add(&there, fabs((gamma_quantile(&of, q[i]) + 3) / 0.5 / x[i] - 1));
        worst_add(&back, fabs(gamma_cdf(&of, 0.5 * x[i] - 3) - q[i]));
    }
    memory_free(shape);
    memory_free(q);
    memory_free(x);
    store_close(&golden);
    golden_report("quantile", &there, QUANTILE);
    golden_report("distribution function", &back, QUANTILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(fits_as_scipy_does),
                                        cmocka_unit_test(has_scipys_quantiles) };
    return cmocka_run_group_tests_name("golden.gamma", tests, NULL, NULL);
}
