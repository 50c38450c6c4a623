/* mel[t][m] = sum over k of power[t][k] * bank[m][k] */
#ifndef MEL_H
#define MEL_H

struct mel_args {
    const float *power; /* in  [n_frames][n_bins] power spectrum            */
    const float *bank;  /* in  [n_mels][n_bins]   triangular filter weights */
    float *mel;         /* out [n_frames][n_mels] mel energies              */
    int n_frames, n_bins, n_mels;
};

void mel_ref(const struct mel_args *a);

#endif
