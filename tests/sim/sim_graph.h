/* cuDNN's graph API: descriptors as bags of attributes, and what is read out of them. */
#ifndef SIM_GRAPH_H
#define SIM_GRAPH_H

#include "sim/sim_internal.h"

#include <cudnn_graph.h>

struct attribute_value {
    cudnnBackendAttributeName_t name;
    cudnnBackendAttributeType_t type;
    int64_t count;
    void *bytes;
    struct attribute_value *next;
};

struct sim_descriptor {
    cudnnBackendDescriptorType_t type;
    int is_final;
    struct attribute_value *attributes;
    /* Of engines, configurations and plans: which proposed engine, of which graph. */
    int engine;
    const struct sim_descriptor *graph;
};

struct cudnnContext {
    cudaStream_t stream;
};

/* The attribute, where it was set with this type and at least `least` elements; else NULL. */
const struct attribute_value *sim_attribute(const struct sim_descriptor *d, cudnnBackendAttributeName_t name,
                                            cudnnBackendAttributeType_t type, int64_t least);
/* Elements of it; the alternative where it was not set. */
int64_t sim_integer(const struct sim_descriptor *d, cudnnBackendAttributeName_t name, int index,
                    int64_t alternative);
int sim_enumerator(const struct sim_descriptor *d, cudnnBackendAttributeName_t name,
                   cudnnBackendAttributeType_t type, int alternative);
/* NULL: not set. */
const struct sim_descriptor *sim_link(const struct sim_descriptor *d, cudnnBackendAttributeName_t name,
                                      int index);
/* Of a BOOLEAN. */
int sim_flag(const struct sim_descriptor *d, cudnnBackendAttributeName_t name);

/* Keeps the words for cudnnGetLastErrorString. */
cudnnStatus_t sim_refuse(cudnnStatus_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* sim_graph_rules.c: what finalising asks of each kind. */
cudnnStatus_t sim_finalize(struct sim_descriptor *d);

/* sim_graph_run.c: runs the operations of a graph on the tensors of a variant pack. */
enum { SIM_MOST_TENSORS = 16 };
struct sim_graph_work {
    const struct sim_descriptor *graph;
    int n;
    int64_t uids[SIM_MOST_TENSORS];
    void *pointers[SIM_MOST_TENSORS];
    void *workspace;
    size_t workspace_bytes;
};
void sim_run_graph(void *work);

/* What a proposed engine needs. */
size_t sim_engine_workspace(int engine, const struct sim_descriptor *graph);

#endif
