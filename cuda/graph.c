#include "cuda/graph_internal.h"

#include "core/memory.h"

#include <stdint.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------- descriptors */

/* cuDNN's own words for the last failure may have several lines; a sentence has one. */
enum status graph_check(cudnnStatus_t status, const char *what)
{
    if (status == CUDNN_STATUS_SUCCESS) return OK;
    char words[640] = "";
    cudnnGetLastErrorString(words, sizeof words);
    for (char *c = words; *c; c++)
        if (*c == '\n') *c = ' ';
    return fail(ERR_DEVICE, "cuDNN, %s: %s%s%s", what, cudnnGetErrorString(status), words[0] ? ": " : "",
                words);
}

enum status graph_create(struct graph *graph, cudnnBackendDescriptorType_t type, graph_descriptor *out)
{
    TRY(memory_grow((void **)&graph->owned, &graph->owned_capacity, graph->n_owned, sizeof *graph->owned));
    TRY(graph_check(cudnnBackendCreateDescriptor(type, out), "creating a descriptor"));
    graph->owned[graph->n_owned++] = *out;
    return OK;
}

enum status graph_set(graph_descriptor descriptor, cudnnBackendAttributeName_t name,
                      cudnnBackendAttributeType_t type, int count, const void *values)
{
    return graph_check(cudnnBackendSetAttribute(descriptor, name, type, count, values),
                       "setting an attribute");
}

enum status graph_set_descriptor(graph_descriptor descriptor, cudnnBackendAttributeName_t name,
                                 graph_descriptor value)
{
    return graph_set(descriptor, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

enum status graph_finalize(graph_descriptor descriptor, const char *what)
{
    return graph_check(cudnnBackendFinalize(descriptor), what);
}

static void destroy(graph_descriptor descriptor)
{
    if (descriptor) cudnnBackendDestroyDescriptor(descriptor);
}

/* --------------------------------------------------------------------------------------------- devices */

static enum status describe(struct graph_device *device, const char *json)
{
    TRY(graph_check(cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &device->properties),
                    "creating a device's description"));
    TRY(graph_set(device->properties, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                  (int)strlen(json) + 1, json));
    return graph_finalize(device->properties, "reading a device's description");
}

enum status graph_device_open(struct graph_device **out, struct cudnnContext *handle, const char *json)
{
    *out = NULL;
    struct graph_device *device = memory_new(1, sizeof *device);
    if (!device) return ERR_MEMORY;
    device->handle = handle;
    const enum status status = handle ? OK : describe(device, json);
    if (status != OK) graph_device_close(&device);
    *out = device;
    return status;
}

void graph_device_close(struct graph_device **device_pointer)
{
    struct graph_device *device = *device_pointer;
    if (!device) return;
    destroy(device->properties);
    memory_free(device);
    *device_pointer = NULL;
}

/* ---------------------------------------------------------------------------------------------- graphs */

enum status graph_new(struct graph **out, const struct graph_device *device, enum graph_precision precision,
                      size_t most_workspace)
{
    TRY(memory_check(*out = memory_new(1, sizeof **out)));
    (*out)->device = device;
    (*out)->precision = precision;
    (*out)->most_workspace = most_workspace;
    return OK;
}

static enum status build(struct graph *graph, const struct graph_conv *conv)
{
    TRY(graph_add_layer(graph, conv));
    return graph_choose(graph);
}

enum status graph_open(struct graph **out, const struct graph_device *device, const struct graph_conv *conv,
                       size_t most_workspace)
{
    TRY(graph_new(out, device, conv->precision, most_workspace));
    const enum status status = build(*out, conv);
    if (status != OK) graph_close(out);
    return status;
}

void graph_close(struct graph **graph_pointer)
{
    struct graph *graph = *graph_pointer;
    if (!graph) return;
    destroy(graph->plan);
    while (graph->n_owned > 0) destroy(graph->owned[--graph->n_owned]);
    memory_free(graph->owned);
    memory_free(graph);
    *graph_pointer = NULL;
}

const struct graph_report *graph_report(const struct graph *graph)
{
    return &graph->report;
}

/* ----------------------------------------------------------------------------------------------- calls */

struct graph_call {
    const struct graph *graph;
    graph_descriptor pack;
};

static enum status fill_pack(struct graph_call *call, const struct graph_operands *operands)
{
    const int64_t uids[] = { UID_X, UID_W, UID_B, UID_Y, UID_Z };
    const void *const pointers[] = { operands->x, operands->w, operands->b, operands->y, operands->z };
    const int n = call->graph->has_residual ? 5 : 4;
    TRY(graph_check(cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &call->pack),
                    "creating a variant pack"));
    TRY(graph_set(call->pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, n, uids));
    TRY(graph_set(call->pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, n, pointers));
    TRY(graph_set(call->pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1,
                  &operands->workspace));
    return graph_finalize(call->pack, "finalising a variant pack");
}

enum status graph_call_open(struct graph_call **out, const struct graph *graph,
                            const struct graph_operands *operands)
{
    *out = NULL;
    REQUIRE(!graph->has_residual == !operands->z, ERR_INTERNAL, "a residual is %s, the graph has %s",
            operands->z ? "given" : "missing", graph->has_residual ? "one" : "none");
    struct graph_call *call = memory_new(1, sizeof *call);
    if (!call) return ERR_MEMORY;
    call->graph = graph;
    const enum status status = fill_pack(call, operands);
    if (status != OK) graph_call_close(&call);
    *out = call;
    return status;
}

void graph_call_close(struct graph_call **call_pointer)
{
    struct graph_call *call = *call_pointer;
    if (!call) return;
    destroy(call->pack);
    memory_free(call);
    *call_pointer = NULL;
}

enum status graph_call_run(const struct graph_call *call)
{
    cudnnHandle_t handle = call->graph->device->handle;
    REQUIRE(handle, ERR_INTERNAL, "a graph for a card that is only described cannot run");
    return graph_check(cudnnBackendExecute(handle, call->graph->plan, call->pack), "running a convolution");
}
