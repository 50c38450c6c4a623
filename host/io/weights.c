#include "io/weights.h"

#include "core/log.h"
#include "core/memory.h"
#include "io/sha256.h"
#include "io/tensor_file.h"
#include "io/weights_cache.h"
#include "io/weights_seeded.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 160 };

static const double norm_epsilon = 1e-5; /* torch.nn.BatchNorm2d's default, which torchvision keeps */

struct loading {
    struct weights *weights;
    struct tensor_file *file;
    struct shape shapes[NET_MAX_LAYERS];
};

/* ------------------------------------------------------------------------------------------ one tensor */

static const struct tensor *find(const struct loading *l, const char *prefix, const char *suffix)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s.%s", prefix, suffix);
    return tensor_file_find(l->file, name);
}

static enum status check_shape(const struct loading *l, const struct tensor *tensor, const int64_t *expected,
                               int rank)
{
    char found_text[128], expected_text[128];
    if (tensor->rank == rank && memcmp(tensor->shape, expected, (size_t)rank * sizeof *expected) == 0)
        return OK;
    tensor_print_shape(tensor->shape, tensor->rank, found_text, sizeof found_text);
    tensor_print_shape(expected, rank, expected_text, sizeof expected_text);
    return fail(ERR_INPUT, "%s: %s: found %s, expected %s", l->file->path, tensor->name, found_text,
                expected_text);
}

static enum status read_tensor(const struct loading *l, const char *prefix, const char *suffix,
                               const int64_t *shape, int rank, float *out)
{
    const struct tensor *tensor = find(l, prefix, suffix);
    REQUIRE(tensor, ERR_INPUT, "%s: tensor %s.%s of %s is missing", l->file->path, prefix, suffix,
            l->weights->net->name);
    TRY(check_shape(l, tensor, shape, rank));
    REQUIRE(tensor->type != TENSOR_I64, ERR_INPUT, "%s: %s: integers found, F32, F16 or BF16 expected",
            l->file->path, tensor->name);
    return tensor_file_read(l->file, tensor, out);
}

/* One number a channel. */
static enum status read_channels(const struct loading *l, const char *prefix, const char *suffix,
                                 int channels, float *out)
{
    const int64_t shape[] = { channels };
    return read_tensor(l, prefix, suffix, shape, 1, out);
}

/* ------------------------------------------------------------------------------------------- one layer */

static int is_folded(const struct loading *l, const struct layer *layer)
{
    return !layer->norm || (find(l, layer->tensor, "bias") && !find(l, layer->norm, "weight"));
}

/* y = gamma (w x - mean) / sqrt(variance + epsilon) + beta, as one weight and one bias; in double. */
static void fold(struct layer_weights *layer, int channels, size_t columns, const float *gamma,
                 const float *beta, const float *mean, const float *variance)
{
    for (int c = 0; c < channels; c++) {
        const double scale = (double)gamma[c] / sqrt((double)variance[c] + norm_epsilon);
        float *row = layer->weight + (size_t)c * columns;
        for (size_t k = 0; k < columns; k++) row[k] = (float)((double)row[k] * scale);
        layer->bias[c] = (float)((double)beta[c] - (double)mean[c] * scale);
    }
}

static enum status read_norm(const struct loading *l, const struct layer *layer, size_t columns,
                             struct layer_weights *out)
{
    const int n = layer->channels;
    float *norm = memory_new((size_t)n, 4 * sizeof *norm); /* [gamma, beta, mean, variance][channels] */
    enum status status;
    TRY_OR_DONE(memory_check(norm));
    TRY_OR_DONE(read_channels(l, layer->norm, "weight", n, norm));
    TRY_OR_DONE(read_channels(l, layer->norm, "bias", n, norm + n));
    TRY_OR_DONE(read_channels(l, layer->norm, "running_mean", n, norm + 2 * n));
    TRY_OR_DONE(read_channels(l, layer->norm, "running_var", n, norm + 3 * n));
    fold(out, n, columns, norm, norm + n, norm + 2 * n, norm + 3 * n);
done:
    memory_free(norm);
    return status;
}

static int all_finite(const float *numbers, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(numbers[k])) return 0;
    return 1;
}

static enum status load_layer(const struct loading *l, int i)
{
    const struct layer *layer = &l->weights->net->layers[i];
    struct layer_weights *out = &l->weights->layer[i];
    const size_t count = net_weight_count(l->weights->net, l->shapes, i);
    const size_t columns = count / (size_t)layer->channels;
    const int64_t flat[] = { layer->channels, (int64_t)columns };
    const int64_t deep[] = { layer->channels, net_input(l->weights->net, l->shapes, i).channels, layer->size,
                             layer->size };
    const int is_linear = layer->op == OP_LINEAR;
    TRY(weights_make_room(l->weights, l->shapes, i));
    TRY(read_tensor(l, layer->tensor, "weight", is_linear ? flat : deep, is_linear ? 2 : 4, out->weight));
    if (is_folded(l, layer))
        TRY(read_channels(l, layer->tensor, "bias", layer->channels, out->bias));
    else
        TRY(read_norm(l, layer, columns, out));
    REQUIRE(all_finite(out->weight, count) && all_finite(out->bias, (size_t)layer->channels), ERR_INPUT,
            "%s: layer %s has weights that are no finite numbers", l->file->path, layer->name);
    return OK;
}

/* ----------------------------------------------------------------------------------- the whole network */

/* What follows `prefix` and its dot in `name`, or NULL. */
static const char *after(const char *name, const char *prefix)
{
    const size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 && name[length] == '.' ? name + length + 1 : NULL;
}

static int is_among(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0) return 1;
    return 0;
}

static int belongs_to_layer(const struct loading *l, const struct layer *layer, const char *name)
{
    static const char *const folded[] = { "weight", "bias", NULL }, *const bare[] = { "weight", NULL };
    static const char *const norm[] = {
        "weight", "bias", "running_mean", "running_var", "num_batches_tracked", NULL
    };
    if (!layer->tensor) return 0;
    const int has_bias = is_folded(l, layer);
    const char *suffix = after(name, layer->tensor);
    if (suffix) return is_among(suffix, has_bias ? folded : bare);
    suffix = has_bias ? NULL : after(name, layer->norm);
    return suffix && is_among(suffix, norm);
}

static int belongs(const struct loading *l, const char *name)
{
    const struct net *net = l->weights->net;
    for (int i = 0; net->unused[i]; i++)
        if (strncmp(name, net->unused[i], strlen(net->unused[i])) == 0) return 1;
    for (int i = 0; i < net->n_layers; i++)
        if (belongs_to_layer(l, &net->layers[i], name)) return 1;
    return 0;
}

static enum status load_layers(struct loading *l, int last_layer)
{
    for (size_t i = 0; i < l->file->count; i++)
        REQUIRE(belongs(l, l->file->tensors[i].name), ERR_INPUT,
                "%s: tensor %.200s is none of %s's: weights of another network?", l->file->path,
                l->file->tensors[i].name, l->weights->net->name);
    net_shapes(l->weights->net, l->shapes);
    for (int i = 0; i <= last_layer; i++)
        if (l->weights->net->layers[i].tensor) TRY(load_layer(l, i));
    return OK;
}

static enum status check_published(const struct weights *weights, const char *path)
{
    const struct published_weights *published = weights_manifest_called(path);
    if (!published || weights_manifest_matches(published, weights->sha256)) return OK;
    return fail(ERR_INPUT,
                "%s: SHA-256 %s found, %s expected: damaged or not the published file; remove it and run "
                "`earshot weights fetch %s`",
                path, weights->sha256, published->sha256, published->network);
}

static enum status open_file(struct weights *weights, int last_layer, const char *path)
{
    const struct published_weights *published = weights_manifest_for(weights->net->name);
    struct loading loading = { .weights = weights };
    char instead[NAME_SIZE] = "none";
    enum status status;
    if (published)
        snprintf(instead, sizeof instead, "%s (`earshot weights fetch %s`)", published->file,
                 published->network);
    TRY_OR_DONE(tensor_file_open(&loading.file, path, instead));
    TRY_OR_DONE(sha256_descriptor(loading.file->descriptor, path, weights->sha256));
    TRY_OR_DONE(check_published(weights, path));
    TRY_OR_DONE(load_layers(&loading, last_layer));
    snprintf(weights->source, sizeof weights->source, "%s", path);
    weights->is_seeded = loading.file->is_seeded;
done:
    tensor_file_close(&loading.file);
    return status;
}

static enum status open_automatic(struct weights *weights, int last_layer)
{
    const char *network = weights->net->name;
    const struct published_weights *published = weights_manifest_for(network);
    char files[WEIGHTS_MAX_FILES][WEIGHTS_PATH], folder[WEIGHTS_PATH] = "any folder";
    if (weights_cache_files(network, files) == 0) {
        weights_cache_folder(0, folder);
        return fail(ERR_INPUT, "no weights of %s in %s; `earshot weights fetch %s` gets them", network,
                    folder, network);
    }
    TRY(open_file(weights, last_layer, files[0]));
    if (!published || !weights_manifest_matches(published, weights->sha256))
        log_warning("%s is not in the manifest of published weights; used as it is (SHA-256 %s)", files[0],
                    weights->sha256);
    return OK;
}

static enum status parse_seed(const char *text, uint64_t *seed)
{
    char *end;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    REQUIRE(*text >= '0' && *text <= '9' && *end == '\0' && errno == 0, ERR_USAGE,
            "--weights seeded:%s: a whole number from 0 on was expected after the colon", text);
    return OK;
}

static enum status open_spec(struct weights *weights, int last_layer, const char *spec)
{
    static const char seeded[] = "seeded:";
    uint64_t seed;
    if (strcmp(spec, "auto") == 0) return open_automatic(weights, last_layer);
    if (strncmp(spec, seeded, strlen(seeded)) != 0) return open_file(weights, last_layer, spec);
    TRY(parse_seed(spec + strlen(seeded), &seed));
    return weights_seeded_fill(weights, seed);
}

enum status weights_open(struct weights **out, const struct net *net, int last_layer, const char *spec)
{
    struct weights *weights = *out = memory_new(1, sizeof *weights);
    TRY(memory_check(weights));
    weights->net = net;
    const enum status status = open_spec(weights, last_layer, spec);
    if (status != OK) weights_close(out);
    return status;
}

void weights_close(struct weights **weights)
{
    if (!*weights) return;
    for (int i = 0; i < NET_MAX_LAYERS; i++) {
        memory_free((*weights)->layer[i].weight);
        memory_free((*weights)->layer[i].bias);
    }
    memory_free(*weights);
    *weights = NULL;
}
