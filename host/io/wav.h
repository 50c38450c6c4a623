/* Recordings in. PCM16 in RIFF/WAVE (plain or WAVE_FORMAT_EXTENSIBLE, any chunks before `data`), as MIMII
 * ships it, is read by our own path with pread; everything else that libsndfile knows (WAV 8–32 bit and
 * float, FLAC, OGG …) by libsndfile. int16 samples stay int16 until the front end. */
#ifndef WAV_H
#define WAV_H

#include "io/samples.h"

enum { CHANNEL_MEAN = -1, CHANNEL_ALL = -2 };

struct wav;         /* an open recording */
struct decode_pool; /* decode.h */

struct wav_info {
    int sample_rate, channels;
    /* A channel, as far as the file's own size allows: a lying header is an error at open. Of MP3 an
     * estimate. */
    long long n_samples;
    int is_pcm16; /* 1: wav_read gives int16 through our own path, else float */
};

/* ERR_INPUT, one sentence with the path: no such file, not a recording, empty, truncated, a header that
 * promises more than the file holds, zero frames, zero channels. Close with wav_close. */
enum status wav_open(struct wav **out, const char *path) MUST_CHECK;
/* The same, with libsndfile's part of it in a helper process (helpers = NULL: in this one). ERR_POISON, also of
 * wav_read: decoding crashed, hung or took too much memory; the recording can only be closed then.
 * `helpers` must outlive it. */
enum status wav_open_apart(struct wav **out, const char *path, struct decode_pool *helpers) MUST_CHECK;
/* The same for the bytes of a file, which are copied; `name` stands in sentences where the path would. */
enum status wav_open_bytes(struct wav **out, const void *bytes, size_t size, const char *name,
                           struct decode_pool *helpers) MUST_CHECK;
void wav_close(struct wav **wav);
const struct wav_info *wav_info(const struct wav *wav);

/* Reads a whole channel (0 …) or the mean of all (CHANNEL_MEAN: float, unless there is only one). NaN or
 * infinite samples are ERR_INPUT, naming the first one's place. `samples` must be zeroed or have been filled
 * before; its buffer grows as needed and belongs to the caller (samples_release). */
enum status wav_read(struct wav *wav, int channel, struct samples *samples) MUST_CHECK;

/* For tests and `synth`: PCM16, written under a temporary name, flushed and renamed. ERR_OUTPUT.
 * pcm [n_samples][channels]; more than two channels are WAVE_FORMAT_EXTENSIBLE, as MIMII's are. */
enum status wav_write(const char *path, const int16_t *pcm, long long n_samples, int sample_rate) MUST_CHECK;
enum status wav_write_channels(const char *path, const int16_t *pcm, long long n_samples, int channels,
                               int sample_rate) MUST_CHECK;

#endif
