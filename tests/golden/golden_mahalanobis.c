/* Mahalanobis distances against those of scikit-learn's LedoitWolf, in double. */
#include "golden.h"

#include "core/memory.h"
#include "detect/mahalanobis.h"

/* The golden file's floats are off by 3e-8; the rest is how far two ways to invert a covariance may differ. */
static const double TOLERANCE = 1e-6;

static struct {
    struct worst shrinkage, distance;
} worst;
static struct backend *backend;

static void check_case(struct store *golden, const char *name)
{
    struct attributes told = golden_attributes(golden, "/%s", name);
    struct rows x = { 0 }, judged = { 0 };
    struct mahalanobis_model model = { 0 };
    x.x.data = golden_floats(golden, &x.x.rows, &x.x.columns, "/%s/x", name);
    judged.x.data = golden_floats(golden, &judged.x.rows, &judged.x.columns, "/%s/judged", name);
    float *expected = golden_floats(golden, NULL, NULL, "/%s/distance", name);
    double *found = memory_new((size_t)judged.x.rows, sizeof *found);
    assert_ok(detector_mahalanobis.fit(backend, NULL, &x, &model));
    assert_ok(detector_mahalanobis.score(backend, &model, &judged, found));
    worst_add(&worst.shrinkage, fabs(model.shrinkage - attributes_find(&told, "shrinkage")->real));
    for (int n = 0; n < judged.x.rows; n++)
        worst_add(&worst.distance, fabs(found[n] - (double)expected[n]) / (double)expected[n]);
    detector_mahalanobis.release(&model);
    memory_free(found);
    memory_free(expected);
    memory_free(x.x.data);
    memory_free(judged.x.data);
    attributes_release(&told);
}

static void distances_agree(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("mahalanobis.h5");
        backend = version_open(v);
        memset(&worst, 0, sizeof worst);
        golden_each(golden, "/", check_case);
        backend->ops->close(&backend);
        store_close(&golden);
        printf("%s\n", version_names[v]);
        golden_report("shrinkage", &worst.shrinkage, 1e-12);
        golden_report("squared distances, relative", &worst.distance, TOLERANCE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(distances_agree) };
    return cmocka_run_group_tests_name("golden.mahalanobis", tests, NULL, NULL);
}
