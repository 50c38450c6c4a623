/* Nearest centres: the CPU, whose float filter must never lose the right one, against the definition. */
#include "test.h"

#include "backend/backend.h"
#include "core/rng.h"

static const char *const names[] = { "ref", "cpu" };

static struct backend *backend_with(const char *name, int threads)
{
    struct backend *backend = NULL;
    assert_ok(backend_open(&backend, name, &(struct backend_options){ .threads = threads }));
    return backend;
}

static void make_rows(struct matrix *x, int rows, int columns)
{
    struct rng rng = rng_seeded(7, (uint64_t)rows);
    assert_ok(matrix_init(x, rows, columns));
    for (int i = 0; i < rows * columns; i++) x->data[i] = (float)(10 + rng_normal(&rng));
}

static void test_nearest(void **state)
{
    (void)state;
    static const int cases[][3] = {
        { 1, 1, 1 }, { 31, 33, 7 }, { 33, 31, 8 }, { 100, 67, 9 }, { 65, 1, 40 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int rows = cases[i][0], columns = cases[i][1], k = cases[i][2];
        struct matrix x;
        int found[2][100];
        double squared[2][100], *all[2], *centres = memory_new((size_t)k * (size_t)columns, sizeof(double));
        make_rows(&x, rows, columns);
        for (int c = 0; c < k * columns; c++) centres[c] = (double)x.data[c * 5 % (rows * columns)];
        for (int b = 0; b < 2; b++) {
            struct backend *backend = backend_with(names[b], 3);
            all[b] = memory_new((size_t)rows * (size_t)k, sizeof(double));
            assert_ok(backend->ops->nearest(backend, &x, centres, k, found[b], squared[b]));
            assert_ok(backend->ops->nearest(backend, &x, centres, k, NULL, all[b]));
            backend->ops->close(&backend);
        }
        for (int n = 0; n < rows; n++) {
            assert_int_equal(found[1][n], found[0][n]);
            assert_near(squared[1][n], squared[0][n], 1e-12 * squared[0][n]);
        }
        for (int n = 0; n < rows * k; n++) assert_near(all[1][n], all[0][n], 1e-12 * all[0][n]);
        memory_free(all[0]);
        memory_free(all[1]);
        memory_free(centres);
        matrix_release(&x);
    }
}

static void test_ties_go_to_the_first(void **state)
{
    (void)state;
    float data[] = { 0 };
    const struct matrix x = { data, 1, 1 };
    const double centres[] = { 5, 1, -1, 1 };
    for (int b = 0; b < 2; b++) {
        struct backend *backend = backend_with(names[b], 1);
        int nearest;
        double squared;
        assert_ok(backend->ops->nearest(backend, &x, centres, 4, &nearest, &squared));
        assert_int_equal(nearest, 1);
        assert_near(squared, 1, 0);
        backend->ops->close(&backend);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_ties_go_to_the_first),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
