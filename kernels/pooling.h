/* maxpool: out[p][c][y][x] = largest in[p][c][y*stride + j - pad][x*stride + i - pad] over the size × size
 * window, as far as it lies inside; the output may have been counted in ceil mode, so the last window may
 * hang over the edge.
 *
 * avgpool: adaptive average: out[p][c][y][x] = mean of in[p][c] over rows floor(y*h/out_h) …
 * ceil((y+1)*h/out_h) - 1 and columns alike (torch's adaptive_avg_pool2d). */
#ifndef POOLING_H
#define POOLING_H

#include "launch.h"

struct pooling_args {
    const float *in; /* in  [n_patches][channels][in_height][in_width]   */
    float *out;      /* out [n_patches][channels][out_height][out_width] */
    int n_patches, channels, in_height, in_width, out_height, out_width;
    int size, stride, pad; /* of maxpool */
};

void maxpool_ref(const struct pooling_args *a);
void avgpool_ref(const struct pooling_args *a);

/* The kernels: the same with channels innermost. */
struct pooling_nhwc_args {
    const void *in; /* in  [n_patches][in_height][in_width][channels]   float or half */
    void *out;      /* out [n_patches][out_height][out_width][channels] of the same   */
    enum number number;
    int n_patches, channels, in_height, in_width, out_height, out_width;
    int size, stride, pad;
};
LAUNCHED(maxpool, pooling_nhwc_args);
LAUNCHED(avgpool, pooling_nhwc_args);

#endif
