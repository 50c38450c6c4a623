/* Eigenvalues and vectors: of matrices where they are known, and what they promise of any. */
#include "test.h"

#include "core/memory.h"
#include "core/rng.h"
#include "detect/eigen.h"
#include "detect/lanes.h"

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
    assert_ok(eigen_init(&e, spoiled, n));
    for (int k = 0; k < count; k++) d.values[k] = eigen_value(&e, k, k ? d.values[k - 1] : e.bound);
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
    static const int sizes[] = { 2, 3, 15, 16, 17, 41, 67 };
    struct rng rng = rng_seeded(3, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_random(&rng, sizes[i], 2 * sizes[i], 1e9);
        check_random(&rng, sizes[i], (sizes[i] + 1) / 2, 1e-12);
        check_random(&rng, sizes[i], 1, 1);
    }
}

static void test_all_zeros(void **state)
{
    (void)state;
    const double matrix[9] = { 0 };
    struct decomposed d = decompose(matrix, 3, 3);
    assert_decomposed(&d, 1);
    decomposed_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_number),      cmocka_unit_test(test_two_by_two),
        cmocka_unit_test(test_known_values),    cmocka_unit_test(test_repeated_values),
        cmocka_unit_test(test_random_matrices), cmocka_unit_test(test_all_zeros),
    };
    return cmocka_run_group_tests_name("eigen", tests, NULL, NULL);
}
