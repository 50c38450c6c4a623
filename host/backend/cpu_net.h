/* A network on the CPU, over blocks of eight channels.
 *
 * Activations are [patch][channels/8][height + 2 pad + margin][width + 2 pad + margin][8], where pad and margin
 * are the largest that any reader needs (cpu_net_kernels.h); all around is zero and stays so. The picture is
 * [patch][size + 2 pad + margin][(size + 2 pad + margin) * 3], RGB interleaved. A convolution is direct
 * (cpu_direct.c) or Winograd's (cpu_winograd.c); cpu_way.c tells which. */
#ifndef CPU_NET_H
#define CPU_NET_H

#include "backend/backend.h"
#include "backend/cpu_isa.h"
#include "core/pool.h"
#include "io/weights.h"

struct cpu_net;

/* Where the picture goes: patch p, row y, column x, colour c is at
 * data[p * patch + (y + pad) * row + (x + pad) * 3 + c]; the border is zero and is not written. */
struct cpu_image {
    float *data;
    int size, pad;
    size_t row, patch; /* in floats */
};

/* Features of up to max_patches at once; that number is a part of what chooses the way of each layer, so the bits
 * of a patch depend on it, but not on how many patches a call has. Weights are repacked, not kept; net and weights need not outlive the
 * call. */
enum status cpu_net_open(struct cpu_net **out, const struct net *net, int layer,
                         const struct weights *weights, int max_patches, enum conv_choice conv,
                         struct pool *pool, const struct cpu_net_kernels *kernels) MUST_CHECK;
/* The same, and taps[n_taps]: layers before `layer`, and needed by it, whose outputs are wanted as well. */
enum status cpu_net_open_tapped(struct cpu_net **out, const struct net *net, int layer, const int *taps,
                                int n_taps, const struct weights *weights, int max_patches,
                                enum conv_choice conv, struct pool *pool,
                                const struct cpu_net_kernels *kernels) MUST_CHECK;
void cpu_net_close(struct cpu_net **net);
const struct cpu_image *cpu_net_image(const struct cpu_net *net);

/* features [n_patches][D], channel-major; bits of a patch do not depend on its neighbours or on the threads. */
void cpu_net_run(struct cpu_net *net, int n_patches, float *features);
/* The same, and tapped[n_taps], each [n_patches][D of its layer]. */
void cpu_net_run_tapped(struct cpu_net *net, int n_patches, float *features, float *const *tapped);

/* Bytes that it holds, for bench and the plan. */
size_t cpu_net_bytes(const struct cpu_net *net);

#endif
