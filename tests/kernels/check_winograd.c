/* Winograd's method in whole networks: trained weights, whose range is wider than that of drawn ones, held to
 * the definition; and the same bits from AVX2 and AVX-512, which go by one name in feature files. Single layers
 * are in check_net.c. */
#include "check_run.h"

#include <unistd.h>

static const char *const trained[] = { "resnet18", "squeezenet1_0", "squeezenet1_1" };

/* Waves of several lengths and some noise, as normalised pictures are: mean near 0, deviation near 1. */
static float *draw_picture(int size)
{
    float *picture = random_floats((size_t)(3 * size * size), 0.5, 7);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                picture[(c * size + y) * size + x] +=
                    (float)(sin(0.05 * y * (c + 1)) + cos(0.02 * x * (c + 2)) * sin(0.11 * (x + y)));
    return picture;
}

static void check_trained(const struct net *net, const char *path)
{
    struct shape shapes[NET_MAX_LAYERS];
    struct weights *weights;
    int layer;
    assert_ok(net_layer(net, NULL, &layer));
    assert_ok(weights_open(&weights, net, layer, path));
    net_shapes(net, shapes);
    const size_t columns = (size_t)shape_size(shapes[layer]);
    float *picture = draw_picture(net->input_size);
    float *expected = run_reference(net, layer, weights, picture, 1, columns);
    for (int isa = 0; isa < N_ISAS; isa++) {
        const struct cpu_net_kernels *kernels = kernels_of(isas[isa]);
        if (!kernels) continue;
        struct cpu_net *cpu;
        assert_ok(cpu_net_open(&cpu, net, layer, weights, 1, CONV_WINOGRAD, NULL, kernels));
        float *features = run_open(cpu, picture, 1, columns);
        const struct difference found = compare(features, expected, columns);
        printf("%s, trained, %s: error %.1e of the largest value, 1 - cosine %.1e\n", net->name, isas[isa],
               found.error, found.cosine);
        assert_true(found.error <= tolerances[CONV_WINOGRAD]);
        assert_true(found.cosine <= 1e-6);
        memory_free(features);
        cpu_net_close(&cpu);
    }
    memory_free(expected);
    memory_free(picture);
    weights_close(&weights);
}

static void test_trained_weights(void **state)
{
    (void)state;
    int found = 0;
    for (size_t i = 0; i < sizeof trained / sizeof *trained; i++) {
        char path[1024];
        snprintf(path, sizeof path, TEST_SHARED "/weights/%s.safetensors", trained[i]);
        if (access(path, R_OK) != 0) continue;
        check_trained(net_find(trained[i]), path);
        found++;
    }
    if (!found) test_skip("the trained weights are not at hand (EARSHOT_SHARED)");
}

#if defined(__x86_64__)
extern const struct cpu_net_kernels cpu_net_kernels_avx2, cpu_net_kernels_avx512;

static float *run_with(const struct cpu_net_kernels *kernels, const struct net *net, int layer,
                       const struct weights *weights, enum conv_choice conv, const float *picture,
                       size_t columns)
{
    struct cpu_net *cpu;
    assert_ok(cpu_net_open(&cpu, net, layer, weights, 1, conv, NULL, kernels));
    float *features = run_open(cpu, picture, 1, columns);
    cpu_net_close(&cpu);
    return features;
}

static void check_widths(const struct net *net, const char *name, enum conv_choice conv)
{
    struct shape shapes[NET_MAX_LAYERS];
    struct weights *weights;
    int layer;
    assert_ok(net_layer(net, name, &layer));
    assert_ok(weights_open(&weights, net, layer, "seeded:1"));
    net_shapes(net, shapes);
    const size_t columns = (size_t)shape_size(shapes[layer]);
    float *picture = draw_picture(net->input_size);
    float *narrow = run_with(&cpu_net_kernels_avx2, net, layer, weights, conv, picture, columns);
    float *wide = run_with(&cpu_net_kernels_avx512, net, layer, weights, conv, picture, columns);
    assert_memory_equal(narrow, wide, columns * sizeof *wide);
    memory_free(narrow);
    memory_free(wide);
    memory_free(picture);
    weights_close(&weights);
}

static void test_wider_registers_give_the_same_bits(void **state)
{
    (void)state;
    if (!__builtin_cpu_supports("avx512f")) test_skip("this machine has no AVX-512");
    static const struct {
        const struct net *net;
        const char *layer;
    } cases[] = { { &net_resnet18, "layer2" },
                  { &net_squeezenet1_1, NULL },
                  { &net_alexnet, "features.12" } };
    for (int i = 0; i < 3; i++) {
        check_widths(cases[i].net, cases[i].layer, CONV_WINOGRAD);
        check_widths(cases[i].net, cases[i].layer, CONV_DIRECT);
    }
}
#else
static void test_wider_registers_give_the_same_bits(void **state)
{
    (void)state;
    test_skip("AVX2 and AVX-512 are of x86-64");
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trained_weights),
        cmocka_unit_test(test_wider_registers_give_the_same_bits),
    };
    return cmocka_run_group_tests_name("kernel.winograd", tests, NULL, NULL);
}
