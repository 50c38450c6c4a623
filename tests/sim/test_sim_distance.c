/* Distances on the simulated card, loaded as the plug-in that it is: every pair once, in order, as near the truth as
 * is promised; and neighbours that are the CPU's. */
#include "test.h"

#include "backend/backend.h"
#include "core/rng.h"
#include "detect/neighbours.h"

/* One more than a tile on the card has, of either. */
enum { X_ROWS = 1030, Y_ROWS = 4100, COLUMNS = 3 };

static struct backend *open_backend(const char *name)
{
    struct backend *backend;
    assert_int_equal(setenv("EARSHOT_CUDA_PLUGIN", SIM_PLUGIN, 1), 0);
    assert_ok(backend_open(&backend, name, &(struct backend_options){ .threads = 2 }));
    return backend;
}

static struct matrix rows_new(int rows, uint64_t seed)
{
    struct matrix x;
    struct rng rng = rng_seeded(seed, 0);
    assert_ok(matrix_init(&x, rows, COLUMNS));
    for (int i = 0; i < rows * COLUMNS; i++) x.data[i] = (float)(100 + rng_normal(&rng));
    return x;
}

struct check {
    const struct matrix *x, *y;
    int next[X_ROWS]; /* row of y that comes next for each row of x */
    int n_wrong;      /* distances beyond what is promised */
};

/* Assertions are not for other threads: they are counted. */
static void take(void *context, const struct distance_tile *tile)
{
    struct check *check = context;
    for (int i = 0; i < tile->x_rows; i++) {
        const int n = tile->x_first + i;
        if (check->next[n] == tile->y_first) check->next[n] += tile->y_rows;
        for (int j = 0; j < tile->y_rows; j++) {
            const double exact =
                tile->exact(matrix_row(check->x, n), matrix_row(check->y, tile->y_first + j), COLUMNS);
            const double rough = (double)tile->squared[(size_t)i * tile->stride + j];
            if (!(fabs(rough - exact) <= tile->error * exact + 1e-37))
                __atomic_fetch_add(&check->n_wrong, 1, __ATOMIC_RELAXED);
        }
    }
}

static void test_every_pair_once(void **state)
{
    (void)state;
    struct matrix x = rows_new(X_ROWS, 1), y = rows_new(Y_ROWS, 2);
    struct check check = { .x = &x, .y = &y };
    const struct distance_taker taker = { .take = take, .context = &check };
    struct backend *backend = open_backend("cuda");
    assert_ok(backend->ops->distance(backend, &x, &y, &taker));
    backend->ops->close(&backend);
    for (int n = 0; n < X_ROWS; n++) assert_int_equal(check.next[n], Y_ROWS);
    assert_int_equal(check.n_wrong, 0);
    matrix_release(&x);
    matrix_release(&y);
}

static void test_neighbours_are_the_cpus(void **state)
{
    (void)state;
    enum { K = 3 };
    struct matrix x = rows_new(200, 3);
    struct neighbours found[2];
    for (int b = 0; b < 2; b++) {
        struct backend *backend = open_backend(b ? "cuda" : "cpu");
        assert_ok(neighbours_find(backend, &x, &x, K, METRIC_EUCLIDEAN, 1, &found[b]));
        backend->ops->close(&backend);
    }
    assert_memory_equal(found[0].index, found[1].index, sizeof(int) * 200 * K);
    assert_memory_equal(found[0].distance, found[1].distance, sizeof(double) * 200 * K);
    for (int b = 0; b < 2; b++) neighbours_release(&found[b]);
    matrix_release(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_once),
        cmocka_unit_test(test_neighbours_are_the_cpus),
    };
    return cmocka_run_group_tests_name("sim.distance", tests, NULL, NULL);
}
