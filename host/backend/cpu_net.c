#include "backend/cpu_net.h"

#include "backend/cpu_plan.h"
#include "core/memory.h"

#include <string.h>

/* A step of one call, for its tasks. */
struct call {
    const struct cpu_net *net;
    const struct cpu_step *step;
};

/* A task of these steps is one block of channels of one patch. */
static void run_blocks(const struct cpu_net *net, const struct cpu_step *step, int n_patches,
                       void (*task)(void *context, int index, int thread))
{
    struct call call = { net, step };
    pool_run(net->pool, n_patches * step->out.blocks, task, &call);
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
    const struct call *call = context;
    const struct cpu_pooling pooling = pooling_of(call->step);
    call->net->kernels->maxpool(&pooling, index / pooling.out.blocks, index % pooling.out.blocks);
}

static void maxpool_run(const struct cpu_net *net, const struct cpu_step *step, int n_patches)
{
    run_blocks(net, step, n_patches, maxpool_task);
}

static int avgpool_fits(const struct cpu_step *step)
{
    return step->op == OP_AVGPOOL;
}

static void avgpool_task(void *context, int index, int thread)
{
    (void)thread;
    const struct call *call = context;
    const struct cpu_pooling pooling = pooling_of(call->step);
    call->net->kernels->avgpool(&pooling, index / pooling.out.blocks, index % pooling.out.blocks);
}

static void avgpool_run(const struct cpu_net *net, const struct cpu_step *step, int n_patches)
{
    run_blocks(net, step, n_patches, avgpool_task);
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
    const struct cpu_step *step = ((const struct call *)context)->step;
    const int patch = index / step->out.blocks, block = index % step->out.blocks;
    for (int row = 0; row < step->out.height; row++)
        memcpy(row_of(&step->out, patch, block, row), row_of(&step->in, patch, block, row),
               (size_t)step->out.width * CPU_LANES * sizeof(float));
}

static void copy_run(const struct cpu_net *net, const struct cpu_step *step, int n_patches)
{
    run_blocks(net, step, n_patches, copy_task);
}

/* ------------------------------------------------------------------------------------------ algorithms */

static const struct cpu_algorithm cpu_maxpool = { "maxpool", maxpool_fits, NULL, maxpool_run };
static const struct cpu_algorithm cpu_avgpool = { "avgpool", avgpool_fits, NULL, avgpool_run };
static const struct cpu_algorithm cpu_copy = { "copy", copy_fits, NULL, copy_run };

/* The first that fits is taken: the fastest stand first. */
static const struct cpu_algorithm *const algorithms[] = { &cpu_direct, &cpu_maxpool, &cpu_avgpool,
                                                          &cpu_copy };
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

void *cpu_net_new(struct cpu_net *net, size_t count, size_t size)
{
    if (memory_grow((void **)&net->owned, &net->owned_capacity, net->n_owned, sizeof *net->owned) != OK)
        return NULL;
    void *pointer = memory_new(count, size);
    if (!pointer) return NULL;
    net->owned[net->n_owned++] = pointer;
    net->bytes += count * size;
    return pointer;
}

static enum status allocate_scratch(struct cpu_net *net)
{
    const size_t threads = (size_t)pool_threads(net->pool), n = (size_t)net->scratch_pixels;
    TRY(memory_check(net->pixels = cpu_net_new(net, threads, sizeof *net->pixels)));
    TRY(memory_check(net->sums = cpu_net_new(net, threads, sizeof *net->sums)));
    for (size_t i = 0; i < threads; i++) {
        TRY(memory_check(net->pixels[i] = cpu_net_new(net, n, sizeof **net->pixels)));
        TRY(memory_check(net->sums[i] = cpu_net_new(net, n * 2 * CPU_LANES, sizeof **net->sums)));
    }
    return OK;
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
    return allocate_scratch(net);
}

enum status cpu_net_open_tapped(struct cpu_net **out, const struct net *net, int layer, const int *taps,
                                int n_taps, const struct weights *weights, int max_patches, struct pool *pool,
                                const struct cpu_net_kernels *kernels)
{
    *out = NULL;
    struct cpu_net *opened = memory_new(1, sizeof *opened);
    if (!opened) return ERR_MEMORY;
    opened->pool = pool;
    opened->kernels = kernels;
    opened->max_patches = max_patches;
    opened->bytes = sizeof *opened;
    enum status status = set_taps(opened, taps, n_taps);
    if (status == OK) status = build(opened, net, layer, weights);
    if (status != OK) cpu_net_close(&opened);
    *out = opened;
    return status;
}

enum status cpu_net_open(struct cpu_net **out, const struct net *net, int layer,
                         const struct weights *weights, int max_patches, struct pool *pool,
                         const struct cpu_net_kernels *kernels)
{
    return cpu_net_open_tapped(out, net, layer, NULL, 0, weights, max_patches, pool, kernels);
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
    const struct cpu_view *view = &((const struct call *)context)->step->border;
    const size_t pad = (size_t)view->pad * CPU_LANES;
    float *first = row_of(view, index / view->blocks, index % view->blocks, 0);
    zero(first - pad - (size_t)view->pad * view->row, first - pad);
    for (int y = 0; y < view->height; y++) {
        float *row = first + (size_t)y * view->row, *end = row + (size_t)view->width * CPU_LANES;
        zero(row - pad, row);
        zero(end, end + pad);
    }
    float *below = first - pad + (size_t)view->height * view->row;
    zero(below, below + (size_t)view->pad * view->row);
}

static void run_step(const struct cpu_net *net, const struct cpu_step *step, int n_patches)
{
    struct call call = { net, step };
    if (step->border.data) pool_run(net->pool, n_patches * step->border.blocks, zero_border, &call);
    step->algorithm->run(net, step, n_patches);
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

static void flatten_all(const struct cpu_view *view, int n_patches, float *features)
{
    const size_t columns = (size_t)(view->blocks * CPU_LANES) * (size_t)(view->height * view->width);
    for (int i = 0; i < n_patches; i++) flatten(view, i, features + (size_t)i * columns);
}

void cpu_net_run_tapped(struct cpu_net *net, int n_patches, float *features, float *const *tapped)
{
    for (int i = 0; i < net->n_steps; i++) {
        run_step(net, &net->steps[i], n_patches);
        for (int t = 0; t < net->n_taps; t++)
            if (net->taps[t].n_steps == i + 1) flatten_all(&net->taps[t].view, n_patches, tapped[t]);
    }
    flatten_all(&net->features, n_patches, features);
}

void cpu_net_run(struct cpu_net *net, int n_patches, float *features)
{
    cpu_net_run_tapped(net, n_patches, features, NULL);
}
