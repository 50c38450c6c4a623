/* One channel of one recording in memory, and what is done with it before the front end. int16 samples stay
 * int16 until there. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum sample_format { SAMPLE_INT16, SAMPLE_FLOAT };

/* Zeroed, or filled before: the buffer is reused from recording to recording. */
struct samples {
    enum sample_format format;
    union {
        int16_t *pcm; /* full scale 32768 */
        float *wave;  /* full scale 1     */
        void *buffer; /* owned */
    };
    long long n_samples;
    int sample_rate;
    char hash[33]; /* XXH3-128 of the decoded samples' bytes (int16 or float32, little-endian), hexadecimal */
    size_t capacity; /* bytes of the buffer */
};

/* Converts to another sample rate in place (libsoxr, HQ); the result is float. The hash stays that of the
 * recording. */
enum status samples_resample(struct samples *samples, int sample_rate) MUST_CHECK;
void samples_release(struct samples *samples);

/* What the silent-wrongness columns of a feature file hold. */
struct level {
    double rms_dbfs, peak, dc; /* dB below full scale (-inf for silence), 0 … 1, -1 … 1 */
    long long clipped;         /* samples at full scale: from 32767/32768 on, either side */
};
struct level samples_level(const struct samples *samples);

/* For those who fill samples: room for `bytes`, what is there is kept, and the hash of what is there. */
enum status samples_reserve(struct samples *samples, size_t bytes) MUST_CHECK;
void samples_hash(struct samples *samples);

#endif
