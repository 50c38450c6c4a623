/* For the tests of recordings: files made by hand or by libsndfile, and what libsndfile reads from them. */
#ifndef RECORDING_FILES_H
#define RECORDING_FILES_H

#include "test.h"

#include "io/wav.h"

#include <sndfile.h>

struct bytes {
    unsigned char at[8192];
    size_t size;
};

static inline const char *in_folder(const char *name)
{
    static char folder[64], paths[4][160];
    static int turn;
    if (!folder[0]) snprintf(folder, sizeof folder, "%s", test_folder());
    turn = (turn + 1) % 4;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

static inline void put(struct bytes *bytes, const void *data, size_t size)
{
    memcpy(bytes->at + bytes->size, data, size);
    bytes->size += size;
}

static inline void put_number(struct bytes *bytes, unsigned number, int n)
{
    for (int i = 0; i < n; i++) bytes->at[bytes->size++] = (unsigned char)(number >> 8 * i);
}

static inline void put_chunk(struct bytes *bytes, const char *name, const void *data, size_t size)
{
    put(bytes, name, 4);
    put_number(bytes, (unsigned)size, 4);
    put(bytes, data, size);
    if (size & 1) put(bytes, "", 1);
}

static inline const char *save(const struct bytes *bytes, size_t size, const char *name)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->at, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

struct format {
    unsigned tag, channels, sample_rate, bits, sub_format; /* sub_format: of WAVE_FORMAT_EXTENSIBLE */
};

static inline void put_start(struct bytes *bytes, struct format f)
{
    const unsigned frame = f.channels * f.bits / 8;
    struct bytes chunk = { .size = 0 };
    put_number(&chunk, f.tag, 2);
    put_number(&chunk, f.channels, 2);
    put_number(&chunk, f.sample_rate, 4);
    put_number(&chunk, f.sample_rate * frame, 4);
    put_number(&chunk, frame, 2);
    put_number(&chunk, f.bits, 2);
    if (f.sub_format) {
        put_number(&chunk, 22, 2);
        put_number(&chunk, f.bits, 2);
        put_number(&chunk, 0, 4);
        put_number(&chunk, f.sub_format, 2);
        put(&chunk, "\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71", 14);
    }
    put(bytes, "RIFF\0\0\0\0WAVE", 12);
    put_chunk(bytes, "fmt ", chunk.at, chunk.size);
}

static const struct format mono = { 1, 1, 16000, 16, 0 }, eight = { 0xfffe, 8, 16000, 16, 1 };

/* A number that says where it stands: frame and channel. */
static inline int16_t value_at(int frame, int channel)
{
    return (int16_t)((frame * 257 + channel * 4099) % 65536 - 32768);
}

static inline void put_data(struct bytes *bytes, int n_frames, int channels)
{
    struct bytes data = { .size = 0 };
    for (int i = 0; i < n_frames; i++)
        for (int c = 0; c < channels; c++) put_number(&data, (uint16_t)value_at(i, c), 2);
    put_chunk(bytes, "data", data.at, data.size);
}

static inline enum status read_all(const char *path, int channel, struct samples *samples,
                                   struct wav_info *info)
{
    struct wav *wav;
    TRY(wav_open(&wav, path));
    *info = *wav_info(wav);
    const enum status status = wav_read(wav, channel, samples);
    wav_close(&wav);
    assert_null(wav);
    return status;
}

static inline void fails_to_read(const char *path, const char *words)
{
    struct samples samples = { 0 };
    struct wav_info info;
    assert_fails(read_all(path, 0, &samples, &info), ERR_INPUT, words);
    if (!strstr(status_sentence(), path)) fail_msg("\"%s\" does not name %s", status_sentence(), path);
    samples_release(&samples);
}

/* One channel as float through libsndfile alone. */
static inline float *by_sndfile(const char *path, int channel, long long *n_samples)
{
    SF_INFO info = { 0 };
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    assert_non_null(file);
    float *frames = calloc((size_t)(info.frames * info.channels), sizeof *frames);
    assert_int_equal(sf_readf_float(file, frames, info.frames), info.frames);
    sf_close(file);
    for (long long i = 0; i < info.frames; i++) frames[i] = frames[i * info.channels + channel];
    *n_samples = info.frames;
    return frames;
}

/* The same through wav_read, bit for bit. */
static inline void assert_as_sndfile(const char *path, int channel, int is_pcm16)
{
    struct samples samples = { 0 };
    struct wav_info info;
    long long expected_n;
    assert_ok(read_all(path, channel, &samples, &info));
    float *expected = by_sndfile(path, channel, &expected_n);
    assert_int_equal(info.is_pcm16, is_pcm16);
    assert_int_equal(samples.format, is_pcm16 ? SAMPLE_INT16 : SAMPLE_FLOAT);
    assert_int_equal(samples.n_samples, expected_n);
    assert_int_equal(info.n_samples, expected_n);
    for (long long i = 0; i < expected_n; i++) {
        const float found = is_pcm16 ? (float)samples.pcm[i] / 32768.0f : samples.wave[i];
        if (memcmp(&found, &expected[i], sizeof found) != 0)
            fail_msg("%s, sample %lld: %.9g, libsndfile has %.9g", path, i, (double)found,
                     (double)expected[i]);
    }
    free(expected);
    samples_release(&samples);
}

static inline const char *save_sndfile(const char *name, int format, int channels, const float *frames,
                                       int n_frames)
{
    const char *path = in_folder(name);
    SF_INFO info = { .samplerate = 16000, .channels = channels, .format = format };
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    if (!file) fail_msg("%s: %s", path, sf_strerror(NULL));
    assert_int_equal(sf_writef_float(file, frames, n_frames), n_frames);
    sf_close(file);
    return path;
}

enum { N_FRAMES = 3000 };

static inline const float *a_tone(void)
{
    static float frames[2 * N_FRAMES];
    for (int i = 0; i < 2 * N_FRAMES; i++) frames[i] = (float)(0.7 * sin(0.05 * i) + 0.1 * sin(1.3 * i));
    return frames;
}

#endif
