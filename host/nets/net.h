/* A network is a table of layers: no code of a backend, no weights. Tensor names and architectures are
 * torchvision's. To add one: a file with its table, a line in nets.c, a line in CMakeLists.txt. */
#ifndef NET_H
#define NET_H

#include "core/status.h"

#include <stddef.h>

enum op {
    OP_CONV,    /* convolution + bias (+ batch norm, folded into both on load) (+ residual `with`) (+ ReLU) */
    OP_LINEAR,  /* the same for a fully connected layer: its kernel is as large as its input */
    OP_MAXPOOL, /* largest of size × size */
    OP_AVGPOOL, /* adaptive average to size × size */
    OP_CONCAT,  /* channels of `from`, then channels of `with` */
};

enum { LAYER_IMAGE = -1, LAYER_NONE = -2, NET_MAX_LAYERS = 96 };

struct layer {
    /* What --layer takes: torchvision's module whose output this is, "features.2"; where batch norm and ReLU
     * belong to the layer, the last of the modules that has a name of its own. */
    const char *name;
    enum op op;
    const char *tensor;    /* prefix of its weight and bias in the file; NULL: has none */
    const char *norm;      /* prefix of its batch norm's tensors; NULL: has none */
    int from;              /* the layer that is read, counted from 0, or LAYER_IMAGE, the picture */
    int with;              /* of OP_CONV: the residual, added before the ReLU; of OP_CONCAT: the second half;
                            * LAYER_NONE: none */
    int channels;          /* out, of OP_CONV and OP_LINEAR */
    int size, stride, pad; /* pixels */
    int ceil_mode;         /* of OP_MAXPOOL: the last window may hang over the edge */
    int relu;
    int branch_end; /* 1: the last convolution of a residual branch; seeded weights are scaled down there */
};

struct net {
    const char *name;  /* "resnet18", what --network takes */
    const char *title; /* "ResNet18 (He et al. 2016)" */
    int input_size;    /* pixels of the square picture */
    const struct layer *layers;
    int n_layers;
    const char *default_layer; /* the feature that the paper takes, flattened channel-major */
    const char *const *unused; /* prefixes of the published file's tensors that no layer here reads, "fc.";
                                * NULL ends */
};

extern const struct net net_alexnet, net_resnet18, net_resnet34, net_squeezenet1_0, net_squeezenet1_1;

/* What comes out of a layer for one patch. */
struct shape {
    int channels, height, width;
};

static inline int shape_size(struct shape s)
{
    return s.channels * s.height * s.width;
}

/* The list of networks; `patch` is not in it. Returns NULL at the end. */
const struct net *net_number(int i);
const struct net *net_find(const char *name); /* NULL: no such network */

/* ERR_USAGE naming the nearest one. */
enum status net_require(const char *name, const struct net **out) MUST_CHECK;

/* The place of the layer called `name`; NULL: the default. A container's name ("layer4") is its last layer's.
 * ERR_USAGE naming the nearest one. */
enum status net_layer(const struct net *net, const char *name, int *layer) MUST_CHECK;

/* shapes[i] of every layer, for its input_size. */
void net_shapes(const struct net *net, struct shape shapes[NET_MAX_LAYERS]);
/* What comes into layer i. */
struct shape net_input(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i);

/* Which layers must run for layer `last`: needed[i] is 0 or 1. */
void net_needed(const struct net *net, int last, int needed[NET_MAX_LAYERS]);

/* Numbers in the weight of layer i, without its bias; 0 for layers without. */
size_t net_weight_count(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i);

/* Multiply-adds of layer i for one patch; pools and additions count nothing. */
double net_work(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i);

const char *net_op_name(enum op op); /* "conv" */

#endif
