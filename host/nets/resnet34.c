#include "nets/resnet_rows.h"

/* clang-format off */
static const struct layer layers[] = {
    RESNET_STEM,
    RESNET_BLOCK(2, "layer1.0", 64),
    RESNET_BLOCK(4, "layer1.1", 64),
    RESNET_BLOCK(6, "layer1.2", 64),
    RESNET_HALVING(8, "layer2.0", 128),
    RESNET_BLOCK(11, "layer2.1", 128),
    RESNET_BLOCK(13, "layer2.2", 128),
    RESNET_BLOCK(15, "layer2.3", 128),
    RESNET_HALVING(17, "layer3.0", 256),
    RESNET_BLOCK(20, "layer3.1", 256),
    RESNET_BLOCK(22, "layer3.2", 256),
    RESNET_BLOCK(24, "layer3.3", 256),
    RESNET_BLOCK(26, "layer3.4", 256),
    RESNET_BLOCK(28, "layer3.5", 256),
    RESNET_HALVING(30, "layer4.0", 512),
    RESNET_BLOCK(33, "layer4.1", 512),
    RESNET_BLOCK(35, "layer4.2", 512),
    RESNET_END(37),
};
/* clang-format on */

static const char *const unused[] = { "fc.", NULL };

const struct net net_resnet34 = {
    .name = "resnet34",
    .title = "ResNet34 (He et al. 2016)",
    .input_size = 224,
    .layers = layers,
    .n_layers = sizeof layers / sizeof *layers,
    .default_layer = "avgpool",
    .unused = unused,
};
