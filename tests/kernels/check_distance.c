/* Distances of every backend and instruction set against their definition: each pair once and in order, rough
 * ones within the error that the tile tells, exact ones to the last bits, the same for 1, 2 and 3 threads. */
#include "test.h"

#include "backend/cpu_distance.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/rng.h"

/* Two sums of up to 1,100 doubles in another order. */
static const double exact_tolerance = 1e-13;

static const char *const isas[] = { "generic", "avx2" };
enum { N_ISAS = 2, N_GUARDS = 16 };
static const float guard = -12345.5f;

static const int cases[][3] = { { 1, 1, 1 },    { 1, 300, 7 },  { 300, 1, 8 },    { 3, 5, 64 },
                                { 33, 65, 65 }, { 97, 64, 63 }, { 600, 130, 17 }, { 31, 17, 1100 } };
enum { N_CASES = sizeof cases / sizeof *cases };

/* Rows around 10, of which every third is nearly its neighbour: the expanded form would lose those. */
static void make_rows(struct matrix *x, int rows, int columns, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, (uint64_t)rows);
    assert_ok(matrix_init(x, rows, columns));
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < columns; j++)
            matrix_row(x, n)[j] = n % 3 == 2 ? matrix_row(x, n - 1)[j] + (float)(1e-5 * rng_normal(&rng))
                                             : (float)(10 + rng_normal(&rng));
}

/* What a taker saw: [x rows][y rows], and how many rows of y each row of x has met. */
struct seen {
    const struct matrix *x, *y;
    float *rough;
    double *exact, error;
    int *met;
    int is_exact, is_out_of_order;
};

static void take(void *context, const struct distance_tile *tile)
{
    struct seen *seen = context;
    for (int i = 0; i < tile->x_rows; i++) {
        const int n = tile->x_first + i;
        if (seen->met[n] != tile->y_first || (tile->squared == NULL) != seen->is_exact)
            seen->is_out_of_order = 1;
        seen->met[n] += tile->y_rows;
        for (int j = 0; j < tile->y_rows; j++) {
            const size_t at = (size_t)n * seen->y->rows + tile->y_first + j;
            if (tile->squared) seen->rough[at] = tile->squared[(size_t)i * tile->stride + j];
            seen->exact[at] =
                tile->exact(matrix_row(seen->x, n), matrix_row(seen->y, tile->y_first + j), seen->x->columns);
        }
    }
    if (tile->x_first == 0) seen->error = tile->error;
}

static struct seen look(const char *name, int threads, const struct matrix *x, const struct matrix *y,
                        int is_exact)
{
    const size_t size = (size_t)x->rows * (size_t)y->rows;
    struct backend *backend = NULL;
    struct seen seen = { .x = x,
                         .y = y,
                         .rough = memory_new(size, sizeof(float)),
                         .exact = memory_new(size, sizeof(double)),
                         .met = memory_new((size_t)x->rows, sizeof(int)),
                         .is_exact = is_exact };
    const struct distance_taker taker = { take, &seen, is_exact };
    assert_ok(backend_open(&backend, name, &(struct backend_options){ .threads = threads }));
    assert_ok(backend->ops->distance(backend, x, y, &taker));
    backend->ops->close(&backend);
    for (int n = 0; n < x->rows; n++) assert_int_equal(seen.met[n], y->rows);
    assert_int_equal(seen.is_out_of_order, 0);
    return seen;
}

static void seen_release(struct seen *seen)
{
    memory_free(seen->rough);
    memory_free(seen->exact);
    memory_free(seen->met);
}

static void check_case(const char *name, const struct matrix *x, const struct matrix *y,
                       const double *expected)
{
    const size_t size = (size_t)x->rows * (size_t)y->rows;
    struct seen first = look(name, 1, x, y, 0);
    for (size_t i = 0; i < size; i++) {
        assert_near(first.exact[i], expected[i], exact_tolerance * expected[i]);
        assert_near((double)first.rough[i], expected[i], first.error * expected[i]);
        assert_true((double)first.rough[i] <= distance_reach(expected[i], first.error));
    }
    for (int threads = 2; threads <= 3; threads++) {
        struct seen again = look(name, threads, x, y, 0), exact = look(name, threads, x, y, 1);
        assert_memory_equal(again.rough, first.rough, size * sizeof *first.rough);
        assert_memory_equal(again.exact, first.exact, size * sizeof *first.exact);
        assert_memory_equal(exact.exact, first.exact, size * sizeof *first.exact);
        seen_release(&again);
        seen_release(&exact);
    }
    seen_release(&first);
}

static int has_isa(const char *isa)
{
    const struct cpu_isa *chosen;
    setenv("EARSHOT_ISA", isa, 1);
    return cpu_isa_choose(NULL, &chosen) == OK;
}

static void test_backends(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        struct matrix x, y;
        make_rows(&x, cases[i][0], cases[i][2], 1);
        make_rows(&y, cases[i][1], cases[i][2], 1);
        double *expected = memory_new((size_t)x.rows * (size_t)y.rows, sizeof *expected);
        distance_ref(&(struct distance_args){ x.data, y.data, x.rows, y.rows, x.columns, expected });
        check_case("ref", &x, &y, expected);
        for (int isa = 0; isa < N_ISAS; isa++)
            if (has_isa(isas[isa])) check_case("cpu", &x, &y, expected);
        unsetenv("EARSHOT_ISA");
        memory_free(expected);
        matrix_release(&x);
        matrix_release(&y);
    }
}

/* A tile writes its own rows (rounded up to 4) and nothing around them. */
static void test_guards(void **state)
{
    (void)state;
    enum { COLUMNS = 67 };
    for (int isa = 0; isa < N_ISAS; isa++)
        for (int rows = 1; rows <= 9; rows++) {
            const struct cpu_isa *chosen;
            const size_t size = (size_t)(rows + 3) / 4 * 4 * CPU_DISTANCE_Y;
            if (!has_isa(isas[isa])) continue;
            assert_ok(cpu_isa_choose(NULL, &chosen));
            float *x = memory_new((size_t)rows * COLUMNS, sizeof *x);
            float *panel = memory_new(CPU_DISTANCE_Y * COLUMNS, sizeof *panel);
            float *squared = memory_new(size + 2 * N_GUARDS, sizeof *squared);
            for (int i = 0; i < rows * COLUMNS; i++) x[i] = 1;
            for (size_t i = 0; i < size + 2 * N_GUARDS; i++) squared[i] = guard;
            chosen->distance->tile(
                &(struct cpu_distance_tile){ x, panel, rows, CPU_DISTANCE_Y, COLUMNS, squared + N_GUARDS });
            for (size_t i = 0; i < size; i++) assert_true(squared[N_GUARDS + i] == COLUMNS);
            for (size_t i = 0; i < N_GUARDS; i++)
                assert_true(squared[i] == guard && squared[N_GUARDS + size + i] == guard);
            memory_free(x);
            memory_free(panel);
            memory_free(squared);
        }
    unsetenv("EARSHOT_ISA");
}

/* Registers of 512 bits give the bits of those of 256, for every number of rows, panels and columns left over. */
static void test_wider_registers_are_alike(void **state)
{
    (void)state;
#ifdef __x86_64__
    extern const struct cpu_distance_kernels cpu_distance_kernels_avx2;
    enum { ROWS = 19, COLUMNS = 131, SIZE = 20 * CPU_DISTANCE_Y };
    const struct cpu_isa *isa;
    static float squared[2][SIZE];
    struct matrix x, panel;
    if (cpu_isa_choose("avx2", &isa) != OK) test_skip(status_sentence());
    if (isa->distance == &cpu_distance_kernels_avx2) test_skip("this machine has no AVX-512");
    make_rows(&x, ROWS, COLUMNS, 1);
    make_rows(&panel, CPU_DISTANCE_Y, COLUMNS, 2);
    for (int rows = 1; rows <= ROWS; rows++)
        for (int y_rows = 1; y_rows <= CPU_DISTANCE_Y; y_rows += 7) {
            struct cpu_distance_tile tile = { x.data, panel.data, rows, y_rows, COLUMNS, squared[0] };
            memset(squared, 0, sizeof squared);
            isa->distance->tile(&tile);
            tile.squared = squared[1];
            cpu_distance_kernels_avx2.tile(&tile);
            assert_memory_equal(squared[0], squared[1], sizeof squared[0]);
        }
    for (int columns = 1; columns <= COLUMNS; columns++) {
        const double exact = isa->distance->exact(x.data, panel.data, columns);
        assert_near(exact, cpu_distance_kernels_avx2.exact(x.data, panel.data, columns), 0);
    }
    matrix_release(&x);
    matrix_release(&panel);
#else
    test_skip("not an x86");
#endif
}

static void test_reach(void **state)
{
    (void)state;
    assert_near(distance_reach(3, 0.25), 4, 1e-12);
    assert_true(distance_reach(0, 1e-5) > 0);
    assert_true(isinf(distance_reach(3.5e38, 1e-5)));
    assert_true(isinf(distance_reach((double)INFINITY, 1e-5)));
}

int main(void)
{
    log_set_level(LOG_WARNING);
    for (int isa = 0; isa < N_ISAS; isa++)
        if (!has_isa(isas[isa])) printf("SKIPPED: %s: %s\n", isas[isa], status_sentence());
    unsetenv("EARSHOT_ISA");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_guards),
        cmocka_unit_test(test_backends),
        cmocka_unit_test(test_wider_registers_are_alike),
    };
    return cmocka_run_group_tests_name("kernel.distance", tests, NULL, NULL);
}
