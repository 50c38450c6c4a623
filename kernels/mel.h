/* mel[t][m] = sum over k of power[t][k] * bank[m][k] */
#ifndef MEL_H
#define MEL_H

#include "launch.h"

struct mel_args {
    const float *power; /* in  [n_frames][n_bins] power spectrum            */
    const float *bank;  /* in  [n_mels][n_bins]   triangular filter weights */
    float *mel;         /* out [n_frames][n_mels] mel energies              */
    int n_frames, n_bins, n_mels;
};

void mel_ref(const struct mel_args *a);

/* The part of a band's filter that is not zero: bins first … end - 1. */
struct mel_band {
    int first, end;
};

/* The bands of a bank [n_mels][n_bins]. */
void mel_bands(const float *bank, int n_mels, int n_bins, struct mel_band *bands);

/* The kernel: power (power.h) and mel in one, from the spectrum. */
struct mel_spectrum_args {
    const float *spectrum;        /* in  [n_frames][n_bins][real, imaginary] */
    const float *bank;            /* in  [n_mels][n_bins]                    */
    const struct mel_band *bands; /* in  [n_mels]                            */
    float *mel;                   /* out [n_frames][n_mels] mel energies     */
    int n_frames, n_bins, n_mels;
};
LAUNCHED(mel_spectrum, mel_spectrum_args);

#endif
