/* Products of matrices on each instruction set against their definition: odd sizes, strides of transposed
 * factors, sums that go on, and nothing written beside c. */
#include "test.h"

#include "backend/cpu_isa.h"
#include "core/memory.h"
#include "core/rng.h"

/* Sums of up to 700 products of numbers up to 1, in float. */
static const double tolerance = 2e-5;
static const float guard = -12345.5f;

static const int sizes[][3] = {
    { 1, 1, 1 },   { 6, 16, 256 }, { 5, 15, 255 }, { 7, 17, 257 },
    { 13, 33, 3 }, { 1, 40, 700 }, { 40, 1, 513 },
};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static float *random_floats(size_t n, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 0);
    float *values = memory_new(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) values[i] = (float)(2 * rng_uniform(&rng) - 1);
    return values;
}

/* c has one column more than the product, which must stay as it was. */
static void compare(const struct cpu_isa *isa, struct gemm_args args)
{
    const size_t n = (size_t)args.m * args.c_row;
    float *found = random_floats(n, 3), *expected = random_floats(n, 3);
    for (int i = 0; i < args.m; i++) found[(size_t)i * args.c_row + args.n] = guard;
    args.c = found;
    isa->gemm(&args);
    args.c = expected;
    gemm_ref(&args);
    for (size_t i = 0; i < n; i++)
        if ((int)(i % args.c_row) == args.n)
            assert_true(found[i] == guard);
        else
            assert_near((double)found[i], (double)expected[i], tolerance);
    memory_free(found);
    memory_free(expected);
}

static void check_size(const struct cpu_isa *isa, const int size[3])
{
    const size_t m = (size_t)size[0], n = (size_t)size[1], k = (size_t)size[2];
    float *a = random_floats(m * k, 1), *b = random_floats(k * n, 2);
    for (int way = 0; way < 8; way++) {
        const int is_a_turned = way & 1, is_b_turned = way & 2;
        compare(isa, (struct gemm_args){ .m = size[0],
                                         .n = size[1],
                                         .k = size[2],
                                         .a = a,
                                         .a_row = is_a_turned ? 1 : k,
                                         .a_column = is_a_turned ? m : 1,
                                         .b = b,
                                         .b_row = is_b_turned ? 1 : n,
                                         .b_column = is_b_turned ? k : 1,
                                         .c_row = n + 1,
                                         .adds = way & 4 });
    }
    memory_free(a);
    memory_free(b);
}

/* What avx2 promises for registers of any width: a sum takes k in order, fused, in stretches of 256. */
static float fused_sum(const struct gemm_args *args, size_t i, size_t j, float before)
{
    float total = before;
    for (size_t first = 0; first < (size_t)args->k; first += 256) {
        float sum = 0;
        for (size_t k = first; k < first + 256 && k < (size_t)args->k; k++)
            sum = fmaf(args->a[i * args->a_row + k * args->a_column],
                       args->b[k * args->b_row + j * args->b_column], sum);
        total = first == 0 && !args->adds ? sum : total + sum;
    }
    return total;
}

static void check_bits(const struct cpu_isa *isa, int m, int n, int k, int is_turned)
{
    float *a = random_floats((size_t)m * k, 1), *b = random_floats((size_t)k * n, 2);
    for (int adds = 0; adds < 2; adds++) {
        float *c = random_floats((size_t)m * n, 3), *before = random_floats((size_t)m * n, 3);
        const struct gemm_args args = {
            m, n, k, a, b, c, k, 1, is_turned ? 1 : n, is_turned ? k : 1, n, adds
        };
        isa->gemm(&args);
        for (size_t e = 0; e < (size_t)m * n; e++)
            assert_true(c[e] == fused_sum(&args, e / n, e % n, before[e]));
        memory_free(c);
        memory_free(before);
    }
    memory_free(a);
    memory_free(b);
}

static void check_isa(const char *name)
{
    const struct cpu_isa *isa;
    setenv("EARSHOT_ISA", name, 1);
    const enum status status = cpu_isa_choose(NULL, &isa);
    unsetenv("EARSHOT_ISA");
    if (status != OK) test_skip(status_sentence());
    for (int i = 0; i < N_SIZES; i++) check_size(isa, sizes[i]);
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

static void avx2_has_one_order(void **state)
{
    (void)state;
    const struct cpu_isa *isa;
    if (cpu_isa_choose("avx2", &isa) != OK) test_skip(status_sentence());
    for (int i = 0; i < N_SIZES; i++)
        for (int is_turned = 0; is_turned < 2; is_turned++)
            check_bits(isa, sizes[i][0], sizes[i][1], sizes[i][2], is_turned);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(generic_agrees), cmocka_unit_test(avx2_agrees),
                                        cmocka_unit_test(avx2_has_one_order) };
    return cmocka_run_group_tests_name("gemm", tests, NULL, NULL);
}
