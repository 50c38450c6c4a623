/* One published network, seeded weights, one patch: the plug-in on the simulated card against the CPU backend. */
#include "../kernels/check_front.h"
#include "small_net.h"

#include "core/log.h"

static const char *name;

/* fp32: what the issue asks for. tf32 is simulated as float. fp16: 11 bits in every layer. */
static const double most[] = { [PRECISION_FP32] = 1e-6, [PRECISION_TF32] = 1e-6, [PRECISION_FP16] = 1e-4 };

static float *features_of(const char *backend_name, const struct line_spec *spec, const struct clip *clip)
{
    struct backend *backend;
    struct line *line;
    float *features = malloc((size_t)spec->max_patches * line_columns(spec) * sizeof *features);
    assert_non_null(features);
    assert_ok(backend_open(&backend, backend_name, &(struct backend_options){ .threads = 0 }));
    assert_ok(backend->ops->line_open(backend, spec, &line));
    assert_ok(line->ops->upload(line, clip, 1));
    assert_ok(line->ops->logmel(line));
    assert_ok(line->ops->picture(line, 0, spec->max_patches));
    assert_ok(line->ops->net(line, 0, spec->max_patches));
    assert_ok(line->ops->download(line, features));
    assert_ok(line->ops->sync(line));
    backend->ops->line_close(&line);
    backend->ops->close(&backend);
    return features;
}

static void test_network(void **state)
{
    (void)state;
    struct settings s = settings_new(1024, 512, 64, 64, 32);
    struct line_spec *spec = &s.spec;
    struct weights *weights;
    assert_ok(net_require(name, &spec->net));
    assert_ok(net_layer(spec->net, NULL, &spec->layer));
    assert_ok(weights_open(&weights, spec->net, spec->layer, "seeded:1"));
    spec->weights = weights;
    struct clip clip = clip_new(spec, NOISE, 64 * 512);
    line_up(spec, &clip, 1);
    float *expected = features_of("cpu", spec, &clip);
    const size_t n = (size_t)spec->max_patches * line_columns(spec);
    for (int precision = PRECISION_FP32; precision <= PRECISION_FP16; precision += PRECISION_FP16) {
        spec->precision = (enum precision)precision;
        float *features = features_of("cuda", spec, &clip);
        const double error = one_minus_cosine(features, expected, n);
        printf("%s, precision %d: 1 - cosine %.2g\n", name, precision, error);
        assert_true(error <= most[precision]);
        free(features);
    }
    free(expected);
    clip_free(&clip);
    weights_close(&weights);
    settings_free(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_network) };
    name = argc > 1 ? argv[1] : "squeezenet1_1";
    setenv("EARSHOT_CUDA_PLUGIN", SIM_PLUGIN, 1);
    log_set_level(LOG_WARNING);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
