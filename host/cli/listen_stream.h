/* Windows of a stream of raw samples: a pipe, a FIFO or a file. */
#ifndef LISTEN_STREAM_H
#define LISTEN_STREAM_H

#include "core/status.h"

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

enum { STREAM_MEAN = -1 };

struct stream_format {
    int is_float; /* float32, else int16; both little-endian, channels interleaved */
    int channels;
    int channel; /* 0 …, or STREAM_MEAN of all */
};

/* One channel of `n` samples; one of the two is NULL. What they point to is the stream's, until the next call. */
struct stream_window {
    const int16_t *pcm;
    const float *wave; /* of floats, and of means */
    int n;             /* 0: the stream is over */
    long long first;   /* place of its first sample in the stream */
    double arrived_s;  /* clock_seconds() when its last sample came */
    struct timespec arrived;
};

/* Windows of `length` samples, each begins `hop` samples after the one before. */
struct stream;
enum status stream_open(struct stream **out, int file, const struct stream_format *format, int length,
                        int hop) MUST_CHECK;
void stream_close(struct stream **stream);

/* The next window, as soon as it is whole. The stream is over at its end and once *stop is set. ERR_INPUT: it cannot be
 * read. */
enum status stream_next(struct stream *stream, const atomic_int *stop,
                        struct stream_window *window) MUST_CHECK;

/* Samples of one channel so far, those that no window held too; and bytes at the end that are no whole frame. */
long long stream_samples(const struct stream *stream);
int stream_left_bytes(const struct stream *stream);

#endif
