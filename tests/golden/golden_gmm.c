/* Mixtures and k-means against scikit-learn's in double, from the same starts. */
#include "golden_mixture.h"

#include "core/memory.h"
#include "detect/gmm.h"
#include "detect/kmeans.h"

/* Asked for is 1e-4 · max(1, |score|). Both sides are in double; what is left is scikit-learn's own x² - 2xm
 * + m² in the E step and x² - m² in the M step: beside dead columns' variances of 1e-6, for means of 10, some
 * 1e-8 nats and 1e-7 of a variance. */
static const double TOLERANCE = 1e-6;

static struct {
    struct worst weight, mean, covariance, bound, score, inertia;
} worst;
static struct backend *backend;

/* -------------------------------------------------------------------------------------------- mixtures */

struct mixture_case {
    char group[64];
    struct attributes told;
    struct matrix x;
    struct em *em;
    struct gmm_model model;
};

static void copy_doubles(struct store *golden, const char *group, const char *array, double *out)
{
    int n;
    double *values = golden_doubles(golden, &n, "%s/%s", group, array);
    memcpy(out, values, (size_t)n * sizeof *out);
    memory_free(values);
}

static void start(struct store *golden, struct mixture_case *c)
{
    struct mixture *m = &c->model.mixture;
    if (strcmp(attributes_text(&c->told, "start", ""), "labels") == 0) {
        int *labels = golden_integers(golden, NULL, NULL, "%s/labels", c->group);
        assert_ok(c->em->ops->em_start(c->em, labels, NULL, m));
        memory_free(labels);
        return;
    }
    copy_doubles(golden, c->group, "weights", m->weights);
    copy_doubles(golden, c->group, "means", m->means);
    copy_doubles(golden, c->group, "covariances", m->covariances);
}

static void compare_weights(struct store *golden, const char *group, const struct mixture *m)
{
    int n;
    double *weights = golden_doubles(golden, &n, "%s/weights", group);
    for (int k = 0; k < n; k++) worst_add(&worst.weight, fabs(m->weights[k] - weights[k]));
    memory_free(weights);
}

static void compare_scores(struct store *golden, const char *group, struct mixture_case *c)
{
    int n;
    double bound, *expected = golden_doubles(golden, &n, "%s/score_samples", group);
    double *found = memory_new((size_t)n, sizeof *found);
    assert_ok(c->em->ops->em_step(c->em, &c->model.mixture, 1, &bound, found));
    for (int i = 0; i < n; i++) worst_add(&worst.score, relative_error(found[i], expected[i]));
    memory_free(expected);
    memory_free(found);
}

static void check_iterations(struct store *golden, struct mixture_case *c, const char *name, int max_iter)
{
    char group[96];
    snprintf(group, sizeof group, "%s/%s", c->group, name);
    struct attributes expected = golden_attributes(golden, "%s", group);
    start(golden, c);
    assert_ok(gmm_iterate(c->em, golden_number(&c->told, "tol"), max_iter, &c->model));
    assert_int_equal(c->model.iterations, (int)golden_number(&expected, "n_iter"));
    assert_int_equal(c->model.converged, (int)golden_number(&expected, "converged"));
    worst_add(&worst.bound, relative_error(c->model.lower_bound, golden_number(&expected, "lower_bound")));
    compare_weights(golden, group, &c->model.mixture);
    golden_gaussians(golden, group, &c->model.mixture, &worst.mean, &worst.covariance);
    compare_scores(golden, group, c);
    attributes_release(&expected);
}

static void check_mixture(struct store *golden, const char *name)
{
    struct mixture_case c = { .em = NULL };
    snprintf(c.group, sizeof c.group, "/mixtures/%s", name);
    c.told = golden_attributes(golden, "%s", c.group);
    const int components = (int)golden_number(&c.told, "components");
    const enum covariance covariance = strcmp(attributes_text(&c.told, "covariance", ""), "full") == 0
                                           ? COVARIANCE_FULL
                                           : COVARIANCE_DIAGONAL;
    c.x.data = golden_floats(golden, &c.x.rows, &c.x.columns, "%s/x", c.group);
    assert_ok(gmm_model_init(&c.model, components, c.x.columns, covariance));
    assert_ok(backend->ops->em_open(
        backend, &(struct em_spec){ &c.x, NULL, components, covariance, golden_number(&c.told, "reg_covar") },
        &c.em));
    check_iterations(golden, &c, "after_1", 1);
    check_iterations(golden, &c, "after_5", 5);
    check_iterations(golden, &c, "end", (int)golden_number(&c.told, "max_iter"));
    backend->ops->em_close(&c.em);
    gmm_model_release(&c.model);
    memory_free(c.x.data);
    attributes_release(&c.told);
}

static void mixtures_agree(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("gmm.h5");
        backend = version_open(v);
        memset(&worst, 0, sizeof worst);
        golden_each(golden, "/mixtures", check_mixture);
        backend->ops->close(&backend);
        store_close(&golden);
        printf("%s\n", version_names[v]);
        golden_report("weights", &worst.weight, TOLERANCE);
        golden_report("means, standard deviations", &worst.mean, TOLERANCE);
        golden_report("covariances, relative", &worst.covariance, TOLERANCE);
        golden_report("lower bound, relative", &worst.bound, TOLERANCE);
        golden_report("scores, relative", &worst.score, TOLERANCE);
    }
}

/* --------------------------------------------------------------------------------------------- k-means */

static void check_kmeans(struct store *golden, const char *name)
{
    char group[64];
    int n;
    struct matrix x;
    struct kmeans kmeans;
    snprintf(group, sizeof group, "/kmeans/%s", name);
    struct attributes expected = golden_attributes(golden, "%s", group);
    x.data = golden_floats(golden, &x.rows, &x.columns, "%s/x", group);
    double *centres = golden_doubles(golden, &n, "%s/centres", group);
    int *labels = golden_integers(golden, NULL, NULL, "%s/labels", group);
    int *found = memory_new((size_t)x.rows, sizeof *found);
    assert_ok(kmeans_lloyd(backend, NULL, &x, n / x.columns, centres, found, &kmeans));
    assert_memory_equal(found, labels, (size_t)x.rows * sizeof *found);
    assert_int_equal(kmeans.iterations, (int)golden_number(&expected, "n_iter"));
    worst_add(&worst.inertia, relative_error(kmeans.inertia, golden_number(&expected, "inertia")));
    memory_free(found);
    memory_free(labels);
    memory_free(centres);
    memory_free(x.data);
    attributes_release(&expected);
}

static void kmeans_agrees(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("gmm.h5");
        backend = version_open(v);
        memset(&worst, 0, sizeof worst);
        golden_each(golden, "/kmeans", check_kmeans);
        backend->ops->close(&backend);
        store_close(&golden);
        golden_report("inertia, relative", &worst.inertia, TOLERANCE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(mixtures_agree), cmocka_unit_test(kmeans_agrees) };
    return cmocka_run_group_tests_name("golden.gmm", tests, NULL, NULL);
}
