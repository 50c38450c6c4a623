/* rgb[p][y][x] = colormap[floor(256 v)], v = (decibel - low) / (high - low) clipped to 0 … 1 (v = 1 is entry
 * 255: matplotlib's rule for floats), where decibel is that of band y (or of band n_mels-1-y when flipped)
 * and frame p * offset + x, and low … high is
 *   COLOR_RECORDING  range_db below the reference … the reference (decibel.h): -range … 0, the paper's choice
 *                    here (or -range + highest … highest where the reference is 1);
 *   COLOR_PATCH      the least … the largest value of the patch;
 *   COLOR_MINMAX     the least … the largest value of the recording.
 * Where low = high, v = 0. */
#ifndef COLORIZE_H
#define COLORIZE_H

#include "batch_clip.h"
#include "decibel.h"
#include "launch.h"

#include <stdint.h>

enum color_range { COLOR_RECORDING, COLOR_PATCH, COLOR_MINMAX };

struct colorize_args {
    const float *decibel;  /* in  [n_mels][n_frames] dB                        */
    const float *colormap; /* in  [256][red, green, blue] 0 … 1                */
    float *rgb;            /* out [n_patches][n_mels][width][red, green, blue] */
    int n_frames, n_mels, n_patches, width, offset;
    enum color_range range;
    float range_db; /* of COLOR_RECORDING */
    int flip;       /* 1: high bands at the top */
};

/* Patches of `width` frames, one every `offset`, that fit into n_frames; 0 where not one does. */
static inline int patch_count(int n_frames, int width, int offset)
{
    return n_frames < width ? 0 : 1 + (n_frames - width) / offset;
}

void colorize_ref(const struct colorize_args *a);

/* The kernel: entries of the colour map instead of colours, for patches of a batch, one block a patch. A cell's
 * colour is so computed once and in double, not once for each of the fifty pixels of a picture that it reaches. */
struct colorize_batch_args {
    const struct batch_clip *clips;     /* in  [n_clips]                              */
    const struct decibel_range *ranges; /* in  [n_clips]                              */
    const float *decibel;               /* in  clip after clip [n_mels][n_frames]     */
    uint8_t *entries;                   /* out [n_patches][n_mels][width]             */
    int n_clips, n_mels, width, offset;
    int first_patch, n_patches; /* of the batch */
    enum color_range range;
    float range_db;
    int flip;
};
LAUNCHED(colorize_batch, colorize_batch_args);

#endif
