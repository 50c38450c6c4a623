/* Our own path for PCM16 in RIFF/WAVE: bytes from the file are the samples. */
#ifndef WAV_PCM16_H
#define WAV_PCM16_H

#include "io/riff.h"
#include "io/wav.h"

/* Whether the samples are PCM16, plain or WAVE_FORMAT_EXTENSIBLE; fills `info` if so. */
int wav_pcm16_takes(const struct riff *riff, struct wav_info *info);

/* As wav_read, without the hash. A file of several channels is read in blocks, so memory is that of one. */
enum status wav_pcm16_read(int file, const char *path, const struct riff *riff, const struct wav_info *info,
                           int channel, struct samples *samples) MUST_CHECK;

#endif
