/* The other half of safetensors.h: folded weights out. */
#include "io/safetensors.h"

#include "core/memory.h"
#include "core/output.h"
#include "io/json_text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *shape_of(const struct layer *layer, int in_channels, size_t columns, int is_weight)
{
    if (!is_weight) return json_pack("[i]", layer->channels);
    if (layer->op == OP_LINEAR) return json_pack("[i, I]", layer->channels, (json_int_t)columns);
    return json_pack("[i, i, i, i]", layer->channels, in_channels, layer->size, layer->size);
}

static void describe(json_t *header, const char *prefix, const char *suffix, json_t *shape, size_t count,
                     size_t *offset)
{
    char name[128];
    const size_t end = *offset + count * sizeof(float);
    snprintf(name, sizeof name, "%s.%s", prefix, suffix);
    json_object_set_new(header, name,
                        json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                                  (json_int_t)*offset, (json_int_t)end));
    *offset = end;
}

static json_t *new_header(const struct weights *weights)
{
    json_t *header = json_object(), *about = json_pack("{s:s}", "network", weights->net->name);
    struct shape shapes[NET_MAX_LAYERS];
    size_t offset = 0;
    if (weights->is_seeded) json_object_set_new(about, "seeded", json_string(weights->source));
    json_object_set_new(header, "__metadata__", about);
    net_shapes(weights->net, shapes);
    for (int i = 0; i < weights->net->n_layers; i++) {
        const struct layer *layer = &weights->net->layers[i];
        if (!layer->tensor) continue;
        const size_t count = net_weight_count(weights->net, shapes, i), rows = (size_t)layer->channels;
        const int in_channels = net_input(weights->net, shapes, i).channels;
        describe(header, layer->tensor, "weight", shape_of(layer, in_channels, count / rows, 1), count,
                 &offset);
        describe(header, layer->tensor, "bias", shape_of(layer, in_channels, 1, 0), rows, &offset);
    }
    return header;
}

/* The header is filled up with spaces, so that the numbers lie at a multiple of eight. */
static enum status write_header(FILE *stream, const struct weights *weights)
{
    json_t *header = new_header(weights);
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    const enum status status = json_check_memory();
    if (status != OK) free(text);
    TRY(status);
    REQUIRE(text, ERR_MEMORY, "no memory for the header of a safetensors file");
    const uint64_t length = (strlen(text) + 7) / 8 * 8;
    fwrite(&length, sizeof length, 1, stream);
    fprintf(stream, "%-*s", (int)length, text);
    free(text);
    return OK;
}

enum status safetensors_write(const char *path, const struct weights *weights)
{
    struct output *output = NULL;
    struct shape shapes[NET_MAX_LAYERS];
    enum status status;
    TRY_OR_DONE(output_open(&output, path));
    FILE *stream = output_stream(output);
    TRY_OR_DONE(write_header(stream, weights));
    net_shapes(weights->net, shapes);
    for (int i = 0; i < weights->net->n_layers; i++) {
        const struct layer_weights *layer = &weights->layer[i];
        if (!layer->weight) continue;
        fwrite(layer->weight, sizeof(float), net_weight_count(weights->net, shapes, i), stream);
        fwrite(layer->bias, sizeof(float), (size_t)weights->net->layers[i].channels, stream);
    }
    TRY_OR_DONE(output_commit(&output));
done:
    output_close(&output);
    return status;
}
