/* The mixture as a detector: options, what it refuses, starts, files. */
#include "detector_files.h"

#include "detect/gmm.h"

static struct gmm_settings settings_with(int components)
{
    struct gmm_settings settings;
    const struct option_set set = { detector_gmm.options, &settings, "gmm" };
    assert_ok(options_standard(&set));
    settings.components = components;
    return settings;
}

/* Two machines' worth of normal sound. */
static void make_two_machines(struct matrix *x, int rows, int columns)
{
    struct rng rng = rng_seeded(1, 0);
    assert_ok(matrix_init(x, rows, columns));
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < columns; j++)
            matrix_row(x, n)[j] = (float)((n % 2 ? 3 : -3) + rng_normal(&rng) * (1 + j % 3));
}

/* --------------------------------------------------------------------------------------------- refused */

static void test_too_few_rows(void **state)
{
    (void)state;
    const struct gmm_settings settings = settings_with(80);
    assert_fails(detector_gmm.check(&settings, 40, 512), ERR_INPUT, "--components 4");
    assert_fails(detector_gmm.check(&settings, 40, 512), ERR_INPUT, "40 patches");
    assert_fails(detector_gmm.check(&settings, 1, 512), ERR_INPUT, "at least 2");
    assert_ok(detector_gmm.check(&settings, 80, 512));
}

static void test_unknown_detector(void **state)
{
    (void)state;
    const struct detector *detector;
    assert_fails(detector_require("gnm", &detector), ERR_USAGE, "gmm");
    assert_fails(detector_require("", &detector), ERR_USAGE, "unknown detector");
    assert_ok(detector_require("gmm", &detector));
    assert_ptr_equal(detector, detector_number(0));
    assert_null(detector_number(1000));
    assert_null(detector_number(-1));
}

static void test_other_columns(void **state)
{
    (void)state;
    struct gmm_model model = { 0 };
    struct matrix x;
    double score[4];
    assert_ok(gmm_model_init(&model, 1, 3, COVARIANCE_DIAGONAL));
    make_two_machines(&x, 4, 2);
    assert_fails(detector_gmm.score(backend, &model, &(struct rows){ .x = x }, score), ERR_INPUT,
                 "2 columns");
    matrix_release(&x);
    gmm_model_release(&model);
}

static void test_no_spread(void **state)
{
    (void)state;
    struct gmm_settings settings = settings_with(1);
    settings.reg_covar = 0;
    float data[] = { 0, 0, 0 };
    const struct matrix x = { data, 3, 1 };
    struct gmm_model model = { 0 };
    assert_fails(detector_gmm.fit(backend, &settings, &(struct rows){ .x = x }, &model), ERR_INPUT,
                 "--reg-covar");
    detector_gmm.release(&model);
}

/* --------------------------------------------------------------------------------------- fit and score */

static void test_defaults_are_the_papers(void **state)
{
    (void)state;
    const struct gmm_settings s = settings_with(80);
    assert_int_equal(s.covariance, COVARIANCE_DIAGONAL);
    assert_int_equal(s.max_iter, 150);
    assert_int_equal(s.n_init, 1);
    assert_int_equal(s.init, GMM_KMEANS);
    assert_near(s.tol, 1e-3, 0);
    assert_near(s.reg_covar, 1e-6, 0);
}

static void test_scikit_learns_names(void **state)
{
    (void)state;
    struct gmm_settings s;
    struct options options;
    const struct option_set set = { detector_gmm.options, &s, "gmm" };
    char *arguments[] = { "--n_components", "7", "--covariance-type", "full", "--init_params", "random",
                          "--random_state", "5", "--reg_covar",       "0.5",  "--max_iter",    "9",
                          "--n_init",       "2" };
    options_init(&options, &set, 1);
    assert_ok(options_collect_arguments(&options, 14, arguments));
    assert_ok(options_apply(&options));
    assert_int_equal(s.components, 7);
    assert_int_equal(s.covariance, COVARIANCE_FULL);
    assert_int_equal(s.init, GMM_RANDOM);
    assert_int_equal(s.seed, 5);
    assert_near(s.reg_covar, 0.5, 0);
    assert_int_equal(s.max_iter, 9);
    assert_int_equal(s.n_init, 2);
    options_release(&options);
}

static void test_far_rows_score_higher(void **state)
{
    (void)state;
    struct matrix x;
    make_two_machines(&x, 200, 5);
    for (int covariance = COVARIANCE_DIAGONAL; covariance <= COVARIANCE_FULL; covariance++)
        for (int init = GMM_KMEANS; init <= GMM_RANDOM_FROM_DATA; init++) {
            struct gmm_settings settings = settings_with(2);
            struct gmm_model model = { 0 };
            double scores[200], far_score;
            float far[] = { 40, 40, 40, 40, 40 };
            const struct matrix far_row = { far, 1, 5 };
            settings.covariance = covariance;
            settings.init = init;
            assert_ok(detector_gmm.fit(backend, &settings, &(struct rows){ .x = x }, &model));
            assert_ok(detector_gmm.score(backend, &model, &(struct rows){ .x = x }, scores));
            assert_ok(detector_gmm.score(backend, &model, &(struct rows){ .x = far_row }, &far_score));
            for (int n = 0; n < 200; n++) assert_true(scores[n] < far_score);
            assert_near(model.mixture.weights[0] + model.mixture.weights[1], 1, 1e-12);
            detector_gmm.release(&model);
        }
    matrix_release(&x);
}

/* The score is the negative log-likelihood: for one Gaussian it can be written down. */
static void test_score_of_one_gaussian(void **state)
{
    (void)state;
    struct gmm_settings settings = settings_with(1);
    float data[] = { -1, 1, -1, 1 };
    const struct matrix x = { data, 4, 1 };
    struct gmm_model model = { 0 };
    double scores[4];
    assert_ok(detector_gmm.fit(backend, &settings, &(struct rows){ .x = x }, &model));
    assert_ok(detector_gmm.score(backend, &model, &(struct rows){ .x = x }, scores));
    const double variance = 1 + 1e-6;
    assert_near(scores[2], 0.5 * log(2 * acos(-1) * variance) + 0.5 / variance, 1e-12);
    assert_int_equal(model.converged, 1);
    assert_int_equal(model.iterations, 2);
    assert_near(model.lower_bound, -scores[2], 1e-12);
    detector_gmm.release(&model);
}

static void test_best_of_several_starts(void **state)
{
    (void)state;
    struct matrix x;
    double single, best;
    make_two_machines(&x, 120, 4);
    struct gmm_settings settings = settings_with(6);
    settings.init = GMM_RANDOM_FROM_DATA;
    for (settings.n_init = 1; settings.n_init <= 8; settings.n_init += 7) {
        struct gmm_model model = { 0 };
        assert_ok(detector_gmm.fit(backend, &settings, &(struct rows){ .x = x }, &model));
        *(settings.n_init == 1 ? &single : &best) = model.lower_bound;
        detector_gmm.release(&model);
    }
    assert_true(best > single);
    matrix_release(&x);
}

static void test_same_seed_same_bits(void **state)
{
    (void)state;
    struct matrix x;
    struct gmm_model models[3];
    make_two_machines(&x, 150, 9);
    for (int i = 0; i < 3; i++) {
        struct backend *own = NULL;
        struct gmm_settings settings = settings_with(4);
        settings.max_iter = 5;
        settings.tol = 0;
        models[i] = (struct gmm_model){ 0 };
        assert_ok(backend_open(&own, "cpu", &(struct backend_options){ .threads = 1 + 2 * i }));
        assert_ok(detector_gmm.fit(own, &settings, &(struct rows){ .x = x }, &models[i]));
        assert_int_equal(models[i].iterations, 5);
        own->ops->close(&own);
        assert_memory_equal(models[i].mixture.means, models[0].mixture.means, 4 * 9 * sizeof(double));
        assert_memory_equal(models[i].mixture.covariances, models[0].mixture.covariances,
                            4 * 9 * sizeof(double));
    }
    for (int i = 0; i < 3; i++) gmm_model_release(&models[i]);
    matrix_release(&x);
}

/* ----------------------------------------------------------------------------------------------- files */

static void test_saved_and_loaded(void **state)
{
    (void)state;
    struct matrix x;
    make_two_machines(&x, 60, 3);
    for (int covariance = COVARIANCE_DIAGONAL; covariance <= COVARIANCE_FULL; covariance++) {
        struct gmm_settings settings = settings_with(3);
        struct gmm_model model = { 0 }, loaded = { 0 };
        settings.covariance = covariance;
        assert_ok(detector_gmm.fit(backend, &settings, &(struct rows){ .x = x }, &model));
        save_model(&detector_gmm, &model);
        assert_ok(load_model(&detector_gmm, &loaded));
        assert_loads_alike(&detector_gmm, &model, &(struct rows){ .x = x });
        assert_int_equal(loaded.iterations, model.iterations);
        assert_near(loaded.lower_bound, model.lower_bound, 0);
        detector_gmm.release(&model);
        detector_gmm.release(&loaded);
    }
    matrix_release(&x);
}

static void test_hostile_files(void **state)
{
    (void)state;
    struct gmm_model model = { 0 };
    assert_ok(gmm_model_init(&model, 2, 2, COVARIANCE_DIAGONAL));
    const struct {
        double weight, mean, variance;
        const char *words;
    } cases[] = {
        { -0.5, 0, 1, "weight 1" },          { 0, 0, 1, "weight 1" },
        { (double)NAN, 0, 1, "not finite" }, { 0.5, (double)INFINITY, 1, "finite" },
        { 0.5, 0, -1, "variance is" },       { 0.5, 0, 0, "variance is" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int k = 0; k < 4; k++) model.mixture.covariances[k] = 1;
        model.mixture.weights[0] = 0.5;
        model.mixture.weights[1] = cases[i].weight;
        model.mixture.means[3] = cases[i].mean;
        model.mixture.covariances[2] = cases[i].variance;
        assert_refused(&detector_gmm, &model, cases[i].words);
    }
    gmm_model_release(&model);
}

static void put_array(struct store *store, const char *name, size_t rows, size_t columns)
{
    double *ones = memory_new(rows * (columns ? columns : 1), sizeof *ones);
    for (size_t i = 0; i < rows * (columns ? columns : 1); i++) ones[i] = 1;
    assert_ok(store_new(store, name, STORE_DOUBLE, rows, columns, 0));
    assert_ok(store_write(store, name, 0, rows, ones));
    memory_free(ones);
}

static void test_shapes_that_disagree(void **state)
{
    (void)state;
    static const size_t shapes[][5] = {
        { 3, 2, 2, 2, 2 }, { 2, 2, 2, 2, 3 }, { 2, 2, 2, 4, 2 }, { 2, 2, 0, 2, 2 }
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct store *store = NULL;
        struct gmm_model loaded = { 0 };
        assert_ok(store_create(&store, model_path));
        put_array(store, "/d/weights", shapes[i][0], 0);
        put_array(store, "/d/means", shapes[i][1], shapes[i][2]);
        put_array(store, "/d/covariances", shapes[i][3], shapes[i][4]);
        assert_ok(store_commit(store));
        store_close(&store);
        assert_int_equal(load_model(&detector_gmm, &loaded), ERR_INPUT);
        detector_gmm.release(&loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_few_rows),
        cmocka_unit_test(test_unknown_detector),
        cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_no_spread),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_shapes_that_disagree),
        cmocka_unit_test(test_defaults_are_the_papers),
        cmocka_unit_test(test_scikit_learns_names),
        cmocka_unit_test(test_far_rows_score_higher),
        cmocka_unit_test(test_score_of_one_gaussian),
        cmocka_unit_test(test_best_of_several_starts),
        cmocka_unit_test(test_same_seed_same_bits),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("gmm", tests, set_up, tear_down);
}
