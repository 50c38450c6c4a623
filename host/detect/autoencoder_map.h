/* The linear part of an autoencoder's layer: a convolution from the large side to the small one, or its
 * adjoint, the transposed convolution, from the small side to the large one. Both have the same weights
 * [small channels][large channels][kernel][kernel], PyTorch's order for either.
 *
 *   small[s][y][x] = sum over l, j, i of weight[s][l][j][i] * large[l][y' + j][x' + i]
 *                    where y' = y * stride - pad, x' = x * stride - pad
 *
 * with 0 beyond the edges. It is a product of matrices with the gathered windows, whose rows are (l, j, i)
 * and whose columns are (y, x). One patch at a time: small [small channels][small size²], large [large
 * channels] [large size²], windows [map_window][small size²]. */
#ifndef AUTOENCODER_MAP_H
#define AUTOENCODER_MAP_H

#include "backend/backend.h"

struct map {
    int large_channels, large_size, small_channels, small_size;
    int kernel, stride, pad;
};

int map_window(const struct map *map); /* large channels · kernel² */
int map_area(const struct map *map);   /* small size² */

/* Its one window is the whole of the large side: then it is a product with the large side itself. */
int map_is_dense(const struct map *map);

/* Whether a plane, each row between zeros, fits on the stack of what gathers and scatters. */
enum { MAP_MOST_LANES = 2 * 64 * (32 + 8) };
int map_fits(const struct map *map);

void map_gather(const struct map *map, const float *large, float *windows);
void map_scatter(const struct map *map, const float *windows, float *large); /* overlapping windows add up */

/* small = weight · windows */
void map_down(const struct map *map, struct backend *backend, const float *weight, const float *windows,
              float *small);
/* windows = weight' · small */
void map_up(const struct map *map, struct backend *backend, const float *weight, const float *small,
            float *windows);
/* gradient += small · windows', of weight's shape */
void map_gradient(const struct map *map, struct backend *backend, const float *small, const float *windows,
                  float *gradient);

#endif
