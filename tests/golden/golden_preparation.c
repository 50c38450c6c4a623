/* Rows prepared for a detector against scikit-learn's StandardScaler and PCA, in double. */
#include "golden.h"
#include "golden_detect.h"

#include "detect/preparation.h"

/* Relative to the largest value of the case: standardised rows are floats here, which are off by 6e-8 each. */
static const double TOLERANCE = 1e-6;

static struct {
    struct worst scale, prepared;
} worst;
static struct backend *backend;

static void check_case(struct store *golden, const char *name)
{
    char reduce[32];
    struct attributes told = golden_attributes(golden, "/%s", name);
    struct rows x = golden_rows(golden, name, "x"), judged = golden_rows(golden, name, "judged");
    float *scale = golden_floats(golden, NULL, NULL, "/%s/scale", name);
    float *prepared = golden_floats(golden, NULL, NULL, "/%s/prepared", name);
    struct preparation preparation = { 0 };
    const int components = (int)attributes_integer(&told, "components", 0);
    const struct preparation_settings settings = { golden_number(&told, "floor"), reduce };
    const size_t n = (size_t)judged.x.rows * (size_t)components;
    snprintf(reduce, sizeof reduce, "pca:%d", components);
    assert_ok(preparation_fit(&preparation, backend, &settings, &x, 0));
    assert_ok(preparation_apply(&preparation, &judged));
    assert_int_equal(judged.x.columns, components);
    for (int j = 0; j < x.x.columns; j++)
        worst_add(&worst.scale, relative_error(preparation.scaler.scale[j], (double)scale[j]));
    worst_add(&worst.prepared, largest_error(judged.x.data, prepared, n) / largest_value(prepared, n));
    preparation_release(&preparation);
    memory_free(scale);
    memory_free(prepared);
    memory_free(x.x.data);
    memory_free(judged.x.data);
    attributes_release(&told);
}

static void rows_agree(void **state)
{
    (void)state;
    for (int v = 0; v < N_VERSIONS; v++) {
        struct store *golden = golden_open("preparation.h5");
        backend = version_open(v);
        memset(&worst, 0, sizeof worst);
        golden_each(golden, "/", check_case);
        backend->ops->close(&backend);
        store_close(&golden);
        printf("%s\n", version_names[v]);
        golden_report("scales, relative", &worst.scale, 1e-7);
        golden_report("prepared rows", &worst.prepared, TOLERANCE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(rows_agree) };
    return cmocka_run_group_tests_name("golden.preparation", tests, NULL, NULL);
}
