/* Samples in memory: hash, level, resampling. */
#include "test.h"

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
        cmocka_unit_test(test_resample),
        cmocka_unit_test(test_resample_edges),
    };
    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
