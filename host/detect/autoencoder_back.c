/* The way back: the gradient of the loss, last layer first. */
#include "detect/autoencoder_run.h"

#include <string.h>

enum { CHUNK = 4096 }; /* weights whose slices one task adds up */

struct back {
    struct autoencoder_run *run;
    int l;
    float *by_output, *by_input; /* the loss's gradients [n][outputs], [n][inputs] of layer l */
};

/* d loss / d out = 2 (out - in) / (patches · cells) */
static void start_slice(void *context, int index, int thread)
{
    const struct back *back = context;
    const struct autoencoder_run *run = back->run;
    const size_t cells = (size_t)autoencoder_cells(run->ae);
    const struct slice slice = autoencoder_slice(run, index);
    const float *out = run->values[run->ae->n_layers - 1];
    const float factor = (float)(2 / ((double)run->n * (double)cells));
    (void)thread;
    for (size_t i = (size_t)slice.begin * cells; i < (size_t)slice.end * cells; i++)
        back->by_output[i] = factor * (out[i] - run->input[i]);
}

static void finish_channel_backward(void *context, int c, int thread)
{
    const struct back *back = context;
    const struct autoencoder_run *run = back->run;
    const struct autoencoder_layer *layer = &run->ae->layers[back->l];
    size_t offset;
    const struct channel channel = autoencoder_channel(run, back->l, c, &offset);
    const float *value = run->values[back->l] + offset, *sum = run->sums[back->l] + offset;
    const float *scale = run->ae->parameters + layer->bias;
    float *to = run->gradients + layer->bias, *gradient = back->by_output + offset;
    (void)thread;
    if (layer->is_normed)
        channel_norm_backward(&channel, sum, value, run->mean_inverse + layer->statistics + 2 * (size_t)c,
                              scale[c], gradient, &to[c], &to[layer->channels + c]);
    else
        channel_add_backward(&channel, value, gradient, &to[c]);
}

/* ---------------------------------------------------------------------------------------- convolutions */

/* One patch: its share of the weights' gradient, and the gradient by its input unless that is the patch
 * itself. The windows are those of the large side, which is the input of a convolution and the output of its
 * adjoint. */
static void convolve_back(const struct back *back, int p, float *windows, float *weight_gradient)
{
    struct autoencoder_run *run = back->run;
    const struct autoencoder_layer *layer = &run->ae->layers[back->l];
    const struct map *map = &layer->map;
    const float *weight = run->ae->parameters + layer->weight;
    const size_t inputs = autoencoder_layer_inputs(layer), at_input = (size_t)p * inputs;
    const float *in = autoencoder_run_input(run, back->l) + at_input;
    const float *by_output = back->by_output + (size_t)p * autoencoder_layer_outputs(layer);
    map_gather(map, layer->is_up ? by_output : in, windows);
    map_gradient(map, run->backend, layer->is_up ? in : by_output, windows, weight_gradient);
    if (back->l == 0) return;
    if (layer->is_up) {
        map_down(map, run->backend, weight, windows, back->by_input + at_input);
        return;
    }
    map_up(map, run->backend, weight, by_output, windows);
    map_scatter(map, windows, back->by_input + at_input);
}

static void convolve_slice_back(void *context, int index, int thread)
{
    const struct back *back = context;
    struct autoencoder_run *run = back->run;
    const struct autoencoder_layer *layer = &run->ae->layers[back->l];
    const struct slice slice = autoencoder_slice(run, index);
    float *windows = run->windows + (size_t)index * map_window(&layer->map) * map_area(&layer->map);
    float *weight_gradient = run->slice_weight + (size_t)index * layer->n_weights;
    (void)thread;
    memset(weight_gradient, 0, layer->n_weights * sizeof *weight_gradient);
    for (int p = slice.begin; p < slice.end; p++) convolve_back(back, p, windows, weight_gradient);
}

static void add_slices(void *context, int index, int thread)
{
    const struct back *back = context;
    const struct autoencoder_run *run = back->run;
    const struct autoencoder_layer *layer = &run->ae->layers[back->l];
    const size_t begin = (size_t)index * CHUNK, n = layer->n_weights;
    const size_t end = begin + CHUNK < n ? begin + CHUNK : n;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        double sum = 0;
        for (size_t s = 0; s < AUTOENCODER_SLICES; s++) sum += (double)run->slice_weight[s * n + i];
        run->gradients[layer->weight + i] = (float)sum;
    }
}

static void convolution_back(struct back *back)
{
    const struct autoencoder_run *run = back->run;
    const int n_chunks = (int)((run->ae->layers[back->l].n_weights + CHUNK - 1) / CHUNK);
    run->backend->ops->share(run->backend, AUTOENCODER_SLICES, convolve_slice_back, back);
    run->backend->ops->share(run->backend, n_chunks, add_slices, back);
}

/* ---------------------------------------------------------------------------------------- dense layers */

/* Weights' gradient = small' · large over all patches; by input: by output · weight down, · weight' up. */
static void dense_back(struct back *back)
{
    struct autoencoder_run *run = back->run;
    const struct autoencoder_layer *layer = &run->ae->layers[back->l];
    const size_t inputs = autoencoder_layer_inputs(layer), outputs = autoencoder_layer_outputs(layer);
    const size_t small = layer->is_up ? inputs : outputs, large = layer->is_up ? outputs : inputs;
    const float *in = autoencoder_run_input(run, back->l);
    autoencoder_run_product(run, &(struct gemm_args){ .m = (int)small,
                                                      .n = (int)large,
                                                      .k = run->n,
                                                      .a = layer->is_up ? in : back->by_output,
                                                      .a_row = 1,
                                                      .a_column = small,
                                                      .b = layer->is_up ? back->by_output : in,
                                                      .b_row = large,
                                                      .b_column = 1,
                                                      .c = run->gradients + layer->weight,
                                                      .c_row = large });
    autoencoder_run_product(run, &(struct gemm_args){ .m = run->n,
                                                      .n = (int)inputs,
                                                      .k = (int)outputs,
                                                      .a = back->by_output,
                                                      .a_row = outputs,
                                                      .a_column = 1,
                                                      .b = run->ae->parameters + layer->weight,
                                                      .b_row = layer->is_up ? 1 : inputs,
                                                      .b_column = layer->is_up ? outputs : 1,
                                                      .c = back->by_input,
                                                      .c_row = inputs });
}

void autoencoder_backward(struct autoencoder_run *run)
{
    const struct backend_ops *ops = run->backend->ops;
    struct back back = { run, run->ae->n_layers - 1, run->by_value[0], run->by_value[1] };
    ops->share(run->backend, AUTOENCODER_SLICES, start_slice, &back);
    for (; back.l >= 0; back.l--) {
        const struct autoencoder_layer *layer = &run->ae->layers[back.l];
        ops->share(run->backend, layer->channels, finish_channel_backward, &back);
        if (map_is_dense(&layer->map))
            dense_back(&back);
        else
            convolution_back(&back);
        float *by_output = back.by_input;
        back.by_input = back.by_output;
        back.by_output = by_output;
    }
}
