/* The way through libsndfile: WAV of other widths, FLAC, OGG, AIFF … to float samples. */
#ifndef WAV_SNDFILE_H
#define WAV_SNDFILE_H

#include "io/riff.h"
#include "io/wav.h"

struct wav_sndfile;

/* `file` stays the caller's and must stay open; so must `path`. riff = NULL: no RIFF/WAVE. Fills `info`. */
enum status wav_sndfile_open(struct wav_sndfile **out, int file, long long file_size, const char *path,
                             const struct riff *riff, struct wav_info *info) MUST_CHECK;
void wav_sndfile_close(struct wav_sndfile **sndfile);

/* Hands the samples of a channel over block by block, all of them finite; `samples` is [n] and the decoder's. */
typedef enum status wav_sndfile_take(void *context, const float *samples, int n);
enum status wav_sndfile_decode(struct wav_sndfile *sndfile, int channel, wav_sndfile_take *take,
                               void *context) MUST_CHECK;

/* As wav_read, without the hash. */
enum status wav_sndfile_read(struct wav_sndfile *sndfile, int channel, struct samples *samples) MUST_CHECK;

#endif
