#include "nets/resnet_rows.h"

/* clang-format off */
static const struct layer layers[] = {
    RESNET_STEM,
    RESNET_BLOCK(2, "layer1.0", 64),
    RESNET_BLOCK(4, "layer1.1", 64),
    RESNET_HALVING(6, "layer2.0", 128),
    RESNET_BLOCK(9, "layer2.1", 128),
    RESNET_HALVING(11, "layer3.0", 256),
    RESNET_BLOCK(14, "layer3.1", 256),
    RESNET_HALVING(16, "layer4.0", 512),
    RESNET_BLOCK(19, "layer4.1", 512),
    RESNET_END(21),
};
/* clang-format on */

static const char *const unused[] = { "fc.", NULL };

const struct net net_resnet18 = {
    .name = "resnet18",
    .title = "ResNet18 (He et al. 2016)",
    .input_size = 224,
    .layers = layers,
    .n_layers = sizeof layers / sizeof *layers,
    .default_layer = "avgpool",
    .unused = unused,
};
