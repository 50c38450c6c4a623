/* Rows of a SqueezeNet's table (Iandola et al. 2016), for squeezenet1_0.c and squeezenet1_1.c. `i` is the
 * row's place in the table, so that the rows can name what they read; each macro says how many rows it makes.
 *
 * Outputs are named after torchvision's modules: "features.3" is a fire module's concatenation,
 * "features.3.squeeze" … its convolutions, each after its ReLU. */
#ifndef SQUEEZENET_ROWS_H
#define SQUEEZENET_ROWS_H

#include "nets/net.h"

/* clang-format off */

/* One row: convolution and ReLU. */
#define SQUEEZE_CONV(i, label, prefix, reads, width, side, step, edge)                                  \
    [i] = { .name = label, .op = OP_CONV, .tensor = prefix, .from = reads, .with = LAYER_NONE,          \
            .channels = width, .size = side, .stride = step, .pad = edge, .relu = 1 }

/* One row: the first convolution, whose ReLU is a module of its own. */
#define SQUEEZE_STEM(width, side)                                                                       \
    SQUEEZE_CONV(0, "features.1", "features.0", LAYER_IMAGE, width, side, 2, 0)

/* One row. */
#define SQUEEZE_POOL(i, label)                                                                          \
    [i] = { .name = label, .op = OP_MAXPOOL, .from = (i) - 1, .with = LAYER_NONE,                       \
            .size = 3, .stride = 2, .ceil_mode = 1 }

/* Four rows: a 1 × 1 convolution to `narrow` channels, from these a 1 × 1 and a 3 × 3 one to `wide` channels
 * each, and both side by side. */
#define SQUEEZE_FIRE(i, fire, narrow, wide)                                                             \
    SQUEEZE_CONV(i, fire ".squeeze", fire ".squeeze", (i) - 1, narrow, 1, 1, 0),                        \
    SQUEEZE_CONV((i) + 1, fire ".expand1x1", fire ".expand1x1", i, wide, 1, 1, 0),                      \
    SQUEEZE_CONV((i) + 2, fire ".expand3x3", fire ".expand3x3", i, wide, 3, 1, 1),                      \
    [(i) + 3] = { .name = fire, .op = OP_CONCAT, .from = (i) + 1, .with = (i) + 2 }

/* One row: `features` averaged to 2 × 2, the paper's feature; no module of torchvision's. */
#define SQUEEZE_END(i)                                                                                  \
    [i] = { .name = "avgpool2x2", .op = OP_AVGPOOL, .from = (i) - 1, .with = LAYER_NONE, .size = 2 }

/* clang-format on */

#endif
