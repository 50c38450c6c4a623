/* Kernels of mixtures and k-means on each instruction set against their definitions: every count of rows and
 * centres up to a register and one more, floats within the error that the search allows for, and no centre lost.
 * What is double is the same bits in wider registers. */
#include "test.h"

#include "backend/cpu_centres.h"
#include "backend/cpu_em_kernels.h"
#include "backend/cpu_isa.h"
#include "core/memory.h"
#include "core/rng.h"

#include <float.h>

enum { ROWS = CPU_EM_TILE, COLUMNS = 200, STRIDE = 208, CENTRES = 21 };

/* Rows and centres around 10, and how far they are from each other, as the definition has it. */
struct scene {
    float x[ROWS * STRIDE];
    const float *row[ROWS];
    struct cpu_centres centres;
    double mean[CENTRES][COLUMNS], variance[CENTRES][COLUMNS];
};

static struct scene *make_scene(void)
{
    struct scene *s = memory_new(1, sizeof *s);
    struct rng rng = rng_seeded(2, 0);
    assert_non_null(s);
    for (int n = 0; n < ROWS; n++) {
        s->row[n] = s->x + n * STRIDE;
        for (int j = 0; j < COLUMNS; j++) s->x[n * STRIDE + j] = (float)(10 + rng_normal(&rng));
    }
    assert_ok(cpu_centres_init(&s->centres, CENTRES, COLUMNS));
    assert_int_equal(s->centres.stride, STRIDE);
    for (int k = 0; k < CENTRES; k++) {
        for (int j = 0; j < COLUMNS; j++) {
            s->mean[k][j] = 10 + rng_normal(&rng);
            s->variance[k][j] = j % 9 ? exp(rng_normal(&rng)) : 1e-6;
        }
        cpu_centres_set(&s->centres, k, s->mean[k], s->variance[k], k);
    }
    return s;
}

static void free_scene(struct scene *s)
{
    cpu_centres_release(&s->centres);
    memory_free(s);
}

static double defined(const struct scene *s, int n, int k, int first, int end)
{
    double q = 0;
    for (int j = first; j < end && j < COLUMNS; j++) {
        const double y = (double)s->row[n][j] - s->mean[k][j];
        q += y * y / s->variance[k][j];
    }
    return q;
}

static const struct cpu_em_kernels *kernels_of(const char *name)
{
    const struct cpu_isa *isa;
    if (cpu_isa_choose(name, &isa) != OK) test_skip(status_sentence());
    return isa->em;
}

/* ---------------------------------------------------------------------------------------------- floats */

static void check_filter(const struct cpu_em_kernels *kernels, const struct scene *s, int rows, int columns)
{
    const int padded = s->centres.padded;
    float *q = memory_new((size_t)(ROWS + 1) * padded, sizeof *q);
    for (int i = 0; i < (ROWS + 1) * padded; i++) q[i] = -1;
    kernels->filter(&(struct cpu_em_filter){ .x = s->row,
                                             .rows = rows,
                                             .columns = columns,
                                             .panels = s->centres.panels,
                                             .stride = STRIDE,
                                             .padded = padded,
                                             .q = q });
    for (int n = 0; n < rows; n++)
        for (int k = 0; k < CENTRES; k++) {
            const double expected = defined(s, n, k, 0, columns);
            assert_near((double)q[n * padded + k], expected, s->centres.error * expected);
        }
    assert_near((double)q[(rows + 7) / 8 * 8 * padded], -1, 0);
    memory_free(q);
}

/* Every row is a candidate of centre k, and half of them are past their limit. */
static void check_narrow(const struct cpu_em_kernels *kernels, const struct scene *s, int k, int count)
{
    enum { FIRST = 32, N = 80 };
    const float *x[ROWS];
    uint8_t list[ROWS];
    float bound[ROWS] = { 0 }, *bounds[ROWS];
    double sum[ROWS], limit[ROWS];
    int n_expected = 0;
    for (int n = 0; n < ROWS; n++) {
        x[n] = s->row[n] + FIRST;
        bounds[n] = &bound[n];
        limit[n] = defined(s, n, k, FIRST, FIRST + N) * (n % 2 ? 1.001 : 0.999) + 5;
    }
    for (int i = 0; i < count; i++) {
        list[i] = (uint8_t)(ROWS - 1 - i);
        sum[i] = 5;
    }
    const int left = kernels->narrow(
        &(struct cpu_em_narrow){ .x = x,
                                 .strip = s->centres.strips + (size_t)(k * STRIDE + FIRST) * 3,
                                 .columns = N,
                                 .limit = limit,
                                 .shrink = (float)(1 - s->centres.error),
                                 .bounds = bounds,
                                 .list = list,
                                 .sum = sum,
                                 .count = count });
    for (int i = 0; i < count; i++) {
        const int n = ROWS - 1 - i;
        const double q = defined(s, n, k, FIRST, FIRST + N) + 5;
        if (n % 2) {
            assert_int_equal(list[n_expected], n);
            assert_near(sum[n_expected++], q, s->centres.error * q);
        } else {
            assert_true((double)(bound[n] * bound[n]) <= q);
            assert_near((double)(bound[n] * bound[n]), q, 4 * s->centres.error * q);
        }
    }
    assert_int_equal(left, n_expected);
}

/* A centre is found whose cost does not exceed the limit, or overflows; bounds rise, never fall. */
static void check_screen(const struct cpu_em_kernels *kernels)
{
    enum { COUNT = 19, PADDED = 32 };
    float q[PADDED], offset[PADDED], bounds[PADDED], grow[PADDED], shift[PADDED];
    int found[COUNT];
    for (int k = 0; k < PADDED; k++) {
        q[k] = (float)(k * k);
        offset[k] = k < COUNT ? (float)k : INFINITY;
        bounds[k] = k == 7 ? 100 : 0;
        grow[k] = 0.5f;
        shift[k] = 1;
    }
    q[13] = INFINITY;
    struct cpu_em_screen args = { q, NULL, NULL, offset, COUNT, PADDED, 17.9f, 1, bounds, found };
    assert_int_equal(kernels->screen(&args), 7); /* k²/2 + k up to k = 5 is 17.5 */
    args.limit = 17.4f;
    assert_int_equal(kernels->screen(&args), 6);
    for (int k = 0; k < 5; k++) assert_int_equal(found[k], k);
    assert_int_equal(found[5], 13);
    assert_near((double)bounds[6], 6, 1e-6);
    assert_near((double)bounds[7], 100, 0);
    args.q = NULL;
    args.grow = grow;
    args.shift = shift;
    args.limit = 12;
    assert_true(kernels->screen(&args) >= 6);
    assert_near((double)bounds[6], 2, 1e-6);
    assert_near((double)bounds[7], 49, 1e-6);
    assert_near((double)bounds[1], 0, 0);
}

static void check_apart(const struct cpu_em_kernels *kernels, const struct scene *s)
{
    static const int columns[] = { 16, 32, 48, 128, 144, 208 };
    for (int i = 0; i < 6; i++) {
        double expected = 0;
        for (int j = 0; j < columns[i]; j++) {
            const double distance = (double)s->row[0][j] - (double)s->row[1][j];
            expected += distance * distance;
        }
        const float found = kernels->apart(s->row[0], s->row[1], columns[i], FLT_MAX);
        assert_near((double)found, expected, s->centres.error * expected);
        assert_true(kernels->apart(s->row[0], s->row[1], columns[i], 3) > 3);
    }
}

static void check_isa(const char *name)
{
    static const int columns[] = { 16, 32, 64, 80, 208 };
    const struct cpu_em_kernels *kernels = kernels_of(name);
    struct scene *s = make_scene();
    for (int rows = 1; rows <= ROWS; rows += rows < 9 ? 1 : 7)
        for (int i = 0; i < 5; i++) check_filter(kernels, s, rows, columns[i]);
    for (int count = 1; count <= 9; count++) check_narrow(kernels, s, count % CENTRES, count);
    check_narrow(kernels, s, 20, ROWS);
    check_screen(kernels);
    check_apart(kernels, s);
    free_scene(s);
}

/* --------------------------------------------------------------------------------------------- doubles */

struct sums {
    double square[ROWS][CENTRES], plain[ROWS][4], s1[STRIDE], s2[STRIDE], sum[STRIDE];
};

static struct sums *take_sums(const struct cpu_em_kernels *kernels, const struct scene *s, int count)
{
    static const int rows[] = { 3, 4, 8, 9, 20, 31, 0 };
    static const double r[] = { 1, 0.25, 1e-9, 0.7, 1, 1, 0.3 };
    struct sums *sums = memory_new(1, sizeof *sums);
    struct cpu_em_moments args = { s->x,   STRIDE,   rows,    r, count, s->centres.mean + STRIDE,
                                   STRIDE, sums->s1, sums->s2 };
    for (int n = 0; n < ROWS; n++)
        for (int k = 0; k < CENTRES; k++) {
            const size_t at = (size_t)k * STRIDE;
            sums->square[n][k] =
                kernels->square(s->row[n], s->centres.mean + at, s->centres.precision + at, STRIDE);
        }
    for (int n = 0; n < ROWS; n++) {
        const double *means[4];
        for (int m = 0; m < 4; m++) means[m] = s->centres.mean + (size_t)(m + n % 5) * STRIDE;
        kernels->squares(s->row[n], means, 1 + n % 4, COLUMNS - n, sums->plain[n]);
        for (int m = 0; m < 4; m++) {
            double expected = 0;
            for (int j = 0; j < COLUMNS - n && m <= n % 4; j++) {
                const double y = (double)s->row[n][j] - means[m][j];
                expected += y * y;
            }
            assert_near(sums->plain[n][m], expected, 1e-13 * expected);
        }
    }
    kernels->moments(&args);
    args.s1 = sums->sum;
    kernels->sum(&args);
    for (int j = 0; j < COLUMNS; j++) {
        double s1 = 0, s2 = 0, sum = 0;
        for (int i = 0; i < count; i++) {
            const double x = (double)s->row[rows[i]][j], y = x - s->mean[1][j];
            s1 += r[i] * y;
            s2 += r[i] * y * y;
            sum += x;
        }
        assert_near(sums->s1[j], s1, 1e-13);
        assert_near(sums->s2[j], s2, 1e-12);
        assert_near(sums->sum[j], sum, 1e-12);
    }
    return sums;
}

static void check_doubles(const char *name)
{
    struct scene *s = make_scene();
    for (int count = 0; count <= 7; count++) {
        struct sums *sums = take_sums(kernels_of(name), s, count);
        for (int n = 0; n < ROWS; n++)
            for (int k = 0; k < CENTRES; k++) {
                const double expected = defined(s, n, k, 0, COLUMNS);
                assert_near(sums->square[n][k], expected, 1e-13 * expected);
            }
        memory_free(sums);
    }
    free_scene(s);
}

/* --------------------------------------------------------------------------------------------- tests */

static void generic_agrees(void **state)
{
    (void)state;
    check_isa("generic");
    check_doubles("generic");
}

static void avx2_agrees(void **state)
{
    (void)state;
    check_isa("avx2");
    check_doubles("avx2");
}

static void wider_registers_are_alike(void **state)
{
    (void)state;
#ifdef __x86_64__
    extern const struct cpu_em_kernels cpu_em_kernels_avx2;
    const struct cpu_em_kernels *kernels = kernels_of("avx2");
    if (kernels == &cpu_em_kernels_avx2) test_skip("this machine has no AVX-512");
    struct scene *s = make_scene();
    struct sums *wide = take_sums(kernels, s, 7), *narrow = take_sums(&cpu_em_kernels_avx2, s, 7);
    assert_memory_equal(wide, narrow, sizeof *wide);
    memory_free(wide);
    memory_free(narrow);
    for (int rows = 1; rows <= ROWS; rows++) check_filter(&cpu_em_kernels_avx2, s, rows, STRIDE);
    for (int count = 1; count <= 9; count++) check_narrow(&cpu_em_kernels_avx2, s, 2, count);
    check_screen(&cpu_em_kernels_avx2);
    check_apart(&cpu_em_kernels_avx2, s);
    free_scene(s);
#else
    test_skip("not an x86");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(generic_agrees), cmocka_unit_test(avx2_agrees),
                                        cmocka_unit_test(wider_registers_are_alike) };
    return cmocka_run_group_tests_name("em_kernels", tests, NULL, NULL);
}
