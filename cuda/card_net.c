#include "cuda/card_net.h"

#include "core/log.h"
#include "core/memory.h"
#include "cuda/device.h"
#include "cuda/graph_net.h"
#include "half.h"
#include "io/weights.h"
#include "layout.h"
#include "pooling.h"
#include "resize.h"

#include <cudnn_graph.h>

_Static_assert((int)GRAPH_IMAGE_CHANNELS == (int)RESIZE_CHANNELS, "pictures have one layout");
_Static_assert((int)GRAPH_FP32 == (int)PRECISION_FP32 && (int)GRAPH_TF32 == (int)PRECISION_TF32 &&
                   (int)GRAPH_FP16 == (int)PRECISION_FP16,
               "backend.h's precisions are graph.h's");

/* No engine that wants more is taken: half a gibibyte is a twentieth of the smallest card that one would use. */
enum { MOST_WORKSPACE = 512 << 20 };

struct card_net {
    struct graph_net plan;
    cudaStream_t stream;
    cudnnHandle_t handle;
    struct graph_device *device;
    struct graph *graphs[NET_MAX_LAYERS];     /* of plan.convs */
    struct graph_call *calls[NET_MAX_LAYERS]; /* of plan.steps; NULL: a pool */
    void *slots[NET_MAX_LAYERS], *image, *workspace;
    const struct layer *layers;
};

static enum number number_of(const struct card_net *net)
{
    return net->plan.precision == GRAPH_FP16 ? NUMBER_HALF : NUMBER_FLOAT;
}

static enum status dnn_check(cudnnStatus_t status, const char *what)
{
    if (status == CUDNN_STATUS_SUCCESS) return OK;
    const enum status why = status == CUDNN_STATUS_ALLOC_FAILED ? ERR_MEMORY : ERR_DEVICE;
    return fail(why, "%s: cuDNN says %s", what, cudnnGetErrorString(status));
}

/* ------------------------------------------------------------------------------------------------ plans */

static enum status open_cudnn(struct card_net *net)
{
    TRY(dnn_check(cudnnCreate(&net->handle), "opening cuDNN"));
    TRY(dnn_check(cudnnSetStream(net->handle, net->stream), "the stream of cuDNN"));
    return graph_device_open(&net->device, net->handle, NULL);
}

static enum status plan_graphs(struct card_net *net, struct region *region)
{
    size_t workspace = 0;
    for (int i = 0; i < net->plan.n_convs; i++) {
        TRY(graph_open(&net->graphs[i], net->device, &net->plan.convs[i], MOST_WORKSPACE));
        const struct graph_report *report = graph_report(net->graphs[i]);
        log_debug("convolution %d: cuDNN's engine %d, notes %#x, %zu bytes of workspace", i, report->engine,
                  report->notes, report->workspace);
        if (report->workspace > workspace) workspace = report->workspace;
    }
    return region_card(region, workspace, &net->workspace);
}

static enum status take_slots(struct card_net *net, struct region *region)
{
    for (int i = 0; i < net->plan.n_slots; i++) TRY(region_card(region, net->plan.slots[i], &net->slots[i]));
    return region_card(region, net->plan.image, &net->image);
}

/* ---------------------------------------------------------------------------------------------- weights */

struct upload {
    struct card_net *net;
    struct region *region;
    void *raw;        /* on the card: a layer's weights as the file has them */
    size_t raw_bytes; /* room */
};

static size_t filter_count(const struct line_spec *spec, const struct graph_step *step)
{
    struct shape shapes[NET_MAX_LAYERS];
    net_shapes(spec->net, shapes);
    return net_weight_count(spec->net, shapes, step->layer);
}

/* Filters as the layer has them, [filters][size][size][channels], whether the graph sees them so or as one pixel with all
 * numbers as channels (graph_net.h). */
static enum status put_weight(struct upload *upload, const struct line_spec *spec,
                              const struct graph_step *step, const void **out)
{
    struct card_net *net = upload->net;
    const int filters = step->out.shape.channels, padded = step->in.shape.channels;
    const int size = net->layers[step->layer].size;
    const size_t count = filter_count(spec, step), area = (size_t)size * size;
    void *weight;
    TRY(region_card(upload->region, area * filters * padded * graph_element(net->plan.precision), &weight));
    TRY(device_check(cudaMemcpyAsync(upload->raw, spec->weights->layer[step->layer].weight,
                                     count * sizeof(float), cudaMemcpyHostToDevice, net->stream),
                     "copying weights to the card"));
    const struct layout_weights_args args = { .in = upload->raw,
                                              .out = weight,
                                              .number = number_of(net),
                                              .filters = filters,
                                              .channels = (int)(count / area / (size_t)filters),
                                              .padded_channels = padded,
                                              .size = size };
    *out = weight;
    return device_launch(layout_weights, &args, net->stream);
}

/* A bias is what its tensors are. A convolution of 1 × 1 pixels of one channel turns floats into halves as well. */
static enum status put_bias(struct upload *upload, const struct line_spec *spec,
                            const struct graph_step *step, const void **out)
{
    struct card_net *net = upload->net;
    const struct graph_conv *conv = &net->plan.convs[step->conv];
    const size_t count = (size_t)conv->out_channels;
    void *bias;
    TRY(region_card(upload->region, count * graph_element(conv->precision), &bias));
    TRY(device_check(cudaMemcpyAsync(upload->raw, spec->weights->layer[step->layer].bias,
                                     count * sizeof(float), cudaMemcpyHostToDevice, net->stream),
                     "copying a bias to the card"));
    const struct layout_weights_args args = { .in = upload->raw,
                                              .out = bias,
                                              .number = number_of(net),
                                              .filters = conv->out_channels,
                                              .channels = 1,
                                              .padded_channels = 1,
                                              .size = 1 };
    *out = bias;
    return device_launch(layout_weights, &args, net->stream);
}

static char *place(const struct card_net *net, const struct graph_place *place)
{
    if (place->slot == GRAPH_SLOT_NONE) return NULL;
    char *const slot = place->slot == GRAPH_SLOT_IMAGE ? net->image : net->slots[place->slot];
    return slot + (size_t)place->channel * graph_element(net->plan.precision);
}

static enum status open_call(struct upload *upload, const struct line_spec *spec, int i)
{
    struct card_net *net = upload->net;
    const struct graph_step *step = &net->plan.steps[i];
    struct graph_operands operands = { .x = place(net, &step->in),
                                       .z = place(net, &step->with),
                                       .y = place(net, &step->out),
                                       .workspace = net->workspace };
    TRY(put_weight(upload, spec, step, &operands.w));
    TRY(put_bias(upload, spec, step, &operands.b));
    return graph_call_open(&net->calls[i], net->graphs[step->conv], &operands);
}

static size_t largest_weight(const struct card_net *net, const struct line_spec *spec)
{
    size_t most = 0;
    for (int i = 0; i < net->plan.n_steps; i++) {
        const struct graph_step *step = &net->plan.steps[i];
        const size_t count = step->conv < 0 ? 0 : filter_count(spec, step);
        if (count > most) most = count;
    }
    return most;
}

/* A pool's kernel takes whole tensors. */
static enum status check_pool(const struct card_net *net, const struct graph_step *step)
{
    REQUIRE(step->in.pitch == step->in.shape.channels && step->out.pitch == step->out.shape.channels,
            ERR_INTERNAL, "layer %s: a pool of a part of a tensor's channels", net->layers[step->layer].name);
    return OK;
}

static enum status open_steps(struct upload *upload, const struct line_spec *spec)
{
    const struct graph_net *plan = &upload->net->plan;
    for (int i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].conv >= 0)
            TRY(open_call(upload, spec, i));
        else
            TRY(check_pool(upload->net, &plan->steps[i]));
    }
    return OK;
}

/* One piece of the card's memory takes each layer's weights in turn, while the stream puts them in order; it goes back
 * when the last of them is done. */
static enum status put_weights(struct card_net *net, const struct line_spec *spec, struct region *region)
{
    struct region passing = { 0 };
    struct upload upload = { .net = net, .region = region };
    enum status status;
    TRY_OR_DONE(region_card(&passing, largest_weight(net, spec) * sizeof(float), &upload.raw));
    TRY_OR_DONE(open_steps(&upload, spec));
done:;
    const enum status waited =
        device_check(cudaStreamSynchronize(net->stream), "copying weights to the card");
    region_release(&passing);
    return status == OK ? waited : status;
}

/* ---------------------------------------------------------------------------------------------- opening */

static enum status fill(struct card_net *net, const struct line_spec *spec, struct region *region)
{
    const struct graph_place *features = &net->plan.features;
    TRY(graph_net_plan(&net->plan, spec->net, spec->layer, spec->chunk,
                       (enum graph_precision)spec->precision));
    REQUIRE(features->pitch == features->shape.channels, ERR_INTERNAL,
            "features are a part of a tensor's channels");
    TRY(open_cudnn(net));
    TRY(plan_graphs(net, region));
    TRY(take_slots(net, region));
    return put_weights(net, spec, region);
}

enum status card_net_open(struct card_net **out, const struct line_spec *spec, struct region *region,
                          cudaStream_t stream)
{
    struct card_net *net = *out = memory_new(1, sizeof *net);
    TRY(memory_check(net));
    net->stream = stream;
    net->layers = spec->net->layers;
    const enum status status = fill(net, spec, region);
    if (status != OK) card_net_close(out);
    return status;
}

void card_net_close(struct card_net **out)
{
    struct card_net *net = *out;
    if (!net) return;
    for (int i = 0; i < NET_MAX_LAYERS; i++) graph_call_close(&net->calls[i]);
    for (int i = 0; i < NET_MAX_LAYERS; i++) graph_close(&net->graphs[i]);
    graph_device_close(&net->device);
    if (net->handle) cudnnDestroy(net->handle);
    memory_free(net);
    *out = NULL;
}

/* ---------------------------------------------------------------------------------------------- running */

void *card_net_image(const struct card_net *net)
{
    return net->image;
}

enum number card_net_number(const struct card_net *net)
{
    return number_of(net);
}

static enum status run_pool(const struct card_net *net, const struct graph_step *step, int n_patches)
{
    const struct layer *layer = &net->layers[step->layer];
    const struct pooling_nhwc_args args = { .in = place(net, &step->in),
                                            .out = place(net, &step->out),
                                            .number = number_of(net),
                                            .n_patches = n_patches,
                                            .channels = step->in.shape.channels,
                                            .in_height = step->in.shape.height,
                                            .in_width = step->in.shape.width,
                                            .out_height = step->out.shape.height,
                                            .out_width = step->out.shape.width,
                                            .size = layer->size,
                                            .stride = layer->stride,
                                            .pad = layer->pad };
    if (step->op == OP_MAXPOOL) return device_launch(maxpool, &args, net->stream);
    return device_launch(avgpool, &args, net->stream);
}

enum status card_net_run(struct card_net *net, int n_patches, float *features)
{
    const struct graph_place *from = &net->plan.features;
    for (int i = 0; i < net->plan.n_steps; i++) {
        if (net->calls[i])
            TRY(graph_call_run(net->calls[i]));
        else
            TRY(run_pool(net, &net->plan.steps[i], n_patches));
    }
    const struct layout_features_args args = { .in = place(net, from),
                                               .out = features,
                                               .number = number_of(net),
                                               .n_patches = n_patches,
                                               .height = from->shape.height,
                                               .width = from->shape.width,
                                               .channels = from->shape.channels };
    return device_launch(layout_features, &args, net->stream);
}
