/* Rows of a ResNet's table (He et al. 2016), for resnet18.c and resnet34.c. `i` is the row's place in the
 * table, so that the rows can name what they read; each macro says how many rows it makes.
 *
 * Outputs are named after torchvision's modules: "layer1.0" is the block, after the addition and its ReLU;
 * "layer1.0.conv1" its first convolution after bn1 and ReLU (the block's one `relu` module serves twice, so
 * that name would not be unique); "layer2.0.downsample" the projected shortcut. */
#ifndef RESNET_ROWS_H
#define RESNET_ROWS_H

#include "nets/net.h"

/* clang-format off */

/* Two rows: 7 × 7 convolution and max-pool. */
#define RESNET_STEM                                                                                     \
    [0] = { .name = "relu", .op = OP_CONV, .tensor = "conv1", .norm = "bn1",                            \
            .from = LAYER_IMAGE, .with = LAYER_NONE, .channels = 64, .size = 7, .stride = 2, .pad = 3,  \
            .relu = 1 },                                                                                \
    [1] = { .name = "maxpool", .op = OP_MAXPOOL, .from = 0, .with = LAYER_NONE,                         \
            .size = 3, .stride = 2, .pad = 1 }

/* One row: the first convolution of a block. */
#define RESNET_FIRST(i, block, width, step)                                                             \
    [i] = { .name = block ".conv1", .op = OP_CONV, .tensor = block ".conv1", .norm = block ".bn1",      \
            .from = (i) - 1, .with = LAYER_NONE, .channels = width, .size = 3, .stride = step, .pad = 1,\
            .relu = 1 }

/* One row: the second convolution of a block, the shortcut added before the ReLU. */
#define RESNET_SECOND(i, block, width, reads, shortcut)                                                 \
    [i] = { .name = block, .op = OP_CONV, .tensor = block ".conv2", .norm = block ".bn2",               \
            .from = reads, .with = shortcut, .channels = width, .size = 3, .stride = 1, .pad = 1,       \
            .relu = 1, .branch_end = 1 }

/* One row: a 1 × 1 convolution that halves the picture beside the block's two. */
#define RESNET_SHORTCUT(i, block, width, reads)                                                         \
    [i] = { .name = block ".downsample", .op = OP_CONV,                                                 \
            .tensor = block ".downsample.0", .norm = block ".downsample.1",                             \
            .from = reads, .with = LAYER_NONE, .channels = width, .size = 1, .stride = 2 }

/* Two rows: a block whose shortcut is its input. */
#define RESNET_BLOCK(i, block, width)                                                                   \
    RESNET_FIRST(i, block, width, 1),                                                                   \
    RESNET_SECOND((i) + 1, block, width, i, (i) - 1)

/* Three rows: a block that halves the picture. */
#define RESNET_HALVING(i, block, width)                                                                 \
    RESNET_FIRST(i, block, width, 2),                                                                   \
    RESNET_SHORTCUT((i) + 1, block, width, (i) - 1),                                                    \
    RESNET_SECOND((i) + 2, block, width, i, (i) + 1)

/* One row: the mean over the picture, the paper's feature. */
#define RESNET_END(i)                                                                                   \
    [i] = { .name = "avgpool", .op = OP_AVGPOOL, .from = (i) - 1, .with = LAYER_NONE, .size = 1 }

/* clang-format on */

#endif
