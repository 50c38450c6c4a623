/* Autoencoders against PyTorch's in double, from the same start and over the same batches. */
#include "golden.h"

#include "core/rng.h"
#include "detect/autoencoder_adam.h"
#include "detect/autoencoder_run.h"

/* Ours is float32, PyTorch's here float64. Losses and errors are means of thousands of squares. */
static const double LOSS_TOLERANCE = 5e-6;
/* A running variance is a mean of squares of sums of up to 1600 products. */
static const double STATISTICS_TOLERANCE = 1e-5;
/* Adam moves a weight by the learning rate times about the sign of its gradient, so a gradient that is small
 * beside its own rounding moves its weight by a part of a step that is not known; in units of all steps
 * taken. */
static const double WEIGHT_TOLERANCE = 0.02;

static struct {
    struct worst loss, weight, statistics, error;
} worst;

struct training {
    struct store *golden;
    const char *name;
    struct attributes told;
    struct autoencoder ae;
    struct autoencoder_run run;
    struct adam adam;
    struct matrix x;
    struct backend *backend;
};

static double real(const struct training *t, const char *name)
{
    const struct attribute *item = attributes_find(&t->told, name);
    assert_non_null(item);
    return item->type == ATTRIBUTE_INTEGER ? (double)item->integer : item->real;
}

/* Slanted ramps with noise on them, as golden_dcae.py makes them. */
static void make_patches(struct matrix *x, int seed)
{
    enum { N_PATCHES = 16, SIDE = 64 };
    assert_ok(matrix_init(x, N_PATCHES, SIDE * SIDE));
    for (int p = 0; p < N_PATCHES; p++) {
        struct rng rng = rng_seeded((uint64_t)seed, 100 + (uint64_t)p);
        for (int i = 0; i < SIDE * SIDE; i++) {
            const int ramp = (i / SIDE * (p % 5 + 1) + i % SIDE * (p % 3)) % 64;
            const int noise = (int)(rng_bits(&rng) >> 40) - (1 << 23);
            matrix_row(x, p)[i] = (float)ramp / 128 + ((float)noise * 0x1p-25f + 0.25f);
        }
    }
}

static void take_step(struct training *t, const int *batch, int n)
{
    float *patches = memory_new((size_t)n * (size_t)t->x.columns, sizeof *patches);
    for (int i = 0; i < n; i++)
        memcpy(patches + (size_t)i * t->x.columns, matrix_row(&t->x, batch[i]),
               (size_t)t->x.columns * sizeof *patches);
    autoencoder_forward(&t->run, patches, n);
    autoencoder_backward(&t->run);
    adam_step(&t->adam, t->backend, t->run.gradients, t->ae.parameters);
    memory_free(patches);
}

/* Every pick-th number of one tensor; where the next tensor's begin. */
static const float *compare_tensor(const struct training *t, const float *found, size_t n,
                                   const float *expected)
{
    const double way = real(t, "learning_rate") * t->adam.steps;
    for (size_t i = 0; i < n; i += (size_t)real(t, "pick"))
        worst_add(&worst.weight, fabs((double)found[i] - (double)*expected++) / way);
    return expected;
}

static void compare_weights(const struct training *t)
{
    int n;
    float *picked = golden_floats(t->golden, &n, NULL, "/%s/after_%d/picked", t->name, t->adam.steps);
    const float *next = picked;
    for (int l = 0; l < t->ae.n_layers; l++) {
        const struct autoencoder_layer *layer = &t->ae.layers[l];
        const float *bias = t->ae.parameters + layer->bias;
        const size_t channels = (size_t)layer->channels;
        next = compare_tensor(t, t->ae.parameters + layer->weight, layer->n_weights, next);
        next = compare_tensor(t, bias, channels, next);
        if (layer->is_normed) next = compare_tensor(t, bias + channels, channels, next);
    }
    assert_int_equal(next - picked, n);
    memory_free(picked);
}

static void compare_statistics(const struct training *t)
{
    int n;
    if (t->ae.n_statistics == 0) return;
    float *expected = golden_floats(t->golden, &n, NULL, "/%s/after_%d/statistics", t->name, t->adam.steps);
    assert_int_equal(n, t->ae.n_statistics);
    worst_add(&worst.statistics,
              largest_error(t->ae.statistics, expected, (size_t)n) / largest_value(expected, (size_t)n));
    memory_free(expected);
}

static void compare_errors(const struct training *t)
{
    double *found = memory_new((size_t)t->x.rows, sizeof *found);
    float *expected = golden_floats(t->golden, NULL, NULL, "/%s/after_%d/errors", t->name, t->adam.steps);
    assert_ok(autoencoder_errors(&t->ae, t->backend, &t->x, found));
    for (int p = 0; p < t->x.rows; p++) worst_add(&worst.error, fabs(found[p] / (double)expected[p] - 1));
    memory_free(expected);
    memory_free(found);
}

static void training_open(struct training *t, const struct architecture *architecture, int version)
{
    *t = (struct training){ .golden = golden_open("dcae.h5"), .name = architecture->name };
    t->told = golden_attributes(t->golden, "/%s", t->name);
    make_patches(&t->x, (int)real(t, "seed"));
    t->backend = version_open(version);
    assert_ok(autoencoder_init(&t->ae, architecture));
    autoencoder_start(&t->ae, (int)real(t, "seed"));
    assert_ok(autoencoder_run_init(&t->run, &t->ae, t->backend, t->x.rows, 1));
    assert_ok(adam_init(&t->adam, t->ae.n_parameters, real(t, "learning_rate")));
}

static void training_close(struct training *t)
{
    adam_release(&t->adam);
    autoencoder_run_release(&t->run);
    autoencoder_release(&t->ae);
    t->backend->ops->close(&t->backend);
    matrix_release(&t->x);
    attributes_release(&t->told);
    store_close(&t->golden);
}

/* The definition's plain loops take a second a step: one is enough for it. */
static void train(const struct architecture *architecture, int version)
{
    struct training t;
    int n_steps, batch_size;
    training_open(&t, architecture, version);
    int *batches = golden_integers(t.golden, &n_steps, &batch_size, "/%s/batches", t.name);
    float *losses = golden_floats(t.golden, NULL, NULL, "/%s/losses", t.name);
    if (strcmp(t.backend->ops->name, "ref") == 0) n_steps = 1;
    for (int step = 0; step < n_steps; step++) {
        take_step(&t, batches + step * batch_size, batch_size);
        worst_add(&worst.loss, fabs(autoencoder_run_loss(&t.run) / (double)losses[step] - 1));
        if (step != 0 && step != 4 && step != n_steps - 1) continue;
        compare_weights(&t);
        compare_statistics(&t);
        compare_errors(&t);
    }
    memory_free(batches);
    memory_free(losses);
    training_close(&t);
}

static void check(const struct architecture *architecture)
{
    for (int version = 0; version < N_VERSIONS; version++) {
        memset(&worst, 0, sizeof worst);
        train(architecture, version);
        printf("%s, %s\n", architecture->name, version_names[version]);
        golden_report("losses, relative", &worst.loss, LOSS_TOLERANCE);
        golden_report("weights, in steps of Adam", &worst.weight, WEIGHT_TOLERANCE);
        golden_report("running statistics, of the largest", &worst.statistics, STATISTICS_TOLERANCE);
        golden_report("reconstruction errors, relative", &worst.error, LOSS_TOLERANCE);
    }
}

static void lenet_agrees(void **state)
{
    (void)state;
    check(&architecture_lenet);
}

static void small_agrees(void **state)
{
    (void)state;
    check(&architecture_small);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lenet_agrees), cmocka_unit_test(small_agrees) };
    return cmocka_run_group_tests_name("golden.dcae", tests, NULL, NULL);
}
