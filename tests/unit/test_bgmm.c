/* The Bayesian mixture as a detector: options, what it refuses, priors, scores. */
#include "test.h"

#include "detect/bgmm.h"
#include "detect/digamma.h"

#include "core/rng.h"

static struct backend *backend;

static int open_backend(void **state)
{
    (void)state;
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static int close_backend(void **state)
{
    (void)state;
    backend->ops->close(&backend);
    return 0;
}

static struct bgmm_settings settings_with(int components)
{
    struct bgmm_settings settings;
    const struct option_set set = { detector_bgmm.options, &settings, "bgmm" };
    assert_ok(options_standard(&set));
    settings.gmm.components = components;
    return settings;
}

/* Two machines' worth of normal sound. */
static void make_rows(struct matrix *x, int rows, int columns)
{
    struct rng rng = rng_seeded(1, 0);
    assert_ok(matrix_init(x, rows, columns));
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < columns; j++)
            matrix_row(x, n)[j] = (float)((n % 2 ? 3 : -3) + rng_normal(&rng) * (1 + j % 3));
}

static void fit(const struct bgmm_settings *settings, const struct matrix *x, struct bgmm_model *model)
{
    *model = (struct bgmm_model){ .rows = 0 };
    assert_ok(detector_bgmm.fit(backend, settings, &(struct rows){ .x = *x }, model));
}

/* --------------------------------------------------------------------------------------------- refused */

static void test_too_few_rows(void **state)
{
    (void)state;
    const struct bgmm_settings settings = settings_with(80);
    assert_fails(detector_bgmm.check(&settings, 40, 512), ERR_INPUT, "--components 4");
    assert_fails(detector_bgmm.check(&settings, 1, 512), ERR_INPUT, "at least 2");
    assert_ok(detector_bgmm.check(&settings, 80, 512));
}

static void test_other_columns(void **state)
{
    (void)state;
    const struct bgmm_settings settings = settings_with(1);
    struct bgmm_model model;
    struct matrix x, other;
    double score[4];
    make_rows(&x, 4, 3);
    make_rows(&other, 4, 2);
    fit(&settings, &x, &model);
    assert_fails(detector_bgmm.score(backend, &model, &(struct rows){ .x = other }, score), ERR_INPUT,
                 "2 columns");
    detector_bgmm.release(&model);
    matrix_release(&x);
    matrix_release(&other);
}

static void test_no_spread(void **state)
{
    (void)state;
    float data[] = { 0, 1, 0, 2, 0, 4 };
    const struct matrix x = { data, 3, 2 };
    for (int covariance = COVARIANCE_DIAGONAL; covariance <= COVARIANCE_FULL; covariance++) {
        struct bgmm_settings settings = settings_with(1);
        struct bgmm_model model = { .rows = 0 };
        settings.gmm.reg_covar = 0;
        settings.gmm.covariance = covariance;
        assert_fails(detector_bgmm.fit(backend, &settings, &(struct rows){ .x = x }, &model), ERR_INPUT,
                     "--reg-covar");
        detector_bgmm.release(&model);
    }
}

/* --------------------------------------------------------------------------------------------- options */

static void test_defaults(void **state)
{
    (void)state;
    const struct bgmm_settings s = settings_with(80);
    assert_int_equal(s.gmm.covariance, COVARIANCE_DIAGONAL);
    assert_int_equal(s.gmm.max_iter, 150);
    assert_int_equal(s.gmm.n_init, 1);
    assert_int_equal(s.gmm.init, GMM_KMEANS);
    assert_near(s.gmm.tol, 1e-3, 0);
    assert_near(s.gmm.reg_covar, 1e-6, 0);
    assert_int_equal(s.prior, BGMM_PROCESS);
    assert_near(s.concentration, 0, 0);
}

static void test_scikit_learns_names(void **state)
{
    (void)state;
    struct bgmm_settings s;
    struct options options;
    const struct option_set set = { detector_bgmm.options, &s, "bgmm" };
    char *arguments[] = { "--n_components",
                          "7",
                          "--weight_concentration_prior_type",
                          "distribution",
                          "--weight_concentration_prior",
                          "2.5",
                          "--random_state",
                          "5" };
    options_init(&options, &set, 1);
    assert_ok(options_collect_arguments(&options, 8, arguments));
    assert_ok(options_apply(&options));
    assert_int_equal(s.gmm.components, 7);
    assert_int_equal(s.gmm.seed, 5);
    assert_int_equal(s.prior, BGMM_DISTRIBUTION);
    assert_near(s.concentration, 2.5, 0);
    options_release(&options);
}

/* --------------------------------------------------------------------------------------- fit and score */

static void test_far_rows_score_higher(void **state)
{
    (void)state;
    struct matrix x;
    float far[] = { 40, 40, 40, 40, 40 };
    const struct rows far_row = { .x = { far, 1, 5 } };
    make_rows(&x, 200, 5);
    for (int i = 0; i < 16; i++) {
        struct bgmm_settings settings = settings_with(4);
        struct bgmm_model model;
        double scores[200], far_score;
        settings.gmm.covariance = i / 8 ? COVARIANCE_FULL : COVARIANCE_DIAGONAL;
        settings.prior = i / 4 % 2;
        settings.gmm.init = i % 4;
        fit(&settings, &x, &model);
        assert_ok(detector_bgmm.score(backend, &model, &(struct rows){ .x = x }, scores));
        assert_ok(detector_bgmm.score(backend, &model, &far_row, &far_score));
        for (int n = 0; n < 200; n++) assert_true(scores[n] < far_score);
        detector_bgmm.release(&model);
    }
    matrix_release(&x);
}

/* One component of one column can be written down: N = n = 4, m0 = 0, C0 = 4/3, S = 1. */
static void test_one_component(void **state)
{
    (void)state;
    const struct bgmm_settings settings = settings_with(1);
    float data[] = { -1, 1, -1, 1 };
    const struct matrix x = { data, 4, 1 };
    struct bgmm_model model;
    double scores[4];
    fit(&settings, &x, &model);
    const double variance = (4.0 / 3 + 4 * (1 + 1e-6)) / 5;
    assert_near(model.gmm.mixture.means[0], 0, 1e-15);
    assert_near(model.gmm.mixture.covariances[0], variance, 1e-14);
    assert_near(model.concentration, 1, 0);
    assert_int_equal(model.rows, 4);
    assert_int_equal(model.gmm.converged, 1);
    assert_int_equal(model.gmm.iterations, 2);
    /* log N(1; 0, variance) - log(5)/2 + (log 2 + ψ(5/2) - 1/5)/2 + ψ(5) - ψ(6) */
    const double density = -0.5 * log(2 * acos(-1) * variance) - 0.5 / variance;
    const double expected = density + (log(2.0 / 5) + digamma(2.5) - 0.2) / 2 - 0.2;
    assert_ok(detector_bgmm.score(backend, &model, &(struct rows){ .x = x }, scores));
    assert_near(scores[2], -expected, 1e-13);
    detector_bgmm.release(&model);
}

/* Ten components for two clusters: with little concentration two of them keep nearly all rows. */
static void test_uses_what_it_needs(void **state)
{
    (void)state;
    struct matrix x;
    make_rows(&x, 300, 6);
    for (int prior = BGMM_PROCESS; prior <= BGMM_DISTRIBUTION; prior++) {
        struct bgmm_settings settings = settings_with(10);
        struct bgmm_model model;
        int used = 0;
        settings.prior = prior;
        settings.concentration = 1e-3;
        settings.gmm.max_iter = 2000;
        fit(&settings, &x, &model);
        for (int k = 0; k < 10; k++) used += model.gmm.mixture.weights[k] > 0.01;
        assert_int_equal(used, 2);
        detector_bgmm.release(&model);
    }
    matrix_release(&x);
}

/* Every iteration raises the lower bound; 1e-6 is what sums of thousands of nats leave. */
static void test_bound_rises(void **state)
{
    (void)state;
    struct matrix x;
    make_rows(&x, 150, 4);
    for (int i = 0; i < 4; i++) {
        struct bgmm_settings settings = settings_with(5);
        double before = -INFINITY;
        settings.prior = i % 2;
        settings.gmm.covariance = i / 2;
        settings.gmm.tol = settings.gmm.reg_covar = 0;
        settings.gmm.init = GMM_RANDOM_FROM_DATA;
        for (settings.gmm.max_iter = 1; settings.gmm.max_iter < 8; settings.gmm.max_iter++) {
            struct bgmm_model model;
            fit(&settings, &x, &model);
            assert_true(model.gmm.lower_bound > before - 1e-6);
            before = model.gmm.lower_bound;
            detector_bgmm.release(&model);
        }
    }
    matrix_release(&x);
}

/* A column that never changes, also where components die out and their variance there is nearly 0. */
static void test_constant_column(void **state)
{
    (void)state;
    struct matrix x;
    double scores[120];
    make_rows(&x, 120, 4);
    for (int n = 0; n < 120; n++) matrix_row(&x, n)[2] = 0;
    for (int covariance = COVARIANCE_DIAGONAL; covariance <= COVARIANCE_FULL; covariance++) {
        struct bgmm_settings settings = settings_with(12);
        struct bgmm_model model;
        settings.gmm.covariance = covariance;
        fit(&settings, &x, &model);
        assert_ok(detector_bgmm.score(backend, &model, &(struct rows){ .x = x }, scores));
        for (int n = 0; n < 120; n++) assert_true(isfinite(scores[n]));
        detector_bgmm.release(&model);
    }
    matrix_release(&x);
}

static void test_best_of_several_starts(void **state)
{
    (void)state;
    struct matrix x;
    double single, best;
    make_rows(&x, 120, 4);
    struct bgmm_settings settings = settings_with(6);
    settings.gmm.init = GMM_RANDOM_FROM_DATA;
    settings.gmm.max_iter = 2; /* all starts end at the same bound */
    for (settings.gmm.n_init = 1; settings.gmm.n_init <= 8; settings.gmm.n_init += 7) {
        struct bgmm_model model;
        fit(&settings, &x, &model);
        *(settings.gmm.n_init == 1 ? &single : &best) = model.gmm.lower_bound;
        detector_bgmm.release(&model);
    }
    assert_true(best > single);
    matrix_release(&x);
}

static void test_same_seed_same_bits(void **state)
{
    (void)state;
    struct matrix x;
    make_rows(&x, 150, 9);
    for (int covariance = COVARIANCE_DIAGONAL; covariance <= COVARIANCE_FULL; covariance++) {
        double bounds[3], scores[3][150];
        for (int i = 0; i < 3; i++) {
            struct backend *own = NULL;
            struct bgmm_settings settings = settings_with(4);
            struct bgmm_model model = { .rows = 0 };
            settings.gmm.covariance = covariance;
            settings.gmm.max_iter = 5;
            settings.gmm.tol = 0;
            assert_ok(backend_open(&own, "cpu", &(struct backend_options){ .threads = 1 + i }));
            assert_ok(detector_bgmm.fit(own, &settings, &(struct rows){ .x = x }, &model));
            assert_ok(detector_bgmm.score(own, &model, &(struct rows){ .x = x }, scores[i]));
            bounds[i] = model.gmm.lower_bound;
            detector_bgmm.release(&model);
            own->ops->close(&own);
            assert_memory_equal(&bounds[i], &bounds[0], sizeof bounds[i]);
            assert_memory_equal(scores[i], scores[0], sizeof scores[i]);
        }
    }
    matrix_release(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_few_rows),
        cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_no_spread),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_scikit_learns_names),
        cmocka_unit_test(test_far_rows_score_higher),
        cmocka_unit_test(test_one_component),
        cmocka_unit_test(test_uses_what_it_needs),
        cmocka_unit_test(test_bound_rises),
        cmocka_unit_test(test_constant_column),
        cmocka_unit_test(test_best_of_several_starts),
        cmocka_unit_test(test_same_seed_same_bits),
    };
    return cmocka_run_group_tests_name("bgmm", tests, open_backend, close_backend);
}
