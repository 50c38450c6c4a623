/* The constant arrays of the front end, computed once in double and kept as float. */
#ifndef TABLES_H
#define TABLES_H

#include "pipeline/config.h"

struct tables {
    float *window;   /* [n_fft] periodic Hann of win_length samples, centred, zeros around it (librosa's
                        pad_center) */
    float *bank;     /* [n_mels][n_fft/2 + 1] triangular filters (librosa.filters.mel) */
    float *colormap; /* [256][3] */
};

enum status tables_init(struct tables *tables, const struct extract_settings *settings) MUST_CHECK;
void tables_release(struct tables *tables);

#endif
