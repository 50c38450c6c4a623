/* Bayesian mixtures against scikit-learn's in double, from the same starts, and digamma against SciPy's. */
#include "golden_mixture.h"

#include "core/memory.h"
#include "detect/bgmm.h"
#include "detect/digamma.h"

/* Asked for is 1e-5, relative. Both sides are in double; what is left is scikit-learn's x² - 2xm + m² and
 * x² - m² where means of 10 stand beside deviations of 0.01: some 1e-10 of a variance, in many iterations. */
static const double TOLERANCE = 1e-6, DIGAMMA_TOLERANCE = 1e-14;

static struct {
    struct worst concentration, freedom, mean, covariance, bound, score;
} worst;
static struct backend *backend;

/* -------------------------------------------------------------------------------------------- mixtures */

struct mixture_case {
    char group[64];
    struct attributes told;
    struct matrix x;
    struct em *em;
    struct gmm_model prior;
    struct bgmm_model model;
};

static void compare_weights(struct store *golden, const char *group, const struct bgmm_model *model)
{
    int n;
    double sticks[16];
    const struct mixture *m = &model->gmm.mixture;
    const int is_process = model->prior == BGMM_PROCESS;
    double *concentration = golden_doubles(golden, &n, "%s/concentration", group);
    assert_int_equal(n, (is_process ? 2 : 1) * m->components);
    bgmm_sticks(model, sticks);
    for (int k = 0; k < m->components; k++) {
        const double first = m->weights[k] * model->rows + (is_process ? 1 : model->concentration);
        worst_add(&worst.concentration, relative_error(first, concentration[k]));
        if (is_process)
            worst_add(&worst.concentration, relative_error(sticks[k], concentration[m->components + k]));
    }
    memory_free(concentration);
    double *freedom = golden_doubles(golden, &n, "%s/freedom", group);
    for (int k = 0; k < n; k++)
        worst_add(&worst.freedom, relative_error(m->columns + m->weights[k] * model->rows, freedom[k]));
    memory_free(freedom);
}

static void compare_scores(struct store *golden, const char *group, const struct mixture_case *c)
{
    int n;
    double *expected = golden_doubles(golden, &n, "%s/score_samples", group);
    double *found = memory_new((size_t)n, sizeof *found);
    assert_ok(detector_bgmm.score(backend, &c->model, &(struct rows){ .x = c->x }, found));
    for (int i = 0; i < n; i++) worst_add(&worst.score, relative_error(-found[i], expected[i]));
    memory_free(expected);
    memory_free(found);
}

static void check_iterations(struct store *golden, struct mixture_case *c, const char *name, int max_iter)
{
    char group[96];
    snprintf(group, sizeof group, "%s/%s", c->group, name);
    struct gmm_model *g = &c->model.gmm;
    struct attributes expected = golden_attributes(golden, "%s", group);
    int *labels = golden_integers(golden, NULL, NULL, "%s/labels", c->group);
    assert_ok(c->em->ops->em_start(c->em, labels, NULL, &g->mixture));
    assert_ok(bgmm_iterate(c->em, &c->prior.mixture, golden_number(&c->told, "tol"), max_iter, &c->model));
    assert_int_equal(g->iterations, (int)golden_number(&expected, "n_iter"));
    assert_int_equal(g->converged, (int)golden_number(&expected, "converged"));
    worst_add(&worst.bound, relative_error(g->lower_bound, golden_number(&expected, "lower_bound")));
    compare_weights(golden, group, &c->model);
    golden_gaussians(golden, group, &g->mixture, &worst.mean, &worst.covariance);
    compare_scores(golden, group, c);
    memory_free(labels);
    attributes_release(&expected);
}

static void open_case(struct store *golden, const char *name, struct mixture_case *c)
{
    snprintf(c->group, sizeof c->group, "/mixtures/%s", name);
    c->told = golden_attributes(golden, "%s", c->group);
    const int components = (int)golden_number(&c->told, "components");
    const enum covariance covariance = strcmp(attributes_text(&c->told, "covariance", ""), "full") == 0
                                           ? COVARIANCE_FULL
                                           : COVARIANCE_DIAGONAL;
    const int is_process = strcmp(attributes_text(&c->told, "prior", ""), "process") == 0;
    c->x.data = golden_floats(golden, &c->x.rows, &c->x.columns, "%s/x", c->group);
    c->model.prior = is_process ? BGMM_PROCESS : BGMM_DISTRIBUTION;
    c->model.concentration = golden_number(&c->told, "concentration");
    c->model.rows = c->x.rows;
    assert_ok(gmm_model_init(&c->model.gmm, components, c->x.columns, covariance));
    const struct em_spec spec = { &c->x, NULL, components, covariance, golden_number(&c->told, "reg_covar") };
    assert_ok(bgmm_prior_init(backend, &spec, &c->prior));
    assert_ok(backend->ops->em_open(backend, &spec, &c->em));
}

static void check_mixture(struct store *golden, const char *name)
{
    struct mixture_case c = { .em = NULL };
    open_case(golden, name, &c);
    check_iterations(golden, &c, "after_1", 1);
    check_iterations(golden, &c, "after_5", 5);
    check_iterations(golden, &c, "end", (int)golden_number(&c.told, "max_iter"));
    backend->ops->em_close(&c.em);
    gmm_model_release(&c.model.gmm);
    gmm_model_release(&c.prior);
    memory_free(c.x.data);
    attributes_release(&c.told);
}

static void mixtures_agree(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("bgmm.h5");
        backend = version_open(v);
        memset(&worst, 0, sizeof worst);
        golden_each(golden, "/mixtures", check_mixture);
        backend->ops->close(&backend);
        store_close(&golden);
        printf("%s\n", version_names[v]);
        golden_report("weight concentration, relative", &worst.concentration, TOLERANCE);
        golden_report("degrees of freedom, relative", &worst.freedom, TOLERANCE);
        golden_report("means, standard deviations", &worst.mean, TOLERANCE);
        golden_report("covariances, relative", &worst.covariance, TOLERANCE);
        golden_report("lower bound, relative", &worst.bound, TOLERANCE);
        golden_report("scores, relative", &worst.score, TOLERANCE);
    }
}

/* --------------------------------------------------------------------------------------------- digamma */

static void digamma_agrees(void **state)
{
    (void)state;
    int n;
    struct worst error = { 0 };
    struct store *golden = golden_open("bgmm.h5");
    double *x = golden_doubles(golden, &n, "/digamma/x"), *y = golden_doubles(golden, &n, "/digamma/y");
    for (int i = 0; i < n; i++) worst_add(&error, relative_error(digamma(x[i]), y[i]));
    memory_free(x);
    memory_free(y);
    store_close(&golden);
    golden_report("digamma, relative", &error, DIGAMMA_TOLERANCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(mixtures_agree), cmocka_unit_test(digamma_agrees) };
    return cmocka_run_group_tests_name("golden.bgmm", tests, NULL, NULL);
}
