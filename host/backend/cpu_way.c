#include "backend/cpu_way.h"

#include "backend/cpu_winograd.h"

#include <stdio.h>

/* The rows of a kind of convolution, from top to bottom; the first that holds is taken. Measured on an AMD EPYC
 * (Zen 5, 2 cores, AVX-512 and AVX2): ResNet18, ResNet34, SqueezeNet 1.1 and AlexNet, layer by layer. */
struct rule {
    int size, stride;
    int least_patches;  /* of a call */
    int least_side;     /* output pixels of a patch in one direction */
    int least_channels; /* in and out */
    int most_channels;  /* in × phases × out, in thousands; 0: any */
    enum cpu_method method;
};

static const struct rule rules[] = {
    { 3, 1, 1, 1, 8, 8, CPU_BLOCKS },
    { 3, 1, 1, 1, 8, 0, CPU_TOGETHER },
    { 5, 1, 1, 1, 8, 8, CPU_BLOCKS },
    { 5, 1, 1, 1, 8, 0, CPU_TOGETHER },
    { 3, 2, 1, 1, 8, 8, CPU_BLOCKS },
    { 3, 2, 1, 1, 8, 0, CPU_TOGETHER },
    { 7, 2, 1, 1, 3, 0, CPU_BLOCKS }, /* the picture */
    { 11, 4, 1, 1, 3, 0, CPU_BLOCKS },
};
enum { N_RULES = sizeof rules / sizeof *rules };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static enum cpu_method method_of(const struct layer *layer, struct shape in, struct shape out, int patches)
{
    for (int i = 0; i < N_RULES; i++) {
        const struct rule *rule = &rules[i];
        const int side = smaller(out.height, out.width), channels = smaller(in.channels, out.channels);
        const int products = layer->stride * layer->stride * in.channels * out.channels / 1024;
        if (layer->size == rule->size && layer->stride == rule->stride && patches >= rule->least_patches &&
            side >= rule->least_side && channels >= rule->least_channels &&
            (rule->most_channels == 0 || products <= rule->most_channels))
            return rule->method;
    }
    return CPU_DIRECT;
}

struct cpu_way cpu_way_of(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i,
                          int patches, enum conv_choice choice)
{
    const struct layer *layer = &net->layers[i];
    struct cpu_way way = { .method = CPU_DIRECT };
    if (layer->op != OP_CONV || choice == CONV_DIRECT) return way;
    const struct shape in = net_input(net, shapes, i), out = shapes[i];
    way.method = method_of(layer, in, out, patches);
    if (way.method == CPU_DIRECT) return way;
    way.taps = (layer->size + layer->stride - 1) / layer->stride;
    way.points = way.taps == 2 ? 2 * CPU_WINOGRAD_PAIRS : CPU_WINOGRAD_MOST_POINTS;
    way.tile = way.points - way.taps + 1;
    way.tiles = (out.height + way.tile - 1) / way.tile;
    const int reads = layer->stride * (way.tiles * way.tile + way.taps - 1);
    const int there = in.height + 2 * layer->pad;
    way.margin = reads > there ? reads - there : 0;
    return way;
}

void cpu_way_print(const struct cpu_way *way, const struct layer *layer, char *text, size_t size)
{
    static const char *const schedules[] = { "", "blocks", "together" };
    const int is_conv = layer->op == OP_CONV || layer->op == OP_LINEAR;
    if (way->method != CPU_DIRECT)
        snprintf(text, size, "winograd F(%d,%d) %s", way->tile, way->taps, schedules[way->method]);
    else
        snprintf(text, size, "%s", is_conv ? "direct" : net_op_name(layer->op));
}
