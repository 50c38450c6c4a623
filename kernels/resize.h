/* image[p][c][y][x] = (s - mean[c]) / deviation[c], s = rgb of patch p at the place of (y, x):
 *   RESIZE_BILINEAR  half-pixel centres: source = (y + 1/2) * height/size - 1/2, clamped to the picture, between
 *                    its four neighbours (torch's interpolate(mode="bilinear", align_corners=False));
 *   RESIZE_NEAREST   the pixel floor(y * height/size) (torch's mode="nearest").
 * mean and deviation are ImageNet's. */
#ifndef RESIZE_H
#define RESIZE_H

#include "launch.h"

#include <stdint.h>

#define IMAGENET_MEAN          \
    {                          \
        0.485F, 0.456F, 0.406F \
    }
#define IMAGENET_DEVIATION     \
    {                          \
        0.229F, 0.224F, 0.225F \
    }

enum resize_filter { RESIZE_BILINEAR, RESIZE_NEAREST };

struct resize_args {
    const float *rgb; /* in  [n_patches][height][width][red, green, blue] 0 … 1 */
    float *image;     /* out [n_patches][red, green, blue][size][size]           */
    float mean[3], deviation[3];
    int n_patches, height, width, size;
    enum resize_filter filter;
};

void resize_ref(const struct resize_args *a);

/* Two kernels. resize_palette normalises the colour map, which is the same as normalising the picture, since the
 * weights of a bilinear sum add up to 1: palette[i][c] = (colormap[i][c] - mean[c]) / deviation[c], c = 3: 0. */
struct resize_palette_args {
    const float *colormap; /* in  [256][red, green, blue]    */
    float *palette;        /* out [256][red, green, blue, 0] */
    float mean[3], deviation[3];
};
LAUNCHED(resize_palette, resize_palette_args);

/* resize_batch looks colours up, stretches them, and writes what the network reads. */
enum { RESIZE_CHANNELS = 8 }; /* red, green, blue, and zeros up to what convolutions need no padding for */
struct resize_batch_args {
    const uint8_t *entries; /* in  [n_patches][height][width] of colorize_batch                     */
    const float *palette;   /* in  [256][4]                                                         */
    void *image;            /* out [n_patches][size][size][RESIZE_CHANNELS], float or half, aligned */
    enum number number;
    int n_patches, height, width, size;
    enum resize_filter filter;
};
LAUNCHED(resize_batch, resize_batch_args);

#endif
