/* image[p][c][y][x] = (s - mean[c]) / deviation[c], s = rgb of patch p at the place of (y, x):
 *   RESIZE_BILINEAR  half-pixel centres: source = (y + 1/2) * height/size - 1/2, clamped to the picture, between
 *                    its four neighbours (torch's interpolate(mode="bilinear", align_corners=False));
 *   RESIZE_NEAREST   the pixel floor(y * height/size) (torch's mode="nearest").
 * mean and deviation are ImageNet's. */
#ifndef RESIZE_H
#define RESIZE_H

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

#endif
