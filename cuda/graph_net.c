#include "cuda/graph_net.h"

#include <string.h>

/* What the planner knows of a layer. Times are numbers of layers: layer i is written at time i. */
struct node {
    struct shape shape;
    int root;        /* the layer whose tensor it lives in, itself if it has its own */
    int channel;     /* its first there */
    int first, last; /* of a root: times of its first writer and its last reader; first -1: no tensor */
    int slot;
};

struct planner {
    const struct net *net;
    int layer;
    int needed[NET_MAX_LAYERS];
    struct shape shapes[NET_MAX_LAYERS];
    struct node nodes[NET_MAX_LAYERS];
    int slot_last[NET_MAX_LAYERS]; /* time of the last reader of what is in a slot */
    struct graph_net *out;
};

static int is_conv(enum op op)
{
    return op == OP_CONV || op == OP_LINEAR;
}

/* ------------------------------------------------------------------------------------ what is expected */

/* A residual must be as large as what it is added to, halves of a concatenation as high and wide as each
 * other. */
static enum status check_layer(const struct planner *planner, int i)
{
    const struct layer *layer = &planner->net->layers[i];
    const char *net = planner->net->name;
    const struct shape out = planner->shapes[i];
    REQUIRE(out.channels % 8 == 0, ERR_INTERNAL, "%s, layer %s: %d channels found, a multiple of 8 is needed",
            net, layer->name, out.channels);
    if (layer->op != OP_CONCAT && layer->with == LAYER_NONE) return OK;
    REQUIRE(layer->with >= 0 && layer->with < i, ERR_INTERNAL, "%s, layer %s: nothing to be joined with", net,
            layer->name);
    const struct shape with = planner->shapes[layer->with];
    const int same_channels = layer->op == OP_CONCAT || with.channels == out.channels;
    REQUIRE(same_channels && with.height == out.height && with.width == out.width, ERR_INTERNAL,
            "%s, layer %s: %d×%d×%d found to be joined to %d×%d×%d", net, layer->name, with.channels,
            with.height, with.width, out.channels, out.height, out.width);
    return OK;
}

/* --------------------------------------------------------------------------------------------- tensors */

/* A half is written once, by a layer that can write a slice: no residual goes with it (graph.h). */
static enum status place_half(struct planner *planner, int concatenation, int half, int channel)
{
    const struct node *whole = &planner->nodes[concatenation];
    const int takes_slice =
        half >= 0 && planner->nodes[half].root == half &&
        (!is_conv(planner->net->layers[half].op) || planner->net->layers[half].with == LAYER_NONE);
    REQUIRE(takes_slice, ERR_INTERNAL, "%s, layer %s: a half that cannot be written in its place",
            planner->net->name, planner->net->layers[concatenation].name);
    planner->nodes[half].root = whole->root;
    planner->nodes[half].channel = whole->channel + channel;
    return OK;
}

/* Later concatenations first, so that one inside another takes its halves along. */
static enum status place_tensors(struct planner *planner)
{
    for (int i = planner->layer; i >= 0; i--) {
        const struct layer *layer = &planner->net->layers[i];
        if (!planner->needed[i] || layer->op != OP_CONCAT) continue;
        TRY(place_half(planner, i, layer->from, 0));
        TRY(place_half(planner, i, layer->with, planner->shapes[layer->from].channels));
    }
    return OK;
}

static void read_at(struct planner *planner, int layer, int time)
{
    if (layer < 0) return;
    struct node *root = &planner->nodes[planner->nodes[layer].root];
    if (time > root->last) root->last = time;
}

static void find_lives(struct planner *planner)
{
    for (int i = 0; i <= planner->layer; i++) {
        if (!planner->needed[i]) continue;
        struct node *root = &planner->nodes[planner->nodes[i].root];
        if (root->first < 0) root->first = i;
        read_at(planner, planner->net->layers[i].from, i);
        read_at(planner, planner->net->layers[i].with, i);
    }
    read_at(planner, planner->layer, NET_MAX_LAYERS); /* whoever takes the features */
}

/* ----------------------------------------------------------------------------------------------- slots */

static size_t tensor_bytes(const struct planner *planner, int root)
{
    const size_t elements = (size_t)shape_size(planner->nodes[root].shape) * (size_t)planner->out->n_patches;
    return elements * graph_element(planner->out->precision);
}

/* Among the slots that are free at this time the smallest that is large enough, else the largest, which
 * grows; else a new one. */
static int find_slot(struct planner *planner, int time, size_t bytes)
{
    const size_t *slots = planner->out->slots;
    int best = -1;
    for (int i = 0; i < planner->out->n_slots; i++) {
        if (planner->slot_last[i] >= time) continue;
        const int fits = slots[i] >= bytes, best_fits = best >= 0 && slots[best] >= bytes;
        const int smaller = best >= 0 && slots[i] < slots[best];
        if (best < 0 || (fits && (!best_fits || smaller)) || (!fits && !best_fits && !smaller)) best = i;
    }
    return best >= 0 ? best : planner->out->n_slots++;
}

static void take_slot(struct planner *planner, int root)
{
    struct node *node = &planner->nodes[root];
    const size_t bytes = tensor_bytes(planner, root);
    node->slot = find_slot(planner, node->first, bytes);
    planner->slot_last[node->slot] = node->last;
    if (bytes > planner->out->slots[node->slot]) planner->out->slots[node->slot] = bytes;
}

static void find_slots(struct planner *planner)
{
    for (int time = 0; time <= planner->layer; time++)
        for (int root = 0; root <= planner->layer; root++)
            if (planner->nodes[root].first == time) take_slot(planner, root);
}

/* ----------------------------------------------------------------------------------------------- steps */

static struct graph_place place_of(const struct planner *planner, int layer)
{
    if (layer == LAYER_NONE) return (struct graph_place){ .slot = GRAPH_SLOT_NONE };
    const int side = planner->net->input_size;
    if (layer == LAYER_IMAGE)
        return (struct graph_place){ .slot = GRAPH_SLOT_IMAGE,
                                     .pitch = GRAPH_IMAGE_CHANNELS,
                                     .shape = { GRAPH_IMAGE_CHANNELS, side, side } };
    const struct node *node = &planner->nodes[layer], *root = &planner->nodes[node->root];
    return (struct graph_place){ root->slot, node->channel, root->shape.channels, node->shape };
}

static struct graph_conv conv_of(const struct planner *planner, const struct graph_step *step)
{
    const struct layer *layer = &planner->net->layers[step->layer];
    return (struct graph_conv){ .precision = planner->out->precision,
                                .n_patches = planner->out->n_patches,
                                .in_channels = step->in.shape.channels,
                                .in_height = step->in.shape.height,
                                .in_width = step->in.shape.width,
                                .out_channels = step->out.shape.channels,
                                .out_height = step->out.shape.height,
                                .out_width = step->out.shape.width,
                                .size = layer->size,
                                .stride = layer->stride,
                                .pad = layer->pad,
                                .groups = 1,
                                .in_pitch = step->in.pitch,
                                .out_pitch = step->out.pitch,
                                .residual = layer->with != LAYER_NONE,
                                .relu = layer->relu };
}

/* A window as large as its picture sees it as one pixel with all numbers as channels: the same memory, x
 * and w. */
static void flatten_window(struct graph_conv *conv)
{
    const int whole = conv->size * conv->size * conv->in_channels;
    if (conv->size != conv->in_height || conv->size != conv->in_width || conv->pad != 0) return;
    if (conv->in_pitch != conv->in_channels) return;
    conv->in_channels = conv->in_pitch = whole;
    conv->in_height = conv->in_width = conv->size = 1;
}

static int number_of(struct graph_net *out, const struct graph_conv *conv)
{
    for (int i = 0; i < out->n_convs; i++)
        if (memcmp(&out->convs[i], conv, sizeof *conv) == 0) return i;
    out->convs[out->n_convs] = *conv;
    return out->n_convs++;
}

static void add_step(struct planner *planner, int i)
{
    const struct layer *layer = &planner->net->layers[i];
    struct graph_step *step = &planner->out->steps[planner->out->n_steps++];
    *step = (struct graph_step){ .layer = i, .op = layer->op, .conv = -1 };
    step->in = place_of(planner, layer->from);
    step->with = place_of(planner, layer->with);
    step->out = place_of(planner, i);
    if (!is_conv(layer->op)) return;
    struct graph_conv conv = conv_of(planner, step);
    flatten_window(&conv);
    step->conv = number_of(planner->out, &conv);
}

enum status graph_net_plan(struct graph_net *out, const struct net *net, int layer, int n_patches,
                           enum graph_precision precision)
{
    struct planner planner = { .net = net, .layer = layer, .out = out };
    const size_t pixels = (size_t)net->input_size * (size_t)net->input_size * (size_t)n_patches;
    *out = (struct graph_net){ .n_patches = n_patches, .precision = precision };
    out->image = pixels * GRAPH_IMAGE_CHANNELS * graph_element(precision);
    net_shapes(net, planner.shapes);
    net_needed(net, layer, planner.needed);
    for (int i = 0; i <= layer; i++)
        planner.nodes[i] = (struct node){ .shape = planner.shapes[i], .root = i, .first = -1 };
    for (int i = 0; i <= layer; i++)
        if (planner.needed[i]) TRY(check_layer(&planner, i));
    TRY(place_tensors(&planner));
    find_lives(&planner);
    find_slots(&planner);
    for (int i = 0; i <= layer; i++)
        if (planner.needed[i] && net->layers[i].op != OP_CONCAT) add_step(&planner, i);
    out->features = place_of(&planner, layer);
    return OK;
}
