#include "test.h"

#include "core/memory.h"
#include "io/safetensors.h"
#include "io/weights.h"
#include "io/weights_cache.h"

#include <sys/stat.h>

/* A network small enough to write its files by hand: convolution with batch norm, pool, linear layer. */
static const struct layer tiny_layers[] = {
    { .name = "relu",
      .op = OP_CONV,
      .tensor = "conv",
      .norm = "bn",
      .from = LAYER_IMAGE,
      .with = LAYER_NONE,
      .channels = 2,
      .size = 1,
      .stride = 1,
      .relu = 1 },
    { .name = "pool", .op = OP_MAXPOOL, .from = 0, .with = LAYER_NONE, .size = 2, .stride = 2 },
    { .name = "fc1",
      .op = OP_LINEAR,
      .tensor = "fc1",
      .from = 1,
      .with = LAYER_NONE,
      .channels = 3,
      .size = 2,
      .stride = 1,
      .branch_end = 1 },
};
static const char *const tiny_unused[] = { "head.", NULL };
static const struct net tiny = {
    .name = "tiny",
    .title = "Tiny",
    .input_size = 4,
    .layers = tiny_layers,
    .n_layers = 3,
    .default_layer = "fc1",
    .unused = tiny_unused,
};

struct given {
    const char *name, *shape; /* "2,3" */
    int count;
    float first, step; /* numbers first, first + step … */
    const char *dtype; /* NULL: F32; I64: zeros */
};

static char folder[64], path[128];

static void write_tensors(const char *file_path, const struct given *tensors)
{
    char header[2048] = "{";
    size_t at = 1, end = 0;
    for (const struct given *t = tensors; t->name; t++) {
        const size_t size = (size_t)t->count * (t->dtype ? 8 : 4);
        at += (size_t)snprintf(header + at, sizeof header - at,
                               "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                               t == tensors ? "" : ",", t->name, t->dtype ? t->dtype : "F32", t->shape, end,
                               end + size);
        end += size;
    }
    header[at++] = '}';
    const uint64_t length = at, zero = 0;
    FILE *file = fopen(file_path, "wb");
    assert_non_null(file);
    fwrite(&length, sizeof length, 1, file);
    fwrite(header, 1, length, file);
    for (const struct given *t = tensors; t->name; t++)
        for (int i = 0; i < t->count; i++) {
            const float number = t->first + (float)i * t->step;
            fwrite(t->dtype ? (const void *)&zero : &number, t->dtype ? 8 : 4, 1, file);
        }
    assert_int_equal(fclose(file), 0);
}

/* Rows 0 … 7 are what tiny's file holds; cases replace one of them or add a last one. */
enum { CONV, GAMMA, BETA, MEAN, VARIANCE, TRACKED, LINEAR, LINEAR_BIAS, ADDED, N_GIVEN };
static const struct given complete[N_GIVEN + 1] = {
    [CONV] = { "conv.weight", "2,3,1,1", 6, 1, 1, NULL },
    [GAMMA] = { "bn.weight", "2", 2, 0.5f, 1, NULL },
    [BETA] = { "bn.bias", "2", 2, -1, 3, NULL },
    [MEAN] = { "bn.running_mean", "2", 2, 0.25f, 1, NULL },
    [VARIANCE] = { "bn.running_var", "2", 2, 4, 5, NULL },
    [TRACKED] = { "bn.num_batches_tracked", "", 1, 0, 0, "I64" },
    [LINEAR] = { "fc1.weight", "3,8", 24, -1, 0.125f, NULL },
    [LINEAR_BIAS] = { "fc1.bias", "3", 3, 7, 1, NULL },
    [ADDED] = { "head.weight", "1,3", 3, 0, 1, NULL },
};

static int prepare(void **state)
{
    const char *made = test_folder();
    (void)state;
    if (!made) return 1;
    snprintf(folder, sizeof folder, "%s", made);
    snprintf(path, sizeof path, "%s/tiny.safetensors", folder);
    unsetenv("EARSHOT_WEIGHTS_DIR");
    return setenv("XDG_CACHE_HOME", folder, 1);
}

static void refused(const struct net *net, int last_layer, const char *spec, enum status status,
                    const char *words)
{
    struct weights *weights = NULL;
    assert_fails(weights_open(&weights, net, last_layer, spec), status, words);
    assert_null(weights);
}

static void bad_specs_are_refused(void **state)
{
    (void)state;
    refused(&tiny, 2, "seeded:", ERR_USAGE, "--weights seeded:: a whole number");
    refused(&tiny, 2, "seeded:-1", ERR_USAGE, "a whole number from 0 on");
    refused(&tiny, 2, "seeded:1x", ERR_USAGE, "a whole number from 0 on");
    refused(&tiny, 2, "seeded:18446744073709551616", ERR_USAGE, "a whole number from 0 on");
    refused(&tiny, 2, "no-such-file.pth", ERR_INPUT, "no-such-file.pth: cannot be opened: No such file");
    refused(&net_resnet18, 21, TEST_SOURCE "/tests/golden/pth/legacy.pth", ERR_INPUT,
            "the current file is resnet18-f37072fd.pth (`earshot weights fetch resnet18`)");
    refused(&net_resnet18, 21, TEST_SOURCE "/tests/golden/pth/dict.pth", ERR_INPUT,
            "tensor a is none of resnet18's: weights of another network?");
}

static void wrong_tensors_are_named(void **state)
{
    static const struct {
        int row;
        struct given given;
        const char *words;
    } cases[] = {
        { CONV, { "head.0", "6", 6, 0, 0, NULL }, "tensor conv.weight of tiny is missing" },
        { CONV,
          { "conv.weight", "2,3,1", 6, 0, 0, NULL },
          "conv.weight: found [2][3][1], expected [2][3][1][1]" },
        { CONV, { "conv.weight", "3,2,1,1", 6, 0, 0, NULL }, "found [3][2][1][1], expected [2][3][1][1]" },
        { CONV, { "conv.weight", "2,3,1,1", 6, 0, 0, "I64" }, "conv.weight: integers found" },
        { CONV, { "conv.weight", "2,3,1,1", 6, NAN, 0, NULL }, "layer relu has weights that are no finite" },
        { GAMMA, { "head.0", "2", 2, 0, 0, NULL }, "tensor bn.weight of tiny is missing" },
        { VARIANCE, { "head.0", "2", 2, 0, 0, NULL }, "tensor bn.running_var of tiny is missing" },
        { VARIANCE, { "bn.running_var", "3", 3, 1, 0, NULL }, "bn.running_var: found [3], expected [2]" },
        { VARIANCE, { "bn.running_var", "2", 2, -1, 0, NULL }, "layer relu has weights that are no finite" },
        { LINEAR,
          { "fc1.weight", "3,2,2,2", 24, 0, 0, NULL },
          "fc1.weight: found [3][2][2][2], expected [3][8]" },
        { LINEAR_BIAS, { "head.0", "3", 3, 0, 0, NULL }, "tensor fc1.bias of tiny is missing" },
        { ADDED, { "conv.bias", "2", 2, 0, 0, NULL }, "tensor conv.bias is none of tiny's" },
        { ADDED, { "fc2.weight", "2", 2, 0, 0, NULL }, "tensor fc2.weight is none of tiny's" },
        { ADDED, { "bn.weights", "2", 2, 0, 0, NULL }, "tensor bn.weights is none of tiny's" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct given tensors[N_GIVEN + 1];
        memcpy(tensors, complete, sizeof tensors);
        tensors[cases[i].row] = cases[i].given;
        write_tensors(path, tensors);
        refused(&tiny, 2, path, ERR_INPUT, cases[i].words);
    }
}

static void batch_norm_is_folded(void **state)
{
    struct weights *weights = NULL;
    (void)state;
    write_tensors(path, complete);
    assert_ok(weights_open(&weights, &tiny, 2, path));
    for (int c = 0; c < 2; c++) {
        const double scale = (0.5 + c) / sqrt(4 + 5 * c + 1e-5);
        for (int k = 0; k < 3; k++)
            assert_near(weights->layer[0].weight[3 * c + k], (float)((1 + 3 * c + k) * scale), 0);
        assert_near(weights->layer[0].bias[c], (float)(-1 + 3 * c - (0.25 + c) * scale), 0);
    }
    assert_null(weights->layer[1].weight);
    for (int k = 0; k < 24; k++) assert_near(weights->layer[2].weight[k], -1 + 0.125 * k, 0);
    for (int k = 0; k < 3; k++) assert_near(weights->layer[2].bias[k], 7 + k, 0);
    assert_string_equal(weights->source, path);
    assert_int_equal(strlen(weights->sha256), 64);
    assert_false(weights->is_seeded);
    weights_close(&weights);
    assert_null(weights);
    weights_close(&weights);
}

static void later_layers_may_be_missing(void **state)
{
    struct weights *weights = NULL;
    struct given tensors[N_GIVEN + 1];
    (void)state;
    memcpy(tensors, complete, sizeof tensors);
    tensors[LINEAR] = (struct given){ 0 }; /* ends the list: no fc1 */
    write_tensors(path, tensors);
    assert_ok(weights_open(&weights, &tiny, 1, path));
    assert_null(weights->layer[2].weight);
    weights_close(&weights);
    refused(&tiny, 2, path, ERR_INPUT, "tensor fc1.weight of tiny is missing");
}

static void seeded_files_are_read_back(void **state)
{
    struct weights *written = NULL, *read = NULL;
    (void)state;
    assert_ok(weights_open(&written, &tiny, 0, "seeded:7"));
    assert_ok(safetensors_write(path, written));
    assert_ok(weights_open(&read, &tiny, 2, path));
    assert_true(read->is_seeded);
    assert_memory_equal(read->layer[0].weight, written->layer[0].weight, 6 * sizeof(float));
    assert_memory_equal(read->layer[0].bias, written->layer[0].bias, 2 * sizeof(float));
    assert_memory_equal(read->layer[2].weight, written->layer[2].weight, 24 * sizeof(float));
    assert_memory_equal(read->layer[2].bias, written->layer[2].bias, 3 * sizeof(float));
    weights_close(&read);
    refused(&net_squeezenet1_1, 36, path, ERR_INPUT, "tensor conv.weight is none of squeezenet1_1's");
    assert_fails(safetensors_write("no/such/folder", written), ERR_OUTPUT, "no/such/folder");
    weights_close(&written);
}

/* The numbers that the lines of Python in weights/README.md give. */
static void seeded_numbers_are_the_rules(void **state)
{
    static const float weight[] = { 0x1.8a8b54p-2f, -0x1.50ebbcp-2f, -0x1.124c2ep-3f };
    static const float bias[] = { 0x1.ba5d74p-5f, 0x1.76ad36p-4f };
    struct weights *weights = NULL, *other = NULL;
    (void)state;
    assert_ok(weights_open(&weights, &net_squeezenet1_1, 36, "seeded:1"));
    assert_memory_equal(weights->layer[0].weight, weight, sizeof weight);
    assert_memory_equal(weights->layer[0].bias, bias, sizeof bias);
    assert_string_equal(weights->sha256, "b11815d5fd017e86c28df6e6bd09e6b88c01efa78a50c8e73de65ade8749afff");
    assert_string_equal(weights->source, "seeded:1");
    assert_true(weights->is_seeded);
    assert_ok(weights_open(&other, &net_squeezenet1_1, 0, "seeded:18446744073709551615"));
    assert_string_equal(other->source, "seeded:18446744073709551615");
    assert_string_not_equal(other->sha256, weights->sha256);
    weights_close(&other);
    weights_close(&weights);
}

/* He et al.'s variance, 2 / fan_in, and a sixteenth of it at the end of a branch. */
static void seeded_numbers_have_the_right_size(void **state)
{
    struct weights *weights = NULL;
    struct shape shapes[NET_MAX_LAYERS];
    (void)state;
    assert_ok(weights_open(&weights, &net_resnet18, 21, "seeded:3"));
    net_shapes(&net_resnet18, shapes);
    for (int i = 0; i < net_resnet18.n_layers; i++) {
        const size_t count = net_weight_count(&net_resnet18, shapes, i);
        const struct layer *layer = &net_resnet18.layers[i];
        double sum = 0, squares = 0;
        if (!count) continue;
        for (size_t k = 0; k < count; k++) {
            const double value = (double)weights->layer[i].weight[k];
            sum += value;
            squares += value * value;
        }
        const double deviation = sqrt(2.0 * layer->channels / (double)count) * (layer->branch_end ? 0.25 : 1);
        /* 4 standard errors of n uniform numbers' mean square (0.9 of its size) and mean */
        assert_near(squares / (double)count / (deviation * deviation), 1, 4 * 0.9 / sqrt((double)count));
        assert_near(sum / (double)count / deviation, 0, 4 / sqrt((double)count));
    }
    weights_close(&weights);
}

static void copy_to(const char *name, const struct given *tensors)
{
    char to[128];
    snprintf(to, sizeof to, "%s/%s", folder, name);
    write_tensors(to, tensors);
}

static void automatic_search_has_an_order(void **state)
{
    char files[WEIGHTS_MAX_FILES][WEIGHTS_PATH], named[128], earshot[128];
    struct weights *weights = NULL;
    (void)state;
    unlink(path);
    refused(&tiny, 2, "auto", ERR_INPUT, "`earshot weights fetch tiny` gets them");
    snprintf(earshot, sizeof earshot, "%s/earshot", folder);
    assert_int_equal(mkdir(earshot, 0777), 0);
    copy_to("earshot/tiny.pth", complete);
    assert_int_equal(weights_cache_files("tiny", files), 1);
    copy_to("earshot/tiny.safetensors", complete);
    assert_int_equal(weights_cache_files("tiny", files), 2);
    assert_non_null(strstr(files[0], "/earshot/tiny.safetensors"));
    snprintf(named, sizeof named, "%s/named", folder);
    assert_int_equal(mkdir(named, 0777), 0);
    assert_int_equal(setenv("EARSHOT_WEIGHTS_DIR", named, 1), 0);
    copy_to("named/tiny.pth", complete);
    assert_int_equal(weights_cache_files("tiny", files), 3);
    assert_non_null(strstr(files[0], "/named/tiny.pth"));
    assert_ok(weights_open(&weights, &tiny, 2, "auto")); /* the bytes tell the kind, not the name */
    assert_string_equal(weights->source, files[0]);
    weights_close(&weights);
    unsetenv("EARSHOT_WEIGHTS_DIR");
}

static void published_files_must_have_their_checksum(void **state)
{
    char wrong[128];
    (void)state;
    snprintf(wrong, sizeof wrong, "%s/resnet18-f37072fd.pth", folder);
    write_tensors(wrong, complete);
    refused(&net_resnet18, 21, wrong, ERR_INPUT,
            "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec "
            "expected: damaged or not the published file");
}

static void folders_for_weights(void **state)
{
    char place[WEIGHTS_PATH], cache[WEIGHTS_PATH];
    (void)state;
    const struct published_weights *published = weights_manifest_for("alexnet");
    assert_int_equal(setenv("EARSHOT_WEIGHTS_DIR", "/a", 1), 0);
    assert_ok(weights_cache_place(published, 0, place));
    assert_string_equal(place, "/a/alexnet-owt-7be5be79.pth");
    unsetenv("EARSHOT_WEIGHTS_DIR");
    unsetenv("XDG_CACHE_HOME");
    assert_int_equal(setenv("HOME", "/h", 1), 0);
    assert_true(weights_cache_folder(0, cache));
    assert_string_equal(cache, "/h/.cache/earshot");
    assert_false(weights_cache_folder(1, cache));
    unsetenv("HOME");
    assert_false(weights_cache_folder(0, cache));
    assert_fails(weights_cache_place(published, 0, place), ERR_OUTPUT, "no folder for weights");
    assert_int_equal(setenv("XDG_CACHE_HOME", folder, 1), 0);
}

/* weights/MANIFEST.md says what the table says, one row a file. */
static void manifest_is_the_same_for_people(void **state)
{
    char line[512];
    int n = 0;
    FILE *file = fopen(TEST_SOURCE "/weights/MANIFEST.md", "r");
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char expected[512], size[32] = "not stated";
        if (line[0] != '|' || !strstr(line, ".pth")) continue;
        const struct published_weights *published = weights_manifest_number(n++);
        assert_non_null(published);
        assert_non_null(net_find(published->network));
        if (published->bytes) snprintf(size, sizeof size, "%lld", published->bytes);
        snprintf(expected, sizeof expected, "| %s | [%s](%s/%s) | %s | `%s` | %s |\n", published->network,
                 published->file, WEIGHTS_ORIGIN, published->file, size, published->sha256,
                 published->licence);
        assert_string_equal(line, expected);
    }
    fclose(file);
    assert_null(weights_manifest_number(n));
    assert_null(weights_manifest_for("tiny"));
    assert_null(weights_manifest_called("/a/resnet18.pth"));
    assert_ptr_equal(weights_manifest_called("/a/resnet18-f37072fd.pth"), weights_manifest_for("resnet18"));
}

static void real_files_are_read(void **state)
{
    static const struct net *const nets[] = { &net_resnet18, &net_squeezenet1_0, &net_squeezenet1_1 };
    (void)state;
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        char real[512];
        struct weights *weights = NULL;
        snprintf(real, sizeof real, TEST_SHARED "/weights/%s.safetensors", nets[i]->name);
        if (access(real, R_OK) != 0) test_skip("no real weights in " TEST_SHARED "/weights");
        assert_ok(weights_open(&weights, nets[i], nets[i]->n_layers - 1, real));
        assert_false(weights->is_seeded);
        weights_close(&weights);
        const struct net *other = nets[(i + 1) % 3];
        assert_int_equal(weights_open(&weights, other, other->n_layers - 1, real), ERR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_specs_are_refused),
        cmocka_unit_test(wrong_tensors_are_named),
        cmocka_unit_test(published_files_must_have_their_checksum),
        cmocka_unit_test(batch_norm_is_folded),
        cmocka_unit_test(later_layers_may_be_missing),
        cmocka_unit_test(seeded_files_are_read_back),
        cmocka_unit_test(seeded_numbers_are_the_rules),
        cmocka_unit_test(seeded_numbers_have_the_right_size),
        cmocka_unit_test(automatic_search_has_an_order),
        cmocka_unit_test(folders_for_weights),
        cmocka_unit_test(manifest_is_the_same_for_people),
        cmocka_unit_test(real_files_are_read),
    };
    return cmocka_run_group_tests_name("weights", tests, prepare, NULL);
}
