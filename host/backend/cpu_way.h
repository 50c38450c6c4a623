/* Which way a convolution is computed: a pure function of the layer and of how many patches a call has at
 * most, never of timing, threads or neighbours, so that a recording's features are the same bits always.
 * The rows of its table are measured (cpu_way.c); `earshot layers --plan` shows what it says. */
#ifndef CPU_WAY_H
#define CPU_WAY_H

#include "backend/backend.h"

enum cpu_method {
    CPU_DIRECT, /* window by window; also what is not a convolution */
    CPU_BLOCKS, /* Winograd; a thread takes some tiles all the way, its workspace in the L2 cache */
    CPU_TOGETHER, /* Winograd; all threads transform, then multiply, then finish, so that weights are read once */
};

struct cpu_way {
    enum cpu_method method;
    int points, tile, taps; /* of Winograd's: cpu_winograd.h */
    int tiles;              /* in one direction of a patch */
    int margin;             /* pixels beyond the padded input that the last tile reads */
};

/* `layer` of the table; patches: of a call, at most. */
struct cpu_way cpu_way_of(const struct net *net, const struct shape shapes[NET_MAX_LAYERS], int layer,
                          int patches, enum conv_choice choice);

/* "winograd F(7,3) together", "direct", "maxpool" */
void cpu_way_print(const struct cpu_way *way, const struct layer *layer, char *text, size_t size);

#endif
