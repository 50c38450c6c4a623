#include "io/wav.h"

#include "core/memory.h"
#include "io/wav_pcm16.h"
#include "io/wav_sndfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wav {
    int file;
    char *path;
    struct wav_info info;
    struct riff riff;
    struct wav_sndfile *sndfile; /* NULL: our own path */
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

static enum status open_recording(struct wav *wav)
{
    long long size = 0;
    int is_riff = 0;
    TRY(open_file(wav, &size));
    TRY(riff_scan(wav->file, size, wav->path, &wav->riff, &is_riff));
    if (!is_riff || !wav_pcm16_takes(&wav->riff, &wav->info))
        return wav_sndfile_open(&wav->sndfile, wav->file, size, wav->path, is_riff ? &wav->riff : NULL,
                                &wav->info);
    REQUIRE(wav->info.n_samples > 0, ERR_INPUT, "%s: zero frames: its data chunk holds less than one",
            wav->path);
    return OK;
}

enum status wav_open(struct wav **out, const char *path)
{
    enum status status;
    struct wav *wav = memory_new(1, sizeof *wav);
    *out = NULL;
    if (!wav) return ERR_MEMORY;
    wav->file = -1;
    TRY_OR_DONE(memory_check(wav->path = memory_text(path)));
    TRY_OR_DONE(open_recording(wav));
    *out = wav;
    wav = NULL;
done:
    wav_close(&wav);
    return status;
}

void wav_close(struct wav **wav)
{
    if (!*wav) return;
    wav_sndfile_close(&(*wav)->sndfile);
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
    if (wav->sndfile)
        TRY(wav_sndfile_read(wav->sndfile, channel, samples));
    else
        TRY(wav_pcm16_read(wav->file, wav->path, &wav->riff, &wav->info, channel, samples));
    samples_hash(samples);
    return OK;
}
