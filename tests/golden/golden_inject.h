/* Samples whose patches are given. Backends take recordings, not pictures, so a picture with known colours
 * is brought in as a recording that is made of it: every frame is the sum of cosines whose energies are the
 * column's decibels, every mel band is one bin of the transform, frames do not overlap. Each energy lies in
 * the middle of its colour's step, 0.16 dB from the next colour, so that float arithmetic cannot change it. */
#ifndef GOLDEN_INJECT_H
#define GOLDEN_INJECT_H

#include "golden.h"

struct injected {
    struct clip clip;      /* one recording of n_patches patches beside each other */
    struct line_spec spec; /* all but net, layer, weights and filter are set */
    float *wave, *window, *bank;
};

/* index [n_patches][height][width]: entries of viridis, 255 at least once (0 dB). */
void inject_init(struct injected *injected, const int *index, int n_patches, int height, int width);
void inject_release(struct injected *injected);

#endif
