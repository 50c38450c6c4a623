#include "cli/listen_stream.h"

#include "core/clock.h"
#include "core/memory.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 65536, LOOK_MS = 100 };

struct stream {
    int file, length, hop;
    struct stream_format format;
    unsigned char bytes[BLOCK_BYTES]; /* as they came, less than a frame of them from the read before */
    int n_bytes, is_over;
    float *wave; /* [length], of one channel: the window that is being filled; or */
    int16_t *pcm;
    int n;          /* samples of it so far */
    int skip;       /* samples until it begins, where windows do not touch */
    long long next; /* place of the next sample in the stream */
};

enum status stream_open(struct stream **out, int file, const struct stream_format *format, int length,
                        int hop)
{
    struct stream *stream = *out = memory_new(1, sizeof *stream);
    TRY(memory_check(stream));
    stream->file = file;
    stream->format = *format;
    stream->length = length;
    stream->hop = hop;
    const int is_mean = format->channel == STREAM_MEAN && format->channels > 1;
    if (format->is_float || is_mean)
        return memory_check(stream->wave = memory_new((size_t)length, sizeof(float)));
    return memory_check(stream->pcm = memory_new((size_t)length, sizeof(int16_t)));
}

void stream_close(struct stream **stream)
{
    if (!*stream) return;
    memory_free((*stream)->wave);
    memory_free((*stream)->pcm);
    memory_free(*stream);
    *stream = NULL;
}

long long stream_samples(const struct stream *stream)
{
    return stream->next;
}

int stream_left_bytes(const struct stream *stream)
{
    return stream->n_bytes;
}

/* -------------------------------------------------------------------------------------------- samples */

static int sample_bytes(const struct stream *stream)
{
    return stream->format.is_float ? (int)sizeof(float) : (int)sizeof(int16_t);
}

static int frame_bytes(const struct stream *stream)
{
    return stream->format.channels * sample_bytes(stream);
}

static int16_t int16_at(const unsigned char *bytes)
{
    uint16_t word;
    memcpy(&word, bytes, sizeof word);
    return (int16_t)le16toh(word);
}

static float float_at(const unsigned char *bytes)
{
    uint32_t word;
    float value;
    memcpy(&word, bytes, sizeof word);
    word = le32toh(word);
    memcpy(&value, &word, sizeof value);
    return value;
}

/* As io/ takes the mean of a file's channels: the sum in double, rounded once. */
static float mean_of(const struct stream *stream, const unsigned char *frame)
{
    double sum = 0;
    for (int c = 0; c < stream->format.channels; c++)
        sum += stream->format.is_float ? (double)float_at(frame + 4 * c) : (double)int16_at(frame + 2 * c);
    return (float)(sum / (stream->format.is_float ? 1.0 : 32768.0) / stream->format.channels);
}

static void put_sample(struct stream *stream, const unsigned char *frame)
{
    const int channel = stream->format.channel;
    if (stream->pcm)
        stream->pcm[stream->n] = int16_at(frame + 2 * (channel < 0 ? 0 : channel));
    else if (channel == STREAM_MEAN && stream->format.channels > 1)
        stream->wave[stream->n] = mean_of(stream, frame);
    else
        stream->wave[stream->n] = float_at(frame + 4 * (channel < 0 ? 0 : channel));
    stream->n++;
}

/* Whole frames become samples; the bytes of one that is not whole stay. */
static void take_frames(struct stream *stream)
{
    const int size = frame_bytes(stream), n_frames = stream->n_bytes / size;
    for (int i = 0; i < n_frames; i++) {
        if (stream->skip > 0)
            stream->skip--;
        else
            put_sample(stream, stream->bytes + (size_t)i * (size_t)size);
    }
    stream->next += n_frames;
    stream->n_bytes -= n_frames * size;
    memmove(stream->bytes, stream->bytes + (size_t)n_frames * (size_t)size, (size_t)stream->n_bytes);
}

/* --------------------------------------------------------------------------------------------- reading */

/* What can be read without passing the end of the window: its last sample's time is then that of the read. */
static size_t wanted_bytes(const struct stream *stream)
{
    const long long frames = (long long)stream->skip + stream->length - stream->n;
    const long long bytes = frames * frame_bytes(stream) - stream->n_bytes;
    const long long room = BLOCK_BYTES - stream->n_bytes;
    return (size_t)(bytes < room ? bytes : room);
}

/* Some bytes, or none after a while, so that *stop is looked at. */
static enum status read_some(struct stream *stream)
{
    struct pollfd ready = { .fd = stream->file, .events = POLLIN };
    if (poll(&ready, 1, LOOK_MS) <= 0) return OK;
    const ssize_t n = read(stream->file, stream->bytes + stream->n_bytes, wanted_bytes(stream));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return OK;
    REQUIRE(n >= 0, ERR_INPUT, "the stream cannot be read: %s", strerror(errno));
    stream->is_over = n == 0;
    stream->n_bytes += (int)n;
    return OK;
}

/* After a window: what the next one shares with it moves to the front. */
static void begin_next(struct stream *stream)
{
    if (stream->n < stream->length) return;
    const int kept = stream->hop < stream->length ? stream->length - stream->hop : 0;
    const size_t first = (size_t)(stream->length - kept);
    if (stream->pcm) memmove(stream->pcm, stream->pcm + first, (size_t)kept * sizeof *stream->pcm);
    if (stream->wave) memmove(stream->wave, stream->wave + first, (size_t)kept * sizeof *stream->wave);
    stream->skip = stream->hop > stream->length ? stream->hop - stream->length : 0;
    stream->n = kept;
}

enum status stream_next(struct stream *stream, const atomic_int *stop, struct stream_window *window)
{
    *window = (struct stream_window){ 0 };
    begin_next(stream);
    while (stream->n < stream->length) {
        if (stream->is_over || *stop) return OK;
        TRY(read_some(stream));
        take_frames(stream);
    }
    window->pcm = stream->pcm;
    window->wave = stream->wave;
    window->n = stream->length;
    window->first = stream->next - stream->length;
    window->arrived_s = clock_seconds();
    clock_gettime(CLOCK_REALTIME, &window->arrived);
    return OK;
}
