/* The demo's corpus: synthetic machines, normal and abnormal, in MIMII's layout
 * (DIR/0dB/<machine>/id_00/{normal,abnormal}/00000000.wav, PCM16, 16 kHz), the same bytes for the same seed
 * on every machine. */
#ifndef SYNTH_H
#define SYNTH_H

#include "core/options.h"

#include <stdint.h>

struct synth_settings {
    const char *machines; /* names joined by commas */
    int seed, normal, abnormal, channels, overwrite;
    double seconds;
};
extern const struct option synth_options[];

/* Recordings of all machines go below `folder`, which must be new or empty unless settings->overwrite.
 * Machines that there are not: ERR_USAGE; a folder that cannot be used: ERR_OUTPUT. */
enum status synth_write(const char *folder, const struct synth_settings *settings, int *n_files) MUST_CHECK;

/* One recording, pcm [n_samples][channels]. Channel 0 is the same however many there are. */
enum status synth_recording(const struct synth_settings *settings, int machine, int is_abnormal, int index,
                            int16_t *pcm) MUST_CHECK;
int synth_samples(const struct synth_settings *settings);

#endif
