/* k-means: seeding, stopping, empty clusters. golden.gmm holds Lloyd's iterations to scikit-learn. */
#include "test.h"

#include "detect/kmeans.h"

#include "core/memory.h"

static struct backend *backend_with(const char *name, int threads)
{
    struct backend *backend = NULL;
    assert_ok(backend_open(&backend, name, &(struct backend_options){ .threads = threads }));
    return backend;
}

/* Five clusters, far apart, along a line. */
static void make_rows(struct matrix *x, int rows, int columns)
{
    struct rng rng = rng_seeded(3, 0);
    assert_ok(matrix_init(x, rows, columns));
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < columns; j++) matrix_row(x, n)[j] = (float)(100 * (n % 5) + rng_normal(&rng));
}

static void test_finds_clusters_that_lie_apart(void **state)
{
    (void)state;
    struct backend *backend = backend_with("cpu", 2);
    struct matrix x;
    struct kmeans kmeans;
    int labels[101];
    make_rows(&x, 101, 7);
    for (int seed = 0; seed < 10; seed++) {
        struct rng rng = rng_seeded((uint64_t)seed, 0);
        assert_ok(kmeans_fit(backend, NULL, &x, 5, &rng, labels, &kmeans));
        for (int n = 5; n < 101; n++) assert_int_equal(labels[n], labels[n % 5]);
        for (int a = 0; a < 5; a++)
            for (int b = 0; b < a; b++) assert_int_not_equal(labels[a], labels[b]);
        assert_true(kmeans.inertia > 0 && kmeans.inertia < 101 * 7 * 2);
    }
    matrix_release(&x);
    backend->ops->close(&backend);
}

/* Rows with distance 0 to a centre are never drawn while others are left. */
static void test_seeding_takes_different_rows(void **state)
{
    (void)state;
    float data[] = { 1, 1, 1, 1, 1, 1, 2, 3 };
    const struct matrix x = { data, 8, 1 };
    struct backend *backend = backend_with("cpu", 1);
    for (int seed = 0; seed < 20; seed++) {
        struct rng rng = rng_seeded((uint64_t)seed, 0);
        int chosen[3];
        assert_ok(kmeans_plusplus(backend, NULL, &x, 3, &rng, chosen));
        float sum = 0;
        for (int c = 0; c < 3; c++) sum += data[chosen[c]];
        assert_true(sum == 6);
    }
    backend->ops->close(&backend);
}

static void test_same_seed_same_labels_whatever_the_threads(void **state)
{
    (void)state;
    static const int threads[] = { 1, 2, 3, 5 };
    struct matrix x;
    int first[211], labels[211];
    struct rng noise = rng_seeded(5, 0);
    assert_ok(matrix_init(&x, 211, 33));
    for (int i = 0; i < 211 * 33; i++) x.data[i] = (float)rng_normal(&noise);
    for (int t = 0; t < 4; t++) {
        struct backend *backend = backend_with("cpu", threads[t]);
        struct rng rng = rng_seeded(11, 0);
        struct kmeans kmeans;
        assert_ok(kmeans_fit(backend, NULL, &x, 17, &rng, t ? labels : first, &kmeans));
        if (t) assert_memory_equal(labels, first, sizeof first);
        backend->ops->close(&backend);
    }
    matrix_release(&x);
}

/* More clusters than different rows: the surplus stays empty, nothing moves for ever. */
static void test_duplicates(void **state)
{
    (void)state;
    float data[] = { 4, 4, 4, 4, 9, 9 };
    const struct matrix x = { data, 6, 1 };
    struct backend *backend = backend_with("cpu", 1);
    struct rng rng = rng_seeded(0, 0);
    struct kmeans kmeans;
    int labels[6];
    assert_ok(kmeans_fit(backend, NULL, &x, 4, &rng, labels, &kmeans));
    assert_near(kmeans.inertia, 0, 0);
    assert_int_equal(labels[0], labels[3]);
    assert_int_not_equal(labels[0], labels[4]);
    backend->ops->close(&backend);
}

static void test_one_row_and_one_cluster(void **state)
{
    (void)state;
    float data[] = { 4, 5 };
    const struct matrix x = { data, 1, 2 };
    struct backend *backend = backend_with("ref", 1);
    struct rng rng = rng_seeded(0, 0);
    struct kmeans kmeans;
    int label = -1;
    assert_ok(kmeans_fit(backend, NULL, &x, 1, &rng, &label, &kmeans));
    assert_int_equal(label, 0);
    assert_near(kmeans.inertia, 0, 0);
    backend->ops->close(&backend);
}

/* A centre far from all rows takes the row that is farthest from its own centre. */
static void test_an_empty_cluster_is_filled(void **state)
{
    (void)state;
    float data[] = { 0, 1, 2, 50 };
    const struct matrix x = { data, 4, 1 };
    double centres[] = { 0, 1e6 };
    struct backend *backend = backend_with("cpu", 1);
    struct kmeans kmeans;
    int labels[4];
    assert_ok(kmeans_lloyd(backend, NULL, &x, 2, centres, labels, &kmeans));
    assert_near(centres[0], 1, 1e-12);
    assert_near(centres[1], 50, 0);
    assert_int_equal(labels[3], 1);
    assert_near(kmeans.inertia, 2, 1e-12);
    backend->ops->close(&backend);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_one_row_and_one_cluster),
        cmocka_unit_test(test_an_empty_cluster_is_filled),
        cmocka_unit_test(test_seeding_takes_different_rows),
        cmocka_unit_test(test_finds_clusters_that_lie_apart),
        cmocka_unit_test(test_same_seed_same_labels_whatever_the_threads),
    };
    return cmocka_run_group_tests_name("kmeans", tests, NULL, NULL);
}
