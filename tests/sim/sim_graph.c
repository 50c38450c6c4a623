#include "sim/sim_graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char last_words[256];

cudnnStatus_t sim_refuse(cudnnStatus_t status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(last_words, sizeof last_words, format, list);
    va_end(list);
    return status;
}

/* ------------------------------------------------------------------------------------------- attributes */

static size_t element(cudnnBackendAttributeType_t type)
{
    switch (type) {
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
        return 8;
    case CUDNN_TYPE_BOOLEAN:
    case CUDNN_TYPE_CHAR:
        return 1;
    default:
        return 4;
    }
}

const struct attribute_value *sim_attribute(const struct sim_descriptor *d, cudnnBackendAttributeName_t name,
                                            cudnnBackendAttributeType_t type, int64_t least)
{
    const struct attribute_value *a = d->attributes;
    while (a && a->name != name) a = a->next;
    return a && a->type == type && a->count >= least ? a : NULL;
}

int64_t sim_integer(const struct sim_descriptor *d, cudnnBackendAttributeName_t name, int index,
                    int64_t alternative)
{
    const struct attribute_value *a = sim_attribute(d, name, CUDNN_TYPE_INT64, index + 1);
    return a ? ((const int64_t *)a->bytes)[index] : alternative;
}

int sim_enumerator(const struct sim_descriptor *d, cudnnBackendAttributeName_t name,
                   cudnnBackendAttributeType_t type, int alternative)
{
    const struct attribute_value *a = sim_attribute(d, name, type, 1);
    return a ? *(const int *)a->bytes : alternative;
}

int sim_flag(const struct sim_descriptor *d, cudnnBackendAttributeName_t name)
{
    const struct attribute_value *a = sim_attribute(d, name, CUDNN_TYPE_BOOLEAN, 1);
    return a && *(const char *)a->bytes;
}

const struct sim_descriptor *sim_link(const struct sim_descriptor *d, cudnnBackendAttributeName_t name,
                                      int index)
{
    const struct attribute_value *a = sim_attribute(d, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, index + 1);
    return a ? ((const struct sim_descriptor *const *)a->bytes)[index] : NULL;
}

/* A variant pack may be changed after it was finalised, nothing else. */
static cudnnStatus_t check_set(const struct sim_descriptor *d, cudnnBackendAttributeType_t type,
                               int64_t count, const void *elements)
{
    if (!d) return sim_refuse(CUDNN_STATUS_BAD_PARAM, "no descriptor");
    if (d->is_final && d->type != CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)
        return sim_refuse(CUDNN_STATUS_BAD_PARAM, "an attribute is set after finalising");
    if (count < 0 || (count && !elements)) return sim_refuse(CUDNN_STATUS_BAD_PARAM, "no elements");
    for (int64_t i = 0; i < count && type == CUDNN_TYPE_BACKEND_DESCRIPTOR; i++) {
        const struct sim_descriptor *linked = ((const struct sim_descriptor *const *)elements)[i];
        if (!linked || !linked->is_final)
            return sim_refuse(CUDNN_STATUS_BAD_PARAM, "a descriptor that is not final is given");
    }
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void *elements)
{
    SIM_LOCK();
    struct sim_descriptor *d = descriptor;
    const cudnnStatus_t status = check_set(d, type, count, elements);
    if (status != CUDNN_STATUS_SUCCESS) return status;
    struct attribute_value *a = calloc(1, sizeof *a);
    void *bytes = malloc((size_t)count * element(type) + 1);
    if (!a || !bytes) abort();
    memcpy(bytes, elements, (size_t)count * element(type));
    *a = (struct attribute_value){ name, type, count, bytes, d->attributes };
    d->attributes = a; /* the newest of a name is found first */
    return CUDNN_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------------------------------ descriptors */

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t *descriptor)
{
    SIM_LOCK();
    if (sim_fails("cudnnBackendCreateDescriptor")) return sim_refuse(CUDNN_STATUS_ALLOC_FAILED, "no memory");
    struct sim_descriptor *d = calloc(1, sizeof *d);
    if (!d) abort();
    d->type = type;
    *descriptor = d;
    sim_opened(SIM_DESCRIPTOR);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor)
{
    SIM_LOCK();
    struct sim_descriptor *d = descriptor;
    if (!d) return sim_refuse(CUDNN_STATUS_BAD_PARAM, "no descriptor");
    if (sim_queued_use(d, sizeof *d)) sim_fault("cuDNN: a graph is destroyed while queued work uses it");
    while (d->attributes) {
        struct attribute_value *a = d->attributes;
        d->attributes = a->next;
        free(a->bytes);
        free(a);
    }
    free(d);
    sim_closed(SIM_DESCRIPTOR);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor)
{
    SIM_LOCK();
    struct sim_descriptor *d = descriptor;
    if (!d) return sim_refuse(CUDNN_STATUS_BAD_PARAM, "no descriptor");
    if (d->type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR && sim_fails("cudnnBackendFinalize"))
        return sim_refuse(CUDNN_STATUS_NOT_SUPPORTED, "this plan is refused because a test wants it");
    const cudnnStatus_t status = sim_finalize(d);
    if (status == CUDNN_STATUS_SUCCESS) d->is_final = 1;
    return status;
}

/* --------------------------------------------------------------------------------------------- engines */

/* As on a card: the quickest first, and that one uses tensor cores; then Winograd; the third is plain. */
static const struct {
    int64_t number;
    int n_notes;
    cudnnBackendNumericalNote_t note;
    size_t workspace; /* bytes, beside what the graph adds */
} engines[] = {
    { 36, 1, CUDNN_NUMERICAL_NOTE_TENSOR_CORE, 0 },
    { 6, 1, CUDNN_NUMERICAL_NOTE_WINOGRAD, 65536 },
    { 11, 0, 0, 4096 },
};
enum { N_ENGINES = sizeof engines / sizeof *engines };

size_t sim_engine_workspace(int engine, const struct sim_descriptor *graph)
{
    (void)graph;
    return engines[engine].workspace;
}

static cudnnStatus_t give_configurations(const struct sim_descriptor *heuristics, int64_t most,
                                         int64_t *count, void *elements)
{
    struct sim_descriptor **out = elements;
    *count = most < N_ENGINES ? most : N_ENGINES;
    for (int i = 0; i < *count; i++) {
        if (!out[i] || out[i]->type != CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)
            return sim_refuse(CUDNN_STATUS_BAD_PARAM, "results need engine configurations to go into");
        out[i]->graph = sim_link(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, 0);
        out[i]->engine = i;
        out[i]->is_final = 1;
    }
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t give_engine(const struct sim_descriptor *configuration, int64_t *count, void *elements)
{
    struct sim_descriptor *out = *(struct sim_descriptor **)elements;
    if (!out || out->type != CUDNN_BACKEND_ENGINE_DESCRIPTOR)
        return sim_refuse(CUDNN_STATUS_BAD_PARAM, "an engine needs a descriptor to go into");
    out->engine = configuration->engine;
    out->graph = configuration->graph;
    out->is_final = 1;
    *count = 1;
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t give_integer(int64_t value, int64_t *count, void *elements)
{
    memcpy(elements, &value, sizeof value);
    *count = 1;
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t give_notes(const struct sim_descriptor *engine, int64_t most, int64_t *count,
                                void *elements)
{
    *count = engines[engine->engine].n_notes;
    if (*count && most) memcpy(elements, &engines[engine->engine].note, sizeof engines->note);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(const cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                       int64_t most, int64_t *count, void *elements)
{
    SIM_LOCK();
    const struct sim_descriptor *d = descriptor;
    (void)type;
    if (!d || !d->is_final)
        return sim_refuse(CUDNN_STATUS_BAD_PARAM, "an attribute is asked for before finalising");
    if (sim_fails("cudnnBackendGetAttribute")) return sim_refuse(CUDNN_STATUS_INTERNAL_ERROR, "lost");
    switch (name) {
    case CUDNN_ATTR_ENGINEHEUR_RESULTS:
        return give_configurations(d, most, count, elements);
    case CUDNN_ATTR_ENGINECFG_ENGINE:
        return give_engine(d, count, elements);
    case CUDNN_ATTR_ENGINE_GLOBAL_INDEX:
        return give_integer(engines[d->engine].number, count, elements);
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE:
        return give_notes(d, most, count, elements);
    case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE:
        *count = 0;
        return CUDNN_STATUS_SUCCESS;
    case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
        return give_integer((int64_t)sim_engine_workspace(d->engine, d->graph), count, elements);
    default:
        return sim_refuse(CUDNN_STATUS_NOT_SUPPORTED, "attribute %d is not simulated", (int)name);
    }
}

/* --------------------------------------------------------------------------------------------- execution */

static cudnnStatus_t read_pack(const struct sim_descriptor *pack, struct sim_graph_work *work)
{
    const struct attribute_value *uids =
        sim_attribute(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, 1);
    const struct attribute_value *pointers =
        sim_attribute(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 1);
    const struct attribute_value *workspace =
        sim_attribute(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1);
    if (!uids || !pointers || uids->count != pointers->count || uids->count > SIM_MOST_TENSORS)
        return sim_refuse(CUDNN_STATUS_BAD_PARAM, "a variant pack's names and pointers differ in number");
    work->n = (int)uids->count;
    memcpy(work->uids, uids->bytes, (size_t)work->n * sizeof *work->uids);
    memcpy(work->pointers, pointers->bytes, (size_t)work->n * sizeof *work->pointers);
    work->workspace = workspace ? *(void **)workspace->bytes : NULL;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan_descriptor,
                                  cudnnBackendDescriptor_t pack_descriptor)
{
    SIM_LOCK();
    const struct sim_descriptor *plan = plan_descriptor, *pack = pack_descriptor;
    if (!handle || !plan || !pack || !plan->is_final || !pack->is_final)
        return sim_refuse(CUDNN_STATUS_BAD_PARAM, "the plan or the variant pack is not final");
    if (sim_fails("cudnnBackendExecute"))
        return sim_refuse(CUDNN_STATUS_EXECUTION_FAILED, "the card does not answer");
    struct sim_graph_work work = { .graph = plan->graph,
                                   .workspace_bytes = sim_engine_workspace(plan->engine, plan->graph) };
    const cudnnStatus_t status = read_pack(pack, &work);
    if (status != CUDNN_STATUS_SUCCESS) return status;
    if (work.workspace_bytes && !sim_check_memory(work.workspace, work.workspace_bytes, "cuDNN, workspace"))
        return sim_refuse(CUDNN_STATUS_BAD_PARAM, "the workspace is too small");
    sim_counts.graphs++;
    sim_enqueue(handle->stream, "cuDNN", sim_run_graph, &work, sizeof work);
    return CUDNN_STATUS_SUCCESS;
}

/* ------------------------------------------------------------------------------------------------ handles */

size_t cudnnGetVersion(void)
{
    return 91900;
}

const char *cudnnGetErrorString(cudnnStatus_t status)
{
    switch (status) {
    case CUDNN_STATUS_SUCCESS:
        return "CUDNN_STATUS_SUCCESS";
    case CUDNN_STATUS_BAD_PARAM:
        return "CUDNN_STATUS_BAD_PARAM";
    case CUDNN_STATUS_NOT_SUPPORTED:
        return "CUDNN_STATUS_NOT_SUPPORTED";
    case CUDNN_STATUS_EXECUTION_FAILED:
        return "CUDNN_STATUS_EXECUTION_FAILED";
    default:
        return "another status";
    }
}

void cudnnGetLastErrorString(char *message, size_t size)
{
    if (size) snprintf(message, size, "%s", last_words);
    last_words[0] = 0;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle)
{
    SIM_LOCK();
    if (sim_fails("cudnnCreate")) return sim_refuse(CUDNN_STATUS_NOT_INITIALIZED, "no context");
    *handle = calloc(1, sizeof **handle);
    if (!*handle) abort();
    sim_opened(SIM_HANDLE);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle)
{
    SIM_LOCK();
    if (!handle) return CUDNN_STATUS_BAD_PARAM;
    free(handle);
    sim_closed(SIM_HANDLE);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream)
{
    SIM_LOCK();
    if (!handle || !sim_is_stream(stream)) return CUDNN_STATUS_BAD_PARAM;
    handle->stream = stream;
    return CUDNN_STATUS_SUCCESS;
}
