/* power[t][k] = |spectrum[t][k]|² */
#ifndef POWER_H
#define POWER_H

struct power_args {
    const float *spectrum; /* in  [n_frames][n_bins][real, imaginary] */
    float *power;          /* out [n_frames][n_bins]                  */
    int n_frames, n_bins;
};

void power_ref(const struct power_args *a);

#endif
