#include "io/weights_seeded.h"

#include "core/memory.h"
#include "core/rng.h"
#include "io/sha256.h"

#include <math.h>
#include <stdio.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the checksum is that of little-endian numbers");

static const float bias_bound = 0.1f, branch_end_scale = 0.25f;

enum status weights_make_room(struct weights *weights, const struct shape *shapes, int i)
{
    struct layer_weights *layer = &weights->layer[i];
    layer->weight = memory_new(net_weight_count(weights->net, shapes, i), sizeof *layer->weight);
    TRY(memory_check(layer->weight));
    layer->bias = memory_new((size_t)weights->net->layers[i].channels, sizeof *layer->bias);
    return memory_check(layer->bias);
}

static void fill(float *out, size_t count, float bound, uint64_t seed, uint64_t stream)
{
    struct rng rng = rng_seeded(seed, stream);
    for (size_t j = 0; j < count; j++) {
        const int32_t centred = (int32_t)(rng_bits(&rng) >> 40) - (1 << 23);
        out[j] = (float)centred * 0x1p-23f * bound;
    }
}

static enum status fill_layer(struct weights *weights, const struct shape *shapes, int i, uint64_t seed,
                              struct sha256 *sum)
{
    const struct layer *layer = &weights->net->layers[i];
    const size_t count = net_weight_count(weights->net, shapes, i), rows = (size_t)layer->channels;
    float bound = (float)sqrt(6.0 / (double)(count / rows));
    if (layer->branch_end) bound *= branch_end_scale;
    TRY(weights_make_room(weights, shapes, i));
    fill(weights->layer[i].weight, count, bound, seed, 2 * (uint64_t)i);
    fill(weights->layer[i].bias, rows, bias_bound, seed, 2 * (uint64_t)i + 1);
    TRY(sha256_add(sum, weights->layer[i].weight, count * sizeof(float)));
    return sha256_add(sum, weights->layer[i].bias, rows * sizeof(float));
}

enum status weights_seeded_fill(struct weights *weights, uint64_t seed)
{
    struct shape shapes[NET_MAX_LAYERS];
    struct sha256 *sum = NULL;
    enum status status;
    net_shapes(weights->net, shapes);
    snprintf(weights->source, sizeof weights->source, "seeded:%llu", (unsigned long long)seed);
    weights->is_seeded = 1;
    TRY_OR_DONE(sha256_open(&sum));
    for (int i = 0; i < weights->net->n_layers; i++)
        if (weights->net->layers[i].tensor) TRY_OR_DONE(fill_layer(weights, shapes, i, seed, sum));
    TRY_OR_DONE(sha256_finish(sum, weights->sha256));
done:
    sha256_close(&sum);
    return status;
}
