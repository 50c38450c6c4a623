/* The Bayesian mixture in a model file: what comes back, and files that are refused. */
#include "detector_files.h"

#include "detect/bgmm.h"

/* A sound mixture with these three beside it; 0 and NULL: not there. */
static void save_told(const char *prior, double concentration, long long rows)
{
    struct gmm_model gmm = { .iterations = 1 };
    struct attributes told = { 0 };
    struct store *store = NULL;
    assert_ok(gmm_model_init(&gmm, 1, 1, COVARIANCE_DIAGONAL));
    gmm.mixture.weights[0] = gmm.mixture.covariances[0] = 1;
    if (prior) assert_ok(attributes_set_text(&told, "prior", prior));
    if (concentration != 0) assert_ok(attributes_set_real(&told, "concentration", concentration));
    if (rows) assert_ok(attributes_set_integer(&told, "rows", rows));
    assert_ok(store_create(&store, model_path));
    assert_ok(gmm_save(&gmm, store, "/d"));
    assert_ok(store_set(store, "/d", &told));
    assert_ok(store_commit(store));
    store_close(&store);
    attributes_release(&told);
    gmm_model_release(&gmm);
}

static void test_hostile_attributes(void **state)
{
    (void)state;
    static const struct {
        const char *prior;
        double concentration;
        long long rows;
        const char *words;
    } cases[] = {
        { NULL, 0, 0, "the prior is" }, /* a plain mixture's model */
        { NULL, 1, 9, "the prior is" },           { "none", 1, 9, "expected process" },
        { "process", 0, 9, "above 0" },           { "process", -1, 9, "above 0" },
        { "process", (double)NAN, 9, "above 0" }, { "process", (double)INFINITY, 9, "above 0" },
        { "distribution", 1, 0, "0 rows" },       { "distribution", 1, 1, "1 rows" },
        { "distribution", 1, -5, "-5 rows" },     { "distribution", 1, 1LL << 40, "rows" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bgmm_model loaded = { .rows = 0 };
        save_told(cases[i].prior, cases[i].concentration, cases[i].rows);
        assert_fails(load_model(&detector_bgmm, &loaded), ERR_INPUT, cases[i].words);
        detector_bgmm.release(&loaded);
    }
}

static void test_hostile_numbers(void **state)
{
    (void)state;
    static const struct {
        double weight, mean, variance;
        const char *words;
    } cases[] = {
        { -0.5, 0, 1, "weight 1" },
        { 0.9, 0, 1, "sum is 1.4" },
        { 1e300, 0, 1, "sum is 1e+300" },
        { (double)NAN, 0, 1, "not finite" },
        { 0.5, (double)INFINITY, 1, "finite" },
        { 0.5, 0, 0, "variance is" },
    };
    struct bgmm_model model = { .rows = 4, .concentration = 1 };
    struct mixture *m = &model.gmm.mixture;
    assert_ok(gmm_model_init(&model.gmm, 2, 2, COVARIANCE_DIAGONAL));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int k = 0; k < 4; k++) m->covariances[k] = 1;
        m->weights[0] = 0.5;
        m->weights[1] = cases[i].weight;
        m->means[3] = cases[i].mean;
        m->covariances[2] = cases[i].variance;
        assert_refused(&detector_bgmm, &model, cases[i].words);
    }
    detector_bgmm.release(&model);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    struct matrix x;
    struct bgmm_settings settings;
    struct rng rng = rng_seeded(1, 0);
    const struct option_set set = { detector_bgmm.options, &settings, "bgmm" };
    assert_ok(options_standard(&set));
    settings.gmm.components = 3;
    assert_ok(matrix_init(&x, 60, 3));
    for (int j = 0; j < 180; j++) x.data[j] = (float)rng_normal(&rng);
    for (int i = 0; i < 4; i++) {
        struct bgmm_model model = { .rows = 0 }, loaded = { .rows = 0 };
        settings.gmm.covariance = i % 2;
        settings.prior = i / 2;
        assert_ok(detector_bgmm.fit(backend, &settings, &(struct rows){ .x = x }, &model));
        save_model(&detector_bgmm, &model);
        assert_ok(load_model(&detector_bgmm, &loaded));
        assert_loads_alike(&detector_bgmm, &model, &(struct rows){ .x = x });
        assert_int_equal(loaded.gmm.iterations, model.gmm.iterations);
        assert_near(loaded.gmm.lower_bound, model.gmm.lower_bound, 0);
        detector_bgmm.release(&model);
        detector_bgmm.release(&loaded);
    }
    matrix_release(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_attributes),
        cmocka_unit_test(test_hostile_numbers),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("bgmm_file", tests, set_up, tear_down);
}
