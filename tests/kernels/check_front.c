/* The CPU's front end, on every instruction set, held to the definitions in kernels/. */
#include "check_front.h"
#include "front_cases.h"

#include "backend/clips.h"
#include "backend/cpu_front.h"
#include "core/log.h"

#include <glob.h>

/* -------------------------------------------------------------------------------------- the definition */

/* numpy.pad(x, mode="reflect"): an end is not repeated, and a short recording is mirrored again and again. */
static void test_samples_beyond_the_ends(void **state)
{
    (void)state;
    static const struct {
        int n_samples, from;
        int expected[12];
    } cases[] = {
        { 1, -5, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } }, { 2, -5, { 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0 } },
        { 3, -6, { 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1 } }, { 5, -4, { 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1 } },
        { 5, 8, { 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3 } },
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (int i = 0; i < 12; i++) {
            const int n = cases[c].n_samples, at = cases[c].from + i;
            assert_int_equal(frame_sample(at, n, PAD_REFLECT), cases[c].expected[i]);
            assert_int_equal(frame_sample(at, n, PAD_ZERO), at >= 0 && at < n ? at : -1);
        }
    }
}

/* ------------------------------------------------------------------------------------------- bad input */

static void test_what_no_line_can_do(void **state)
{
    (void)state;
    struct settings s = settings_new(64, 16, 4, 8, 4);
    struct backend *backend;
    struct line *line;
    for (int i = 0; backend_number(i); i++) {
        const struct backend_ops *ops = backend_number(i);
        if (ops->glance) continue; /* a card's plug-in has this test in tests/sim/ */
        assert_ok(backend_open(&backend, ops->name, &(struct backend_options){ .threads = 1 }));
        s.spec.range_db = 0;
        assert_fails(ops->line_open(backend, &s.spec, &line), ERR_USAGE, "dB / range + 1");
        assert_null(line);
        s.spec.range_db = 80;
        s.spec.n_fft = FFT_MAX + 1;
        assert_fails(ops->line_open(backend, &s.spec, &line), ERR_USAGE, "2 to 65536 expected");
        s.spec.n_fft = 64;
        ops->line_close(&line);
        ops->close(&backend);
        assert_null(backend);
        ops->close(&backend);
    }
    settings_free(&s);
}

static void test_a_batch_that_does_not_fit(void **state)
{
    (void)state;
    struct settings s = settings_new(64, 16, 4, 8, 4);
    struct clip clips[2] = { clip_new(&s.spec, NOISE, 300), clip_new(&s.spec, NOISE, 301) };
    struct clips own;
    line_up(&s.spec, clips, 2);
    assert_ok(clips_init(&own, &s.spec));
    assert_int_equal(clips_frames(&own), 0);
    assert_int_equal(clips_patches(&own), 0);
    assert_fails(clips_copy(&own, clips, 3), ERR_INTERNAL, "a batch of 3 recordings, the line takes 1 to 2");
    assert_fails(clips_copy(&own, clips + 1, 1), ERR_INTERNAL, "expected 0 and 0");
    clips[0].n_frames++;
    assert_fails(clips_copy(&own, clips, 2), ERR_INTERNAL, "300 samples, 20 frames");
    clips[0].n_frames--;
    s.spec.max_samples--;
    assert_fails(clips_copy(&own, clips, 2), ERR_INTERNAL, "a batch of 601 samples");
    s.spec.max_samples++;
    assert_ok(clips_copy(&own, clips, 2));
    assert_int_equal(clips_frames(&own), s.spec.max_frames);
    assert_ptr_equal(clips_of_patch(&own, clips[1].first_patch), &own.clip[1]);
    clips_release(&own);
    for (int i = 0; i < 2; i++) clip_free(&clips[i]);
    settings_free(&s);
}

static void test_unknown_names(void **state)
{
    (void)state;
    struct backend *backend;
    const struct backend_options options = { .threads = 1 };
    assert_fails(backend_open(&backend, "cpuu", &options), ERR_USAGE, "the nearest one is cpu");
    assert_null(backend);
    setenv("EARSHOT_ISA", "mmx", 1);
    assert_fails(backend_open(&backend, "auto", &options), ERR_USAGE, "expected one of avx2, generic");
    assert_null(backend);
    setenv("EARSHOT_ISA", "", 1);
    assert_ok(backend_open(&backend, "auto", &options));
    assert_string_equal(backend->ops->name, "cpu");
    backend->ops->close(&backend);
}

/* --------------------------------------------------------------------------------------------- log-mel */

/* One recording on all instruction sets against `ref`. */
static void check_logmel(struct settings *s, enum sound sound, int n_samples)
{
    struct clip clip = clip_new(&s->spec, sound, n_samples);
    char what[160];
    line_up(&s->spec, &clip, 1);
    const struct answer expected = answer_of("ref", 1, &s->spec, &clip, 1);
    for (int i = 0; i < N_ISAS; i++) {
        if (!use_isa(isas[i])) continue;
        snprintf(what, sizeof what, "%s, window %d, hop %d, sound %d, %d samples, padding %d", isas[i],
                 s->spec.n_fft, s->spec.hop, sound, n_samples, s->spec.pad);
        const struct answer answer = answer_of("cpu", 1, &s->spec, &clip, 1);
        assert_near_definition(answer, expected, &s->spec, what);
        answer_free(answer);
    }
    answer_free(expected);
    clip_free(&clip);
}

static void test_windows(void **state)
{
    (void)state;
    front_windows(check_logmel);
}

static void test_sounds(void **state)
{
    (void)state;
    front_sounds(check_logmel);
}

static void test_frames(void **state)
{
    (void)state;
    front_frames(check_logmel);
}

/* A batch gives the bits of its recordings alone, on one, two and three threads. */
static void test_same_bits(void **state)
{
    (void)state;
    static const int samples[] = { 9001, 1, 16384, 700 };
    enum { N = sizeof samples / sizeof *samples };
    struct settings s = settings_new(512, 100, 40, 16, 5);
    struct clip clips[N];
    for (int i = 0; i < N; i++) clips[i] = clip_new(&s.spec, NOISE, samples[i]);
    for (int isa = 0; isa < N_ISAS; isa++) {
        if (!use_isa(isas[isa])) continue;
        for (int threads = 1; threads <= 3; threads++) {
            line_up(&s.spec, clips, N);
            const struct answer batch = answer_of("cpu", threads, &s.spec, clips, N);
            for (int i = 0; i < N; i++) {
                const struct clip place = clips[i];
                line_up(&s.spec, &clips[i], 1);
                const struct answer alone = answer_of("cpu", 1, &s.spec, &clips[i], 1);
                assert_memory_equal(alone.decibel.values,
                                    batch.decibel.values + (size_t)place.first_frame * s.spec.n_mels,
                                    alone.decibel.n * sizeof(float));
                assert_memory_equal(alone.cells.values,
                                    batch.cells.values +
                                        (size_t)place.first_patch * s.spec.n_mels * s.spec.width,
                                    alone.cells.n * sizeof(float));
                answer_free(alone);
                clips[i] = place;
            }
            answer_free(batch);
        }
    }
    for (int i = 0; i < N; i++) clip_free(&clips[i]);
    settings_free(&s);
}

/* -------------------------------------------------------------------------------------------- pictures */

static void assert_picture(const float *expected, const struct cpu_image *image, int n_patches,
                           int patch_size)
{
    const int size = image->size;
    for (int i = 0; i < n_patches * patch_size; i++) {
        const int p = i / patch_size, y = i % patch_size / (int)image->row - image->pad;
        const int x = i % (int)image->row / 3 - image->pad, c = i % (int)image->row % 3;
        const float value = image->data[i];
        if (y < 0 || y >= size || x < 0 || x >= size)
            assert_true(value == guard); /* the border is not written */
        else
            assert_near((double)value, (double)expected[((p * 3 + c) * size + y) * size + x],
                        tolerance_picture);
    }
}

/* Pictures of the cpu's own dB, so that colours are equal and only the resizing is compared. All patches but
 * the first are asked for, to see where they go. */
static void check_pictures(const struct line_spec *spec, const struct clip *clip, int threads)
{
    const struct cpu_isa *isa;
    struct pool *pool;
    struct cpu_front *front;
    const int size = spec->net->input_size, pad = 2, side = size + 2 * pad, n = clip->n_patches - 1;
    const int patch_size = side * side * 3;
    const struct floats out = floats_new((size_t)n * patch_size);
    const struct cpu_image image = { out.values, size, pad, (size_t)side * 3, (size_t)patch_size };
    assert_ok(cpu_isa_choose(NULL, &isa));
    assert_ok(pool_open(&pool, threads));
    assert_ok(cpu_front_open(&front, spec, pool, isa->front));
    assert_ok(cpu_front_upload(front, clip, 1));
    cpu_front_logmel(front);
    cpu_front_picture(front, 1, n, &image);
    const struct floats expected = expected_pictures(spec, clip, cpu_front_decibel(front));
    assert_picture(expected.values + 3 * size * size, &image, n, patch_size);
    assert_guards(out);
    floats_free(expected);
    floats_free(out);
    cpu_front_close(&front);
    pool_close(&pool);
}

static void check_picture_options(struct line_spec *spec, const struct clip *clip)
{
    for (int i = 0; i < 3 * 2 * 2; i++) {
        spec->color_range = (enum color_range)(i % 3);
        spec->flip = i / 3 % 2;
        spec->filter = i / 6 ? RESIZE_NEAREST : RESIZE_BILINEAR;
        check_pictures(spec, clip, 1 + i % 3);
    }
}

static void test_pictures(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_PICTURE_CASES; c++) {
        struct settings s = settings_new(512, 128, picture_cases[c].n_mels, picture_cases[c].width, 5);
        const struct net net = { .name = "none", .input_size = picture_cases[c].size };
        struct clip clip = clip_new(&s.spec, picture_cases[c].sound, 128 * (picture_cases[c].width + 20));
        s.spec.net = &net;
        line_up(&s.spec, &clip, 1);
        for (int i = 0; i < N_ISAS; i++)
            if (use_isa(isas[i])) check_picture_options(&s.spec, &clip);
        clip_free(&clip);
        settings_free(&s);
    }
}

/* ------------------------------------------------------------------------------------- real recordings */

static int color_of(float decibel)
{
    const double v = ((double)decibel + 80) / 80;
    return v < 1 ? (int)floor(256 * v) : 255;
}

/* Cells that differ by a colour: one step at most, and only where the definition's dB is near an edge. */
static int moved(float decibel, float expected)
{
    const int steps = abs(color_of(decibel) - color_of(expected));
    assert_true(steps <= 1);
    assert_near((double)decibel, (double)expected, tolerance_db);
    return steps;
}

static int patch_is_moved(const struct clip *clip, int patch, const float *decibel, const float *expected)
{
    int cells = 0;
    for (int m = 0; m < 64; m++)
        for (int x = 0; x < 64; x++) {
            const size_t i = (size_t)m * clip->n_frames + (size_t)(patch * 32 + x);
            cells += moved(decibel[i], expected[i]);
        }
    return cells > 0;
}

/* A patch has 4096 cells, and float dB are rounded by 2e-6 of steps of 0.3125: one patch in a hundred has a
 * cell that lies on the other side of an edge. */
static void test_few_patches_of_real_recordings_change_colour(void **state)
{
    (void)state;
    glob_t found;
    int patches = 0, changed = 0;
    if (glob(TEST_SHARED "/data/mimii/0dB/*/id_0[02]/*/00000000.wav", 0, NULL, &found) != 0)
        test_skip(TEST_SHARED "/data/mimii is not there");
    struct settings s = settings_new(1024, 256, 64, 64, 32);
    assert_true(use_isa("generic"));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct clip clip = clip_read(found.gl_pathv[i], &s.spec);
        line_up(&s.spec, &clip, 1);
        const struct answer expected = answer_of("ref", 0, &s.spec, &clip, 1);
        const struct answer answer = answer_of("cpu", 0, &s.spec, &clip, 1);
        for (int p = 0; p < clip.n_patches; p++)
            changed += patch_is_moved(&clip, p, answer.decibel.values, expected.decibel.values);
        patches += clip.n_patches;
        answer_free(expected);
        answer_free(answer);
        clip_free(&clip);
    }
    print_message("%d of %d patches have a cell of another colour\n", changed, patches);
    assert_true(changed * 20 <= patches);
    globfree(&found);
    settings_free(&s);
}

int main(void)
{
    log_set_level(LOG_WARNING);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_beyond_the_ends),
        cmocka_unit_test(test_what_no_line_can_do),
        cmocka_unit_test(test_a_batch_that_does_not_fit),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_sounds),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_few_patches_of_real_recordings_change_colour),
    };
    return cmocka_run_group_tests_name("kernel.front", tests, NULL, NULL);
}
