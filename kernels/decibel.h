/* decibel[m][t] = max(10 log10(max(mel[t][m], 1e-10)) - 10 log10(max(reference, 1e-10)), highest - range)
 *
 * over one recording: `reference` is its largest mel energy (DECIBEL_MAX, librosa's power_to_db(ref=np.max))
 * or 1 (DECIBEL_ONE); `highest` is the recording's largest value in dB, range = 0 means that nothing is
 * floored. */
#ifndef DECIBEL_H
#define DECIBEL_H

enum decibel_reference { DECIBEL_MAX, DECIBEL_ONE };

struct decibel_args {
    const float *mel; /* in  [n_frames][n_mels] mel energies                              */
    float *decibel;   /* out [n_mels][n_frames] dB; low band first, time along the rows   */
    int n_frames, n_mels;
    enum decibel_reference reference;
    float range_db; /* 80; 0: no floor */
};

void decibel_ref(const struct decibel_args *a);

#endif
