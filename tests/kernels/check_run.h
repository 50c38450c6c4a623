/* What check_net.c and check_winograd.c do with a network: give it pictures, run it by its definition and on
 * the CPU's kernels, and compare. */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include "backend/cpu_net.h"
#include "backend/cpu_way.h"
#include "backend/ref_net.h"
#include "core/memory.h"
#include "core/rng.h"
#include "test.h"

/* Of the largest value. Direct: sums of up to 9,216 products in float, in another order than the definition's
 * doubles. Winograd's: its tiles multiply an input by up to 2.5^6 and take the sum back again, so that single
 * outputs of a layer are off by up to 5e-5 (found, without fused multiply-adds); the features of a whole
 * network, where errors of many channels meet, by a tenth of that. What is promised of features is 1e-4. */
static const double tolerances[] = { [CONV_AUTO] = 1e-4, [CONV_DIRECT] = 1e-5, [CONV_WINOGRAD] = 1e-4 };

static const char *const isas[] = { "generic", "avx2" };
enum { N_ISAS = 2, N_GUARDS = 16 };
static const float guard = -12345.5f;

static float *random_floats(size_t n, double scale, uint64_t seed)
{
    struct rng rng = rng_seeded(seed, 0);
    float *values = memory_new(n, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) values[i] = (float)(scale * (2 * rng_uniform(&rng) - 1));
    return values;
}

/* The instruction set's kernels, or NULL where this machine lacks it. */
static const struct cpu_net_kernels *kernels_of(const char *isa)
{
    const struct cpu_isa *chosen = NULL;
    setenv("EARSHOT_ISA", isa, 1);
    const enum status status = cpu_isa_choose(NULL, &chosen);
    unsetenv("EARSHOT_ISA");
    return status == OK ? chosen->net : NULL;
}

/* pictures [n][3][size][size] → the padded, interleaved ones that the network reads. */
static void put_pictures(const struct cpu_image *image, const float *pictures, int n)
{
    for (int p = 0; p < n; p++)
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < image->size; y++)
                for (int x = 0; x < image->size; x++)
                    image->data[(size_t)p * image->patch + (size_t)(y + image->pad) * image->row +
                                (size_t)(x + image->pad) * 3 + (size_t)c] = *pictures++;
}

/* Features of n pictures between guards, which must survive. The caller frees them. */
static float *run_open(struct cpu_net *net, const float *pictures, int n, size_t columns)
{
    const size_t size = (size_t)n * columns;
    float *guarded = memory_new(size + 2 * N_GUARDS, sizeof *guarded);
    float *features = memory_new(size, sizeof *features);
    assert_true(guarded && features);
    for (size_t i = 0; i < size + 2 * N_GUARDS; i++) guarded[i] = guard;
    put_pictures(cpu_net_image(net), pictures, n);
    cpu_net_run(net, n, guarded + N_GUARDS);
    for (size_t i = 0; i < N_GUARDS; i++) {
        assert_true(guarded[i] == guard);
        assert_true(guarded[N_GUARDS + size + i] == guard);
    }
    memcpy(features, guarded + N_GUARDS, size * sizeof *features);
    memory_free(guarded);
    return features;
}

/* [n][columns] by the definition. */
static float *run_reference(const struct net *net, int layer, const struct weights *weights,
                            const float *pictures, int n, size_t columns)
{
    const size_t picture = (size_t)(3 * net->input_size * net->input_size);
    float *features = memory_new((size_t)n * columns, sizeof *features);
    struct ref_net ref;
    struct pool *pool;
    assert_non_null(features);
    assert_ok(pool_open(&pool, 0));
    assert_ok(ref_net_init(&ref, net, layer, weights, pool));
    for (int p = 0; p < n; p++)
        ref_net_run(&ref, pictures + (size_t)p * picture, features + (size_t)p * columns);
    ref_net_release(&ref);
    pool_close(&pool);
    return features;
}

struct difference {
    double error;  /* largest, as a part of the largest expected value */
    double cosine; /* taken from 1 */
};

static struct difference compare(const float *values, const float *expected, size_t n)
{
    double most = 0, error = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        const double a = (double)values[i], b = (double)expected[i];
        assert_true(isfinite(a));
        most = fmax(most, fabs(b));
        error = fmax(error, fabs(a - b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    const struct difference none = { 0, 0 };
    return error == 0 ? none : (struct difference){ error / most, 1 - ab / sqrt(aa * bb) };
}

#endif
