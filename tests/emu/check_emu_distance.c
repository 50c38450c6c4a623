/* Tiles of rough distances, emulated, against the definition. */
#include "core/rng.h"
#include "distance.h"
#include "emulated.h"

static float *rows_new(int rows, int columns, double offset, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, (uint64_t)columns);
    float *values = malloc((size_t)rows * columns * sizeof *values);
    assert_non_null(values);
    for (int i = 0; i < rows * columns; i++) values[i] = (float)(offset + 2 * rng_uniform(&rng) - 1);
    return values;
}

/* Row 0 of x is also row 0 of y, and row 1 nearly: their distances are 0, and tiny beside the norms. */
static void check_tile(int x_rows, int y_rows, int columns, int stride, double offset)
{
    const size_t n = (size_t)x_rows * stride;
    float *x = rows_new(x_rows, columns, offset, 1), *y = rows_new(y_rows, columns, offset, 2);
    float *found = malloc(n * sizeof *found);
    double *expected = malloc((size_t)x_rows * y_rows * sizeof *expected);
    assert_true(found && expected);
    memcpy(y, x, (size_t)columns * sizeof *x);
    if (y_rows > 1) memcpy(y + columns, x, (size_t)columns * sizeof *x);
    if (y_rows > 1) y[2 * columns - 1] = nextafterf(y[2 * columns - 1], INFINITY);
    for (size_t i = 0; i < n; i++) found[i] = -7;
    distance_ref(&(struct distance_args){ x, y, x_rows, y_rows, columns, expected });
    const struct distance_tile_args args = {
        .x = device_of(x, (size_t)x_rows * columns * sizeof *x),
        .y = device_of(y, (size_t)y_rows * columns * sizeof *y),
        .squared = device_of(found, n * sizeof *found),
        .x_rows = x_rows,
        .y_rows = y_rows,
        .columns = columns,
        .stride = stride,
    };
    emu_run(distance_tile, &args);
    device_take(found, args.squared, n * sizeof *found);
    emu_free((void *)(uintptr_t)args.x);
    emu_free((void *)(uintptr_t)args.y);
    for (int i = 0; i < x_rows; i++)
        for (int j = 0; j < stride; j++) {
            const double right = j < y_rows ? expected[(size_t)i * y_rows + j] : -7; /* beyond: as it was */
            assert_near((double)found[(size_t)i * stride + j], right,
                        distance_tile_error(columns) * fabs(right));
        }
    free(x);
    free(y);
    free(found);
    free(expected);
}

static void check_tiles(void)
{
    check_tile(1, 1, 1, 1, 0);
    check_tile(64, 64, 32, 64, 0);
    check_tile(65, 63, 33, 70, 100);
    check_tile(3, 130, 512, 131, 1000);
    check_tile(131, 2, 31, 2, 0);
}

static void test_tiles(void **state)
{
    (void)state;
    in_every_order(check_tiles);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_tiles) };
    return cmocka_run_group_tests_name("emu.distance", tests, NULL, NULL);
}
