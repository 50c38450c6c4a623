/* out[p][o][y][x] = act(bias[o] + residual[p][o][y][x]
 *     + sum over c, j, i of weight[o][c][j][i] * in[p][c][y*stride + j - pad][x*stride + i - pad])
 * where in is 0 beyond its edges and act clamps at zero if relu is set. A linear layer is a convolution whose
 * kernel is as large as its input. */
#ifndef CONV_H
#define CONV_H

struct conv_args {
    const float *in;       /* in  [n_patches][in_channels][in_height][in_width]                 */
    const float *weight;   /* in  [out_channels][in_channels][size][size]                       */
    const float *bias;     /* in  [out_channels]                                                */
    const float *residual; /* in  [n_patches][out_channels][out_height][out_width], or NULL     */
    float *out;            /* out [n_patches][out_channels][out_height][out_width]              */
    int n_patches, in_channels, in_height, in_width, out_channels, out_height, out_width;
    int size, stride, pad, relu;
};

void conv_ref(const struct conv_args *a); /* sums in double */

#endif
