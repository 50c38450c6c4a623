/* What the files of graph.h share: a graph while it is built, operation by operation. */
#ifndef GRAPH_INTERNAL_H
#define GRAPH_INTERNAL_H

#include "cuda/graph.h"

#include <cudnn_graph.h>

typedef cudnnBackendDescriptor_t graph_descriptor; /* a void pointer in cuDNN's header */

struct graph_device {
    cudnnHandle_t handle;        /* NULL: described */
    graph_descriptor properties; /* NULL: here */
};

struct graph {
    const struct graph_device *device;
    enum graph_precision precision;
    size_t most_workspace;
    int has_residual;
    void **owned; /* descriptors, destroyed in reverse order */
    size_t n_owned, owned_capacity;
    graph_descriptor operations[8];
    int n_operations;
    graph_descriptor plan;
    struct graph_report report;
};

/* Names of the tensors in graphs and variant packs. Virtual ones exist only inside an engine. */
enum graph_uid { UID_X = 1, UID_W, UID_B, UID_Z, UID_Y, UID_VIRTUAL };

struct graph_tensor {
    enum graph_uid uid; /* UID_VIRTUAL and above: virtual, float */
    int n, channels, height, width, pitch;
};

/* ERR_DEVICE with "cuDNN, <what>: <its sentence>", unless status is success. */
enum status graph_check(cudnnStatus_t status, const char *what) MUST_CHECK;

/* Creates a descriptor that goes with the graph. */
enum status graph_create(struct graph *graph, cudnnBackendDescriptorType_t type,
                         graph_descriptor *out) MUST_CHECK;
enum status graph_set(graph_descriptor descriptor, cudnnBackendAttributeName_t name,
                      cudnnBackendAttributeType_t type, int count, const void *values) MUST_CHECK;
enum status graph_set_descriptor(graph_descriptor descriptor, cudnnBackendAttributeName_t name,
                                 graph_descriptor value) MUST_CHECK;
enum status graph_finalize(graph_descriptor descriptor, const char *what) MUST_CHECK;

/* graph_operations.c: what a graph is made of. */
enum status graph_add_tensor(struct graph *graph, const struct graph_tensor *tensor,
                             graph_descriptor *out) MUST_CHECK;
enum status graph_add_convolution(struct graph *graph, const struct graph_conv *conv, graph_descriptor x,
                                  graph_descriptor w, graph_descriptor y) MUST_CHECK;
/* y = mode(x, b); b NULL: mode(x) */
enum status graph_add_pointwise(struct graph *graph, cudnnPointwiseMode_t mode, graph_descriptor x,
                                graph_descriptor b, graph_descriptor y) MUST_CHECK;
enum status graph_add_layer(struct graph *graph, const struct graph_conv *conv) MUST_CHECK;

/* graph_engine.c: from the operations that were added to a plan. */
enum status graph_choose(struct graph *graph) MUST_CHECK;

/* An empty graph, to which operations are added. */
enum status graph_new(struct graph **out, const struct graph_device *device, enum graph_precision precision,
                      size_t most_workspace) MUST_CHECK;

#endif
