/* What finalising a descriptor asks, from the API reference of each kind ("CUDNN_BACKEND_…_DESCRIPTOR"), for four
 * dimensions N, C, H, W whose strides say NHWC. */
#include "sim/sim_graph.h"

#define BAD(...) sim_refuse(CUDNN_STATUS_BAD_PARAM, __VA_ARGS__)

typedef const struct sim_descriptor *descriptor;

static int64_t size_of(descriptor tensor, int dimension)
{
    return sim_integer(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, dimension, -1);
}

static int64_t stride_of(descriptor tensor, int dimension)
{
    return sim_integer(tensor, CUDNN_ATTR_TENSOR_STRIDES, dimension, -1);
}

static cudnnStatus_t finalize_tensor(descriptor d)
{
    if (sim_integer(d, CUDNN_ATTR_TENSOR_UNIQUE_ID, 0, -1) < 0) return BAD("a tensor without a name");
    if (sim_enumerator(d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, -1) < 0)
        return BAD("a tensor without a type");
    if (sim_integer(d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 0, -1) < 1)
        return BAD("a tensor without an alignment");
    for (int i = 0; i < 4; i++)
        if (size_of(d, i) < 1 || stride_of(d, i) < 1) return BAD("a tensor's size or stride is not positive");
    if (stride_of(d, 1) != 1) return sim_refuse(CUDNN_STATUS_NOT_SUPPORTED, "only NHWC is simulated");
    if (stride_of(d, 3) < size_of(d, 1) || stride_of(d, 2) < size_of(d, 3) * stride_of(d, 3) ||
        stride_of(d, 0) < size_of(d, 2) * stride_of(d, 2))
        return BAD("a tensor's elements overlap");
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_window(descriptor d)
{
    static const cudnnBackendAttributeName_t lists[] = { CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS,
                                                         CUDNN_ATTR_CONVOLUTION_POST_PADDINGS,
                                                         CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES,
                                                         CUDNN_ATTR_CONVOLUTION_DILATIONS };
    if (sim_integer(d, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 0, -1) != 2) return BAD("not two dimensions");
    if (sim_enumerator(d, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, -1) != CUDNN_DATA_FLOAT)
        return sim_refuse(CUDNN_STATUS_NOT_SUPPORTED, "sums that are not float");
    if (sim_enumerator(d, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, -1) !=
        CUDNN_CROSS_CORRELATION)
        return sim_refuse(CUDNN_STATUS_NOT_SUPPORTED, "a flipped window is not simulated");
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++)
            if (sim_integer(d, lists[i], k, -1) < (i >= 2)) return BAD("a window's list %d is wrong", i);
    return CUDNN_STATUS_SUCCESS;
}

static int64_t output_size(descriptor window, int k, int64_t in, int64_t filter)
{
    const int64_t pads = sim_integer(window, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, k, 0) +
                         sim_integer(window, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, k, 0);
    const int64_t dilation = sim_integer(window, CUDNN_ATTR_CONVOLUTION_DILATIONS, k, 1);
    return (in + pads - dilation * (filter - 1) - 1) /
               sim_integer(window, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, k, 1) +
           1;
}

static cudnnStatus_t finalize_convolution(descriptor d)
{
    descriptor x = sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, 0);
    descriptor w = sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, 0);
    descriptor y = sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, 0);
    descriptor window = sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, 0);
    if (!x || !w || !y || !window) return BAD("a convolution without a tensor or a window");
    if (size_of(x, 1) % size_of(w, 1)) return BAD("channels of x are no multiple of those of w");
    if (size_of(w, 0) % (size_of(x, 1) / size_of(w, 1)))
        return BAD("channels of y are no multiple of the groups");
    if (size_of(y, 0) != size_of(x, 0) || size_of(y, 1) != size_of(w, 0)) return BAD("sizes of y");
    for (int k = 0; k < 2; k++)
        if (size_of(y, 2 + k) != output_size(window, k, size_of(x, 2 + k), size_of(w, 2 + k)))
            return BAD("y has %lld, a convolution of these sizes gives %lld", (long long)size_of(y, 2 + k),
                       (long long)output_size(window, k, size_of(x, 2 + k), size_of(w, 2 + k)));
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_pointwise(descriptor d)
{
    descriptor function = sim_link(d, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, 0);
    descriptor x = sim_link(d, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, 0);
    descriptor b = sim_link(d, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, 0);
    descriptor y = sim_link(d, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, 0);
    if (!function || !x || !y) return BAD("a pointwise operation without a function or a tensor");
    const int mode = sim_enumerator(function, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, -1);
    if (mode != CUDNN_POINTWISE_ADD && mode != CUDNN_POINTWISE_RELU_FWD)
        return sim_refuse(CUDNN_STATUS_NOT_SUPPORTED, "pointwise function %d is not simulated", mode);
    if ((mode == CUDNN_POINTWISE_ADD) != (b != NULL)) return BAD("one operand too many or too few");
    for (int i = 0; i < 4; i++) {
        if (size_of(x, i) != size_of(y, i)) return BAD("x and y differ in size");
        if (b && size_of(b, i) != 1 && size_of(b, i) != size_of(y, i)) return BAD("b does not fit y");
    }
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_plan(struct sim_descriptor *d)
{
    descriptor configuration = sim_link(d, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, 0);
    if (!configuration) return BAD("a plan without an engine's configuration");
    if (!sim_attribute(d, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1) &&
        !sim_link(d, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, 0))
        return BAD("a plan without a card");
    d->engine = configuration->engine;
    d->graph = configuration->graph;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t sim_finalize(struct sim_descriptor *d)
{
    switch (d->type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
        return finalize_tensor(d);
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
        return finalize_window(d);
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
        return finalize_convolution(d);
    case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
        return finalize_pointwise(d);
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
        return sim_link(d, CUDNN_ATTR_OPERATIONGRAPH_OPS, 0) ? CUDNN_STATUS_SUCCESS
                                                             : BAD("a graph without operations");
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
        return sim_link(d, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, 0)
                   ? CUDNN_STATUS_SUCCESS
                   : BAD("engines are asked for without a graph");
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
        return finalize_plan(d);
    default:
        return CUDNN_STATUS_SUCCESS;
    }
}
