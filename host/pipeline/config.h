/* Every option that shapes an extraction, its default (the paper's), and its profiles. What the paper leaves
 * open (edge padding, mel scale and norm, dB reference, colour range, resize filter, which way up) is an
 * option too, and every file records them all. */
#ifndef CONFIG_H
#define CONFIG_H

#include "core/options.h"

enum mel_scale { MEL_SLANEY, MEL_HTK };
enum mel_norm { MEL_AREA, MEL_NO_NORM };
enum colormap { COLORMAP_VIRIDIS, COLORMAP_GRAY };

/* Recorded in every file. Choices that a stage reads have that stage's enum's order (frame.h, decibel.h,
 * colorize.h, resize.h). */
struct extract_settings {
    int profile;
    int sample_rate;                           /* Hz */
    int n_fft, hop_length, win_length, n_mels; /* samples, samples, samples, bands */
    double fmin, fmax;                         /* Hz */
    int pad_mode, mel_scale, mel_norm, db_ref;
    double db_range;   /* dB; 0: no floor */
    int patch, offset; /* frames */
    int colormap, color_range, resize, flip;
    const char *network, *layer; /* "patch": no network */
    int precision;
    const char *channel; /* "0", "1", …, "mean", "all" */
    int resample;
    double segment; /* seconds */
};

extern const struct option front_options[];   /* of struct extract_settings: the picture of a recording */
extern const struct option network_options[]; /* of struct extract_settings: what looks at it */

/* Fills in what the defaults leave to other options (win_length, fmax, the layer's name) and checks what one
 * row of a table cannot: ERR_USAGE. `layer` then points into the network's table. */
enum status extract_settings_resolve(struct extract_settings *settings) MUST_CHECK;

/* Recorded attributes → settings; texts point into `attributes`. ERR_INPUT where one is missing. */
enum status extract_settings_restore(struct extract_settings *settings,
                                     const struct attributes *attributes) MUST_CHECK;

/* CHANNEL_MEAN, CHANNEL_ALL or a number (io/wav.h). */
enum status extract_settings_channel(const struct extract_settings *settings, int *channel) MUST_CHECK;

#endif
