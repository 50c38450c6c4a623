#include "nets/net.h"

#include "core/options.h"

#include <stdio.h>
#include <string.h>

const struct net *net_find(const char *name)
{
    const struct net *net;
    for (int i = 0; (net = net_number(i)); i++)
        if (strcmp(net->name, name) == 0) return net;
    return NULL;
}

enum status net_require(const char *name, const struct net **out)
{
    enum { MOST = 16 };
    const char *names[MOST];
    char list[256] = "";
    int n = 0;
    *out = net_find(name);
    if (*out) return OK;
    for (const struct net *net; n < MOST && (net = net_number(n)); n++) {
        const size_t length = strlen(list);
        snprintf(list + length, sizeof list - length, "%s%s", n ? ", " : "", net->name);
        names[n] = net->name;
    }
    const char *nearest = nearest_word(name, names, n);
    if (nearest) return fail(ERR_USAGE, "unknown network %s; the nearest one is %s", name, nearest);
    return fail(ERR_USAGE, "unknown network %s; there are %s", name, list);
}

static int starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The last layer of a container ("layer4", "features"), which is its output; -1 where `name` is none, or
 * where modules that are not here would follow within it (AlexNet's "classifier"). */
static int container_end(const struct net *net, const char *name)
{
    char prefix[64];
    int end = -1;
    snprintf(prefix, sizeof prefix, "%s.", name);
    for (int i = 0; i < net->n_layers; i++)
        if (starts_with(net->layers[i].name, prefix)) end = i;
    for (int i = 0; net->unused[i]; i++)
        if (starts_with(net->unused[i], prefix)) return -1;
    return end;
}

enum status net_layer(const struct net *net, const char *name, int *layer)
{
    const char *names[NET_MAX_LAYERS];
    if (!name) name = net->default_layer;
    for (int i = 0; i < net->n_layers; i++) {
        *layer = i;
        if (strcmp(net->layers[i].name, name) == 0) return OK;
        names[i] = net->layers[i].name;
    }
    *layer = container_end(net, name);
    if (*layer >= 0) return OK;
    const char *nearest = nearest_word(name, names, net->n_layers);
    return fail(ERR_USAGE, "%s has no layer %s; %s%s%s`earshot layers %s` lists them", net->name, name,
                nearest ? "the nearest one is " : "", nearest ? nearest : "", nearest ? "; " : "", net->name);
}

struct shape net_input(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i)
{
    const int from = net->layers[i].from;
    return from == LAYER_IMAGE ? (struct shape){ 3, net->input_size, net->input_size } : shapes[from];
}

/* Pixels of one side after a window of layer->size has gone over `side` of them. In ceil mode a last window
 * may hang over the edge, but begins inside (torch's rule). */
static int windows(const struct layer *layer, int side)
{
    const int room = side + 2 * layer->pad - layer->size;
    int n = room / layer->stride + 1;
    if (layer->ceil_mode && room % layer->stride != 0 && n * layer->stride < side + layer->pad) n++;
    return n;
}

static struct shape output_shape(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i)
{
    const struct layer *layer = &net->layers[i];
    const struct shape in = net_input(net, shapes, i);
    switch (layer->op) {
    case OP_CONV:
    case OP_LINEAR:
        return (struct shape){ layer->channels, windows(layer, in.height), windows(layer, in.width) };
    case OP_MAXPOOL:
        return (struct shape){ in.channels, windows(layer, in.height), windows(layer, in.width) };
    case OP_AVGPOOL:
        return (struct shape){ in.channels, layer->size, layer->size };
    case OP_CONCAT:
        return (struct shape){ in.channels + shapes[layer->with].channels, in.height, in.width };
    }
    return in;
}

void net_shapes(const struct net *net, struct shape shapes[NET_MAX_LAYERS])
{
    for (int i = 0; i < net->n_layers; i++) shapes[i] = output_shape(net, shapes, i);
}

void net_needed(const struct net *net, int last, int needed[NET_MAX_LAYERS])
{
    memset(needed, 0, NET_MAX_LAYERS * sizeof *needed);
    needed[last] = 1;
    for (int i = last; i >= 0; i--) {
        if (!needed[i]) continue;
        if (net->layers[i].from >= 0) needed[net->layers[i].from] = 1;
        if (net->layers[i].with >= 0) needed[net->layers[i].with] = 1;
    }
}

size_t net_weight_count(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i)
{
    const struct layer *layer = &net->layers[i];
    if (!layer->tensor) return 0;
    return (size_t)layer->channels * net_input(net, shapes, i).channels * layer->size * layer->size;
}

double net_work(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i)
{
    return (double)net_weight_count(net, shapes, i) * shapes[i].height * shapes[i].width;
}

const char *net_op_name(enum op op)
{
    static const char *const names[] = {
        [OP_CONV] = "conv",       [OP_LINEAR] = "linear", [OP_MAXPOOL] = "maxpool",
        [OP_AVGPOOL] = "avgpool", [OP_CONCAT] = "concat",
    };
    return names[op];
}
