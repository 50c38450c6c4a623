/* Nearest neighbours and local outlier factors against scikit-learn's in double. */
#include "golden_detect.h"

#include "detect/knn.h"
#include "detect/lof.h"

/* Asked for is 1e-5. Euclidean: both sides sum differences in double. Cosine: scikit-learn takes 1 - cosine
 * literally, which costs it some ulps of 1 beside distances of 1e-9 (narrow rows). */
static const double TOLERANCE = 1e-10, COSINE_TOLERANCE = 1e-6;
static const double NOTHING = 1e-9; /* smaller distances are compared with this: scikit-learn's own zeros */

static struct worst euclidean, cosine, factor;
static struct backend *backend;

static void compare(struct store *golden, const char *group, const double *found, int n, struct worst *worst)
{
    int n_expected;
    double *expected = golden_doubles(golden, &n_expected, "%s/score", group);
    assert_int_equal(n_expected, n);
    for (int i = 0; i < n; i++)
        worst_add(worst, fabs(found[i] - expected[i]) / fmax(NOTHING, fabs(expected[i])));
    memory_free(expected);
}

static void check_knn(struct store *golden, const char *name)
{
    char group[64], data[64];
    int n;
    snprintf(group, sizeof group, "/knn/%s", name);
    struct attributes told = golden_attributes(golden, "%s", group);
    snprintf(data, sizeof data, "/data/%s", attributes_text(&told, "data", ""));
    const int is_cosine = strcmp(attributes_text(&told, "metric", ""), "cosine") == 0;
    const struct knn_settings settings = { .k = (int)attributes_integer(&told, "k", 0),
                                           .metric = is_cosine ? METRIC_COSINE : METRIC_EUCLIDEAN };
    struct knn_model model = { 0 };
    double *found = golden_fit_score(&detector_knn, backend, &settings, golden, data, &model, &n);
    compare(golden, group, found, n, is_cosine ? &cosine : &euclidean);
    memory_free(found);
    detector_knn.release(&model);
    attributes_release(&told);
}

static void check_lof(struct store *golden, const char *name)
{
    char group[64], data[64];
    int n;
    snprintf(group, sizeof group, "/lof/%s", name);
    struct attributes told = golden_attributes(golden, "%s", group);
    snprintf(data, sizeof data, "/data/%s", attributes_text(&told, "data", ""));
    const struct lof_settings settings = { .k = (int)attributes_integer(&told, "k", 0) };
    struct lof_model model = { 0 };
    double *found = golden_fit_score(&detector_lof, backend, &settings, golden, data, &model, &n);
    compare(golden, group, found, n, &factor);
    memory_free(found);
    detector_lof.release(&model);
    attributes_release(&told);
}

static void neighbours_agree(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("neighbours.h5");
        backend = version_open(v);
        euclidean.error = cosine.error = factor.error = 0;
        golden_each(golden, "/knn", check_knn);
        golden_each(golden, "/lof", check_lof);
        backend->ops->close(&backend);
        store_close(&golden);
        printf("%s\n", version_names[v]);
        golden_report("knn, euclidean, relative", &euclidean, TOLERANCE);
        golden_report("knn, cosine, relative", &cosine, COSINE_TOLERANCE);
        golden_report("lof, relative", &factor, TOLERANCE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(neighbours_agree) };
    return cmocka_run_group_tests_name("golden.neighbours", tests, NULL, NULL);
}
