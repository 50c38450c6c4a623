#include "detect/autoencoder_run.h"

/* ---------------------------------------------------------------------------------------------- memory */

size_t autoencoder_layer_outputs(const struct autoencoder_layer *layer)
{
    return (size_t)layer->channels * (size_t)layer->area;
}

size_t autoencoder_layer_inputs(const struct autoencoder_layer *layer)
{
    const struct map *map = &layer->map;
    return layer->is_up ? (size_t)map->small_channels * (size_t)map_area(map)
                        : (size_t)map->large_channels * (size_t)(map->large_size * map->large_size);
}

struct largest {
    size_t windows, values, weights; /* windows and weights of convolutions alone */
};

static void take_largest(size_t *largest, size_t n)
{
    if (n > *largest) *largest = n;
}

static struct largest largest_of(const struct autoencoder *ae)
{
    struct largest largest = { 0 };
    for (int l = 0; l < ae->n_layers; l++) {
        const struct autoencoder_layer *layer = &ae->layers[l];
        take_largest(&largest.values, autoencoder_layer_outputs(layer));
        if (map_is_dense(&layer->map)) continue;
        take_largest(&largest.windows, (size_t)map_window(&layer->map) * (size_t)map_area(&layer->map));
        take_largest(&largest.weights, layer->n_weights);
    }
    return largest;
}

static enum status new_floats(float **out, size_t n_patches, size_t n)
{
    return memory_check(*out = memory_new(n_patches * n, sizeof **out));
}

/* Only what a way back needs is kept apart: the norm's input. */
static enum status make_values(struct autoencoder_run *run)
{
    const size_t capacity = (size_t)run->capacity;
    for (int l = 0; l < run->ae->n_layers; l++) {
        const struct autoencoder_layer *layer = &run->ae->layers[l];
        TRY(new_floats(&run->values[l], capacity, autoencoder_layer_outputs(layer)));
        run->sums[l] = run->values[l];
        if (!layer->is_normed || !run->trains) continue;
        run->sums[l] = NULL;
        TRY(new_floats(&run->sums[l], capacity, autoencoder_layer_outputs(layer)));
    }
    return OK;
}

enum status autoencoder_run_init(struct autoencoder_run *run, struct autoencoder *ae, struct backend *backend,
                                 int capacity, int trains)
{
    const struct largest largest = largest_of(ae);
    *run = (struct autoencoder_run){ .ae = ae, .backend = backend, .capacity = capacity, .trains = trains };
    TRY(make_values(run));
    TRY(new_floats(&run->mean_inverse, 1, ae->n_statistics));
    TRY(new_floats(&run->windows, AUTOENCODER_SLICES, largest.windows));
    TRY(memory_check(run->error = memory_new((size_t)capacity, sizeof *run->error)));
    if (!trains) return OK;
    TRY(new_floats(&run->gradients, 1, ae->n_parameters));
    TRY(new_floats(&run->by_value[0], (size_t)capacity, largest.values));
    TRY(new_floats(&run->by_value[1], (size_t)capacity, largest.values));
    return new_floats(&run->slice_weight, AUTOENCODER_SLICES, largest.weights);
}

void autoencoder_run_release(struct autoencoder_run *run)
{
    for (int l = 0; l < AUTOENCODER_MAX_LAYERS; l++) {
        if (run->sums[l] != run->values[l]) memory_free(run->sums[l]);
        memory_free(run->values[l]);
    }
    memory_free(run->mean_inverse);
    memory_free(run->windows);
    memory_free(run->error);
    memory_free(run->gradients);
    memory_free(run->by_value[0]);
    memory_free(run->by_value[1]);
    memory_free(run->slice_weight);
    *run = (struct autoencoder_run){ 0 };
}

/* ---------------------------------------------------------------------------------- shares of the work */

struct slice autoencoder_slice(const struct autoencoder_run *run, int index)
{
    const int n = run->n;
    return (struct slice){ (int)((long long)n * index / AUTOENCODER_SLICES),
                           (int)((long long)n * (index + 1) / AUTOENCODER_SLICES) };
}

struct channel autoencoder_channel(const struct autoencoder_run *run, int l, int c, size_t *offset)
{
    const struct autoencoder_layer *layer = &run->ae->layers[l];
    *offset = (size_t)c * (size_t)layer->area;
    return (struct channel){ run->n, layer->area, autoencoder_layer_outputs(layer), layer->activation };
}

const float *autoencoder_run_input(const struct autoencoder_run *run, int l)
{
    return l == 0 ? run->input : run->values[l - 1];
}

struct product {
    struct backend *backend;
    const struct gemm_args *whole;
    int width; /* columns of a share */
};

static void multiply_share(void *context, int index, int thread)
{
    const struct product *product = context;
    struct gemm_args share = *product->whole;
    const int first = index * product->width, left = share.n - first;
    (void)thread;
    share.n = left < product->width ? left : product->width;
    share.b += (size_t)first * share.b_column;
    share.c += first;
    product->backend->ops->gemm(product->backend, &share);
}

void autoencoder_run_product(struct autoencoder_run *run, const struct gemm_args *whole)
{
    const int width =
        whole->n > 16 * AUTOENCODER_SLICES ? (whole->n / AUTOENCODER_SLICES + 15) / 16 * 16 : 16;
    struct product product = { run->backend, whole, width };
    run->backend->ops->share(run->backend, (whole->n + width - 1) / width, multiply_share, &product);
}

/* --------------------------------------------------------------------------------------------- forward */

struct step {
    struct autoencoder_run *run;
    int l;
};

/* The convolution of one slice's patches. */
static void convolve_slice(void *context, int index, int thread)
{
    const struct step *step = context;
    const struct autoencoder_run *run = step->run;
    const struct autoencoder_layer *layer = &run->ae->layers[step->l];
    const struct map *map = &layer->map;
    const struct slice slice = autoencoder_slice(run, index);
    const float *weight = run->ae->parameters + layer->weight;
    float *windows = run->windows + (size_t)index * map_window(map) * map_area(map);
    (void)thread;
    for (int p = slice.begin; p < slice.end; p++) {
        const float *in = autoencoder_run_input(run, step->l) + (size_t)p * autoencoder_layer_inputs(layer);
        float *out = run->sums[step->l] + (size_t)p * autoencoder_layer_outputs(layer);
        if (layer->is_up) {
            map_up(map, run->backend, weight, in, windows);
            map_scatter(map, windows, out);
        } else {
            map_gather(map, in, windows);
            map_down(map, run->backend, weight, windows, out);
        }
    }
}

/* The dense layer of all patches: in · weight' down, in · weight up. */
static void multiply_dense(struct autoencoder_run *run, int l)
{
    const struct autoencoder_layer *layer = &run->ae->layers[l];
    const size_t inputs = autoencoder_layer_inputs(layer), outputs = autoencoder_layer_outputs(layer);
    autoencoder_run_product(run, &(struct gemm_args){ .m = run->n,
                                                      .n = (int)outputs,
                                                      .k = (int)inputs,
                                                      .a = autoencoder_run_input(run, l),
                                                      .a_row = inputs,
                                                      .a_column = 1,
                                                      .b = run->ae->parameters + layer->weight,
                                                      .b_row = layer->is_up ? outputs : 1,
                                                      .b_column = layer->is_up ? 1 : inputs,
                                                      .c = run->sums[l],
                                                      .c_row = outputs });
}

/* Norm or bias, and activation, of channel c. */
static void finish_channel(void *context, int c, int thread)
{
    const struct step *step = context;
    const struct autoencoder_run *run = step->run;
    const struct autoencoder_layer *layer = &run->ae->layers[step->l];
    size_t offset;
    const struct channel channel = autoencoder_channel(run, step->l, c, &offset);
    const float *sum = run->sums[step->l] + offset, *bias = run->ae->parameters + layer->bias;
    float *value = run->values[step->l] + offset;
    (void)thread;
    if (!layer->is_normed) {
        channel_add(&channel, sum, bias[c], value);
        return;
    }
    float *mean_inverse = run->mean_inverse + layer->statistics + 2 * (size_t)c;
    float *mean = run->ae->statistics + layer->statistics + c, *variance = mean + layer->channels;
    if (run->trains)
        channel_statistics(&channel, sum, mean_inverse, mean, variance);
    else
        channel_running(*mean, *variance, mean_inverse);
    channel_norm(&channel, sum, mean_inverse, bias[c], bias[layer->channels + c], value);
}

static void measure_slice(void *context, int index, int thread)
{
    const struct autoencoder_run *run = context;
    const size_t cells = (size_t)autoencoder_cells(run->ae);
    const struct slice slice = autoencoder_slice(run, index);
    (void)thread;
    for (size_t p = (size_t)slice.begin; p < (size_t)slice.end; p++) {
        const float *in = run->input + p * cells, *out = run->values[run->ae->n_layers - 1] + p * cells;
        double sum = 0;
        for (size_t i = 0; i < cells; i++) {
            const double difference = (double)out[i] - (double)in[i];
            sum += difference * difference;
        }
        run->error[p] = sum / (double)cells;
    }
}

void autoencoder_forward(struct autoencoder_run *run, const float *patches, int n)
{
    const struct backend_ops *ops = run->backend->ops;
    run->input = patches;
    run->n = n;
    for (int l = 0; l < run->ae->n_layers; l++) {
        struct step step = { run, l };
        if (map_is_dense(&run->ae->layers[l].map))
            multiply_dense(run, l);
        else
            ops->share(run->backend, AUTOENCODER_SLICES, convolve_slice, &step);
        ops->share(run->backend, run->ae->layers[l].channels, finish_channel, &step);
    }
    ops->share(run->backend, AUTOENCODER_SLICES, measure_slice, run);
}

double autoencoder_run_loss(const struct autoencoder_run *run)
{
    double sum = 0;
    for (int p = 0; p < run->n; p++) sum += run->error[p];
    return sum / run->n;
}
