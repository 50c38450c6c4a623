#include "backend/cpu_way.h"

#include "backend/cpu_winograd.h"

#include <limits.h>
#include <stdio.h>

/* The first row that holds is taken; where none does, a layer is direct. Measured layer by layer with ResNet18,
 * SqueezeNet 1.1 and AlexNet on 1, 3 and 18 patches, two cores of an AMD EPYC (Zen 5):
 *   - with fewer than 12 tiles in a call, reading the transformed weights costs more than their products save
 *     (512 channels of 7 × 7: 0.2 times the speed with 1 tile, 0.5 with 3, 2.5 with 18);
 *   - stride 2 saves less and reads more, so it needs more tiles (64 to 128 channels: even at 48 tiles, 1.3 times
 *     the speed at 288; 256 to 512 channels: even at 18);
 *   - weights of more than 8,192 products, 2.6 MB, do not stay in the second-level cache beside a block's
 *     workspace. */
static const struct {
    int size, stride;
    int least_tiles;    /* of a call */
    int least_channels; /* in and out, whichever are fewer */
    int most_products;  /* in × phases × out; 0: any */
    enum cpu_method method;
} rules[] = {
    { 3, 1, 12, 8, 8192, CPU_BLOCKS }, { 3, 1, 12, 8, 0, CPU_TOGETHER },  { 5, 1, 12, 8, 8192, CPU_BLOCKS },
    { 5, 1, 12, 8, 0, CPU_TOGETHER },  { 3, 2, 64, 8, 8192, CPU_BLOCKS }, { 3, 2, 64, 8, 0, CPU_TOGETHER },
    { 7, 2, 12, 3, 0, CPU_BLOCKS }, /* of the picture */
    { 11, 4, 12, 3, 0, CPU_BLOCKS },
};
enum { N_RULES = sizeof rules / sizeof *rules };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static enum cpu_method method_of(const struct layer *layer, struct shape in, struct shape out, int tiles)
{
    const int channels = smaller(in.channels, out.channels);
    const int products = layer->stride * layer->stride * in.channels * out.channels;
    for (int i = 0; i < N_RULES; i++)
        if (layer->size == rules[i].size && layer->stride == rules[i].stride &&
            tiles >= rules[i].least_tiles && channels >= rules[i].least_channels &&
            (rules[i].most_products == 0 || products <= rules[i].most_products))
            return rules[i].method;
    return CPU_DIRECT;
}

/* The shape of the tiles, whether they are used or not. */
static struct cpu_way cut(const struct layer *layer, struct shape in, struct shape out)
{
    struct cpu_way way = { .taps = (layer->size + layer->stride - 1) / layer->stride };
    way.points = way.taps == 2 ? 2 * CPU_WINOGRAD_PAIRS : CPU_WINOGRAD_MOST_POINTS;
    way.tile = way.points - way.taps + 1;
    way.tiles = (out.height + way.tile - 1) / way.tile;
    const int reads = layer->stride * (way.tiles * way.tile + way.taps - 1);
    const int there = in.height + 2 * layer->pad;
    way.margin = reads > there ? reads - there : 0;
    return way;
}

struct cpu_way cpu_way_of(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int i,
                          int patches, enum conv_choice choice)
{
    const struct layer *layer = &net->layers[i];
    const struct cpu_way direct = { .method = CPU_DIRECT };
    if (layer->op != OP_CONV || choice == CONV_DIRECT) return direct;
    const struct shape in = net_input(net, shapes, i), out = shapes[i];
    if (layer->size > CPU_WINOGRAD_MOST_TAPS * layer->stride || out.height != out.width) return direct;
    struct cpu_way way = cut(layer, in, out);
    const int tiles = patches * way.tiles * way.tiles;
    way.method = method_of(layer, in, out, choice == CONV_WINOGRAD ? INT_MAX : tiles);
    return way.method == CPU_DIRECT ? direct : way;
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
