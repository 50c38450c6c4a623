/* Which engine computes a graph: cuDNN proposes, most promising first, and its notes decide what is taken. */
#include "cuda/graph_internal.h"

#include <stdint.h>

enum { MOST_CONFIGURATIONS = 32 }; /* of one list; cuDNN 9.19 gives up to 20 for these graphs */

_Static_assert((int)GRAPH_TENSOR_CORE == 1 << CUDNN_NUMERICAL_NOTE_TENSOR_CORE,
               "graph.h's notes are cuDNN's");
_Static_assert((int)GRAPH_NONDETERMINISTIC == 1 << CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC, "see above");
_Static_assert((int)GRAPH_WINOGRAD_13X13 == 1 << CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13, "see above");
_Static_assert((int)GRAPH_STRICT_NAN == 1 << (CUDNN_NUMERICAL_NOTE_TYPE_COUNT - 1),
               "a note that graph.h lacks");

struct engine {
    int64_t number;
    unsigned notes, behaviour; /* bits 1 << note */
};

/* *count is how many there are, which may be more than fit. */
static enum status get(graph_descriptor descriptor, cudnnBackendAttributeName_t name,
                       cudnnBackendAttributeType_t type, int64_t most, int64_t *count, void *values)
{
    return graph_check(cudnnBackendGetAttribute(descriptor, name, type, most, count, values),
                       "reading an attribute");
}

static enum status read_notes(graph_descriptor engine, unsigned *bits)
{
    cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    int64_t n = 0;
    TRY(get(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
            CUDNN_NUMERICAL_NOTE_TYPE_COUNT, &n, notes));
    for (int64_t i = 0; i < n && i < CUDNN_NUMERICAL_NOTE_TYPE_COUNT; i++) *bits |= 1u << notes[i];
    return OK;
}

static enum status read_behaviour(graph_descriptor engine, unsigned *bits)
{
    cudnnBackendBehaviorNote_t notes[CUDNN_BEHAVIOR_NOTE_TYPE_COUNT];
    int64_t n = 0;
    TRY(get(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, CUDNN_BEHAVIOR_NOTE_TYPE_COUNT,
            &n, notes));
    for (int64_t i = 0; i < n && i < CUDNN_BEHAVIOR_NOTE_TYPE_COUNT; i++) *bits |= 1u << notes[i];
    return OK;
}

static enum status read_engine(struct graph *graph, graph_descriptor configuration, struct engine *out)
{
    graph_descriptor engine;
    int64_t n = 0;
    *out = (struct engine){ 0 };
    TRY(graph_create(graph, CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine));
    TRY(get(configuration, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &engine));
    TRY(get(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &n, &out->number));
    TRY(read_notes(engine, &out->notes));
    return read_behaviour(engine, &out->behaviour);
}

/* An engine that is compiled while the program runs would take seconds and NVRTC. */
static int is_allowed(const struct graph *graph, const struct engine *engine)
{
    if (engine->notes & graph_forbidden(graph->precision)) return 0;
    return !(engine->behaviour & 1u << CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION);
}

static enum status plan(struct graph *graph, graph_descriptor configuration)
{
    const struct graph_device *device = graph->device;
    TRY(graph_check(cudnnBackendCreateDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &graph->plan),
                    "creating a plan"));
    if (device->handle)
        TRY(graph_set(graph->plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &device->handle));
    else
        TRY(graph_set_descriptor(graph->plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device->properties));
    TRY(graph_set_descriptor(graph->plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration));
    TRY(graph_finalize(graph->plan, "finalising a plan"));
    int64_t bytes = 0, n = 0;
    TRY(get(graph->plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &n, &bytes));
    REQUIRE(bytes >= 0 && (uint64_t)bytes <= graph->most_workspace, ERR_DEVICE,
            "cuDNN's engine wants %lld bytes of workspace, there are %zu", (long long)bytes,
            graph->most_workspace);
    graph->report.workspace = (size_t)bytes;
    return OK;
}

/* Leaves graph->plan NULL where this configuration is not to be used. */
static enum status try_configuration(struct graph *graph, graph_descriptor configuration)
{
    struct engine engine;
    TRY(read_engine(graph, configuration, &engine));
    if (!is_allowed(graph, &engine)) {
        graph->report.forbidden++;
        return OK;
    }
    if (plan(graph, configuration) == OK) {
        graph->report.engine = (int)engine.number;
        graph->report.notes = engine.notes;
        return OK;
    }
    graph->report.refused++;
    if (graph->plan) cudnnBackendDestroyDescriptor(graph->plan);
    graph->plan = NULL;
    return OK;
}

static enum status ask(struct graph *graph, graph_descriptor operations, cudnnBackendHeurMode_t mode,
                       graph_descriptor configurations[MOST_CONFIGURATIONS], int64_t *n)
{
    graph_descriptor heuristics;
    TRY(graph_create(graph, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, &heuristics));
    TRY(graph_set_descriptor(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, operations));
    TRY(graph_set(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode));
    if (graph->device->properties)
        TRY(graph_set_descriptor(heuristics, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, graph->device->properties));
    TRY(graph_finalize(heuristics, "asking for engines"));
    for (int i = 0; i < MOST_CONFIGURATIONS; i++)
        TRY(graph_create(graph, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &configurations[i]));
    return get(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, MOST_CONFIGURATIONS,
               n, configurations);
}

/* The first of one list that may be used; graph->plan stays NULL where there is none. */
static enum status choose_among(struct graph *graph, graph_descriptor operations, cudnnBackendHeurMode_t mode)
{
    graph_descriptor configurations[MOST_CONFIGURATIONS];
    int64_t n = 0;
    TRY(ask(graph, operations, mode, configurations, &n));
    for (int64_t i = 0; i < n && i < MOST_CONFIGURATIONS && !graph->plan; i++)
        TRY(try_configuration(graph, configurations[i]));
    return OK;
}

static enum status join_operations(struct graph *graph, graph_descriptor *out)
{
    const struct graph_device *device = graph->device;
    TRY(graph_create(graph, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, out));
    TRY(graph_set(*out, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, graph->n_operations,
                  graph->operations));
    if (device->handle)
        TRY(graph_set(*out, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &device->handle));
    return graph_finalize(*out, "joining the operations");
}

static enum status nothing_found(const struct graph *graph, enum status heuristics)
{
    const struct graph_report *report = &graph->report;
    const char *precision = graph_precision_name(graph->precision);
    if (heuristics == OK && report->refused == 0)
        return fail(ERR_DEVICE, "cuDNN has no engine at %s: %d ruled out by their notes", precision,
                    report->forbidden);
    return fail_within(ERR_DEVICE, "no engine at %s, %d ruled out by their notes, %d refused, the last",
                       precision, report->forbidden, report->refused);
}

enum status graph_choose(struct graph *graph)
{
    graph_descriptor operations;
    TRY(join_operations(graph, &operations));
    enum status status = choose_among(graph, operations, CUDNN_HEUR_MODE_A);
    if (graph->plan) return OK;
    graph->report.fallback = 1;
    status = choose_among(graph, operations, CUDNN_HEUR_MODE_FALLBACK);
    return graph->plan ? OK : nothing_found(graph, status);
}
