/* The numbers of a network, ready for a backend: batch norm folded, float32, one block per layer.
 *
 * Sources: a `.safetensors` file or torchvision's `.pth` as published (io/safetensors.h, io/torch_file.h), or
 * seeded:N, He-uniform from integers by exact arithmetic, the same bytes on every machine. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include "nets/net.h"

struct layer_weights {
    float *weight; /* [channels][in channels][size][size]; NULL for layers without */
    float *bias;   /* [channels] */
};

struct weights {
    const struct net *net;
    struct layer_weights layer[NET_MAX_LAYERS]; /* NULLs behind the last layer that was asked for */
    char sha256[65];                            /* of the file, or of the seeded bytes, in hexadecimal */
    char source[512];                           /* the file's path, or "seeded:1" */
    int is_seeded;                              /* results that rest on them must say RANDOM WEIGHTS */
};

/* `spec` is a path, "seeded:N" or "auto".
 *
 * auto looks in EARSHOT_WEIGHTS_DIR, then in $XDG_CACHE_HOME/earshot (~/.cache/earshot): NETWORK.safetensors,
 * NETWORK.pth, then the manifest's name. A file that the manifest knows by name must have its checksum;
 * another one is used with one warning. Never seeded: where nothing is found, ERR_INPUT with the command that
 * gets the file.
 *
 * The layers up to `last_layer` must have their tensors in the file, and only these are loaded; every other
 * tensor of the file must belong to a later layer or to `net->unused`. A convolution whose batch norm is not
 * in the file, but whose bias is, counts as folded already. Wrong shapes are named, found and expected.
 * The caller owns *out; close with weights_close. Missing, foreign or cut-off files: ERR_INPUT. */
enum status weights_open(struct weights **out, const struct net *net, int last_layer,
                         const char *spec) MUST_CHECK;
void weights_close(struct weights **weights);

/* seeded:N, exactly. Layer i of the table (counted from 0) has weight stream 2i and bias stream 2i + 1;
 * element j of a stream comes from the (j + 1)-th rng_bits of rng_seeded(N, stream):
 *   u     = bits >> 40
 *   value = (float)(u - 2^23) / 2^23 * bound    (one rounding: the product)
 *   bound = (float)sqrt(6 / fan_in) for weights (He et al. 2015, uniform), times 0.25 (exact) where the layer
 *           is a branch_end; 0.1f for biases.
 * There is no batch norm: these are the folded numbers. All layers are filled. sha256 is that of all weights
 * and biases in table order, weight then bias, as little-endian float32. */

#endif
