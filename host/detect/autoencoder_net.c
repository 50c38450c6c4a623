/* What the autoencoders are made of: the two architectures, their layers, their numbers and how these start. */
#include "detect/autoencoder.h"

#include "core/rng.h"

#include <math.h>

const struct architecture architecture_lenet = {
    .name = "lenet_dcae",
    .side = 64,
    .channels = { 32, 64, 128 },
    .kernel = 5,
    .pad = 2,
    .bottleneck = 128,
    .activation = ACTIVATION_ELU,
    .is_normed = 1,
};

const struct architecture architecture_small = {
    .name = "small_dcae",
    .side = 64,
    .channels = { 12, 24, 48 },
    .kernel = 4,
    .pad = 1,
    .activation = ACTIVATION_RELU,
};

/* ---------------------------------------------------------------------------------------------- layers */

/* Stage AUTOENCODER_STAGES is the dense layer to the code. */
static struct map map_of(const struct architecture *a, int stage)
{
    const int size = a->side >> stage;
    if (stage == AUTOENCODER_STAGES)
        return (struct map){ a->channels[stage - 1], size, a->bottleneck, 1, size, 1, 0 };
    return (struct map){
        .large_channels = stage ? a->channels[stage - 1] : 1,
        .large_size = size,
        .small_channels = a->channels[stage],
        .small_size = size / 2,
        .kernel = a->kernel,
        .stride = 2,
        .pad = a->pad,
    };
}

/* The code and the last layer are linear; every other tensor of the decoder is made as its mirror in the
 * encoder. */
static void add_layer(struct autoencoder *ae, int stage, int is_up)
{
    const struct architecture *a = ae->architecture;
    struct autoencoder_layer *layer = &ae->layers[ae->n_layers++];
    const struct map map = map_of(a, stage);
    const int is_linear = is_up ? stage == 0 : stage == AUTOENCODER_STAGES;
    const int size = is_up ? map.large_size : map.small_size;
    *layer = (struct autoencoder_layer){
        .map = map,
        .is_up = is_up,
        .channels = is_up ? map.large_channels : map.small_channels,
        .area = size * size,
        .activation = is_linear ? ACTIVATION_NONE : a->activation,
        .is_normed = a->is_normed && !is_linear,
        .n_weights = (size_t)map.small_channels * map_window(&map),
        .weight = ae->n_parameters,
        .statistics = ae->n_statistics,
    };
    layer->bias = layer->weight + layer->n_weights;
    ae->n_parameters = layer->bias + (size_t)layer->channels * (layer->is_normed ? 2 : 1);
    if (layer->is_normed) ae->n_statistics += 2 * (size_t)layer->channels;
}

enum status autoencoder_init(struct autoencoder *ae, const struct architecture *architecture)
{
    *ae = (struct autoencoder){ .architecture = architecture };
    const int n_stages = AUTOENCODER_STAGES + (architecture->bottleneck > 0);
    for (int stage = 0; stage < n_stages; stage++) add_layer(ae, stage, 0);
    for (int stage = n_stages; stage-- > 0;) add_layer(ae, stage, 1);
    REQUIRE(map_fits(&ae->layers[0].map), ERR_INTERNAL, "%s: patches of %d × %d cells are too large",
            architecture->name, architecture->side, architecture->side);
    TRY(memory_check(ae->parameters = memory_new(ae->n_parameters, sizeof *ae->parameters)));
    return memory_check(ae->statistics = memory_new(ae->n_statistics, sizeof *ae->statistics));
}

void autoencoder_release(struct autoencoder *ae)
{
    memory_free(ae->parameters);
    memory_free(ae->statistics);
    *ae = (struct autoencoder){ 0 };
}

int autoencoder_cells(const struct autoencoder *ae)
{
    return ae->architecture->side * ae->architecture->side;
}

/* ----------------------------------------------------------------------------------------------- start */

static void fill(float *out, size_t n, float bound, int seed, int stream)
{
    struct rng rng = rng_seeded((uint64_t)seed, (uint64_t)stream);
    for (size_t j = 0; j < n; j++) {
        const int32_t centred = (int32_t)(rng_bits(&rng) >> 40) - (1 << 23);
        out[j] = (float)centred * 0x1p-23f * bound;
    }
}

static void fill_with(float *out, int n, float value)
{
    for (int c = 0; c < n; c++) out[c] = value;
}

static int fan_in(const struct autoencoder_layer *layer)
{
    const int is_from_code = layer->is_up && map_is_dense(&layer->map);
    return is_from_code ? layer->map.small_channels : map_window(&layer->map);
}

void autoencoder_start(struct autoencoder *ae, int seed)
{
    for (int l = 0; l < ae->n_layers; l++) {
        const struct autoencoder_layer *layer = &ae->layers[l];
        const float bound = (float)(1 / sqrt((double)fan_in(layer)));
        float *bias = ae->parameters + layer->bias, *statistics = ae->statistics + layer->statistics;
        fill(ae->parameters + layer->weight, layer->n_weights, bound, seed, 2 * l);
        if (!layer->is_normed) {
            fill(bias, (size_t)layer->channels, bound, seed, 2 * l + 1);
            continue;
        }
        fill_with(bias, layer->channels, 1);
        fill_with(bias + layer->channels, layer->channels, 0);
        fill_with(statistics, layer->channels, 0);
        fill_with(statistics + layer->channels, layer->channels, 1);
    }
}
