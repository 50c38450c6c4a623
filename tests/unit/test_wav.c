/* Recordings in and out: what our own path reads is what libsndfile reads, bit for bit. */
#include "recording_files.h"

#define MIMII_8CH  TEST_SHARED "/data/mimii_8ch/0dB/fan/id_00/normal/00000000.wav"
#define MIMII_MONO TEST_SHARED "/data/mimii/0dB/fan/id_00/normal/00000000.wav"

/* -------------------------------------------------------------------------------------------- our path */

static void test_own_path(void **state)
{
    (void)state;
    static const struct format formats[] = {
        { 1, 1, 16000, 16, 0 },      { 1, 2, 44100, 16, 0 },      { 1, 3, 8000, 16, 0 },
        { 0xfffe, 1, 16000, 16, 1 }, { 0xfffe, 8, 16000, 16, 1 },
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        for (int chunks = 0; chunks < 3; chunks++) {
            struct bytes bytes = { .size = 0 };
            put_start(&bytes, formats[i]);
            if (chunks > 0) put_chunk(&bytes, "LIST", "INFOISFT\2\0\0\0ab", 14);
            if (chunks > 1) put_chunk(&bytes, "odd ", "\1\2\3\4\5", 5);
            put_data(&bytes, 317, (int)formats[i].channels);
            const char *path = save(&bytes, bytes.size, "own.wav");
            for (unsigned c = 0; c < formats[i].channels; c++) assert_as_sndfile(path, (int)c, 1);
        }
}

/* More frames than one block of the reader holds. */
static void test_many_channels_in_blocks(void **state)
{
    (void)state;
    enum { FRAMES = 20000, CHANNELS = 5 };
    int16_t *pcm = calloc((size_t)FRAMES * CHANNELS, sizeof *pcm);
    for (int i = 0; i < FRAMES * CHANNELS; i++) pcm[i] = value_at(i / CHANNELS, i % CHANNELS);
    const char *path = in_folder("blocks.wav");
    assert_ok(wav_write_channels(path, pcm, FRAMES, CHANNELS, 16000));
    assert_as_sndfile(path, 0, 1);
    assert_as_sndfile(path, CHANNELS - 1, 1);

    struct samples mean = { 0 };
    struct wav_info info;
    assert_ok(read_all(path, CHANNEL_MEAN, &mean, &info));
    assert_int_equal(mean.format, SAMPLE_FLOAT);
    for (int i = 0; i < FRAMES; i++) {
        double sum = 0.0;
        for (int c = 0; c < CHANNELS; c++) sum += value_at(i, c) / 32768.0;
        assert_true(mean.wave[i] == (float)(sum / CHANNELS));
    }
    samples_release(&mean);
    free(pcm);
}

static void test_mean_of_one_channel_stays_int16(void **state)
{
    (void)state;
    struct bytes bytes = { .size = 0 };
    struct samples samples = { 0 };
    struct wav_info info;
    put_start(&bytes, mono);
    put_data(&bytes, 10, 1);
    assert_ok(read_all(save(&bytes, bytes.size, "mono.wav"), CHANNEL_MEAN, &samples, &info));
    assert_int_equal(samples.format, SAMPLE_INT16);
    for (int i = 0; i < 10; i++) assert_int_equal(samples.pcm[i], value_at(i, 0));
    samples_release(&samples);
}

static void test_mimii(void **state)
{
    (void)state;
    if (access(MIMII_8CH, R_OK) != 0) test_skip(MIMII_8CH " is not there: MIMII's own files were not read");
    assert_as_sndfile(MIMII_8CH, 0, 1);
    assert_as_sndfile(MIMII_8CH, 7, 1);
    struct samples eighth = { 0 }, only = { 0 };
    struct wav_info info;
    assert_ok(read_all(MIMII_8CH, 0, &eighth, &info));
    assert_int_equal(info.channels, 8);
    assert_int_equal(info.sample_rate, 16000);
    assert_ok(read_all(MIMII_MONO, 0, &only, &info));
    assert_int_equal(eighth.n_samples, only.n_samples);
    assert_memory_equal(eighth.pcm, only.pcm, (size_t)only.n_samples * sizeof(int16_t));
    assert_string_equal(eighth.hash, only.hash);
    samples_release(&eighth);
    samples_release(&only);
}

/* ------------------------------------------------------------------------------------------ libsndfile */

static void test_other_formats(void **state)
{
    (void)state;
    static const int formats[] = { SF_FORMAT_WAV | SF_FORMAT_PCM_U8,   SF_FORMAT_WAV | SF_FORMAT_PCM_24,
                                   SF_FORMAT_WAV | SF_FORMAT_PCM_32,   SF_FORMAT_WAV | SF_FORMAT_FLOAT,
                                   SF_FORMAT_WAV | SF_FORMAT_DOUBLE,   SF_FORMAT_WAVEX | SF_FORMAT_PCM_24,
                                   SF_FORMAT_WAV | SF_FORMAT_ULAW,     SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM,
                                   SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM, SF_FORMAT_RF64 | SF_FORMAT_PCM_16,
                                   SF_FORMAT_W64 | SF_FORMAT_PCM_16,   SF_FORMAT_AIFF | SF_FORMAT_PCM_16,
                                   SF_FORMAT_AU | SF_FORMAT_FLOAT,     SF_FORMAT_CAF | SF_FORMAT_PCM_24,
                                   SF_FORMAT_FLAC | SF_FORMAT_PCM_16,  SF_FORMAT_FLAC | SF_FORMAT_PCM_24,
                                   SF_FORMAT_OGG | SF_FORMAT_VORBIS };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        for (int channels = 1; channels <= 2; channels++) {
            const char *path = save_sndfile("other.any", formats[i], channels, a_tone(), N_FRAMES);
            for (int c = 0; c < channels; c++) assert_as_sndfile(path, c, 0);
        }
}

static void test_mean_of_floats(void **state)
{
    (void)state;
    struct samples mean = { 0 };
    struct wav_info info;
    const float *frames = a_tone();
    const char *path = save_sndfile("mean.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 2, frames, N_FRAMES);
    assert_ok(read_all(path, CHANNEL_MEAN, &mean, &info));
    for (int i = 0; i < N_FRAMES; i++)
        assert_true(mean.wave[i] == (float)(((double)frames[2 * i] + (double)frames[2 * i + 1]) / 2.0));
    samples_release(&mean);
}

/* ------------------------------------------------------------------------------------------- wav_write */

static void test_write_fails(void **state)
{
    (void)state;
    const int16_t pcm[4] = { 0 };
    assert_fails(wav_write("no/such/folder/a.wav", pcm, 4, 16000), ERR_OUTPUT, "no/such/folder");
    assert_fails(wav_write(in_folder("long.wav"), pcm, 1ll << 40, 16000), ERR_OUTPUT, "do not fit");
    assert_int_not_equal(access(in_folder("long.wav"), F_OK), 0);
}

static void test_write_and_read(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 8; channels++) {
        int16_t pcm[8 * 50];
        for (int i = 0; i < 50 * channels; i++) pcm[i] = value_at(i / channels, i % channels);
        const char *path = in_folder("written.wav");
        assert_ok(wav_write_channels(path, pcm, 50, channels, 16000));
        assert_as_sndfile(path, channels - 1, 1);
    }
}

/* The buffer is the caller's and is used again. */
static void test_buffer_is_reused(void **state)
{
    (void)state;
    struct samples samples = { 0 };
    struct wav_info info;
    int16_t pcm[1000] = { 1, 2, 3 };
    const char *longer = in_folder("longer.wav"), *shorter = in_folder("shorter.wav");
    assert_ok(wav_write(longer, pcm, 1000, 16000));
    assert_ok(wav_write(shorter, pcm, 10, 16000));
    assert_ok(read_all(longer, 0, &samples, &info));
    const void *buffer = samples.buffer;
    assert_ok(read_all(shorter, 0, &samples, &info));
    assert_ptr_equal(samples.buffer, buffer);
    assert_int_equal(samples.n_samples, 10);
    assert_ok(read_all(longer, 0, &samples, &info));
    assert_ptr_equal(samples.buffer, buffer);
    samples_release(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_path),
        cmocka_unit_test(test_many_channels_in_blocks),
        cmocka_unit_test(test_mean_of_one_channel_stays_int16),
        cmocka_unit_test(test_mimii),
        cmocka_unit_test(test_other_formats),
        cmocka_unit_test(test_mean_of_floats),
        cmocka_unit_test(test_write_fails),
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_buffer_is_reused),
    };
    return cmocka_run_group_tests_name("wav", tests, NULL, NULL);
}
