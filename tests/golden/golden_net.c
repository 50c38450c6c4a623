/* One network against torchvision: `test_golden_net resnet18`. Two golden patches go through every
 * backend, with seeded weights and, where they are at hand, real ones. */
#include "golden_inject.h"

#include "core/memory.h"

static const char *network;
static struct store *golden;
static struct injected injected;

static const double LEAST_COSINE = 0.999999,
                    TOLERANCE = 1e-5; /* the error's is relative to the largest value */

static double cosine(const float *a, const float *b, int n)
{
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

static struct shape layer_shape(const struct net *net, int layer)
{
    struct shape shapes[NET_MAX_LAYERS];
    net_shapes(net, shapes);
    return shapes[layer];
}

/* Features of the two patches at a layer, [2][columns]. */
static float *features_at(int version, const struct weights *weights, int layer)
{
    struct backend *backend = version_open(version);
    injected.spec.net = weights->net;
    injected.spec.weights = weights;
    injected.spec.layer = layer;
    float *features = line_features(backend, &injected.spec, &injected.clip, 1, NULL);
    backend->ops->close(&backend);
    return features;
}

static void report(const char *what, int version, const float *found, const float *expected, int rows,
                   int columns)
{
    const size_t n = (size_t)rows * columns;
    const struct worst worst = { largest_error(found, expected, n) / largest_value(expected, n) };
    char line[128];
    for (int p = 0; p < rows; p++) {
        const double similar = cosine(found + (size_t)p * columns, expected + (size_t)p * columns, columns);
        if (!(similar >= LEAST_COSINE)) fail_msg("%s: cosine %.9f", what, similar);
    }
    snprintf(line, sizeof line, "%s %s %s", network, what, version_names[version]);
    golden_report(line, &worst, TOLERANCE);
}

static void check_features(const char *group, const struct weights *weights, int layer)
{
    int rows, columns;
    float *expected = golden_floats(golden, &rows, &columns, "/%s/features", group);
    assert_int_equal(columns, shape_size(layer_shape(weights->net, layer)));
    for (int version = 0; version < N_VERSIONS; version++) {
        float *found = features_at(version, weights, layer);
        report(group, version, found, expected, rows, columns);
        memory_free(found);
    }
    memory_free(expected);
}

/* Two layers on the way, whose names the golden file gives: means over the picture of every channel. */
static void check_means(const struct weights *weights, const char *name, int version)
{
    int rows, columns, layer;
    float *expected = golden_floats(golden, &rows, &columns, "/seeded/means/%s", name);
    assert_ok(net_layer(weights->net, name, &layer));
    const struct shape shape = layer_shape(weights->net, layer);
    const int area = shape.height * shape.width;
    float *found = features_at(version, weights, layer);
    assert_int_equal(columns, shape.channels);
    for (int c = 0; c < rows * columns; c++) {
        double sum = 0;
        for (int i = 0; i < area; i++) sum += (double)found[(size_t)c * area + i];
        found[c] = (float)(sum / area);
    }
    report(name, version, found, expected, rows, columns);
    memory_free(found);
    memory_free(expected);
}

static struct weights *seeded_weights(const struct net *net)
{
    struct weights *weights;
    assert_ok(weights_open(&weights, net, net->n_layers - 1, "seeded:1"));
    return weights;
}

static void test_seeded(void **state)
{
    (void)state;
    const struct net *net = net_find(network);
    struct attributes a = golden_attributes(golden, "/seeded");
    struct weights *weights = seeded_weights(net);
    int layer;
    assert_string_equal(weights->sha256, attributes_text(&a, "sha256", ""));
    assert_ok(net_layer(net, NULL, &layer));
    assert_string_equal(net->default_layer, attributes_text(&a, "layer", ""));
    check_features("seeded", weights, layer);
    weights_close(&weights);
    attributes_release(&a);
}

static void test_layers_on_the_way(void **state)
{
    (void)state;
    struct weights *weights = seeded_weights(net_find(network));
    char **names = NULL;
    size_t count = 0;
    assert_ok(store_members(golden, "/seeded/means", &names, &count));
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        for (int version = 0; version < N_VERSIONS; version++) check_means(weights, names[i], version);
        memory_free(names[i]);
    }
    memory_free(names);
    weights_close(&weights);
}

static void test_real(void **state)
{
    (void)state;
    char path[4096];
    struct weights *weights;
    int layer;
    if (!store_has(golden, "/real")) test_skip("the golden file has no answers for real weights");
    snprintf(path, sizeof path, TEST_SHARED "/weights/%s.safetensors", network);
    if (access(path, R_OK) != 0) test_skip("the real weights are not at hand (EARSHOT_SHARED)");
    const struct net *net = net_find(network);
    assert_ok(net_layer(net, NULL, &layer));
    assert_ok(weights_open(&weights, net, layer, path));
    check_features("real", weights, layer);
    weights_close(&weights);
}

static int set_up(void **state)
{
    (void)state;
    char name[128];
    int n_patches, cells;
    snprintf(name, sizeof name, "net_%s.h5", network);
    golden = golden_open(name);
    struct store *pictures = golden_open("picture.h5");
    int *index = golden_integers(pictures, &n_patches, &cells, "/patches");
    store_close(&pictures);
    assert_int_equal(cells, 64 * 64);
    inject_init(&injected, index, n_patches, 64, 64);
    memory_free(index);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    inject_release(&injected);
    store_close(&golden);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeded),
        cmocka_unit_test(test_layers_on_the_way),
        cmocka_unit_test(test_real),
    };
    if (argc != 2 || !net_find(argv[1])) {
        fprintf(stderr, "which network? golden_net NETWORK\n");
        return 2;
    }
    network = argv[1];
    return cmocka_run_group_tests_name("golden.net", tests, set_up, tear_down);
}
