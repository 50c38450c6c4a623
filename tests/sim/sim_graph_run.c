/* Runs an operation graph, operation by operation. All tensors are fetched as floats; those that only exist inside
 * a graph (virtual ones) live here. What is written goes back at the end. */
#include "sim/sim_graph.h"

#include "half.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef const struct sim_descriptor *descriptor;

struct tensor {
    int64_t uid;
    int64_t size[4], stride[4]; /* N, C, H, W */
    size_t extent;              /* elements from the first to the last */
    float *values;
    int is_half, is_virtual, is_written;
    void *memory; /* the card's */
};

struct run {
    const struct sim_graph_work *work;
    struct tensor tensors[SIM_MOST_TENSORS];
    int n;
};

/* ---------------------------------------------------------------------------------------------- tensors */

static void fetch(struct tensor *t)
{
    const size_t bytes = t->extent * (t->is_half ? 2 : 4);
    void *copy = sim_fetch(t->memory, bytes, "cuDNN, tensor");
    for (size_t i = 0; i < t->extent && t->is_half; i++)
        t->values[i] = float_of_half(((const uint16_t *)copy)[i]);
    if (!t->is_half) memcpy(t->values, copy, bytes);
    free(copy);
}

static void store(const struct tensor *t)
{
    uint16_t *halves = t->is_half ? malloc(2 * t->extent) : NULL;
    for (size_t i = 0; i < t->extent && halves; i++) halves[i] = half_of_float(t->values[i]);
    if (t->is_half)
        sim_store(t->memory, halves, 2 * t->extent, "cuDNN, y");
    else
        sim_store(t->memory, t->values, 4 * t->extent, "cuDNN, y");
    free(halves);
}

static void *pointer_of(const struct sim_graph_work *work, int64_t uid)
{
    for (int i = 0; i < work->n; i++)
        if (work->uids[i] == uid) return work->pointers[i];
    sim_fault("cuDNN: the variant pack lacks tensor %lld", (long long)uid);
    return NULL;
}

static void read_sizes(struct tensor *t, descriptor d)
{
    t->extent = 1;
    for (int i = 0; i < 4; i++) {
        t->size[i] = sim_integer(d, CUDNN_ATTR_TENSOR_DIMENSIONS, i, 1);
        t->stride[i] = sim_integer(d, CUDNN_ATTR_TENSOR_STRIDES, i, 1);
        t->extent += (size_t)((t->size[i] - 1) * t->stride[i]);
    }
}

static struct tensor *tensor_of(struct run *run, descriptor d)
{
    const int64_t uid = sim_integer(d, CUDNN_ATTR_TENSOR_UNIQUE_ID, 0, -1);
    for (int i = 0; i < run->n; i++)
        if (run->tensors[i].uid == uid) return &run->tensors[i];
    if (run->n == SIM_MOST_TENSORS) abort();
    struct tensor *t = &run->tensors[run->n++];
    *t = (struct tensor){ .uid = uid, .is_virtual = sim_flag(d, CUDNN_ATTR_TENSOR_IS_VIRTUAL) };
    t->is_half = sim_enumerator(d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 0) == CUDNN_DATA_HALF;
    read_sizes(t, d);
    t->values = malloc(t->extent * sizeof *t->values);
    if (!t->values) abort();
    for (size_t i = 0; i < t->extent; i++) t->values[i] = NAN;
    if (t->is_virtual) return t;
    t->memory = pointer_of(run->work, uid);
    if ((uintptr_t)t->memory % (uintptr_t)sim_integer(d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 0, 1))
        sim_fault("cuDNN: tensor %lld is not aligned as its descriptor says", (long long)uid);
    fetch(t);
    return t;
}

static size_t place(const struct tensor *t, int64_t n, int64_t y, int64_t x)
{
    return (size_t)(n * t->stride[0] + y * t->stride[2] + x * t->stride[3]);
}

/* ------------------------------------------------------------------------------------------- operations */

struct convolution {
    const struct tensor *x, *y;
    float *weight; /* [groups][height][width][in][out], in and out of one group */
    int64_t pad[2], step[2], spread[2], height, width, in, out, groups;
};

static float *turn_weights(const struct tensor *w, int64_t groups)
{
    const int64_t out = w->size[0] / groups, in = w->size[1], height = w->size[2], width = w->size[3];
    float *turned = malloc((size_t)(w->size[0] * in * height * width) * sizeof *turned);
    if (!turned) abort();
    for (int64_t k = 0; k < w->size[0]; k++)
        for (int64_t y = 0; y < height; y++)
            for (int64_t x = 0; x < width; x++)
                for (int64_t c = 0; c < in; c++)
                    turned[((((k / out) * height + y) * width + x) * in + c) * out + k % out] =
                        w->values[place(w, k, y, x) + (size_t)c];
    return turned;
}

/* sums[out channels of the group] += one pixel of x times one tap of the window */
static void add_tap(const struct convolution *c, const float *pixel, const float *weight, double *sums)
{
    for (int64_t i = 0; i < c->in; i++)
        for (int64_t k = 0; k < c->out; k++) sums[k] += (double)pixel[i] * (double)weight[i * c->out + k];
}

static void convolve_group(const struct convolution *c, int64_t n, int64_t oy, int64_t ox, int64_t group,
                           double *sums)
{
    for (int64_t j = 0; j < c->height; j++)
        for (int64_t i = 0; i < c->width; i++) {
            const int64_t y = oy * c->step[0] + j * c->spread[0] - c->pad[0];
            const int64_t x = ox * c->step[1] + i * c->spread[1] - c->pad[1];
            if (y < 0 || y >= c->x->size[2] || x < 0 || x >= c->x->size[3]) continue;
            add_tap(c, c->x->values + place(c->x, n, y, x) + group * c->in,
                    c->weight + ((group * c->height + j) * c->width + i) * c->in * c->out, sums);
        }
}

static void convolve(const struct convolution *c)
{
    double *sums = malloc((size_t)c->out * sizeof *sums);
    if (!sums) abort();
    for (int64_t n = 0; n < c->y->size[0]; n++)
        for (int64_t y = 0; y < c->y->size[2]; y++)
            for (int64_t x = 0; x < c->y->size[3]; x++)
                for (int64_t group = 0; group < c->groups; group++) {
                    memset(sums, 0, (size_t)c->out * sizeof *sums);
                    convolve_group(c, n, y, x, group, sums);
                    float *out = c->y->values + place(c->y, n, y, x) + group * c->out;
                    for (int64_t k = 0; k < c->out; k++) out[k] = (float)sums[k];
                }
    free(sums);
}

static void run_convolution(struct run *run, descriptor d)
{
    descriptor window = sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, 0);
    const struct tensor *w = tensor_of(run, sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, 0));
    const struct tensor *x = tensor_of(run, sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, 0));
    struct tensor *y = tensor_of(run, sim_link(d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, 0));
    const int64_t groups = x->size[1] / w->size[1];
    struct convolution c = { .x = x,
                             .y = y,
                             .weight = turn_weights(w, groups),
                             .height = w->size[2],
                             .width = w->size[3],
                             .in = w->size[1],
                             .out = w->size[0] / groups,
                             .groups = groups };
    for (int k = 0; k < 2; k++) {
        c.pad[k] = sim_integer(window, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, k, 0);
        c.step[k] = sim_integer(window, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, k, 1);
        c.spread[k] = sim_integer(window, CUDNN_ATTR_CONVOLUTION_DILATIONS, k, 1);
    }
    convolve(&c);
    y->is_written = 1;
    free(c.weight);
}

static void run_pointwise(struct run *run, descriptor d)
{
    const struct tensor *x = tensor_of(run, sim_link(d, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, 0));
    descriptor second = sim_link(d, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, 0);
    const struct tensor *b = second ? tensor_of(run, second) : NULL;
    struct tensor *y = tensor_of(run, sim_link(d, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, 0));
    y->is_written = 1;
    for (int64_t n = 0; n < y->size[0]; n++)
        for (int64_t j = 0; j < y->size[2]; j++)
            for (int64_t i = 0; i < y->size[3]; i++) {
                float *out = y->values + place(y, n, j, i);
                const float *in = x->values + place(x, n, j, i), *with = NULL;
                if (b)
                    with = b->values +
                           place(b, b->size[0] > 1 ? n : 0, b->size[2] > 1 ? j : 0, b->size[3] > 1 ? i : 0);
                for (int64_t c = 0; c < y->size[1]; c++)
                    out[c] = with ? in[c] + with[b->size[1] > 1 ? c : 0] : in[c] < 0 ? 0 : in[c];
            }
}

/* ---------------------------------------------------------------------------------------------- a graph */

static void spoil_workspace(const struct sim_graph_work *work)
{
    char *nan = malloc(work->workspace_bytes);
    if (!nan) abort();
    memset(nan, 0xff, work->workspace_bytes);
    sim_store(work->workspace, nan, work->workspace_bytes, "cuDNN, workspace");
    free(nan);
}

static int overlap(const struct tensor *a, const struct tensor *b)
{
    const char *const x = a->memory, *const y = b->memory;
    return x < y + b->extent * (b->is_half ? 2 : 4) && y < x + a->extent * (a->is_half ? 2 : 4);
}

static void finish(struct run *run)
{
    for (int i = 0; i < run->n; i++) {
        const struct tensor *t = &run->tensors[i];
        for (int k = 0; k < run->n && t->is_written && !t->is_virtual; k++)
            if (k != i && !run->tensors[k].is_virtual && overlap(t, &run->tensors[k]))
                sim_fault("cuDNN: what is written overlaps tensor %lld", (long long)run->tensors[k].uid);
        if (t->is_written && !t->is_virtual) store(t);
    }
    for (int i = 0; i < run->n; i++) free(run->tensors[i].values);
}

void sim_run_graph(void *payload)
{
    struct run run = { .work = payload };
    descriptor operation;
    if (run.work->workspace_bytes && sim_watches(SIM_WORK_AREA)) spoil_workspace(run.work);
    for (int i = 0; (operation = sim_link(run.work->graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, i)); i++) {
        if (operation->type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
            run_convolution(&run, operation);
        else
            run_pointwise(&run, operation);
    }
    finish(&run);
}
