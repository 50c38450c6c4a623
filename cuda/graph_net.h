/* What a GPU does for a network: which of its layers become which graphs (graph.h), which are kernels of our
 * own, and in which memory. No call of CUDA's is made here; it is a table made of a table.
 *
 * A convolution or linear layer with bias, residual and ReLU is one graph; layers of the same shape share it.
 * Pools are our own kernels, since cuDNN 9 has no precompiled engine for NHWC. A concatenation is nothing:
 * both its halves are written into slices of the channels of one tensor.
 *
 * A window as large as its picture, as AlexNet's first linear layer has, becomes a 1 × 1 window over one
 * pixel with all numbers as channels: at fp16 cuDNN takes tensor cores for that on every card that was asked
 * for, for the large window not on Hopper. Memory is the same, of the picture and of the weights.
 *
 * Every graph is planned for the same number of patches, whole: a shorter batch runs with what the rest of
 * memory holds, whose results nobody reads. Otherwise an engine, and with it a feature's last bits, would
 * depend on what shares its batch. */
#ifndef GRAPH_NET_H
#define GRAPH_NET_H

#include "cuda/graph.h"
#include "nets/net.h"

enum { GRAPH_SLOT_IMAGE = -1, GRAPH_SLOT_NONE = -2 };

/* Where a tensor [n_patches][height][width][channels] lies: its first channel is `channel` of a tensor with
 * `pitch` channels that begins where the slot begins. */
struct graph_place {
    int slot; /* of the memory below, or GRAPH_SLOT_IMAGE, the network's input, or GRAPH_SLOT_NONE */
    int channel, pitch;
    struct shape shape;
};

struct graph_step {
    int layer;                        /* of the table: whose weights it needs */
    enum op op;                       /* never OP_CONCAT */
    int conv;                         /* which of the graphs; -1: a pool */
    struct graph_place in, with, out; /* with: the residual */
};

struct graph_net {
    int n_patches;
    enum graph_precision precision;
    struct graph_conv convs[NET_MAX_LAYERS]; /* no two alike */
    int n_convs;
    struct graph_step steps[NET_MAX_LAYERS]; /* in the order in which they run */
    int n_steps;
    size_t slots[NET_MAX_LAYERS]; /* bytes of each, all patches */
    int n_slots;
    size_t image; /* bytes of the input, [n_patches][side][side][GRAPH_IMAGE_CHANNELS] */
    struct graph_place features;
};

/* Up to the output of `layer`. ERR_INTERNAL where the table wants what cuDNN does not do: channels that
 * are no multiple of 8, a concatenation of what is not written for it alone. */
enum status graph_net_plan(struct graph_net *out, const struct net *net, int layer, int n_patches,
                           enum graph_precision precision) MUST_CHECK;

#endif
