/* Kernel densities against a brute-force sum in double, beside scikit-learn's own difference from it. */
#include "golden_detect.h"

#include "detect/kde.h"

/* Asked for is 1e-2. Both sides are in double; log densities reach 1e5 here, with sums in another order. */
static const double TOLERANCE = 1e-8;

static struct worst ours, theirs, bandwidth;
static struct backend *backend;

static void check_case(struct store *golden, const char *name)
{
    char group[64];
    int n, n_expected, n_theirs;
    snprintf(group, sizeof group, "/%s", name);
    struct attributes told = golden_attributes(golden, "%s", group);
    const struct kde_settings settings = { attributes_text(&told, "bandwidth", "") };
    struct kde_model model = { 0 };
    double *found = golden_fit_score(&detector_kde, backend, &settings, golden, group, &model, &n);
    double *expected = golden_doubles(golden, &n_expected, "%s/score", group);
    double *scikit_learn = golden_doubles(golden, &n_theirs, "%s/score_samples", group);
    assert_true(n == n_expected && n == n_theirs);
    for (int i = 0; i < n; i++) {
        worst_add(&ours, fabs(found[i] - expected[i]));
        worst_add(&theirs, fabs(scikit_learn[i] - expected[i]));
    }
    const double used = attributes_find(&told, "used")->real;
    worst_add(&bandwidth, fabs(model.bandwidth - used) / used);
    memory_free(found);
    memory_free(expected);
    memory_free(scikit_learn);
    detector_kde.release(&model);
    attributes_release(&told);
}

static void densities_agree(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("kde.h5");
        backend = version_open(v);
        ours.error = theirs.error = bandwidth.error = 0;
        golden_each(golden, "/", check_case);
        backend->ops->close(&backend);
        store_close(&golden);
        printf("%s; scikit-learn's own difference: %.3g nats\n", version_names[v], theirs.error);
        golden_report("kde, nats", &ours, TOLERANCE);
        golden_report("kde, bandwidth, relative", &bandwidth, 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(densities_agree) };
    return cmocka_run_group_tests_name("golden.kde", tests, NULL, NULL);
}
