/* What principal components leave over against scikit-learn's PCA, in double. */
#include "golden.h"

#include "core/memory.h"
#include "detect/pca.h"

/* Relative to the residual, which is off by some eps of the row's squared distance to the mean: where it is
 * below a millionth of that, of rows that lie in the plane, to this millionth. */
static const double TOLERANCE = 1e-8, IN_THE_PLANE = 1e-6;

static struct {
    struct worst share, residual;
} worst;
static struct backend *backend;

static void compare_residuals(struct store *golden, const char *name, int n, const double *found)
{
    char path[64];
    double *expected = memory_new((size_t)n, sizeof *expected);
    float *squares = golden_floats(golden, NULL, NULL, "/%s/squares", name);
    snprintf(path, sizeof path, "/%s/residual", name);
    assert_ok(store_read(golden, path, STORE_DOUBLE, 0, (size_t)n, expected));
    for (int i = 0; i < n; i++) {
        const double size = fmax(expected[i], IN_THE_PLANE * (double)squares[i]);
        worst_add(&worst.residual, fabs(found[i] - expected[i]) / size);
    }
    memory_free(squares);
    memory_free(expected);
}

static void check_case(struct store *golden, const char *name)
{
    struct attributes told = golden_attributes(golden, "/%s", name);
    const struct pca_settings settings = { golden_number(&told, "keep") };
    struct rows x = { 0 }, judged = { 0 };
    struct pca_model model = { 0 };
    x.x.data = golden_floats(golden, &x.x.rows, &x.x.columns, "/%s/x", name);
    judged.x.data = golden_floats(golden, &judged.x.rows, &judged.x.columns, "/%s/judged", name);
    double *found = memory_new((size_t)judged.x.rows, sizeof *found);
    assert_ok(detector_pca.check(&settings, x.x.rows, x.x.columns));
    assert_ok(detector_pca.fit(backend, &settings, &x, &model));
    assert_ok(detector_pca.score(backend, &model, &judged, found));
    assert_int_equal(model.kept, (int)attributes_integer(&told, "components", 0));
    worst_add(&worst.share, fabs(model.share - golden_number(&told, "share")));
    compare_residuals(golden, name, judged.x.rows, found);
    detector_pca.release(&model);
    memory_free(found);
    memory_free(x.x.data);
    memory_free(judged.x.data);
    attributes_release(&told);
}

static void residuals_agree(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("pca.h5");
        backend = version_open(v);
        memset(&worst, 0, sizeof worst);
        golden_each(golden, "/", check_case);
        backend->ops->close(&backend);
        store_close(&golden);
        printf("%s\n", version_names[v]);
        golden_report("explained share", &worst.share, 1e-12);
        golden_report("residuals, relative", &worst.residual, TOLERANCE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(residuals_agree) };
    return cmocka_run_group_tests_name("golden.pca", tests, NULL, NULL);
}
