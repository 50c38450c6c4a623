/* A network by its definition: conv_ref and pooling_ref on plain [channel][row][column] arrays, patch by
 * patch, every layer's output kept. Output channels are shared out among threads. */
#ifndef REF_NET_H
#define REF_NET_H

#include "core/pool.h"
#include "io/weights.h"

struct ref_net {
    const struct net *net;
    const struct weights *weights;
    struct pool *pool;
    int layer;                           /* whose output is the feature */
    int needed[NET_MAX_LAYERS];          /* 0: not run */
    struct shape shapes[NET_MAX_LAYERS]; /* of one patch */
    float *out[NET_MAX_LAYERS];          /* [channels][height][width] of one patch; NULL where not needed */
};

/* Fills a struct the caller owns; empty it with ref_net_release. Everything given is borrowed. */
enum status ref_net_init(struct ref_net *net, const struct net *table, int layer,
                         const struct weights *weights, struct pool *pool) MUST_CHECK;
void ref_net_release(struct ref_net *net);

/* image [3][size][size] → feature [D] */
void ref_net_run(struct ref_net *net, const float *image, float *feature);

#endif
