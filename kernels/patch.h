/* A patch as a feature, without a network: feature[p][m][x] = decibel / range_db + 1, where decibel is that of
 * band m (low band first) and frame p * offset + x. Between 0 and 1 where nothing is above the reference. */
#ifndef PATCH_H
#define PATCH_H

#include "batch_clip.h"
#include "launch.h"

struct patch_args {
    const float *decibel; /* in  [n_mels][n_frames] of one recording */
    float *features;      /* out [n_patches][n_mels][width]          */
    int n_frames, n_mels, n_patches, width, offset;
    float range_db;
};
void patch_ref(const struct patch_args *a);

/* The kernel: patches of a batch. */
struct patch_batch_args {
    const struct batch_clip *clips; /* in  [n_clips]                          */
    const float *decibel;           /* in  clip after clip [n_mels][n_frames] */
    float *features;                /* out [n_patches][n_mels][width]         */
    int n_clips, n_mels, width, offset;
    int first_patch, n_patches; /* of the batch */
    float range_db;
};
LAUNCHED(patch_batch, patch_batch_args);

#endif
