/* The synthetic corpus: the same bytes everywhere, MIMII's layout, and nothing written where it should not
 * be. */
#include "test.h"

#include "core/log.h"
#include "eval/synth.h"
#include "eval/synth_machines.h"
#include "eval/synth_sound.h"
#include "io/dataset.h"
#include "io/wav.h"

static struct synth_settings standard_settings(void)
{
    struct synth_settings settings;
    assert_ok(options_standard(&(struct option_set){ synth_options, &settings, "" }));
    return settings;
}

static struct synth_settings small_settings(void)
{
    struct synth_settings settings = standard_settings();
    settings.normal = 3;
    settings.abnormal = 2;
    settings.seconds = 0.5;
    return settings;
}

static uint64_t fnv(const void *data, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
    return hash;
}

/* ------------------------------------------------------------------------------------------- bad input */

static void test_refused(void **state)
{
    (void)state;
    struct synth_settings settings = small_settings();
    int n_files;
    settings.machines = "fan,drill";
    assert_fails(synth_write("refused", &settings, &n_files), ERR_USAGE, "no machine is called \"drill\"");
    settings.machines = "fan,";
    assert_fails(synth_write("refused", &settings, &n_files), ERR_USAGE, "no machine is called \"\"");
    settings.machines = "fan,pump,fan";
    assert_fails(synth_write("refused", &settings, &n_files), ERR_USAGE, "fan is named twice");
    assert_int_not_equal(access("refused", F_OK), 0);

    settings.machines = "fan";
    assert_fails(synth_write("/dev/null", &settings, &n_files), ERR_OUTPUT, "/dev/null");
    assert_fails(synth_write("/dev/null/below", &settings, &n_files), ERR_OUTPUT, "/dev/null/below");
}

static void test_folder_in_use(void **state)
{
    (void)state;
    struct synth_settings settings = small_settings();
    const char *folder = test_folder();
    int n_files;
    settings.machines = "valve";
    assert_ok(synth_write(folder, &settings, &n_files)); /* there, but empty */
    assert_int_equal(n_files, 5);
    assert_fails(synth_write(folder, &settings, &n_files), ERR_OUTPUT, "is not empty; --overwrite");
    settings.overwrite = 1;
    assert_ok(synth_write(folder, &settings, &n_files));
}

/* ---------------------------------------------------------------------------------------------- sounds */

static void test_sine(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4096; i++) {
        const uint32_t phase = i << 20 | (i * 2654435761u >> 12);
        /* what the series leaves out */
        assert_near(sound_sine(phase), sin(6.283185307179586 * phase / 4294967296.0), 6e-8);
    }
    assert_int_equal(sound_step(SYNTH_RATE / 4.0), 1u << 30);
}

static void test_noise(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rng rng = rng_seeded(1, 2);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < N; i++) {
        const double x = sound_noise(&rng);
        sum += x;
        squares += x * x;
    }
    /* six deviations of a mean and of a variance of N */
    assert_near(sum / N, 0.0, 6.0 / sqrt(N));
    assert_near(squares / N, 1.0, 6.0 * sqrt(2.0 / N));
}

static void test_resonance(void **state)
{
    (void)state;
    struct resonance r = resonance_at(1000.0, 0.99);
    double radius = 1.0;
    for (int i = 0; i < 200; i++) {
        const double ringing = sin(6.283185307179586 * 1000.0 * (i + 1) / SYNTH_RATE) * radius;
        assert_near(resonance_next(&r, i == 0 ? 1.0 : 0.0), ringing, 1e-4); /* errors of the sine ring, too */
        radius *= 0.99;
    }
}

/* The numbers below are what the first release made: whatever changes them changes everybody's demo. */
static void test_same_bytes(void **state)
{
    (void)state;
    static const uint64_t expected[SYNTH_MACHINES][2] = {
        { 0xa4eba07653114fb5, 0x786d36fc4f12fdbb },
        { 0xc65aec49e64bfbac, 0xd38b140b7bc81ab1 },
        { 0xc5510f8bf0b34878, 0x07252772439fa886 },
        { 0xeb9195ef6a26660d, 0xcd349c328ed2320d },
    };
    struct synth_settings settings = small_settings();
    int16_t pcm[8000];
    assert_int_equal(synth_samples(&settings), 8000);
    for (int m = 0; m < SYNTH_MACHINES; m++)
        for (int is_abnormal = 0; is_abnormal < 2; is_abnormal++) {
            assert_ok(synth_recording(&settings, m, is_abnormal, 1, pcm));
            if (fnv(pcm, sizeof pcm) != expected[m][is_abnormal])
                fail_msg("%s, abnormal %d: 0x%016llx", synth_machines[m].name, is_abnormal,
                         (unsigned long long)fnv(pcm, sizeof pcm));
        }
}

static void test_recordings_differ(void **state)
{
    (void)state;
    struct synth_settings settings = small_settings();
    int16_t pcm[8000];
    uint64_t hashes[3 * 2 * SYNTH_MACHINES * 2];
    int n = 0;
    for (settings.seed = 1; settings.seed <= 2; settings.seed++)
        for (int m = 0; m < SYNTH_MACHINES; m++)
            for (int is_abnormal = 0; is_abnormal < 2; is_abnormal++)
                for (int i = 0; i < 3; i++) {
                    assert_ok(synth_recording(&settings, m, is_abnormal, i, pcm));
                    hashes[n++] = fnv(pcm, sizeof pcm);
                }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) assert_true(hashes[i] != hashes[j]);
}

/* Loud enough to be heard, not so loud that it clips. */
static void test_levels(void **state)
{
    (void)state;
    struct synth_settings settings = standard_settings();
    int16_t *pcm = calloc((size_t)synth_samples(&settings), sizeof *pcm);
    struct samples samples = { .format = SAMPLE_INT16, .pcm = pcm, .n_samples = synth_samples(&settings) };
    assert_int_equal(samples.n_samples, 160000);
    for (int m = 0; m < SYNTH_MACHINES; m++)
        for (int is_abnormal = 0; is_abnormal < 2; is_abnormal++) {
            assert_ok(synth_recording(&settings, m, is_abnormal, 0, pcm));
            const struct level level = samples_level(&samples);
            assert_true(level.rms_dbfs > -40.0 && level.rms_dbfs < -12.0);
            assert_true(fabs(level.dc) < 0.01); /* what slow rumble leaves */
            assert_int_equal(level.clipped, 0);
        }
    free(pcm);
}

static void test_channels(void **state)
{
    (void)state;
    struct synth_settings settings = small_settings();
    int16_t one[8000], eight[8 * 8000];
    assert_ok(synth_recording(&settings, 0, 0, 0, one));
    settings.channels = 8;
    assert_ok(synth_recording(&settings, 0, 0, 0, eight));
    int differences = 0;
    for (int i = 0; i < 8000; i++) {
        assert_int_equal(eight[8 * i], one[i]);
        differences += eight[8 * i + 7] != one[i];
    }
    assert_true(differences > 7000);
}

/* ---------------------------------------------------------------------------------------------- corpus */

static void test_corpus(void **state)
{
    (void)state;
    struct synth_settings settings = small_settings();
    struct dataset dataset;
    const char *const folder[] = { test_folder() };
    const struct dataset_options no_options = { 0 };
    int n_files;
    assert_ok(synth_write(folder[0], &settings, &n_files));
    assert_int_equal(n_files, 20);
    assert_ok(dataset_open(&dataset, folder, 1, &no_options));
    assert_int_equal(dataset.count, 20);
    assert_int_equal(dataset.n_ignored, 0);
    assert_string_equal(dataset.recordings[0].path, "0dB/fan/id_00/abnormal/00000000.wav");
    assert_string_equal(dataset.recordings[19].path, "0dB/valve/id_00/normal/00000002.wav");

    struct wav *wav;
    struct samples samples = { 0 };
    int16_t pcm[8000];
    assert_ok(wav_open(&wav, dataset.recordings[19].file));
    assert_ok(wav_read(wav, 0, &samples));
    assert_ok(synth_recording(&settings, 3, 0, 2, pcm));
    assert_int_equal(samples.n_samples, 8000);
    assert_int_equal(samples.sample_rate, 16000);
    assert_memory_equal(samples.pcm, pcm, sizeof pcm);
    samples_release(&samples);
    wav_close(&wav);
    dataset_release(&dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_folder_in_use),
        cmocka_unit_test(test_sine),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_resonance),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_recordings_differ),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_corpus),
    };
    log_set_level(LOG_WARNING);
    return cmocka_run_group_tests_name("synth", tests, NULL, NULL);
}
