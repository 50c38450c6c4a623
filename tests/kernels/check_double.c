/* Products in double on each instruction set against their definitions: odd sizes, strides of transposed
 * factors, sums that go on, nothing written beside c; wider registers give the same bits. */
#include "test.h"

#include "backend/cpu_double.h"
#include "backend/cpu_isa.h"
#include "core/memory.h"
#include "core/rng.h"

/* Sums of up to 700 products of numbers up to 1, relative to 1. */
static const double tolerance = 1e-13;
static const double guard = -12345.5;

static const int sizes[][3] = {
    { 1, 1, 1 },    { 8, 24, 128 }, { 4, 12, 127 }, { 9, 25, 129 },  { 13, 33, 3 },
    { 1, 40, 700 }, { 40, 1, 513 }, { 97, 5, 20 },  { 96, 23, 256 }, { 101, 7, 257 },
};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static double *random_doubles(size_t n, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 0);
    double *values = memory_new(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) values[i] = 2 * rng_uniform(&rng) - 1;
    return values;
}

static const struct cpu_double_kernels *kernels_of(const char *name)
{
    const struct cpu_isa *isa;
    if (cpu_isa_choose(name, &isa) != OK) test_skip(status_sentence());
    return isa->in_double;
}

/* ---------------------------------------------------------------------------------------------- gemm */

/* c has one column more than the product, which must stay as it was. */
static double *product(void (*gemm)(const struct gemm_double_args *args), struct gemm_double_args args)
{
    double *c = random_doubles((size_t)args.m * args.c_row, 3);
    for (int i = 0; i < args.m; i++) c[(size_t)i * args.c_row + args.n] = guard;
    args.c = c;
    gemm(&args);
    return c;
}

static void compare(const struct cpu_double_kernels *kernels, const struct gemm_double_args *args,
                    int to_the_bit, void (*other)(const struct gemm_double_args *args))
{
    const size_t n = (size_t)args->m * args->c_row;
    double *found = product(kernels->gemm, *args), *expected = product(other, *args);
    for (size_t i = 0; i < n; i++) {
        const int is_guard = (int)(i % args->c_row) == args->n;
        assert_near(found[i], expected[i], is_guard || to_the_bit ? 0 : tolerance);
    }
    memory_free(found);
    memory_free(expected);
}

static void check_gemm(const struct cpu_double_kernels *kernels, int to_the_bit,
                       void (*other)(const struct gemm_double_args *args))
{
    for (int s = 0; s < N_SIZES; s++) {
        const size_t m = (size_t)sizes[s][0], n = (size_t)sizes[s][1], k = (size_t)sizes[s][2];
        double *a = random_doubles(m * k, 1), *b = random_doubles(k * n, 2);
        for (int way = 0; way < 8; way++) {
            const int is_a_turned = way & 1, is_b_turned = way & 2;
            const struct gemm_double_args args = { .m = sizes[s][0],
                                                   .n = sizes[s][1],
                                                   .k = sizes[s][2],
                                                   .a = a,
                                                   .a_row = is_a_turned ? 1 : k,
                                                   .a_column = is_a_turned ? m : 1,
                                                   .b = b,
                                                   .b_row = is_b_turned ? 1 : n,
                                                   .b_column = is_b_turned ? k : 1,
                                                   .c_row = n + 1,
                                                   .adds = way & 4 };
            compare(kernels, &args, to_the_bit, other);
        }
        memory_free(a);
        memory_free(b);
    }
}

/* ---------------------------------------------------------------------------------------------- outer */

enum { ROWS = 270, COLUMNS = 250 };

struct rows_of {
    float x[ROWS * COLUMNS];
    int index[ROWS]; /* every row, not in order */
    double r[ROWS], mean[COLUMNS],
        scratch[2 * CPU_OUTER_TILE * CPU_DOUBLE_DEPTH] __attribute__((aligned(64)));
};

static struct rows_of *make_rows(void)
{
    struct rows_of *rows = memory_new(1, sizeof *rows);
    struct rng rng = rng_seeded(4, 0);
    for (int i = 0; i < ROWS * COLUMNS; i++) rows->x[i] = (float)(3 + rng_normal(&rng));
    for (int n = 0; n < ROWS; n++) rows->index[n] = n * 7 % ROWS;
    for (int n = 0; n < ROWS; n++) rows->r[n] = n % 3 == 1 ? 0 : rng_uniform(&rng);
    for (int j = 0; j < COLUMNS; j++) rows->mean[j] = 3 + rng_normal(&rng) / 10;
    return rows;
}

static struct cpu_outer tile_of(struct rows_of *rows, int i, int n_i, int j, int n_j, double *sum)
{
    return (struct cpu_outer){ rows->x, COLUMNS, rows->index, rows->r, ROWS,          rows->mean,
                               i,       n_i,     j,           n_j,     rows->scratch, sum };
}

static double defined(const struct rows_of *rows, int i, int j)
{
    double sum = 0;
    for (int n = 0; n < ROWS; n++) {
        const float *x = rows->x + (size_t)rows->index[n] * COLUMNS;
        sum += rows->r[n] * ((double)x[i] - rows->mean[i]) * ((double)x[j] - rows->mean[j]);
    }
    return sum;
}

static const int tiles[][4] = { { 0, 192, 0, 192 }, { 192, 58, 0, 192 }, { 192, 58, 192, 58 },
                                { 9, 1, 9, 1 },     { 100, 7, 3, 5 },    { 31, 33, 31, 33 } };
enum { N_TILES = sizeof tiles / sizeof *tiles };

static void outer_agrees(const struct cpu_double_kernels *kernels)
{
    struct rows_of *rows = make_rows();
    double *sum = memory_new(ROWS * COLUMNS, sizeof *sum);
    for (int t = 0; t < N_TILES; t++) {
        const int *tile = tiles[t];
        const struct cpu_outer args = tile_of(rows, tile[0], tile[1], tile[2], tile[3], sum);
        kernels->outer(&args);
        for (int i = 0; i < tile[1]; i++)
            for (int j = 0; j < tile[3] && tile[2] + j <= tile[0] + i; j++)
                assert_near(sum[i * COLUMNS + j], defined(rows, tile[0] + i, tile[2] + j), 1e-11);
    }
    memory_free(sum);
    memory_free(rows);
}

#ifdef __x86_64__
static void outers_are_alike(const struct cpu_double_kernels *one, const struct cpu_double_kernels *other)
{
    struct rows_of *rows = make_rows();
    double *sum = memory_new(ROWS * COLUMNS, sizeof *sum), *again = memory_new(ROWS * COLUMNS, sizeof *again);
    const struct cpu_outer args = tile_of(rows, 192, 58, 0, 192, sum),
                           same = tile_of(rows, 192, 58, 0, 192, again);
    one->outer(&args);
    other->outer(&same);
    assert_memory_equal(sum, again, ROWS * COLUMNS * sizeof *sum);
    memory_free(sum);
    memory_free(again);
    memory_free(rows);
}
#endif

/* --------------------------------------------------------------------------------------------- tests */

static void check_isa(const char *name)
{
    const struct cpu_double_kernels *kernels = kernels_of(name);
    check_gemm(kernels, 0, gemm_double_ref);
    outer_agrees(kernels);
}

static void generic_agrees(void **state)
{
    (void)state;
    check_isa("generic");
}

static void avx2_agrees(void **state)
{
    (void)state;
    check_isa("avx2");
}

static void wider_registers_are_alike(void **state)
{
    (void)state;
#ifdef __x86_64__
    extern const struct cpu_double_kernels cpu_double_kernels_avx2;
    const struct cpu_double_kernels *kernels = kernels_of("avx2");
    if (kernels == &cpu_double_kernels_avx2) test_skip("this machine has no AVX-512");
    check_gemm(kernels, 1, cpu_double_kernels_avx2.gemm);
    outer_agrees(&cpu_double_kernels_avx2);
    outers_are_alike(kernels, &cpu_double_kernels_avx2);
#else
    test_skip("not an x86");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(generic_agrees), cmocka_unit_test(avx2_agrees),
                                        cmocka_unit_test(wider_registers_are_alike) };
    return cmocka_run_group_tests_name("double", tests, NULL, NULL);
}
