/* Convolutions by Winograd's method: weights' transform when a net opens, and who computes what in a call. The
 * method itself is explained in cpu_winograd.h.
 *
 * Two schedules, chosen in cpu_way.c. In blocks: a thread takes a few tiles from input to output, so that
 * their workspace stays in its second-level cache while the weights, which are small, pass. Together: all
 * threads transform all tiles, then share out the products, then finish; every weight is read once a call. */
#include "backend/cpu_winograd.h"
#include "backend/cpu_plan.h"
#include "core/memory.h"

#include <string.h>

enum {
    GROUP = CPU_WINOGRAD_GROUP,
    MOST = CPU_WINOGRAD_MOST_POINTS,
    TAPS = CPU_WINOGRAD_MOST_TAPS,
    BLOCK_TILES = 12,          /* of a task in blocks */
    RANGE_TILES = 24,          /* of a task that transforms or finishes */
    PRODUCT_GROUPS = 16,       /* of a task that multiplies, at most */
    TOGETHER_FLOATS = 6 << 20, /* of the workspace of a pass: it should stay in the third-level cache */
    POINT_GAP = 16, /* floats: points must not be a multiple of 4 KiB apart, or all meet in one cache set */
};

struct winograd {
    struct cpu_winograd args;
    int most_tiles; /* of a block, or of a pass */
};

static int winograd_fits(const struct cpu_step *step)
{
    return step->op == OP_CONV && step->way.method != CPU_DIRECT;
}

/* --------------------------------------------------------------------------------------------- weights */

/* Weights go through the transform in double, and are rounded once. */
struct packing {
    const struct winograd *winograd;
    const struct cpu_step *step;
    const struct layer_weights *from;
    double matrix[MOST][TAPS]; /* [point][tap] */
    float *to;                 /* as in struct cpu_winograd */
};

/* The value of a kernel of `taps` at each point, divided by the point's distances from all others; infinity takes
 * the last tap. */
static void fill_matrix(double matrix[MOST][TAPS], int points, int taps)
{
    static const double pairs[] = { CPU_POINT_0, CPU_POINT_1, CPU_POINT_2, CPU_POINT_3 };
    enum { FINITE = 2 * CPU_WINOGRAD_PAIRS };
    double x[FINITE];
    for (int i = 0; i < FINITE; i++) x[i] = i % 2 ? -pairs[i / 2] : pairs[i / 2];
    for (int i = 0; i < points; i++) {
        double value = 1;
        for (int j = 0; j < FINITE && i < FINITE; j++)
            if (j != i) value /= x[i] - x[j];
        for (int tap = 0; tap < taps; tap++) {
            matrix[i][tap] = i < FINITE ? value : tap == taps - 1;
            if (i < FINITE) value *= x[i];
        }
    }
}

static int channels_of(const struct cpu_view *view)
{
    return view->blocks * view->lanes;
}

/* The taps of one input (a channel in a phase) for 16 outputs; 0 where the kernel or the outputs end. */
static void gather_taps(const struct packing *packing, int group, int input, double taps[TAPS][TAPS][GROUP])
{
    const struct cpu_step *step = packing->step;
    const int channels = channels_of(&step->in), left = step->out.blocks * CPU_LANES - group * GROUP;
    const int size = step->size, stride = step->stride;
    const int phase = input / channels, channel = input % channels;
    const size_t kernel = (size_t)(size * size), output = (size_t)channels * kernel;
    const float *from = packing->from->weight + (size_t)(group * GROUP) * output + (size_t)channel * kernel;
    memset(taps, 0, TAPS * sizeof *taps);
    for (int y = phase / stride, v = 0; y < size; y += stride, v++)
        for (int x = phase % stride, u = 0; x < size; x += stride, u++)
            for (int i = 0; i < GROUP && i < left; i++)
                taps[v][u][i] = (double)from[(size_t)i * output + (size_t)(y * size + x)];
}

/* out[16] = row of the matrix · in[tap][16], tap after tap `step` doubles on. */
static void weigh(const double *row, int n_taps, const double *in, size_t step, double out[GROUP])
{
    for (int i = 0; i < GROUP; i++) out[i] = row[0] * in[i];
    for (int tap = 1; tap < n_taps; tap++)
        for (int i = 0; i < GROUP; i++) out[i] += row[tap] * in[(size_t)tap * step + (size_t)i];
}

static void pack_input(const struct packing *packing, int group, int input)
{
    const struct cpu_winograd *args = &packing->winograd->args;
    const int n_taps = packing->step->way.taps, n = args->points;
    double taps[TAPS][TAPS][GROUP], half[TAPS][MOST][GROUP], whole[GROUP];
    gather_taps(packing, group, input, taps);
    for (int v = 0; v < n_taps; v++)
        for (int x = 0; x < n; x++) weigh(packing->matrix[x], n_taps, taps[v][0], GROUP, half[v][x]);
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++) {
            const size_t row = (size_t)((y * n + x) * args->n_outputs + group);
            float *to = packing->to + (row * (size_t)args->n_inputs + (size_t)input) * GROUP;
            weigh(packing->matrix[y], n_taps, half[0][x], MOST * GROUP, whole);
            for (int i = 0; i < GROUP; i++) to[i] = (float)whole[i];
        }
}

/* Inputs that only fill up the last group have weights of zero. */
static void clear_input(const struct packing *packing, int group, int input)
{
    const struct cpu_winograd *args = &packing->winograd->args;
    for (int point = 0; point < args->points * args->points; point++) {
        const size_t row = (size_t)(point * args->n_outputs + group);
        memset(packing->to + (row * (size_t)args->n_inputs + (size_t)input) * GROUP, 0,
               GROUP * sizeof(float));
    }
}

static void pack_group(void *context, int group, int thread)
{
    (void)thread;
    const struct packing *packing = context;
    const struct cpu_step *step = packing->step;
    const int there = step->stride * step->stride * channels_of(&step->in);
    for (int input = 0; input < there; input++) pack_input(packing, group, input);
    for (int input = there; input < packing->winograd->args.n_inputs; input++)
        clear_input(packing, group, input);
}

static enum status pack_weights(struct cpu_net *net, const struct cpu_step *step,
                                const struct layer_weights *weights, struct winograd *winograd)
{
    struct cpu_winograd *args = &winograd->args;
    const size_t points = (size_t)(args->points * args->points), outputs = (size_t)(args->n_outputs * GROUP);
    struct packing packing = { .winograd = winograd, .step = step, .from = weights };
    float *bias;
    fill_matrix(packing.matrix, args->points, step->way.taps);
    TRY(memory_check(packing.to =
                         cpu_net_new_unset(net, points * outputs * (size_t)args->n_inputs, sizeof(float))));
    pool_run(net->pool, args->n_outputs, pack_group, &packing);
    TRY(memory_check(bias = cpu_net_new(net, outputs, sizeof *bias)));
    for (int i = 0; i < step->out.blocks * CPU_LANES; i++) bias[i] = weights->bias[i];
    args->weights = packing.to;
    args->bias = bias;
    return OK;
}

/* ---------------------------------------------------------------------------------------------- layout */

static enum status list_inputs(struct cpu_net *net, const struct cpu_step *step, struct cpu_winograd *args)
{
    const struct cpu_view *in = &step->in;
    const int there = step->stride * step->stride * in->blocks;
    size_t *inputs;
    args->n_inputs = (there * in->lanes + GROUP - 1) / GROUP * GROUP;
    if (in->lanes == CPU_COLOURS) return OK;
    TRY(memory_check(inputs = cpu_net_new(net, (size_t)args->n_inputs / CPU_LANES, sizeof *inputs)));
    for (int i = 0; i < there; i++) {
        const size_t phase = (size_t)(i / in->blocks), stride = (size_t)step->stride;
        inputs[i] = (size_t)(i % in->blocks) * in->block + phase / stride * in->row +
                    phase % stride * (size_t)in->lanes;
    } /* what is beyond has no weights: any input will do */
    args->inputs = inputs;
    return OK;
}

static size_t floats_of(const struct cpu_winograd *args, int tiles)
{
    const size_t a_point = (size_t)tiles * (size_t)(args->n_inputs + args->n_outputs * GROUP) + 2 * POINT_GAP;
    return a_point * (size_t)(args->points * args->points);
}

static int round_up(int tiles)
{
    return (tiles + CPU_WINOGRAD_TILES - 1) / CPU_WINOGRAD_TILES * CPU_WINOGRAD_TILES;
}

/* Whole patches in a pass, at least one. */
static int tiles_of_pass(const struct cpu_net *net, const struct cpu_winograd *args)
{
    const int of_patch = args->rows * args->columns;
    const size_t fit = TOGETHER_FLOATS / floats_of(args, of_patch);
    const int patches = fit < 1 ? 1 : fit < (size_t)net->max_patches ? (int)fit : net->max_patches;
    return patches * of_patch;
}

static void reserve(struct cpu_net *net, const struct cpu_step *step, struct winograd *winograd)
{
    const int is_own = step->way.method == CPU_BLOCKS;
    winograd->most_tiles = is_own ? BLOCK_TILES : tiles_of_pass(net, &winograd->args);
    const size_t floats = floats_of(&winograd->args, round_up(winograd->most_tiles));
    size_t *known = is_own ? &net->own_floats : &net->common_floats;
    if (floats > *known) *known = floats;
}

static enum status winograd_pack(struct cpu_net *net, struct cpu_step *step,
                                 const struct layer_weights *weights)
{
    struct winograd *winograd;
    TRY(memory_check(winograd = cpu_net_new(net, 1, sizeof *winograd)));
    winograd->args = (struct cpu_winograd){
        .in = step->in,
        .with = step->with,
        .out = step->out,
        .n_outputs = (step->out.blocks * CPU_LANES + GROUP - 1) / GROUP,
        .points = step->way.points,
        .tile = step->way.tile,
        .stride = step->stride,
        .pad = step->pad,
        .relu = step->relu,
        .rows = step->way.tiles,
        .columns = step->way.tiles,
    };
    step->packed = winograd;
    TRY(list_inputs(net, step, &winograd->args));
    reserve(net, step, winograd);
    return pack_weights(net, step, weights, winograd);
}

/* --------------------------------------------------------------------------------------------- running */

/* Tiles first … first + n - 1 of a call, in a workspace. */
static struct cpu_winograd_tiles lay_out(const struct cpu_winograd *args, int first, int n, float *workspace)
{
    struct cpu_winograd_tiles tiles = { .first = first, .n = n, .room = round_up(n), .inputs = workspace };
    tiles.input_point = (size_t)(tiles.room * args->n_inputs) + POINT_GAP;
    tiles.sum_point = (size_t)(tiles.room * args->n_outputs * GROUP) + POINT_GAP;
    tiles.sums = workspace + (size_t)(args->points * args->points) * tiles.input_point;
    return tiles;
}

struct call {
    const struct cpu_net *net;
    const struct winograd *winograd;
    int first_tile, n_tiles;         /* of the work */
    struct cpu_winograd_tiles tiles; /* together: of the pass */
    int n_parts;                     /* together: into which each phase's work is cut */
};

/* Part `index` of n, equal but for rounding. */
static struct cpu_range share_of(int whole, int index, int n)
{
    return (struct cpu_range){ (int)((long long)whole * index / n),
                               (int)((long long)whole * (index + 1) / n) };
}

static void block_task(void *context, int index, int thread)
{
    const struct call *call = context;
    const struct cpu_winograd *args = &call->winograd->args;
    const struct cpu_winograd_kernels *kernels = call->net->kernels->winograd;
    const int most = call->winograd->most_tiles, first = index * most, left = call->n_tiles - first;
    const struct cpu_winograd_tiles tiles =
        lay_out(args, call->first_tile + first, left < most ? left : most, call->net->own[thread]);
    const struct cpu_range inputs = { 0, args->n_inputs / GROUP }, outputs = { 0, args->n_outputs };
    const struct cpu_range all = { 0, tiles.n };
    kernels->transform(args, &tiles, inputs, all);
    for (int point = 0; point < args->points * args->points; point++)
        kernels->multiply(args, &tiles, point, outputs);
    kernels->finish(args, &tiles, outputs, all);
}

static void transform_task(void *context, int index, int thread)
{
    (void)thread;
    const struct call *call = context;
    const int group = index / call->n_parts;
    call->net->kernels->winograd->transform(&call->winograd->args, &call->tiles,
                                            (struct cpu_range){ group, group + 1 },
                                            share_of(call->tiles.n, index % call->n_parts, call->n_parts));
}

static void multiply_task(void *context, int index, int thread)
{
    (void)thread;
    const struct call *call = context;
    const struct cpu_winograd *args = &call->winograd->args;
    call->net->kernels->winograd->multiply(args, &call->tiles, index / call->n_parts,
                                           share_of(args->n_outputs, index % call->n_parts, call->n_parts));
}

static void finish_task(void *context, int index, int thread)
{
    (void)thread;
    const struct call *call = context;
    const int group = index / call->n_parts;
    call->net->kernels->winograd->finish(&call->winograd->args, &call->tiles,
                                         (struct cpu_range){ group, group + 1 },
                                         share_of(call->tiles.n, index % call->n_parts, call->n_parts));
}

static int parts(int whole, int most)
{
    return (whole + most - 1) / most;
}

static void run_pass(struct call *call)
{
    const struct cpu_winograd *args = &call->winograd->args;
    struct pool *pool = call->net->pool;
    call->n_parts = parts(call->tiles.n, RANGE_TILES);
    pool_run(pool, args->n_inputs / GROUP * call->n_parts, transform_task, call);
    call->n_parts = parts(args->n_outputs, PRODUCT_GROUPS);
    pool_run(pool, args->points * args->points * call->n_parts, multiply_task, call);
    call->n_parts = parts(call->tiles.n, RANGE_TILES);
    pool_run(pool, args->n_outputs * call->n_parts, finish_task, call);
}

static void winograd_run(const struct cpu_work *work)
{
    const struct cpu_net *net = work->net;
    const struct winograd *winograd = work->step->packed;
    const int of_patch = winograd->args.rows * winograd->args.columns;
    struct call call = { .net = net, .winograd = winograd };
    call.first_tile = work->first_patch * of_patch;
    call.n_tiles = work->n_patches * of_patch;
    const int n = parts(call.n_tiles, winograd->most_tiles);
    if (work->step->way.method == CPU_BLOCKS) {
        cpu_share(work, n, block_task, &call);
        return;
    }
    for (int i = 0; i < n; i++) {
        const struct cpu_range part = share_of(call.n_tiles, i, n);
        call.tiles = lay_out(&winograd->args, part.begin, part.end - part.begin, net->common);
        run_pass(&call);
    }
}

const struct cpu_algorithm cpu_winograd = { "winograd", winograd_fits, winograd_pack, winograd_run };
