/* The operations of a graph. Attributes and their types are those of the sections
 * CUDNN_BACKEND_…_DESCRIPTOR in NVIDIA's API reference for cuDNN 9, "cudnn_graph library". */
#include "cuda/graph_internal.h"

#include <stdbool.h>
#include <stdint.h>

static cudnnDataType_t type_of(const struct graph *graph, const struct graph_tensor *tensor)
{
    if (tensor->uid >= UID_VIRTUAL || graph->precision != GRAPH_FP16) return CUDNN_DATA_FLOAT;
    return CUDNN_DATA_HALF;
}

/* Dimensions stand in the order N, C, H, W; the strides make it NHWC. */
enum status graph_add_tensor(struct graph *graph, const struct graph_tensor *tensor, graph_descriptor *out)
{
    const int64_t uid = tensor->uid, alignment = 16, pixel = tensor->pitch, row = tensor->width * pixel;
    const int64_t sizes[] = { tensor->n, tensor->channels, tensor->height, tensor->width };
    const int64_t strides[] = { tensor->height * row, 1, row, pixel };
    const cudnnDataType_t type = type_of(graph, tensor);
    const bool is_virtual = tensor->uid >= UID_VIRTUAL;
    TRY(graph_create(graph, CUDNN_BACKEND_TENSOR_DESCRIPTOR, out));
    TRY(graph_set(*out, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &uid));
    TRY(graph_set(*out, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type));
    TRY(graph_set(*out, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment));
    TRY(graph_set(*out, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, sizes));
    TRY(graph_set(*out, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, strides));
    TRY(graph_set(*out, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &is_virtual));
    return graph_finalize(*out, "a tensor");
}

static enum status add_operation(struct graph *graph, cudnnBackendDescriptorType_t type,
                                 graph_descriptor *out)
{
    TRY(graph_create(graph, type, out));
    graph->operations[graph->n_operations++] = *out;
    return OK;
}

/* How the window goes: sums in float, not flipped. */
static enum status add_window(struct graph *graph, const struct graph_conv *conv, graph_descriptor *out)
{
    const int64_t dimensions = 2, pad[] = { conv->pad, conv->pad }, dilation[] = { 1, 1 },
                  stride[] = { conv->stride, conv->stride };
    const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    TRY(graph_create(graph, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, out));
    TRY(graph_set(*out, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &dimensions));
    TRY(graph_set(*out, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &sums));
    TRY(graph_set(*out, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode));
    TRY(graph_set(*out, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, pad));
    TRY(graph_set(*out, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, pad));
    TRY(graph_set(*out, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, dilation));
    TRY(graph_set(*out, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride));
    return graph_finalize(*out, "a convolution's window");
}

/* Groups need no attribute: they are the channels of x over those of w. */
enum status graph_add_convolution(struct graph *graph, const struct graph_conv *conv, graph_descriptor x,
                                  graph_descriptor w, graph_descriptor y)
{
    const float alpha = 1, beta = 0;
    graph_descriptor window, operation;
    TRY(add_window(graph, conv, &window));
    TRY(add_operation(graph, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, &operation));
    TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x));
    TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w));
    TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y));
    TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, window));
    TRY(graph_set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &alpha));
    TRY(graph_set(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &beta));
    return graph_finalize(operation, "a convolution");
}

enum status graph_add_pointwise(struct graph *graph, cudnnPointwiseMode_t mode, graph_descriptor x,
                                graph_descriptor b, graph_descriptor y)
{
    const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    graph_descriptor function, operation;
    TRY(graph_create(graph, CUDNN_BACKEND_POINTWISE_DESCRIPTOR, &function));
    TRY(graph_set(function, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode));
    TRY(graph_set(function, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &sums));
    TRY(graph_finalize(function, "a pointwise function"));
    TRY(add_operation(graph, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, &operation));
    TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, function));
    TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x));
    if (b) TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b));
    TRY(graph_set_descriptor(operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y));
    return graph_finalize(operation, "a pointwise operation");
}

/* --------------------------------------------------------------------------------------------- a layer */

static struct graph_tensor output_like(const struct graph_conv *conv, enum graph_uid uid, int pitch)
{
    return (struct graph_tensor){ .uid = uid,
                                  .n = conv->n_patches,
                                  .channels = conv->out_channels,
                                  .height = conv->out_height,
                                  .width = conv->out_width,
                                  .pitch = pitch };
}

static enum status add_sums(struct graph *graph, const struct graph_conv *conv, graph_descriptor *sums)
{
    const struct graph_tensor x = { UID_X,           conv->n_patches, conv->in_channels,
                                    conv->in_height, conv->in_width,  conv->in_pitch };
    const int depth = conv->in_channels / conv->groups;
    const struct graph_tensor w = { UID_W, conv->out_channels, depth, conv->size, conv->size, depth };
    const struct graph_tensor y = output_like(conv, UID_VIRTUAL, conv->out_channels);
    graph_descriptor in, weight;
    TRY(graph_add_tensor(graph, &x, &in));
    TRY(graph_add_tensor(graph, &w, &weight));
    TRY(graph_add_tensor(graph, &y, sums));
    return graph_add_convolution(graph, conv, in, weight, *sums);
}

/* *sums = *sums + z */
static enum status add_residual(struct graph *graph, const struct graph_conv *conv, graph_descriptor *sums)
{
    const struct graph_tensor z = output_like(conv, UID_Z, conv->out_channels);
    const struct graph_tensor y = output_like(conv, UID_VIRTUAL + 1, conv->out_channels);
    graph_descriptor before = *sums, residual;
    graph->has_residual = 1;
    TRY(graph_add_tensor(graph, &z, &residual));
    TRY(graph_add_tensor(graph, &y, sums));
    return graph_add_pointwise(graph, CUDNN_POINTWISE_ADD, before, residual, *sums);
}

static enum status add_bias(struct graph *graph, const struct graph_conv *conv, graph_descriptor sums,
                            graph_descriptor y)
{
    const struct graph_tensor b = { UID_B, 1, conv->out_channels, 1, 1, conv->out_channels };
    graph_descriptor bias;
    TRY(graph_add_tensor(graph, &b, &bias));
    return graph_add_pointwise(graph, CUDNN_POINTWISE_ADD, sums, bias, y);
}

static enum status add_bias_and_relu(struct graph *graph, const struct graph_conv *conv,
                                     graph_descriptor sums, graph_descriptor y)
{
    const struct graph_tensor biased = output_like(conv, UID_VIRTUAL + 2, conv->out_channels);
    graph_descriptor before;
    TRY(graph_add_tensor(graph, &biased, &before));
    TRY(add_bias(graph, conv, sums, before));
    return graph_add_pointwise(graph, CUDNN_POINTWISE_RELU_FWD, before, NULL, y);
}

enum status graph_add_layer(struct graph *graph, const struct graph_conv *conv)
{
    const struct graph_tensor y = output_like(conv, UID_Y, conv->out_pitch);
    graph_descriptor sums, out;
    TRY(add_sums(graph, conv, &sums));
    if (conv->residual) TRY(add_residual(graph, conv, &sums));
    TRY(graph_add_tensor(graph, &y, &out));
    if (conv->relu) return add_bias_and_relu(graph, conv, sums, out);
    return add_bias(graph, conv, sums, out);
}
