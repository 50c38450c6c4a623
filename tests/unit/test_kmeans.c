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

/* ---------------------------------------------------------------------------------- the backend's own */

/* Rows around `clusters` places, near enough that many are in doubt, and some rows twice. */
static void make_doubtful_rows(struct matrix *x, int rows, int columns, int clusters)
{
    struct rng rng = rng_seeded(9, (uint64_t)rows);
    assert_ok(matrix_init(x, rows, columns));
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < columns; j++)
            matrix_row(x, n)[j] = (float)(0.6 * ((n % clusters * 37 + j * 11) % 7) + rng_normal(&rng));
    for (int n = 0; n + 10 < rows; n += 10)
        memcpy(matrix_row(x, n + 9), matrix_row(x, n), (size_t)columns * sizeof(float));
}

static struct em *em_over(struct backend *backend, const struct matrix *x, int k)
{
    struct em *em = NULL;
    assert_ok(
        backend->ops->em_open(backend, &(struct em_spec){ x, NULL, k, COVARIANCE_DIAGONAL, 1e-6 }, &em));
    assert_non_null(em->ops->em_seed);
    assert_non_null(em->ops->em_lloyd);
    return em;
}

struct clustered {
    int chosen[50], labels[700];
    double centres[50 * 140];
    struct kmeans kmeans;
};

/* search: EARSHOT_EM; NULL for its standard. is_host: with `nearest` alone. */
static struct clustered *cluster(const struct matrix *x, int k, const char *search, int threads, int is_host)
{
    struct clustered *c = memory_new(1, sizeof *c);
    assert_int_equal(search ? setenv("EARSHOT_EM", search, 1) : unsetenv("EARSHOT_EM"), 0);
    struct backend *backend = backend_with("cpu", threads);
    struct em *em = is_host ? NULL : em_over(backend, x, k);
    struct rng rng = rng_seeded(3, 0);
    assert_ok(kmeans_plusplus(backend, em, x, k, &rng, c->chosen));
    for (int i = 0; i < k; i++)
        for (int j = 0; j < x->columns; j++)
            c->centres[i * x->columns + j] = (double)matrix_row(x, c->chosen[i])[j];
    assert_ok(kmeans_lloyd(backend, em, x, k, c->centres, c->labels, &c->kmeans));
    backend->ops->em_close(&em);
    backend->ops->close(&backend);
    unsetenv("EARSHOT_EM");
    return c;
}

static const int shapes[][3] = {
    { 1, 1, 1 }, { 50, 3, 50 }, { 333, 17, 5 }, { 700, 140, 33 }, { 640, 64, 16 }
};

/* Seeds, labels and centres are those of the host, which computes every distance; to the bit for any number of
 * threads and whatever is cut short. */
static void test_bounds_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *search;
        int threads;
    } ways[] = { { NULL, 1 }, { NULL, 3 }, { "filter", 2 }, { "all", 2 } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int rows = shapes[i][0], columns = shapes[i][1], k = shapes[i][2];
        struct matrix x;
        make_doubtful_rows(&x, rows, columns, k);
        struct clustered *host = cluster(&x, k, NULL, 2, 1);
        for (int w = 0; w < 4; w++) {
            struct clustered *own = cluster(&x, k, ways[w].search, ways[w].threads, 0);
            assert_memory_equal(own->chosen, host->chosen, (size_t)k * sizeof *own->chosen);
            assert_memory_equal(own->labels, host->labels, (size_t)rows * sizeof *own->labels);
            assert_memory_equal(own->centres, host->centres, (size_t)(k * columns) * sizeof *own->centres);
            assert_int_equal(own->kmeans.iterations, host->kmeans.iterations);
            assert_near(own->kmeans.inertia, host->kmeans.inertia, 0);
            memory_free(own);
        }
        memory_free(host);
        matrix_release(&x);
    }
}

/* Ties go to the first centre, a centre without rows gets mean 0, and calls may jump: nothing of the last one is
 * taken for granted. */
static void test_lloyd_from_any_centres(void **state)
{
    (void)state;
    float data[] = { 0, 1, 3, 4 };
    const struct matrix x = { data, 4, 1 };
    static const double centres[][3] = { { 2, -2, 2 }, { 0.5, 3.5, 9 }, { 0.5, 3.5, 9 }, { 9, 3.5, 0.5 } };
    static const int nearest[][4] = { { 0, 0, 0, 0 }, { 0, 0, 1, 1 }, { 0, 0, 1, 1 }, { 2, 2, 1, 1 } };
    static const double means[][3] = { { 2, 0, 0 }, { 0.5, 3.5, 0 }, { 0.5, 3.5, 0 }, { 0, 3.5, 0.5 } };
    struct backend *backend = backend_with("cpu", 2);
    struct em *em = em_over(backend, &x, 3);
    for (int i = 0; i < 4; i++) {
        int found[4];
        double squared[4], moved[3];
        assert_ok(em->ops->em_lloyd(em, centres[i], found, squared, moved));
        assert_memory_equal(found, nearest[i], sizeof found);
        for (int k = 0; k < 3; k++) assert_near(moved[k], means[i][k], 0);
        assert_near(squared[0], i ? 0.25 : 4, 0);
    }
    backend->ops->em_close(&em);
    backend->ops->close(&backend);
}

/* A start, iterations of EM and again a start, on the rows that one em holds. */
static void test_kmeans_after_a_mixture(void **state)
{
    (void)state;
    struct matrix x;
    make_doubtful_rows(&x, 333, 17, 5);
    struct clustered *first = cluster(&x, 5, NULL, 2, 0);
    struct backend *backend = backend_with("cpu", 2);
    struct em *em = em_over(backend, &x, 5);
    for (int i = 0; i < 2; i++) {
        double weights[5], means[5 * 17], covariances[5 * 17], bound;
        struct mixture mixture = { 5, 17, COVARIANCE_DIAGONAL, weights, means, covariances };
        struct rng rng = rng_seeded(3, 0);
        struct kmeans kmeans;
        int labels[333];
        assert_ok(kmeans_fit(backend, em, &x, 5, &rng, labels, &kmeans));
        assert_memory_equal(labels, first->labels, sizeof labels);
        assert_near(kmeans.inertia, first->kmeans.inertia, 0);
        assert_ok(em->ops->em_start(em, labels, NULL, &mixture));
        for (int t = 0; t < 3; t++) assert_ok(em->ops->em_step(em, &mixture, 0, &bound, NULL));
    }
    backend->ops->em_close(&em);
    backend->ops->close(&backend);
    memory_free(first);
    matrix_release(&x);
}

/* ----------------------------------------------------------------------------------------- hard rows */

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
        cmocka_unit_test(test_bounds_change_nothing),
        cmocka_unit_test(test_lloyd_from_any_centres),
        cmocka_unit_test(test_kmeans_after_a_mixture),
    };
    return cmocka_run_group_tests_name("kmeans", tests, NULL, NULL);
}
