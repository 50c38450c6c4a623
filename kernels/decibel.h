/* decibel[m][t] = max(10 log10(max(mel[t][m], 1e-10)) - 10 log10(max(reference, 1e-10)), highest - range)
 *
 * over one recording: `reference` is its largest mel energy (DECIBEL_MAX, librosa's power_to_db(ref=np.max))
 * or 1 (DECIBEL_ONE); `highest` is the recording's largest value in dB, range = 0 means that nothing is
 * floored. */
#ifndef DECIBEL_H
#define DECIBEL_H

#include "batch_clip.h"
#include "launch.h"

enum decibel_reference { DECIBEL_MAX, DECIBEL_ONE };

struct decibel_args {
    const float *mel; /* in  [n_frames][n_mels] mel energies                              */
    float *decibel;   /* out [n_mels][n_frames] dB; low band first, time along the rows   */
    int n_frames, n_mels;
    enum decibel_reference reference;
    float range_db; /* 80; 0: no floor */
};

void decibel_ref(const struct decibel_args *a);

/* A recording's dB in numbers. */
struct decibel_range {
    float zero;      /* subtracted: the reference in dB        */
    float floor;     /* nothing is below it; or -INFINITY      */
    float low, high; /* its least and its largest value, in dB */
};

/* Two kernels, one after the other, for all recordings of a batch: decibel_range finds the ranges, one block a
 * recording, decibel_batch converts and turns frames into rows. */
struct decibel_batch_args {
    const struct batch_clip *clips; /* in  [n_clips]                                      */
    const float *mel;               /* in  [frames of the batch][n_mels]                  */
    struct decibel_range *ranges;   /*     [n_clips] out of decibel_range, in of the next */
    float *decibel;                 /* out clip after clip [n_mels][n_frames]             */
    int n_clips, n_mels;
    int most_frames; /* of one recording */
    enum decibel_reference reference;
    float range_db;
};
LAUNCHED(decibel_range, decibel_batch_args);
LAUNCHED(decibel_batch, decibel_batch_args);

#endif
