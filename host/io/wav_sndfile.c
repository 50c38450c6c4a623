/* libsndfile reads through a view of the file, not the file. Of a RIFF/WAVE file the view has only a header
 * made here, `fmt `, `fact` and the samples: libsndfile never meets the other chunks, whose malformed ones
 * hang its parser (libsndfile issue 1118). */
#include "io/wav_sndfile.h"

#include "core/memory.h"

#include <math.h>
#include <pthread.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CHANNELS = 1024, BLOCK = 16384, MAX_HEADER = RIFF_MAX_FORMAT + 64 };

/* A compressed file may unfold to any size; a longer one is refused: 4.6 hours at 16 kHz, 1 GiB of floats. */
static const long long max_unfolded = 1ll << 28;

/* Formats that estimate their length (MP3 without a table of contents) may fall short of it by this part. */
static const double estimate_error = 1.0 / 16.0;

struct view {
    int file;
    unsigned char header[MAX_HEADER];
    long long header_size, body_offset, body_size; /* the view is the header, then this part of the file */
    long long place;
};

struct wav_sndfile {
    SNDFILE *decoder;
    struct view view;
    const char *path; /* the caller's */
    SF_INFO info;
};

/* ------------------------------------------------------------------------------------------------ view */

static sf_count_t view_size(void *context)
{
    const struct view *view = context;
    return view->header_size + view->body_size;
}

static sf_count_t view_seek(sf_count_t offset, int whence, void *context)
{
    struct view *view = context;
    const long long from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? view->place : view_size(view);
    long long place;
    if (__builtin_add_overflow(from, offset, &place) || place < 0) return -1;
    return view->place = place;
}

static sf_count_t view_tell(void *context)
{
    return ((const struct view *)context)->place;
}

static sf_count_t view_write(const void *bytes, sf_count_t size, void *context)
{
    (void)bytes, (void)size, (void)context;
    return 0;
}

static long long smaller(long long a, long long b)
{
    return a < b ? a : b;
}

static sf_count_t view_read(void *bytes, sf_count_t size, void *context)
{
    struct view *view = context;
    unsigned char *next = bytes;
    sf_count_t done = 0;
    if (view->place < view->header_size) {
        done = smaller(size, view->header_size - view->place);
        memcpy(next, view->header + view->place, (size_t)done);
        view->place += done;
    }
    const long long body_place = view->place - view->header_size;
    const long long wanted = smaller(size - done, view->body_size - body_place);
    if (wanted <= 0) return done;
    const ssize_t got = pread(view->file, next + done, (size_t)wanted, view->body_offset + body_place);
    if (got > 0) view->place += got, done += got;
    return done;
}

static SF_VIRTUAL_IO view_calls = { view_size, view_seek, view_read, view_write, view_tell };

static void put_u32(struct view *view, long long number)
{
    const uint32_t value = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    for (int i = 0; i < 4; i++) view->header[view->header_size++] = (unsigned char)(value >> 8 * i);
}

static void put_bytes(struct view *view, const void *bytes, size_t size)
{
    memcpy(view->header + view->header_size, bytes, size);
    view->header_size += (long long)size;
}

static void view_riff(struct view *view, const struct riff *riff)
{
    const size_t format_size = riff->format_size + (riff->format_size & 1);
    put_bytes(view, "RIFF", 4);
    put_u32(view, 4 + 8 + (long long)format_size + (riff->fact ? 12 : 0) + 8 + riff->data_size);
    put_bytes(view, "WAVEfmt ", 8);
    put_u32(view, (long long)format_size);
    put_bytes(view, riff->format, format_size);
    if (riff->fact) {
        put_bytes(view, "fact\4\0\0\0", 8);
        put_u32(view, riff->fact);
    }
    put_bytes(view, "data", 4);
    put_u32(view, riff->data_size);
    view->body_offset = riff->data_offset;
    view->body_size = riff->data_size;
}

/* ------------------------------------------------------------------------------------------------ open */

static enum status open_decoder(struct wav_sndfile *sndfile)
{
    /* libsndfile keeps the reason of a failed opening in one place for all threads. */
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    char reason[128] = "";
    pthread_mutex_lock(&lock);
    sndfile->decoder = sf_open_virtual(&view_calls, SFM_READ, &sndfile->info, &sndfile->view);
    if (!sndfile->decoder) strncpy(reason, sf_strerror(NULL), sizeof reason - 1);
    pthread_mutex_unlock(&lock);
    REQUIRE(sndfile->decoder, ERR_INPUT, "%s: not a recording, or a damaged one: %s", sndfile->path, reason);
    return OK;
}

/* Of W64 the log has the promise alone: "data : 8589934592". */
static enum status check_data(const struct wav_sndfile *sndfile, const char *log)
{
    static const char words[] = "\ndata : ";
    const char *found = strstr(log, words);
    const long long promised = found ? strtoll(found + strlen(words), NULL, 10) : 0,
                    held = sndfile->view.header_size + sndfile->view.body_size;
    REQUIRE(promised <= held, ERR_INPUT, "%s: truncated: the header promises %lld bytes, the file holds %lld",
            sndfile->path, promised, held);
    return OK;
}

/* libsndfile quietly shortens a file whose header promises too much and says so only in its log, as
 * "SSND : 32008 (should be 19186)". */
static enum status check_log(const struct wav_sndfile *sndfile)
{
    char log[4096] = "";
    sf_command(sndfile->decoder, SFC_GET_LOG_INFO, log, sizeof log - 1);
    for (const char *found = log; (found = strstr(found, " (should be ")) != NULL; found++) {
        const char *number = found;
        while (number > log && number[-1] != ' ') number--;
        const long long promised = strtoll(number, NULL, 10),
                        held = strtoll(found + strlen(" (should be "), NULL, 10);
        REQUIRE(promised <= held, ERR_INPUT,
                "%s: truncated: the header promises %lld bytes, the file holds %lld", sndfile->path, promised,
                held);
    }
    return check_data(sndfile, log);
}

/* Bytes of one sample in the file, 0 where they are compressed. */
static int stored_bytes(int format)
{
    switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
        return 1;
    case SF_FORMAT_PCM_16:
        return 2;
    case SF_FORMAT_PCM_24:
        return 3;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT:
        return 4;
    case SF_FORMAT_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

static int is_compressed(int format)
{
    return (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC || stored_bytes(format) == 0;
}

static enum status check_info(const struct wav_sndfile *sndfile)
{
    const SF_INFO *info = &sndfile->info;
    const char *path = sndfile->path;
    REQUIRE(info->channels >= 1 && info->channels <= MAX_CHANNELS, ERR_INPUT,
            "%s: %d channels found, 1 to %d expected", path, info->channels, MAX_CHANNELS);
    REQUIRE(info->samplerate >= 1, ERR_INPUT, "%s: a sample rate of %d Hz was found", path, info->samplerate);
    REQUIRE(info->frames > 0, ERR_INPUT, "%s: zero frames", path);
    REQUIRE(info->frames < SF_COUNT_MAX, ERR_INPUT, "%s: its header does not say how long it is", path);
    const long long most =
        is_compressed(info->format)
            ? max_unfolded
            : sndfile->view.body_size / ((long long)info->channels * stored_bytes(info->format));
    REQUIRE(info->frames <= most, ERR_INPUT, "%s: the header promises %lld frames, at most %lld are possible",
            path, (long long)info->frames, most);
    return check_log(sndfile);
}

enum status wav_sndfile_open(struct wav_sndfile **out, int file, long long file_size, const char *path,
                             const struct riff *riff, struct wav_info *info)
{
    enum status status;
    struct wav_sndfile *sndfile = memory_new(1, sizeof *sndfile);
    *out = NULL;
    if (!sndfile) return ERR_MEMORY;
    sndfile->path = path;
    sndfile->view.file = file;
    sndfile->view.body_size = file_size;
    if (riff) view_riff(&sndfile->view, riff);
    TRY_OR_DONE(open_decoder(sndfile));
    TRY_OR_DONE(check_info(sndfile));
    *info = (struct wav_info){ .sample_rate = sndfile->info.samplerate,
                               .channels = sndfile->info.channels,
                               .n_samples = sndfile->info.frames };
    *out = sndfile;
    sndfile = NULL;
done:
    wav_sndfile_close(&sndfile);
    return status;
}

void wav_sndfile_close(struct wav_sndfile **sndfile)
{
    if (!*sndfile) return;
    if ((*sndfile)->decoder) sf_close((*sndfile)->decoder);
    memory_free(*sndfile);
    *sndfile = NULL;
}

/* ------------------------------------------------------------------------------------------------ read */

static float pick(const float *frame, int channels, int channel)
{
    if (channel != CHANNEL_MEAN) return frame[channel];
    double sum = 0.0;
    for (int c = 0; c < channels; c++) sum += (double)frame[c];
    return (float)(sum / channels);
}

/* Without a way out of the loop, so that it becomes vectors. */
static int are_finite(const float *samples, int n)
{
    int n_others = 0;
    for (int i = 0; i < n; i++) n_others += !isfinite(samples[i]);
    return n_others == 0;
}

static enum status check_finite(const char *path, const float *samples, int n, long long first)
{
    if (are_finite(samples, n)) return OK;
    for (int i = 0; i < n; i++)
        REQUIRE(isfinite(samples[i]), ERR_INPUT, "%s: sample %lld is %s; samples must be finite", path,
                first + i, isnan(samples[i]) ? "NaN" : "infinite");
    return OK;
}

static enum status check_decoded(const struct wav_sndfile *sndfile, long long decoded)
{
    const int is_estimate = (sndfile->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;
    const double promised = (double)sndfile->info.frames;
    REQUIRE((double)decoded >= (is_estimate ? promised * (1.0 - estimate_error) : promised), ERR_INPUT,
            "%s: truncated: the header promises %lld frames, %lld could be decoded", sndfile->path,
            (long long)sndfile->info.frames, decoded);
    return OK;
}

/* The frames of a block become samples of one channel, in place. */
static void pick_channel(float *block, int n_frames, int channels, int channel)
{
    if (channels == 1) return;
    for (int i = 0; i < n_frames; i++) block[i] = pick(block + (size_t)i * channels, channels, channel);
}

enum status wav_sndfile_decode(struct wav_sndfile *sndfile, int channel, wav_sndfile_take *take,
                               void *context)
{
    float block[BLOCK];
    const int channels = sndfile->info.channels, block_frames = BLOCK / channels;
    const int is_bounded = !is_compressed(sndfile->info.format);
    long long done = 0;
    sf_count_t n_frames;
    sf_seek(sndfile->decoder, 0, SEEK_SET);
    while ((n_frames = sf_readf_float(sndfile->decoder, block, block_frames)) > 0) {
        REQUIRE(done <= max_unfolded || is_bounded, ERR_INPUT, "%s: more than %lld frames could be decoded",
                sndfile->path, max_unfolded);
        pick_channel(block, (int)n_frames, channels, channel);
        TRY(check_finite(sndfile->path, block, (int)n_frames, done));
        TRY(take(context, block, (int)n_frames));
        done += n_frames;
    }
    return check_decoded(sndfile, done);
}

static enum status append(void *context, const float *samples, int n)
{
    struct samples *all = context;
    const size_t needed = (size_t)(all->n_samples + n) * sizeof(float);
    if (needed > all->capacity)
        TRY(samples_reserve(all, needed > 2 * all->capacity ? needed : 2 * all->capacity));
    memcpy(all->wave + all->n_samples, samples, (size_t)n * sizeof *samples);
    all->n_samples += n;
    return OK;
}

enum status wav_sndfile_read(struct wav_sndfile *sndfile, int channel, struct samples *samples)
{
    samples->format = SAMPLE_FLOAT;
    samples->n_samples = 0;
    if (!is_compressed(sndfile->info.format))
        TRY(samples_reserve(samples, (size_t)sndfile->info.frames * sizeof(float)));
    return wav_sndfile_decode(sndfile, channel, append, samples);
}
