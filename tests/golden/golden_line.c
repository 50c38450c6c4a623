/* Recordings → features on every backend, with our own tables, against librosa, matplotlib and torch in
 * float32. */
#include "golden.h"

#include "core/memory.h"
#include "pipeline/tables.h"

enum { N_RECORDINGS = 3, WIDTH = 64, OFFSET = 32 };
static const char *const recordings[N_RECORDINGS] = { "ten-seconds", "five-seconds", "three-seconds" };

/* Two float front ends differ by some 1e-5 dB, which moves a few cells of a picture by one colour: so many
 * patches may differ a little, the others must agree. Relative to the largest feature. */
static const double MOST_MOVED = 0.05, MOVED_TOLERANCE = 1e-3, TOLERANCE = 1e-5;

static struct extract_settings paper(void)
{
    return (struct extract_settings){ .sample_rate = 16000,
                                      .n_fft = 1024,
                                      .hop_length = 256,
                                      .win_length = 1024,
                                      .n_mels = 64,
                                      .fmax = 8000,
                                      .patch = WIDTH,
                                      .offset = OFFSET };
}

/* The golden recordings from number `first` on as one batch. */
struct batch_of {
    struct clip clips[N_RECORDINGS];
    int n_clips, n_frames, n_patches, n_samples;
};

static struct batch_of read_batch(struct store *golden, int first)
{
    struct batch_of batch = { .n_clips = N_RECORDINGS - first };
    for (int i = 0; i < batch.n_clips; i++) {
        struct clip *clip = &batch.clips[i];
        clip->pcm = golden_samples(golden, &clip->n_samples, "/recordings/%s/samples", recordings[first + i]);
        clip->n_frames = frame_count(clip->n_samples, 256);
        clip->n_patches = patch_count(clip->n_frames, WIDTH, OFFSET);
        clip->first_frame = batch.n_frames;
        clip->first_patch = batch.n_patches;
        batch.n_frames += clip->n_frames;
        batch.n_patches += clip->n_patches;
        batch.n_samples += clip->n_samples;
    }
    return batch;
}

static void release_batch(struct batch_of *batch)
{
    for (int i = 0; i < batch->n_clips; i++) memory_free((void *)batch->clips[i].pcm);
}

static struct line_spec paper_spec(const struct tables *tables, const struct batch_of *batch)
{
    return (struct line_spec){ .n_fft = 1024,
                               .hop = 256,
                               .n_mels = 64,
                               .pad = PAD_REFLECT,
                               .window = tables->window,
                               .bank = tables->bank,
                               .reference = DECIBEL_MAX,
                               .range_db = 80,
                               .width = WIDTH,
                               .offset = OFFSET,
                               .color_range = COLOR_RECORDING,
                               .colormap = tables->colormap,
                               .filter = RESIZE_BILINEAR,
                               .max_clips = batch->n_clips,
                               .max_samples = batch->n_samples,
                               .max_frames = batch->n_frames,
                               .max_patches = batch->n_patches,
                               .chunk = 4 };
}

/* What a version's patches showed, over all networks. */
struct outcome {
    struct worst decibel, moved, agreed;
    int n_patches, n_moved;
};

static void judge_decibel(struct store *golden, int first, const struct batch_of *batch, const float *decibel,
                          struct outcome *outcome)
{
    for (int i = 0; i < batch->n_clips; i++) {
        const struct clip *clip = &batch->clips[i];
        float *expected = golden_floats(golden, NULL, NULL, "/recordings/%s/decibel", recordings[first + i]);
        worst_add(&outcome->decibel, largest_error(decibel + (size_t)clip->first_frame * 64, expected,
                                                   (size_t)clip->n_frames * 64));
        memory_free(expected);
    }
}

static void judge_features(struct store *golden, int first, const struct batch_of *batch, const char *network,
                           const float *features, struct outcome *outcome)
{
    for (int i = 0; i < batch->n_clips; i++) {
        int rows, columns;
        float *expected =
            golden_floats(golden, &rows, &columns, "/recordings/%s/%s", recordings[first + i], network);
        const double largest = largest_value(expected, (size_t)rows * columns);
        assert_int_equal(rows, batch->clips[i].n_patches);
        for (int p = 0; p < rows; p++) {
            const float *found = features + (size_t)(batch->clips[i].first_patch + p) * columns;
            const double error =
                largest_error(found, expected + (size_t)p * columns, (size_t)columns) / largest;
            worst_add(error <= TOLERANCE ? &outcome->agreed : &outcome->moved, error);
            outcome->n_moved += !(error <= TOLERANCE);
        }
        outcome->n_patches += rows;
        memory_free(expected);
    }
}

static void run_network(struct store *golden, int version, const char *network, int first,
                        const struct tables *tables, struct outcome *outcome)
{
    const struct net *net = net_find(network);
    struct backend *backend = version_open(version);
    struct batch_of batch = read_batch(golden, first);
    struct line_spec spec = paper_spec(tables, &batch);
    struct weights *weights;
    float *decibel = memory_new((size_t)batch.n_frames * 64, sizeof *decibel);
    assert_non_null(decibel);
    assert_ok(net_layer(net, NULL, &spec.layer));
    assert_ok(weights_open(&weights, net, spec.layer, "seeded:1"));
    spec.net = net;
    spec.weights = weights;
    float *features = line_features(backend, &spec, batch.clips, batch.n_clips, decibel);
    judge_decibel(golden, first, &batch, decibel, outcome);
    judge_features(golden, first, &batch, network, features, outcome);
    memory_free(features);
    memory_free(decibel);
    weights_close(&weights);
    release_batch(&batch);
    backend->ops->close(&backend);
}

static void report(int version, const struct outcome *outcome)
{
    char what[128];
    printf("%s: %d of %d patches moved by a colour\n", version_names[version], outcome->n_moved,
           outcome->n_patches);
    snprintf(what, sizeof what, "line %s dB", version_names[version]);
    golden_report(what, &outcome->decibel, 1e-3);
    snprintf(what, sizeof what, "line %s patches that agree", version_names[version]);
    golden_report(what, &outcome->agreed, TOLERANCE);
    snprintf(what, sizeof what, "line %s patches that moved", version_names[version]);
    golden_report(what, &outcome->moved, MOVED_TOLERANCE);
    assert_true(outcome->n_moved <= MOST_MOVED * outcome->n_patches);
}

static void check_version(int version)
{
    const struct extract_settings settings = paper();
    struct store *golden = golden_open("line.h5");
    struct tables tables;
    struct outcome outcome = { 0 };
    const int is_slow =
        version == 0; /* ref takes a second a patch of ResNet18: it gets one recording of it */
    assert_ok(tables_init(&tables, &settings));
    run_network(golden, version, "squeezenet1_1", 0, &tables, &outcome);
    run_network(golden, version, "resnet18", is_slow ? N_RECORDINGS - 1 : 0, &tables, &outcome);
    tables_release(&tables);
    store_close(&golden);
    report(version, &outcome);
}

static void test_ref(void **state)
{
    (void)state;
    check_version(0);
}

static void test_cpu(void **state)
{
    (void)state;
    check_version(1);
}

static void test_cpu_generic(void **state)
{
    (void)state;
    check_version(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ref),
        cmocka_unit_test(test_cpu),
        cmocka_unit_test(test_cpu_generic),
    };
    return cmocka_run_group_tests_name("golden.line", tests, NULL, NULL);
}
