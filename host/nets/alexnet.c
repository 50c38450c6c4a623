/* torchvision's AlexNet (Krizhevsky 2014, "one weird trick"). Every convolution's output is named after its
 * ReLU. `avgpool` is left out: at 6 × 6 it is the identity. The linear layers see that picture flattened
 * channel-major, which makes the first one a 6 × 6 convolution and the second a 1 × 1 one. */
#include "nets/net.h"

/* clang-format off */
#define CONV(i, label, prefix, width, side, step, edge)                                                 \
    [i] = { .name = label, .op = OP_CONV, .tensor = prefix, .from = (i) - 1, .with = LAYER_NONE,        \
            .channels = width, .size = side, .stride = step, .pad = edge, .relu = 1 }
#define POOL(i, label)                                                                                  \
    [i] = { .name = label, .op = OP_MAXPOOL, .from = (i) - 1, .with = LAYER_NONE, .size = 3, .stride = 2 }
#define LINEAR(i, label, prefix, side)                                                                  \
    [i] = { .name = label, .op = OP_LINEAR, .tensor = prefix, .from = (i) - 1, .with = LAYER_NONE,      \
            .channels = 4096, .size = side, .stride = 1, .relu = 1 }

static const struct layer layers[] = {
    CONV(0, "features.1", "features.0", 64, 11, 4, 2),
    POOL(1, "features.2"),
    CONV(2, "features.4", "features.3", 192, 5, 1, 2),
    POOL(3, "features.5"),
    CONV(4, "features.7", "features.6", 384, 3, 1, 1),
    CONV(5, "features.9", "features.8", 256, 3, 1, 1),
    CONV(6, "features.11", "features.10", 256, 3, 1, 1),
    POOL(7, "features.12"),
    LINEAR(8, "classifier.2", "classifier.1", 6),
    LINEAR(9, "classifier.5", "classifier.4", 1),
};
#undef CONV
#undef POOL
#undef LINEAR
/* clang-format on */

static const char *const unused[] = { "classifier.6.", NULL };

const struct net net_alexnet = {
    .name = "alexnet",
    .title = "AlexNet (Krizhevsky 2014)",
    .input_size = 224,
    .layers = layers,
    .n_layers = sizeof layers / sizeof *layers,
    .default_layer = "classifier.5",
    .unused = unused,
};
