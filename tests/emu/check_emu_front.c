/* The kernels of the front end, emulated in every order of threads: the cases of kernel.front, and batches. */
#include "emu_front.h"

#include "../kernels/front_cases.h"
#include "core/log.h"
#include "power.h"

static void check_logmel(struct settings *s, enum sound sound, int n_samples)
{
    struct clip clip = clip_new(&s->spec, sound, n_samples);
    char what[160];
    line_up(&s->spec, &clip, 1);
    snprintf(what, sizeof what, "order %d, window %d, hop %d, sound %d, %d samples, padding %d",
             emu_options.order, s->spec.n_fft, s->spec.hop, sound, n_samples, s->spec.pad);
    const struct answer expected = answer_of("ref", 1, &s->spec, &clip, 1);
    const struct answer answer = emu_answer_of(&s->spec, &clip, 1, 1000);
    assert_near_definition(answer, expected, &s->spec, what);
    answer_free(answer);
    answer_free(expected);
    clip_free(&clip);
}

static void windows(void)
{
    front_windows(check_logmel);
}

static void sounds(void)
{
    front_sounds(check_logmel);
}

static void frames(void)
{
    front_frames(check_logmel);
}

static void test_windows(void **state)
{
    (void)state;
    in_every_order(windows);
}

static void test_sounds(void **state)
{
    (void)state;
    in_every_order(sounds);
}

static void test_frames(void **state)
{
    (void)state;
    in_every_order(frames);
}

/* -------------------------------------------------------------------------------------- single kernels */

/* A frame is a product of two floats: the same bits as by the definition. */
static void check_frames_of(int n_samples, int n_fft, int hop, enum sound sound)
{
    struct settings s = settings_new(n_fft, hop, 1, 1, 1);
    s.spec.pad = n_samples % 2 ? PAD_REFLECT : PAD_ZERO;
    struct clip clip = clip_new(&s.spec, sound, n_samples);
    line_up(&s.spec, &clip, 1);
    const struct emu_front front = { .spec = s.spec,
                                     .clips = device_new(sizeof(struct batch_clip)),
                                     .n_clips = 1 };
    const int first = clip.n_frames / 3, n = clip.n_frames - first;
    const size_t bytes = (size_t)n * n_fft * sizeof(float);
    const struct floats expected = floats_new((size_t)clip.n_frames * n_fft),
                        found = floats_new((size_t)n * n_fft);
    frame_ref(&(struct frame_args){ clip.pcm, clip.wave, s.window, expected.values, n_samples, n_fft, hop,
                                    clip.n_frames, s.spec.pad });
    device_take(found.values, emu_frames(&front, &clip, first, n), bytes);
    assert_memory_equal(found.values, expected.values + (size_t)first * n_fft, bytes);
    assert_guards(found);
    emu_free(front.clips);
    floats_free(expected);
    floats_free(found);
    clip_free(&clip);
    settings_free(&s);
}

static void check_exact_frames(void)
{
    static const int samples[] = { 1, 2, 3, 5, 77, 100, 1001, 1024 };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        check_frames_of(samples[i], 128, 31, NOISE);
        check_frames_of(samples[i], 33, 64, FLOAT_NOISE);
        check_frames_of(samples[i], 512, 257, FULL_SCALE);
    }
}

static void test_frames_have_the_bits_of_the_definition(void **state)
{
    (void)state;
    in_every_order(check_exact_frames);
}

/* Bands beyond one block's, bins beyond one piece, empty and full bands. Float sums of up to 2,500 positive numbers. */
static void check_wide_mel_of(int n_frames, int n_bins, int n_mels)
{
    struct settings s = settings_new(2 * (n_bins - 1), 1, n_mels, 1, 1);
    struct rng rng = rng_seeded((uint64_t)n_bins, (uint64_t)n_mels);
    const size_t n_power = (size_t)n_frames * n_bins, n_mel = (size_t)n_frames * n_mels;
    const struct floats spectrum = floats_new(2 * n_power), power = floats_new(n_power);
    const struct floats expected = floats_new(n_mel), found = floats_new(n_mel);
    for (size_t i = 0; i < 2 * n_power; i++) spectrum.values[i] = (float)(2 * rng_uniform(&rng) - 1);
    for (int k = 0; k < n_bins; k++) s.bank[k] = 1;
    power_ref(&(struct power_args){ spectrum.values, power.values, n_frames, n_bins });
    mel_ref(&(struct mel_args){ power.values, s.bank, expected.values, n_frames, n_bins, n_mels });
    float *mel = device_new(n_mel * sizeof *mel);
    emu_mel(&s.spec, device_of(spectrum.values, 2 * n_power * sizeof(float)), n_frames, mel);
    device_take(found.values, mel, n_mel * sizeof *mel);
    for (size_t i = 0; i < n_mel; i++)
        assert_near((double)found.values[i], (double)expected.values[i], 1e-5 * (double)expected.values[i]);
    floats_free(spectrum);
    floats_free(power);
    floats_free(expected);
    floats_free(found);
    settings_free(&s);
}

static void check_wide_mel(void)
{
    check_wide_mel_of(1, 2, 1);
    check_wide_mel_of(3, 1024, 31);
    check_wide_mel_of(2, 1025, 256);
    check_wide_mel_of(2, 2500, 300);
    check_wide_mel_of(5, 65, 513);
}

static void test_banks_of_every_width(void **state)
{
    (void)state;
    in_every_order(check_wide_mel);
}

/* ---------------------------------------------------------------------------------------------- batches */

/* A batch, in slices, gives the bits of its recordings alone. */
static void check_batch(void)
{
    static const int samples[] = { 4001, 1, 3000, 700, 2, 5000 };
    enum { N = sizeof samples / sizeof *samples };
    struct settings s = settings_new(128, 50, 40, 16, 5);
    struct clip clips[N];
    for (int i = 0; i < N; i++) clips[i] = clip_new(&s.spec, i % 2 ? FLOAT_NOISE : NOISE, samples[i]);
    line_up(&s.spec, clips, N);
    const struct answer batch = emu_answer_of(&s.spec, clips, N, 37);
    for (int i = 0; i < N; i++) {
        const struct clip place = clips[i];
        line_up(&s.spec, &clips[i], 1);
        const struct answer alone = emu_answer_of(&s.spec, &clips[i], 1, 1000);
        assert_memory_equal(alone.decibel.values,
                            batch.decibel.values + (size_t)place.first_frame * s.spec.n_mels,
                            alone.decibel.n * sizeof(float));
        assert_memory_equal(alone.cells.values,
                            batch.cells.values + (size_t)place.first_patch * s.spec.n_mels * s.spec.width,
                            alone.cells.n * sizeof(float));
        answer_free(alone);
    }
    answer_free(batch);
    for (int i = 0; i < N; i++) clip_free(&clips[i]);
    settings_free(&s);
}

static void test_same_bits_in_a_batch(void **state)
{
    (void)state;
    in_every_order(check_batch);
}

int main(void)
{
    log_set_level(LOG_WARNING);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_sounds),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_frames_have_the_bits_of_the_definition),
        cmocka_unit_test(test_banks_of_every_width),
        cmocka_unit_test(test_same_bits_in_a_batch),
    };
    return cmocka_run_group_tests_name("emu.front", tests, NULL, NULL);
}
