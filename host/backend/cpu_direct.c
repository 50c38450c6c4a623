/* Convolution as the sum that it is: window by window, any size and stride. */
#include "backend/cpu_plan.h"
#include "core/memory.h"

enum {
    GROUP = 16,              /* output channels that lie side by side */
    WEIGHTS_AT_ONCE = 256,   /* input values whose weights for 16 outputs (16 KiB) stay in the L1 cache */
    INPUT_AT_ONCE = 1 << 16, /* floats (256 KiB) that a task reads for each of its outputs: half of an L2 */
    MIN_PIXELS = 48,         /* a task's weights are loaded once for so many pixels at least */
    MAX_PIXELS = 384,
    MAX_GROUPS = 4, /* of output channels in a task */
};

struct direct {
    struct cpu_conv conv;
    int max_pixels; /* of one task */
};

static int direct_fits(const struct cpu_step *step)
{
    return step->op == OP_CONV || step->op == OP_LINEAR;
}

/* --------------------------------------------------------------------------------------------- packing */

struct packing {
    const struct cpu_step *step;
    const struct layer_weights *from;
    float *to;
};

/* One group of outputs: [output][input][row][column] → [input block][row][column][lane][output]. */
static void pack_group(void *context, int group, int thread)
{
    (void)thread;
    const struct packing *packing = context;
    const struct cpu_step *step = packing->step;
    const int lanes = step->in.lanes, size = step->size, inputs = step->in.blocks * lanes;
    const int left = step->out.blocks * CPU_LANES - group * GROUP, outputs = left < GROUP ? left : GROUP;
    const size_t window = (size_t)inputs * (size_t)(size * size), begin = (size_t)group * GROUP * window;
    const float *from = packing->from->weight + begin;
    for (int output = 0; output < outputs; output++)
        for (int input = 0; input < inputs; input++)
            for (int at = 0; at < size * size; at++) {
                const size_t pixel = (size_t)(input / lanes) * (size_t)(size * size) + (size_t)at;
                const size_t value = pixel * (size_t)lanes + (size_t)(input % lanes);
                packing->to[begin + value * GROUP + (size_t)output] = *from++;
            }
}

static int groups_of(const struct cpu_view *out)
{
    return (out->blocks * CPU_LANES + GROUP - 1) / GROUP;
}

static enum status pack_weights(struct cpu_net *net, const struct cpu_step *step,
                                const struct layer_weights *weights, struct cpu_conv *conv)
{
    const size_t outputs = (size_t)(groups_of(&step->out) * GROUP);
    const size_t window = (size_t)(step->in.blocks * step->in.lanes) * (size_t)(step->size * step->size);
    struct packing packing = { .step = step, .from = weights };
    TRY(memory_check(packing.to = cpu_net_new(net, outputs * window, sizeof *packing.to)));
    pool_run(net->pool, groups_of(&step->out), pack_group, &packing);
    float *bias;
    TRY(memory_check(bias = cpu_net_new(net, outputs, sizeof *bias)));
    for (int i = 0; i < step->out.blocks * CPU_LANES; i++) bias[i] = weights->bias[i];
    conv->weights = packing.to;
    conv->bias = bias;
    return OK;
}

static enum status list_runs(struct cpu_net *net, const struct cpu_step *step, struct cpu_conv *conv)
{
    size_t *runs;
    conv->n_runs = step->in.blocks * step->size;
    conv->run_length = step->size * step->in.lanes;
    conv->runs_at_once = conv->run_length < WEIGHTS_AT_ONCE ? WEIGHTS_AT_ONCE / conv->run_length : 1;
    TRY(memory_check(runs = cpu_net_new(net, (size_t)conv->n_runs, sizeof *runs)));
    for (int i = 0; i < conv->n_runs; i++) {
        const size_t block = (size_t)(i / step->size), row = (size_t)(i % step->size);
        runs[i] = block * step->in.block + row * step->in.row;
    }
    conv->runs = runs;
    return OK;
}

/* As many pixels as have their input in the L2 cache. A layer of single pixels (linear) takes all patches at
 * once: there the weights are the larger part, and are read once. */
static int count_pixels(const struct cpu_net *net, const struct cpu_step *step)
{
    if (step->out.height * step->out.width == 1 && net->max_patches > MIN_PIXELS) return net->max_patches;
    const int n = INPUT_AT_ONCE / (step->in.blocks * step->in.lanes * step->stride * step->stride);
    return n < MIN_PIXELS ? MIN_PIXELS : n > MAX_PIXELS ? MAX_PIXELS : n;
}

static enum status direct_pack(struct cpu_net *net, struct cpu_step *step,
                               const struct layer_weights *weights)
{
    struct direct *direct;
    TRY(memory_check(direct = cpu_net_new(net, 1, sizeof *direct)));
    direct->conv = (struct cpu_conv){ .in = step->in,
                                      .with = step->with,
                                      .out = step->out,
                                      .stride = step->stride,
                                      .pad = step->pad,
                                      .relu = step->relu };
    direct->max_pixels = count_pixels(net, step);
    if (direct->max_pixels > net->scratch_pixels) net->scratch_pixels = direct->max_pixels;
    step->packed = direct;
    TRY(list_runs(net, step, &direct->conv));
    return pack_weights(net, step, weights, &direct->conv);
}

/* --------------------------------------------------------------------------------------------- running */

/* The tasks of one call: the pixels of all patches in equal ranges × the output channels. */
struct call {
    const struct cpu_net *net;
    const struct cpu_conv *conv;
    int first_pixel, n_pixels, n_ranges;
};

static void run_task(void *context, int index, int thread)
{
    const struct call *call = context;
    const int range = index % call->n_ranges, first_group = index / call->n_ranges * MAX_GROUPS;
    const int first = (int)((long long)call->n_pixels * range / call->n_ranges);
    const int end = (int)((long long)call->n_pixels * (range + 1) / call->n_ranges);
    const int left = groups_of(&call->conv->out) - first_group;
    const struct cpu_conv_task task = {
        .first_pixel = call->first_pixel + first,
        .n_pixels = end - first,
        .first_group = first_group,
        .n_groups = left < MAX_GROUPS ? left : MAX_GROUPS,
        .pixels = call->net->pixels[thread],
        .sums = call->net->sums[thread],
    };
    call->net->kernels->conv(call->conv, &task);
}

static void direct_run(const struct cpu_work *work)
{
    const struct cpu_step *step = work->step;
    const struct direct *direct = step->packed;
    const int of_patch = step->out.height * step->out.width;
    struct call call = { .net = work->net, .conv = &direct->conv };
    call.first_pixel = work->first_patch * of_patch;
    call.n_pixels = work->n_patches * of_patch;
    call.n_ranges = (call.n_pixels + direct->max_pixels - 1) / direct->max_pixels;
    const int parts = (groups_of(&step->out) + MAX_GROUPS - 1) / MAX_GROUPS;
    cpu_share(work, call.n_ranges * parts, run_task, &call);
}

const struct cpu_algorithm cpu_direct = { "direct", direct_fits, direct_pack, direct_run };
