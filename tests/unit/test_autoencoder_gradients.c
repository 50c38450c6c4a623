/* Gradients of small autoencoders against differences of their loss, parameter by parameter. */
#include "test.h"

#include "core/rng.h"
#include "detect/autoencoder_run.h"

enum { SIDE = 16, PATCHES = 5 };

/* The loss is a float sum with an error of some 1e-7 of it, so that a difference quotient over 2 · step errs
 * by about 1e-5 of the loss, and by the curvature times step². */
static const float step = 5e-3f;
static const double tolerance = 2e-3; /* of the largest gradient of the same tensor, and of the loss */

static const struct architecture shapes[] = {
    { "odd", SIDE, { 2, 3, 4 }, 5, 2, 3, ACTIVATION_ELU, 1 },
    { "even", SIDE, { 2, 3, 2 }, 4, 1, 0, ACTIVATION_ELU, 0 },
    { "code", SIDE, { 3, 2, 2 }, 4, 1, 2, ACTIVATION_ELU, 0 },
    { "normed", SIDE, { 2, 2, 3 }, 4, 1, 0, ACTIVATION_ELU, 1 },
};

static struct backend *backend;
static float patches[PATCHES * SIDE * SIDE];

static int set_up(void **state)
{
    (void)state;
    struct rng rng = rng_seeded(4, 0);
    for (int i = 0; i < PATCHES * SIDE * SIDE; i++) patches[i] = (float)rng_uniform(&rng);
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    backend->ops->close(&backend);
    return 0;
}

static double loss_at(struct autoencoder_run *run, size_t parameter, float value)
{
    float *at = &run->ae->parameters[parameter];
    const float before = *at;
    *at = value;
    autoencoder_forward(run, patches, PATCHES);
    *at = before;
    return autoencoder_run_loss(run);
}

/* n parameters from `first` on, of which some are looked at; their gradients are in run->gradients. */
static void check_tensor(struct autoencoder_run *run, const char *what, size_t first, size_t n)
{
    double largest = 0, worst = 0;
    const size_t every = n > 40 ? n / 40 : 1;
    for (size_t i = first; i < first + n; i++) largest = fmax(largest, fabs((double)run->gradients[i]));
    for (size_t i = first; i < first + n; i += every) {
        const float at = run->ae->parameters[i];
        const double up = loss_at(run, i, at + step), down = loss_at(run, i, at - step);
        const double slope = (up - down) / ((double)(at + step) - (double)(at - step));
        worst = fmax(worst, fabs(slope - (double)run->gradients[i]));
    }
    assert_true(largest > 0);
    if (!(worst <= tolerance * fmax(largest, 0.01)))
        fail_msg("%s: off by %g, the largest is %g", what, worst, largest);
}

static void check_shape(const struct architecture *architecture)
{
    struct autoencoder ae;
    struct autoencoder_run run;
    char what[64];
    assert_ok(autoencoder_init(&ae, architecture));
    autoencoder_start(&ae, 1);
    assert_ok(autoencoder_run_init(&run, &ae, backend, PATCHES, 1));
    autoencoder_forward(&run, patches, PATCHES);
    autoencoder_backward(&run);
    for (int l = 0; l < ae.n_layers; l++) {
        const struct autoencoder_layer *layer = &ae.layers[l];
        const size_t channels = (size_t)layer->channels;
        snprintf(what, sizeof what, "%s, layer %d", architecture->name, l);
        check_tensor(&run, what, layer->weight, layer->n_weights);
        check_tensor(&run, what, layer->bias, channels);
        if (layer->is_normed) check_tensor(&run, what, layer->bias + channels, channels);
    }
    autoencoder_run_release(&run);
    autoencoder_release(&ae);
}

static void test_gradients_are_slopes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) check_shape(&shapes[i]);
}

/* <down(large), small> = <large, up(small)>: one is the other's adjoint, also where the kernel leaves the
 * edge. */
static void test_up_is_the_adjoint_of_down(void **state)
{
    (void)state;
    static const struct map maps[] = {
        { 2, 8, 3, 4, 5, 2, 2 }, { 3, 8, 2, 4, 4, 2, 1 }, { 1, 7, 2, 4, 3, 2, 1 }, { 2, 4, 5, 1, 4, 1, 0 }
    };
    for (size_t m = 0; m < sizeof maps / sizeof *maps; m++) {
        const struct map *map = &maps[m];
        struct rng rng = rng_seeded(m, 1);
        float large[256], small[256], weight[512], windows[2048], down[256], up[256];
        const int n_large = map->large_channels * map->large_size * map->large_size;
        const int n_small = map->small_channels * map_area(map);
        double left = 0, right = 0;
        for (int i = 0; i < n_large; i++) large[i] = (float)rng_normal(&rng);
        for (int i = 0; i < n_small; i++) small[i] = (float)rng_normal(&rng);
        for (int i = 0; i < map->small_channels * map_window(map); i++) weight[i] = (float)rng_normal(&rng);
        map_gather(map, large, windows);
        map_down(map, backend, weight, windows, down);
        map_up(map, backend, weight, small, windows);
        map_scatter(map, windows, up);
        for (int i = 0; i < n_small; i++) left += (double)down[i] * (double)small[i];
        for (int i = 0; i < n_large; i++) right += (double)large[i] * (double)up[i];
        assert_near(left, right, 1e-4);
    }
}

/* ELU is exp(x) - 1 below zero, to three units of the last place; what is no number stays none. */
static void test_elu(void **state)
{
    (void)state;
    const struct channel channel = { 1, 1, 1, ACTIVATION_ELU };
    float found;
    for (float x = -50; x < 3; x += 0.0137f) {
        const double expected = x > 0 ? (double)x : expm1((double)x);
        channel_add(&channel, &x, 0, &found);
        assert_near((double)found, expected, 3 * 0x1p-24 * fabs(expected));
    }
    const float nothing = (float)NAN, lowest = -1e38f;
    channel_add(&channel, &nothing, 0, &found);
    assert_true(isnan(found));
    channel_add(&channel, &lowest, 0, &found);
    assert_true(found == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elu),
        cmocka_unit_test(test_up_is_the_adjoint_of_down),
        cmocka_unit_test(test_gradients_are_slopes),
    };
    return cmocka_run_group_tests_name("autoencoder_gradients", tests, set_up, tear_down);
}
