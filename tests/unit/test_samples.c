/* Samples in memory: hash, level, resampling. */
#include "test.h"

#include "core/rng.h"
#include "io/pcm16.h"
#include "io/samples.h"

static void test_hash(void **state)
{
    (void)state;
    /* xxhsum -H2 of the bytes "abcdefgh" */
    struct samples samples = { .format = SAMPLE_INT16 };
    assert_ok(samples_reserve(&samples, 8));
    memcpy(samples.pcm, "abcdefgh", 8);
    samples.n_samples = 4;
    samples_hash(&samples);
    assert_string_equal(samples.hash, "dac23237af37353342b702b313880f12");
    samples_release(&samples);
}

static void test_level(void **state)
{
    (void)state;
    static const int16_t pcm[] = { 16384, -16384, 16384, -16384, 32767, -32768, 0, 0 };
    struct samples samples = { .format = SAMPLE_INT16, .pcm = (int16_t *)(uintptr_t)pcm, .n_samples = 4 };
    struct level level = samples_level(&samples);
    assert_near(level.rms_dbfs, -6.0206, 1e-4);
    assert_near(level.peak, 0.5, 0.0);
    assert_near(level.dc, 0.0, 0.0);
    assert_int_equal(level.clipped, 0);

    samples.n_samples = 8;
    level = samples_level(&samples);
    assert_near(level.peak, 1.0, 0.0);
    assert_near(level.dc, -1.0 / 32768.0 / 8.0, 1e-18); /* one rounding */
    assert_int_equal(level.clipped, 2);

    samples.pcm += 6;
    samples.n_samples = 2;
    level = samples_level(&samples);
    assert_true(isinf(level.rms_dbfs) && level.rms_dbfs < 0);
}

/* The same samples as float: their sums are made in double, one by one. */
static struct level level_in_double(const int16_t *pcm, int n)
{
    struct samples wave = { 0 };
    assert_ok(samples_reserve(&wave, (size_t)n * sizeof(float)));
    wave.format = SAMPLE_FLOAT;
    wave.n_samples = n;
    for (int i = 0; i < n; i++) wave.wave[i] = (float)(pcm[i] / 32768.0);
    const struct level level = samples_level(&wave);
    samples_release(&wave);
    return level;
}

/* Whole numbers and double give the same bits, also beyond 2^23 samples at full scale, where double rounds. */
static void test_level_has_the_same_bits(void **state)
{
    (void)state;
    static const struct {
        int n, below;
    } cases[] = { { 1, 65536 }, { 4095, 65536 }, { 4097, 300 }, { 160000, 65536 }, { 10000001, 2 } };
    int16_t *pcm = malloc(10000001 * sizeof *pcm);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct rng rng = rng_seeded(c, 1);
        for (int i = 0; i < cases[c].n; i++) {
            pcm[i] = (int16_t)((int)rng_below(&rng, (uint32_t)cases[c].below) - 32768);
        }
        struct samples samples = { .format = SAMPLE_INT16, .pcm = pcm, .n_samples = cases[c].n };
        const struct level found = samples_level(&samples), expected = level_in_double(pcm, cases[c].n);
        assert_memory_equal(&found, &expected, sizeof found);
    }
    free(pcm);
}

static void test_pick(void **state)
{
    (void)state;
    enum { FRAMES = 101, MOST = 9 };
    static int16_t frames[FRAMES * MOST], out[FRAMES];
    for (int i = 0; i < FRAMES * MOST; i++) frames[i] = (int16_t)(i * 71);
    for (int channels = 1; channels <= MOST; channels++)
        for (int channel = 0; channel < channels; channel++) {
            pcm16_pick(frames, FRAMES, channels, channel, out);
            for (int i = 0; i < FRAMES; i++) assert_int_equal(out[i], frames[i * channels + channel]);
        }
}

static void make_sine(struct samples *samples, int sample_rate, int n_samples, int is_float)
{
    assert_ok(samples_reserve(samples, (size_t)n_samples * sizeof(float)));
    samples->format = is_float ? SAMPLE_FLOAT : SAMPLE_INT16;
    samples->sample_rate = sample_rate;
    samples->n_samples = n_samples;
    for (int i = 0; i < n_samples; i++) {
        const double x = 0.5 * sin(6.283185307179586 * 440.0 * i / sample_rate);
        if (is_float)
            samples->wave[i] = (float)x;
        else
            samples->pcm[i] = (int16_t)lrint(32768.0 * x);
    }
}

static void test_resample(void **state)
{
    (void)state;
    for (int is_float = 0; is_float < 2; is_float++) {
        struct samples samples = { .hash = "of the recording" };
        make_sine(&samples, 44100, 44100, is_float);
        assert_ok(samples_resample(&samples, 16000));
        assert_int_equal(samples.format, SAMPLE_FLOAT);
        assert_int_equal(samples.sample_rate, 16000);
        assert_int_equal(samples.n_samples, 16000);
        assert_string_equal(samples.hash, "of the recording");
        /* HQ passes 440 Hz within 20 bits; int16 itself has 2^-16; the edges have no past or future */
        for (int i = 1000; i < 15000; i++)
            assert_near((double)samples.wave[i], 0.5 * sin(6.283185307179586 * 440.0 * i / 16000), 3e-5);
        samples_release(&samples);
    }
}

static void test_resample_edges(void **state)
{
    (void)state;
    struct samples samples = { 0 };
    make_sine(&samples, 16000, 100, 0);
    assert_ok(samples_resample(&samples, 16000)); /* nothing to do: stays int16 */
    assert_int_equal(samples.format, SAMPLE_INT16);
    samples.sample_rate = 1;
    assert_fails(samples_resample(&samples, 16000), ERR_INPUT, "1 Hz was found");
    samples_release(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_level_has_the_same_bits),
        cmocka_unit_test(test_pick),
        cmocka_unit_test(test_resample),
        cmocka_unit_test(test_resample_edges),
    };
    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
