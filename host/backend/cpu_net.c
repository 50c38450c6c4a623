#include "backend/cpu_net.h"

#include "backend/cpu_plan.h"
#include "core/memory.h"

#include <string.h>

void cpu_share(const struct cpu_work *work, int n_tasks, void (*task)(void *context, int index, int thread),
               void *context)
{
    if (work->thread < 0)
        pool_run(work->net->pool, n_tasks, task, context);
    else
        for (int i = 0; i < n_tasks; i++) task(context, i, work->thread);
}

/* A task of these steps is one block of channels of one patch. */
static void run_blocks(const struct cpu_work *work, void (*task)(void *context, int index, int thread))
{
    struct cpu_work copy = *work;
    cpu_share(work, work->n_patches * work->step->out.blocks, task, &copy);
}

/* --------------------------------------------------------------------------------------------- pooling */

static struct cpu_pooling pooling_of(const struct cpu_step *step)
{
    return (struct cpu_pooling){
        .in = step->in, .out = step->out, .size = step->size, .stride = step->stride, .pad = step->pad
    };
}

static int maxpool_fits(const struct cpu_step *step)
{
    return step->op == OP_MAXPOOL;
}

static void maxpool_task(void *context, int index, int thread)
{
    (void)thread;
    const struct cpu_work *work = context;
    const struct cpu_pooling pooling = pooling_of(work->step);
    work->net->kernels->maxpool(&pooling, work->first_patch + index / pooling.out.blocks,
                                index % pooling.out.blocks);
}

static void maxpool_run(const struct cpu_work *work)
{
    run_blocks(work, maxpool_task);
}

static int avgpool_fits(const struct cpu_step *step)
{
    return step->op == OP_AVGPOOL;
}

static void avgpool_task(void *context, int index, int thread)
{
    (void)thread;
    const struct cpu_work *work = context;
    const struct cpu_pooling pooling = pooling_of(work->step);
    work->net->kernels->avgpool(&pooling, work->first_patch + index / pooling.out.blocks,
                                index % pooling.out.blocks);
}

static void avgpool_run(const struct cpu_work *work)
{
    run_blocks(work, avgpool_task);
}

/* --------------------------------------------------------------------------------------------- copying */

static float *row_of(const struct cpu_view *view, int patch, int block, int row)
{
    return view->data + (size_t)patch * view->patch + (size_t)block * view->block + (size_t)row * view->row;
}

static int copy_fits(const struct cpu_step *step)
{
    return step->op == OP_CONCAT;
}

static void copy_task(void *context, int index, int thread)
{
    (void)thread;
    const struct cpu_work *work = context;
    const struct cpu_step *step = work->step;
    const int patch = work->first_patch + index / step->out.blocks, block = index % step->out.blocks;
    for (int row = 0; row < step->out.height; row++)
        memcpy(row_of(&step->out, patch, block, row), row_of(&step->in, patch, block, row),
               (size_t)step->out.width * CPU_LANES * sizeof(float));
}

static void copy_run(const struct cpu_work *work)
{
    run_blocks(work, copy_task);
}

/* ------------------------------------------------------------------------------------------ algorithms */

static const struct cpu_algorithm cpu_maxpool = { "maxpool", maxpool_fits, NULL, maxpool_run };
static const struct cpu_algorithm cpu_avgpool = { "avgpool", avgpool_fits, NULL, avgpool_run };
static const struct cpu_algorithm cpu_copy = { "copy", copy_fits, NULL, copy_run };

/* The first that fits is taken: the fastest stand first. */
static const struct cpu_algorithm *const algorithms[] = { &cpu_winograd, &cpu_direct, &cpu_maxpool,
                                                          &cpu_avgpool, &cpu_copy };
enum { N_ALGORITHMS = sizeof algorithms / sizeof *algorithms };

static enum status choose_algorithm(struct cpu_step *step)
{
    for (int i = 0; i < N_ALGORITHMS && !step->algorithm; i++)
        if (algorithms[i]->fits(step)) step->algorithm = algorithms[i];
    REQUIRE(step->algorithm, ERR_INTERNAL, "layer %d: no algorithm of the CPU fits", step->layer);
    return OK;
}

static enum status pack_step(struct cpu_net *net, struct cpu_step *step, const struct net *table,
                             const struct weights *weights)
{
    TRY(choose_algorithm(step));
    if (!step->algorithm->pack) return OK;
    const struct layer_weights *numbers = &weights->layer[step->layer];
    REQUIRE(numbers->weight && numbers->bias, ERR_INTERNAL, "%s, layer %s: has no weights", table->name,
            table->layers[step->layer].name);
    return step->algorithm->pack(net, step, numbers);
}

/* -------------------------------------------------------------------------------------- open and close */

void *cpu_net_new_unset(struct cpu_net *net, size_t count, size_t size)
{
    if (memory_grow((void **)&net->owned, &net->owned_capacity, net->n_owned, sizeof *net->owned) != OK)
        return NULL;
    void *pointer = memory_new_unset(count, size);
    if (!pointer) return NULL;
    net->owned[net->n_owned++] = pointer;
    net->bytes += count * size;
    return pointer;
}

void *cpu_net_new(struct cpu_net *net, size_t count, size_t size)
{
    void *pointer = cpu_net_new_unset(net, count, size);
    return pointer ? memset(pointer, 0, count * size) : NULL;
}

static enum status allocate_scratch(struct cpu_net *net)
{
    const size_t threads = (size_t)pool_threads(net->pool), n = (size_t)net->scratch_pixels;
    TRY(memory_check(net->pixels = cpu_net_new(net, threads, sizeof *net->pixels)));
    TRY(memory_check(net->sums = cpu_net_new(net, threads, sizeof *net->sums)));
    TRY(memory_check(net->own = cpu_net_new(net, threads, sizeof *net->own)));
    TRY(memory_check(net->common = cpu_net_new_unset(net, net->common_floats, sizeof *net->common)));
    for (size_t i = 0; i < threads; i++) {
        TRY(memory_check(net->pixels[i] = cpu_net_new(net, n, sizeof **net->pixels)));
        TRY(memory_check(net->sums[i] = cpu_net_new(net, n * CPU_CONV_SUMS, sizeof **net->sums)));
        TRY(memory_check(net->own[i] = cpu_net_new_unset(net, net->own_floats, sizeof **net->own)));
    }
    return OK;
}

/* Its weights are read again for every patch: they must be few. */
static int is_light(const struct cpu_step *step)
{
    enum { FEW = 1 << 16 };
    const int has_weights = step->op == OP_CONV || step->op == OP_LINEAR;
    const int n = step->in.blocks * step->in.lanes * step->out.blocks * CPU_LANES * step->size * step->size;
    return step->way.method != CPU_TOGETHER && (!has_weights || n <= FEW);
}

static int is_tapped(const struct cpu_net *net, int step)
{
    for (int t = 0; t < net->n_taps; t++)
        if (net->taps[t].n_steps == step + 1) return 1;
    return 0;
}

/* What is tapped must be read before its memory is used again: all patches are there then. */
static void count_light(struct cpu_net *net)
{
    for (int i = 0; i < net->n_steps && is_light(&net->steps[i]) && !is_tapped(net, i); i++) net->n_light++;
}

static enum status set_taps(struct cpu_net *net, const int *taps, int n_taps)
{
    TRY(memory_check(net->taps = cpu_net_new(net, (size_t)n_taps, sizeof *net->taps)));
    net->n_taps = n_taps;
    for (int i = 0; i < n_taps; i++) net->taps[i].layer = taps[i];
    return OK;
}

static enum status build(struct cpu_net *net, const struct net *table, int layer,
                         const struct weights *weights)
{
    TRY(cpu_plan(net, table, layer));
    for (int i = 0; i < net->n_taps; i++)
        REQUIRE(net->taps[i].n_steps > 0, ERR_INTERNAL, "%s: layer %d is not on the way to %s", table->name,
                net->taps[i].layer, table->layers[layer].name);
    for (int i = 0; i < net->n_steps; i++) TRY(pack_step(net, &net->steps[i], table, weights));
    count_light(net);
    return allocate_scratch(net);
}

enum status cpu_net_open_tapped(struct cpu_net **out, const struct net *net, int layer, const int *taps,
                                int n_taps, const struct weights *weights, int max_patches,
                                enum conv_choice conv, struct pool *pool,
                                const struct cpu_net_kernels *kernels)
{
    *out = NULL;
    struct cpu_net *opened = memory_new(1, sizeof *opened);
    if (!opened) return ERR_MEMORY;
    opened->pool = pool;
    opened->kernels = kernels;
    opened->max_patches = max_patches;
    opened->conv = conv;
    opened->bytes = sizeof *opened;
    enum status status = set_taps(opened, taps, n_taps);
    if (status == OK) status = build(opened, net, layer, weights);
    if (status != OK) cpu_net_close(&opened);
    *out = opened;
    return status;
}

enum status cpu_net_open(struct cpu_net **out, const struct net *net, int layer,
                         const struct weights *weights, int max_patches, enum conv_choice conv,
                         struct pool *pool, const struct cpu_net_kernels *kernels)
{
    return cpu_net_open_tapped(out, net, layer, NULL, 0, weights, max_patches, conv, pool, kernels);
}

void cpu_net_close(struct cpu_net **net_pointer)
{
    struct cpu_net *net = *net_pointer;
    if (!net) return;
    for (size_t i = 0; i < net->n_owned; i++) memory_free(net->owned[i]);
    memory_free(net->owned);
    memory_free(net);
    *net_pointer = NULL;
}

const struct cpu_image *cpu_net_image(const struct cpu_net *net)
{
    return &net->image;
}

size_t cpu_net_bytes(const struct cpu_net *net)
{
    return net->bytes;
}

/* --------------------------------------------------------------------------------------------- running */

static void zero(float *begin, float *end)
{
    memset(begin, 0, (size_t)(end - begin) * sizeof *begin);
}

/* Around one block of channels of one patch: above, left and right of each row, below. */
static void zero_border(void *context, int index, int thread)
{
    (void)thread;
    const struct cpu_work *work = context;
    const struct cpu_view *view = &work->step->border;
    const size_t pad = (size_t)view->pad * CPU_LANES, margin = (size_t)view->margin * CPU_LANES;
    float *first = row_of(view, work->first_patch + index / view->blocks, index % view->blocks, 0);
    zero(first - pad - (size_t)view->pad * view->row, first - pad);
    for (int y = 0; y < view->height; y++) {
        float *row = first + (size_t)y * view->row, *end = row + (size_t)view->width * CPU_LANES;
        zero(row - pad, row);
        zero(end, end + pad + margin);
    }
    float *below = first - pad + (size_t)view->height * view->row;
    zero(below, below + (size_t)(view->pad + view->margin) * view->row);
}

static void run_step(const struct cpu_work *work)
{
    const struct cpu_view *border = &work->step->border;
    struct cpu_work copy = *work;
    if (border->data) cpu_share(work, work->n_patches * border->blocks, zero_border, &copy);
    work->step->algorithm->run(work);
}

/* [block][row][column][lane] of one patch → [channel][row][column] */
static void flatten(const struct cpu_view *view, int patch, float *feature)
{
    for (int channel = 0; channel < view->blocks * CPU_LANES; channel++)
        for (int y = 0; y < view->height; y++) {
            const float *row = row_of(view, patch, channel / CPU_LANES, y) + channel % CPU_LANES;
            for (int x = 0; x < view->width; x++) *feature++ = row[(size_t)x * CPU_LANES];
        }
}

struct call {
    const struct cpu_net *net;
    const struct cpu_view *view; /* what is flattened */
    float *features;             /* [patches][columns] */
    size_t columns;
};

/* The light steps of one patch. */
static void light_task(void *context, int patch, int thread)
{
    const struct cpu_net *net = ((const struct call *)context)->net;
    for (int i = 0; i < net->n_light; i++)
        run_step(&(struct cpu_work){ net, &net->steps[i], patch, 1, thread });
}

static void flatten_task(void *context, int patch, int thread)
{
    (void)thread;
    const struct call *call = context;
    flatten(call->view, patch, call->features + (size_t)patch * call->columns);
}

static void flatten_all(const struct cpu_net *net, const struct cpu_view *view, int n_patches,
                        float *features)
{
    const size_t columns = (size_t)(view->blocks * CPU_LANES) * (size_t)(view->height * view->width);
    struct call call = { net, view, features, columns };
    pool_run(net->pool, n_patches, flatten_task, &call);
}

/* Where every thread gets as many patches as the others, or many, each takes the light steps of its own, so that
 * what one step writes is still in its cache when the next one reads it. */
static int takes_alone(const struct cpu_net *net, int n_patches)
{
    const int threads = pool_threads(net->pool);
    return n_patches % threads == 0 || n_patches >= 4 * threads;
}

void cpu_net_run_tapped(struct cpu_net *net, int n_patches, float *features, float *const *tapped)
{
    struct call call = { .net = net };
    const int n_alone = takes_alone(net, n_patches) ? net->n_light : 0;
    if (n_alone > 0) pool_run(net->pool, n_patches, light_task, &call);
    for (int i = n_alone; i < net->n_steps; i++) {
        run_step(&(struct cpu_work){ net, &net->steps[i], 0, n_patches, -1 });
        for (int t = 0; t < net->n_taps; t++)
            if (net->taps[t].n_steps == i + 1) flatten_all(net, &net->taps[t].view, n_patches, tapped[t]);
    }
    flatten_all(net, &net->features, n_patches, features);
}

void cpu_net_run(struct cpu_net *net, int n_patches, float *features)
{
    cpu_net_run_tapped(net, n_patches, features, NULL);
}
