/* Every intermediate array of one recording, computed by the definitions in kernels/, one stage after the
 * other. */
#ifndef TRACE_H
#define TRACE_H

#include "io/wav.h"
#include "pipeline/setup.h"

struct trace {
    /* The channel, at the front end's sample rate; the first --segment seconds of it. */
    struct samples samples;
    int n_samples, n_frames, n_bins, n_mels, n_patches, width, image_size, n_columns;
    float *wave;      /* [n_samples] full scale 1                        "/samples" */
    float *power;     /* [n_frames][n_bins]                              "/power"   */
    float *mel;       /* [n_frames][n_mels]                              "/mel"     */
    float *decibel;   /* [n_mels][n_frames] dB                           "/decibel" */
    float *patch;     /* [n_patches][n_mels][width][red, green, blue]    "/patch"   */
    float *image;     /* [n_patches][3][image_size][image_size]          "/image"   NULL without a network */
    float *feature;   /* [n_patches][n_columns]                          "/feature" */
    char backend[32]; /* that computed the features */
};

/* settings: resolved. compute NULL: no features, the network is not opened. Channel "all" is channel 0 here.
 * A recording that is too short: ERR_INPUT. */
enum status trace_init(struct trace *trace, const struct extract_settings *settings,
                       const struct compute_options *compute, const char *file) MUST_CHECK;
void trace_release(struct trace *trace);

/* A recording's log-mel spectrogram in the colours that the network sees, low band at the bottom:
 * *rgb [n_mels][n_frames][3], released with memory_free. `provenance`: the recorded options of a feature
 * file. */
enum status trace_picture(const struct attributes *provenance, const char *file, unsigned char **rgb,
                          int *width, int *height) MUST_CHECK;

#endif
