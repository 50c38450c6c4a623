#include "io/wav.h"

#include "core/memory.h"
#include "io/decode.h"
#include "io/wav_pcm16.h"
#include "io/wav_sndfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct wav {
    int file;
    char *path;
    struct wav_info info;
    struct riff riff;
    struct decode_pool *helpers;
    /* Both NULL: our own path. */
    struct wav_sndfile *sndfile;
    struct decode_file *apart;
};

/* O_NONBLOCK: opening a pipe must not wait for somebody who writes into it. */
static enum status open_file(struct wav *wav, long long *size)
{
    struct stat found;
    const char *path = wav->path;
    wav->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    REQUIRE(wav->file >= 0, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    REQUIRE(fstat(wav->file, &found) == 0, ERR_INPUT, "%s: %s", path, strerror(errno));
    REQUIRE(!S_ISDIR(found.st_mode), ERR_INPUT, "%s: a folder was found, a recording expected", path);
    REQUIRE(S_ISREG(found.st_mode), ERR_INPUT, "%s: not a regular file", path);
    REQUIRE(found.st_size > 0, ERR_INPUT, "%s: the file is empty", path);
    *size = found.st_size;
    return OK;
}

/* The bytes become a file that only this process has, so that there is one way to read. */
static enum status open_bytes(struct wav *wav, const void *bytes, size_t size)
{
    const char *path = wav->path, *next = bytes;
    REQUIRE(size > 0, ERR_INPUT, "%s: the file is empty", path);
    wav->file = memfd_create("earshot-recording", MFD_CLOEXEC);
    REQUIRE(wav->file >= 0, ERR_MEMORY, "%s: no room for it: %s", path, strerror(errno));
    for (ssize_t n; size > 0; next += n, size -= (size_t)n) {
        n = write(wav->file, next, size);
        REQUIRE(n > 0, ERR_MEMORY, "%s: no room for it: %s", path, strerror(errno));
    }
    return OK;
}

static enum status open_decoder(struct wav *wav, long long size, const struct riff *riff)
{
    if (wav->helpers)
        return decode_file_open(&wav->apart, wav->helpers, wav->file, size, wav->path, riff, &wav->info);
    return wav_sndfile_open(&wav->sndfile, wav->file, size, wav->path, riff, &wav->info);
}

static enum status open_recording(struct wav *wav, long long size)
{
    int is_riff = 0;
    TRY(riff_scan(wav->file, size, wav->path, &wav->riff, &is_riff));
    if (!is_riff || !wav_pcm16_takes(&wav->riff, &wav->info))
        return open_decoder(wav, size, is_riff ? &wav->riff : NULL);
    REQUIRE(wav->info.n_samples > 0, ERR_INPUT, "%s: zero frames: its data chunk holds less than one",
            wav->path);
    return OK;
}

/* bytes = NULL: the file at `path`. */
static enum status open_either(struct wav **out, const char *path, const void *bytes, size_t size,
                               struct decode_pool *helpers)
{
    enum status status;
    long long file_size = (long long)size;
    struct wav *wav = memory_new(1, sizeof *wav);
    *out = NULL;
    if (!wav) return ERR_MEMORY;
    wav->file = -1;
    wav->helpers = helpers;
    TRY_OR_DONE(memory_check(wav->path = memory_text(path)));
    TRY_OR_DONE(bytes ? open_bytes(wav, bytes, size) : open_file(wav, &file_size));
    TRY_OR_DONE(open_recording(wav, file_size));
    *out = wav;
    wav = NULL;
done:
    wav_close(&wav);
    return status;
}

enum status wav_open(struct wav **out, const char *path)
{
    return open_either(out, path, NULL, 0, NULL);
}

enum status wav_open_apart(struct wav **out, const char *path, struct decode_pool *helpers)
{
    return open_either(out, path, NULL, 0, helpers);
}

enum status wav_open_bytes(struct wav **out, const void *bytes, size_t size, const char *name,
                           struct decode_pool *helpers)
{
    return open_either(out, name, bytes ? bytes : "", size, helpers);
}

void wav_close(struct wav **wav)
{
    if (!*wav) return;
    wav_sndfile_close(&(*wav)->sndfile);
    decode_file_close(&(*wav)->apart);
    if ((*wav)->file >= 0) close((*wav)->file);
    memory_free((*wav)->path);
    memory_free(*wav);
    *wav = NULL;
}

const struct wav_info *wav_info(const struct wav *wav)
{
    return &wav->info;
}

enum status wav_read(struct wav *wav, int channel, struct samples *samples)
{
    REQUIRE(channel == CHANNEL_MEAN || (channel >= 0 && channel < wav->info.channels), ERR_INPUT,
            "%s: channel %d was asked for, the recording has %d (counted from 0)", wav->path, channel,
            wav->info.channels);
    samples->sample_rate = wav->info.sample_rate;
    samples->n_samples = wav->info.n_samples;
    if (wav->apart)
        TRY(decode_file_read(wav->apart, channel, samples));
    else if (wav->sndfile)
        TRY(wav_sndfile_read(wav->sndfile, channel, samples));
    else
        TRY(wav_pcm16_read(wav->file, wav->path, &wav->riff, &wav->info, channel, samples));
    samples_hash(samples);
    return OK;
}
