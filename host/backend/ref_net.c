#include "backend/ref_net.h"

#include "conv.h"
#include "core/memory.h"
#include "pooling.h"

#include <string.h>

enum { CHANNELS_OF_A_TASK = 8 };

enum status ref_net_init(struct ref_net *net, const struct net *table, int layer,
                         const struct weights *weights, struct pool *pool)
{
    *net = (struct ref_net){ .net = table, .weights = weights, .pool = pool, .layer = layer };
    net_shapes(table, net->shapes);
    net_needed(table, layer, net->needed);
    for (int i = 0; i <= layer; i++) {
        if (!net->needed[i]) continue;
        const size_t size = (size_t)shape_size(net->shapes[i]);
        TRY(memory_check(net->out[i] = memory_new(size, sizeof *net->out[i])));
    }
    return OK;
}

void ref_net_release(struct ref_net *net)
{
    for (int i = 0; i < NET_MAX_LAYERS; i++) memory_free(net->out[i]);
    *net = (struct ref_net){ 0 };
}

/* Output channels index * CHANNELS_OF_A_TASK … of the convolution `context`. */
static void conv_task(void *context, int index, int thread)
{
    (void)thread;
    struct conv_args a = *(const struct conv_args *)context;
    const int first = index * CHANNELS_OF_A_TASK, left = a.out_channels - first;
    const size_t plane = (size_t)a.out_height * a.out_width;
    a.weight += (size_t)first * a.in_channels * a.size * a.size;
    a.bias += first;
    a.out += first * plane;
    if (a.residual) a.residual += first * plane;
    a.out_channels = left < CHANNELS_OF_A_TASK ? left : CHANNELS_OF_A_TASK;
    conv_ref(&a);
}

static void run_conv(struct ref_net *net, int i, const float *in, struct shape from)
{
    const struct layer *layer = &net->net->layers[i];
    const struct shape to = net->shapes[i];
    struct conv_args a = {
        .in = in,
        .weight = net->weights->layer[i].weight,
        .bias = net->weights->layer[i].bias,
        .residual = layer->with >= 0 ? net->out[layer->with] : NULL,
        .out = net->out[i],
        .n_patches = 1,
        .in_channels = from.channels,
        .in_height = from.height,
        .in_width = from.width,
        .out_channels = to.channels,
        .out_height = to.height,
        .out_width = to.width,
        .size = layer->size,
        .stride = layer->stride,
        .pad = layer->pad,
        .relu = layer->relu,
    };
    pool_run(net->pool, (to.channels + CHANNELS_OF_A_TASK - 1) / CHANNELS_OF_A_TASK, conv_task, &a);
}

static struct pooling_args pooling(const struct ref_net *net, int i, const float *in, struct shape from)
{
    const struct layer *layer = &net->net->layers[i];
    return (struct pooling_args){
        .in = in,
        .out = net->out[i],
        .n_patches = 1,
        .channels = from.channels,
        .in_height = from.height,
        .in_width = from.width,
        .out_height = net->shapes[i].height,
        .out_width = net->shapes[i].width,
        .size = layer->size,
        .stride = layer->stride,
        .pad = layer->pad,
    };
}

static void concat(struct ref_net *net, int i, const float *in, struct shape from)
{
    const int with = net->net->layers[i].with;
    const size_t first = (size_t)shape_size(from), second = (size_t)shape_size(net->shapes[with]);
    memcpy(net->out[i], in, first * sizeof *in);
    memcpy(net->out[i] + first, net->out[with], second * sizeof *in);
}

static void run_layer(struct ref_net *net, int i, const float *image)
{
    const struct layer *layer = &net->net->layers[i];
    const struct shape from = net_input(net->net, net->shapes, i);
    const float *in = layer->from == LAYER_IMAGE ? image : net->out[layer->from];
    const struct pooling_args a = pooling(net, i, in, from);
    switch (layer->op) {
    case OP_CONV:
    case OP_LINEAR:
        run_conv(net, i, in, from);
        break;
    case OP_MAXPOOL:
        maxpool_ref(&a);
        break;
    case OP_AVGPOOL:
        avgpool_ref(&a);
        break;
    case OP_CONCAT:
        concat(net, i, in, from);
        break;
    }
}

void ref_net_run(struct ref_net *net, const float *image, float *feature)
{
    for (int i = 0; i <= net->layer; i++)
        if (net->needed[i]) run_layer(net, i, image);
    memcpy(feature, net->out[net->layer], (size_t)shape_size(net->shapes[net->layer]) * sizeof *feature);
}
