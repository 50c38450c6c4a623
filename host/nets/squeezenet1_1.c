#include "nets/squeezenet_rows.h"

/* clang-format off */
static const struct layer layers[] = {
    SQUEEZE_STEM(64, 3),
    SQUEEZE_POOL(1, "features.2"),
    SQUEEZE_FIRE(2, "features.3", 16, 64),
    SQUEEZE_FIRE(6, "features.4", 16, 64),
    SQUEEZE_POOL(10, "features.5"),
    SQUEEZE_FIRE(11, "features.6", 32, 128),
    SQUEEZE_FIRE(15, "features.7", 32, 128),
    SQUEEZE_POOL(19, "features.8"),
    SQUEEZE_FIRE(20, "features.9", 48, 192),
    SQUEEZE_FIRE(24, "features.10", 48, 192),
    SQUEEZE_FIRE(28, "features.11", 64, 256),
    SQUEEZE_FIRE(32, "features.12", 64, 256),
    SQUEEZE_END(36),
};
/* clang-format on */

static const char *const unused[] = { "classifier.", NULL };

const struct net net_squeezenet1_1 = {
    .name = "squeezenet1_1",
    .title = "SqueezeNet 1.1 (Iandola et al. 2016)",
    .input_size = 224,
    .layers = layers,
    .n_layers = sizeof layers / sizeof *layers,
    .default_layer = "avgpool2x2",
    .unused = unused,
};
