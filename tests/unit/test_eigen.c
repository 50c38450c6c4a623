/* Eigenvalues and vectors: of matrices where they are known, and what they promise of any. */
#include "test.h"

#include "core/memory.h"
#include "core/rng.h"
#include "detect/eigen.h"
#include "detect/lanes.h"

static struct backend *backend;

struct decomposed {
    int n, count;
    double *matrix, *values, *vectors; /* [n][n], [count], [count][n] */
};

static struct decomposed decompose(const double *matrix, int n, int count)
{
    struct decomposed d = { n, count, NULL, NULL, NULL };
    struct eigen e;
    d.matrix = memory_new((size_t)n * (size_t)n, sizeof(double));
    d.values = memory_new((size_t)count, sizeof(double));
    d.vectors = memory_new((size_t)count * (size_t)n, sizeof(double));
    double *spoiled = memory_new((size_t)n * (size_t)n, sizeof(double));
    memcpy(d.matrix, matrix, (size_t)n * (size_t)n * sizeof(double));
    memcpy(spoiled, matrix, (size_t)n * (size_t)n * sizeof(double));
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            spoiled[i * n + j] = (double)NAN; /* only the lower triangle is read */
    assert_ok(eigen_init(&e, backend, spoiled, n));
    eigen_values(&e, 0, count, d.values);
    assert_ok(eigen_vectors(&e, d.values, count, d.vectors));
    eigen_release(&e);
    memory_free(spoiled);
    return d;
}

static void decomposed_release(struct decomposed *d)
{
    memory_free(d->matrix);
    memory_free(d->values);
    memory_free(d->vectors);
}

/* Matrix · vector = value · vector; vectors are orthogonal and of length 1. Some n eps of the largest. */
static void assert_decomposed(const struct decomposed *d, double largest)
{
    for (int k = 0; k < d->count; k++) {
        const double *vector = d->vectors + k * d->n;
        assert_true(k == 0 || d->values[k] <= d->values[k - 1] + 1e-14 * largest);
        for (int i = 0; i < d->n; i++)
            assert_near(lanes_dot(d->matrix + i * d->n, vector, d->n), d->values[k] * vector[i],
                        1e-12 * largest);
        for (int m = 0; m <= k; m++)
            assert_near(lanes_dot(vector, d->vectors + m * d->n, d->n), m == k, 1e-13);
    }
}

static void test_two_by_two(void **state)
{
    (void)state;
    const double matrix[] = { 2, 1, 1, 2 };
    struct decomposed d = decompose(matrix, 2, 2);
    assert_near(d.values[0], 3, 1e-15);
    assert_near(d.values[1], 1, 3e-15);
    assert_near(fabs(d.vectors[0] + d.vectors[1]), sqrt(2), 1e-15);
    assert_decomposed(&d, 3);
    decomposed_release(&d);
}

static void test_one_number(void **state)
{
    (void)state;
    const double matrix[] = { -7 };
    struct decomposed d = decompose(matrix, 1, 1);
    assert_near(d.values[0], -7, 1e-14);
    assert_near(fabs(d.vectors[0]), 1, 0);
    decomposed_release(&d);
}

/* -1, 2, -1 beside the diagonal: 2 - 2 cos(k π / (n + 1)). */
static void test_known_values(void **state)
{
    (void)state;
    enum { N = 61 };
    static double matrix[N * N];
    for (int i = 0; i < N; i++) {
        matrix[i * N + i] = 2;
        if (i) matrix[i * N + i - 1] = matrix[(i - 1) * N + i] = -1;
    }
    struct decomposed d = decompose(matrix, N, N);
    for (int k = 0; k < N; k++) assert_near(d.values[k], 2 - 2 * cos(acos(-1) * (N - k) / (N + 1)), 1e-14);
    assert_decomposed(&d, 4);
    decomposed_release(&d);
}

/* Values that agree, and matrices that fall apart into pieces. */
static void test_repeated_values(void **state)
{
    (void)state;
    enum { N = 24 };
    static const double corners[][3] = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 }, { 5, 0, 2 }, { 1, 1, 1 } };
    for (size_t c = 0; c < sizeof corners / sizeof *corners; c++) {
        double matrix[N * N] = { 0 };
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                matrix[i * N + j] = i == j                     ? 3 + (i % 3 == 0) * corners[c][0]
                                    : (i + j) % 2 == 0         ? corners[c][1]
                                    : i / 6 == j / 6 && i != j ? corners[c][2]
                                                               : 0;
        struct decomposed d = decompose(matrix, N, N);
        assert_decomposed(&d, 20);
        decomposed_release(&d);
    }
}

/* The sum of `rank` outer products of random vectors with themselves. */
static void check_random(struct rng *rng, int n, int rank, double scale)
{
    double *matrix = memory_new((size_t)n * (size_t)n, sizeof *matrix),
           *vector = memory_new((size_t)n, sizeof *vector);
    double trace = 0;
    for (int r = 0; r < rank; r++) {
        for (int i = 0; i < n; i++) vector[i] = rng_normal(rng);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) matrix[i * n + j] += scale * vector[i] * vector[j];
    }
    for (int i = 0; i < n; i++) trace += matrix[i * n + i];
    struct decomposed d = decompose(matrix, n, n);
    assert_decomposed(&d, trace);
    for (int k = 0; k < n; k++) trace -= d.values[k];
    assert_near(trace, 0, 1e-13 * n * d.values[0]);
    decomposed_release(&d);
    memory_free(matrix);
    memory_free(vector);
}

static void test_random_matrices(void **state)
{
    (void)state;
    static const int sizes[] = { 2, 3, 15, 16, 17, 18, 41, 67, 98, 131 };
    struct rng rng = rng_seeded(3, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_random(&rng, sizes[i], 2 * sizes[i], 1e9);
        check_random(&rng, sizes[i], (sizes[i] + 1) / 2, 1e-12);
        check_random(&rng, sizes[i], 1, 1);
    }
}

/* matrix = H diag(values) H' for a product H of three reflections. */
static double *matrix_with(const double *values, int n)
{
    struct rng rng = rng_seeded(5, 0);
    double *matrix = memory_new((size_t)n * (size_t)n, sizeof *matrix), *v = memory_new((size_t)n, sizeof *v),
           *p = memory_new((size_t)n, sizeof *p);
    for (int i = 0; i < n; i++) matrix[i * n + i] = values[i];
    for (int reflection = 0; reflection < 3; reflection++) {
        for (int i = 0; i < n; i++) v[i] = rng_normal(&rng);
        const double scale = 2 / lanes_dot(v, v, n);
        for (int i = 0; i < n; i++) p[i] = scale * lanes_dot(matrix + i * n, v, n);
        const double along = scale * lanes_dot(p, v, n) / 2;
        for (int i = 0; i < n; i++) p[i] -= along * v[i];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) matrix[i * n + j] -= v[i] * p[j] + p[i] * v[j];
    }
    memory_free(v);
    memory_free(p);
    return matrix;
}

static void check_values(const double *values, int n)
{
    double *matrix = matrix_with(values, n);
    struct decomposed d = decompose(matrix, n, n);
    assert_decomposed(&d, 2);
    for (int k = 0; k < n; k++) assert_near(d.values[k], values[k], 1e-13);
    decomposed_release(&d);
    memory_free(matrix);
}

/* Evenly spaced ones, with gaps around what counts as close; and those that fall by a factor. */
static void test_close_values(void **state)
{
    (void)state;
    enum { N = 70 };
    static const double gaps[] = { 0, 1e-16, 1e-15, 1e-13, 1e-10, 3e-8, 9e-8, 1.1e-7, 1e-6, 1e-4 },
                        factors[] = { 0.1, 0.5, 0.9 };
    double values[N];
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        for (int k = 0; k < N; k++) values[k] = 1 - k * gaps[i];
        check_values(values, N);
        for (int k = 0; k < N; k++) values[k] = (k < 20) - k / 3 * gaps[i];
        check_values(values, N);
    }
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        for (int k = 0; k < N; k++) values[k] = pow(factors[i], k);
        check_values(values, N);
    }
}

/* Large enough that a single product with a vector is shared. */
static void test_threads(void **state)
{
    (void)state;
    enum { N = 1050, COUNT = 20 };
    struct backend *two = backend;
    double *matrix = memory_new((size_t)N * N, sizeof *matrix);
    struct decomposed d[3];
    struct rng rng = rng_seeded(6, 0);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) matrix[i * N + j] = rng_normal(&rng);
    for (int i = 0; i < 3; i++) {
        assert_ok(backend_open(&backend, "cpu", &(struct backend_options){ .threads = i + 1 }));
        d[i] = decompose(matrix, N, COUNT);
        assert_memory_equal(d[i].values, d[0].values, COUNT * sizeof(double));
        assert_memory_equal(d[i].vectors, d[0].vectors, COUNT * N * sizeof(double));
        backend->ops->close(&backend);
    }
    for (int i = 0; i < 3; i++) decomposed_release(&d[i]);
    memory_free(matrix);
    backend = two;
}

static void test_all_zeros(void **state)
{
    (void)state;
    const double matrix[9] = { 0 };
    struct decomposed d = decompose(matrix, 3, 3);
    assert_decomposed(&d, 1);
    decomposed_release(&d);
}

static int open_backend(void **state)
{
    (void)state;
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static int close_backend(void **state)
{
    (void)state;
    backend->ops->close(&backend);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_number),      cmocka_unit_test(test_two_by_two),
        cmocka_unit_test(test_known_values),    cmocka_unit_test(test_repeated_values),
        cmocka_unit_test(test_random_matrices), cmocka_unit_test(test_all_zeros),
        cmocka_unit_test(test_close_values),    cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("eigen", tests, open_backend, close_backend);
}
