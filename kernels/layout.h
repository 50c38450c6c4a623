/* Numbers moved from one order to another, around a network whose channels are innermost. Each is one formula;
 * layout.cu has the kernels, layout_ref.c the definitions.
 *
 * layout_weights   out[o][j][i][c] = in[o][c][j][i], and 0 for c >= channels
 * layout_join      out[pixel][first + c] = in[pixel][c], first + c below out_channels: one half of a concatenation
 * layout_features  out[p][(c * height + y) * width + x] = in[p][y][x][c], as float */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "launch.h"

struct layout_weights_args {
    const float *in; /* in  [filters][channels][size][size]                          */
    void *out;       /* out [filters][size][size][padded_channels], float or half    */
    enum number number;
    int filters, channels, padded_channels, size;
};
LAUNCHED(layout_weights, layout_weights_args);
void layout_weights_ref(const struct layout_weights_args *a);

struct layout_join_args {
    const void *in; /* in  [n_pixels][channels], float or half       */
    void *out;      /* out [n_pixels][out_channels], from `first` on */
    enum number number;
    size_t n_pixels;
    int channels, out_channels, first;
};
LAUNCHED(layout_join, layout_join_args);
void layout_join_ref(const struct layout_join_args *a);

struct layout_features_args {
    const void *in; /* in  [n_patches][height][width][channels], float or half */
    float *out;     /* out [n_patches][channels × height × width]              */
    enum number number;
    int n_patches, height, width, channels;
};
LAUNCHED(layout_features, layout_features_args);
void layout_features_ref(const struct layout_features_args *a);

#endif
