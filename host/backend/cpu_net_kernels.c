/* Layers of a network, eight channels at a time.
 *
 * The convolution's micro-kernel keeps six pixels × sixteen outputs in twelve registers: for each input value
 * it loads two registers of weights, spreads six pixels' values and does twelve multiply-adds, so that
 * multiplying and not loading is the limit. A pixel's sum starts with the bias and takes its runs in order,
 * whoever its neighbours in the group are: its bits depend on its own window alone. */
#include "backend/cpu_net_kernels.h"
#include "backend/cpu_reg.h"

#include <math.h>

/* ----------------------------------------------------------------------------------------- convolution */

/* What is being computed of a task: some runs for n_held registers of outputs. */
struct portion {
    const float *weights; /* of the first of the runs and outputs */
    size_t group_weights; /* floats from a group of outputs to the next */
    const size_t *runs;
    int n_runs, run_length;
    int group, part; /* the first of the registers */
    int is_first, is_last;
};

static void place_pixels(const struct cpu_conv *conv, const struct cpu_conv_task *task)
{
    const struct cpu_view *in = &conv->in, *out = &conv->out, *with = &conv->with;
    const int size = out->height * out->width;
    for (int i = 0; i < task->n_pixels; i++) {
        const int pixel = task->first_pixel + i;
        const size_t patch = (size_t)(pixel / size);
        const size_t y = (size_t)(pixel % size / out->width), x = (size_t)(pixel % out->width);
        const size_t stride = (size_t)conv->stride;
        task->pixels[i] = (struct cpu_pixel){
            .in = patch * in->patch + y * stride * in->row + x * stride * (size_t)in->lanes,
            .out = patch * out->patch + y * out->row + x * CPU_LANES,
            .with = patch * with->patch + y * with->row + x * CPU_LANES,
        };
    }
}

/* sum[i][v] += weights · window of pixel i, over the portion's runs. */
VEC_INLINE void accumulate(const struct portion *portion, const float *const window[SIX], reg sum[SIX][HELD],
                           int n_held)
{
    const float *weights = portion->weights;
    const size_t length = (size_t)portion->run_length;
    for (int r = 0; r < portion->n_runs; r++) {
        const size_t begin = portion->runs[r];
        for (size_t k = begin; k < begin + length; k++, weights += GROUP) {
            reg weight[HELD];
            for (int v = 0; v < n_held; v++)
                weight[v] = reg_load(weights + reg_at(v, portion->group_weights));
#pragma GCC unroll 6
            for (int i = 0; i < SIX; i++)
                for (int v = 0; v < n_held; v++) sum[i][v] += weight[v] * window[i][k];
        }
    }
}

/* Residual and ReLU, and out with it. */
VEC_INLINE void finish(const struct cpu_conv *conv, const struct cpu_pixel *pixel,
                       const struct portion *portion, const reg sum[HELD], int n_held)
{
    for (int v = 0; v < n_held; v++) {
        const int part = (portion->part + v) % PARTS;
        const size_t block = (size_t)(2 * (portion->group + (portion->part + v) / PARTS));
        const int has_second = (int)block + 1 < conv->out.blocks;
        float *out = conv->out.data + block * conv->out.block + pixel->out;
        reg value = sum[v];
        if (conv->with.data) {
            const float *with = conv->with.data + block * conv->with.block + pixel->with;
            value += reg_load_part(with, has_second ? with + conv->with.block : with, part);
        }
        if (conv->relu) value = reg_relu(value);
        reg_store_part(out, has_second ? out + conv->out.block : NULL, part, value);
    }
}

/* Six pixels from `first` on; where the task ends before, its last pixel stands in for the missing ones. */
VEC_INLINE void convolve_group(const struct cpu_conv *conv, const struct cpu_conv_task *task,
                               const struct portion *portion, int first, int n_held)
{
    const int n = task->n_pixels - first < SIX ? task->n_pixels - first : SIX;
    const float *corner = conv->in.data - (size_t)conv->pad * (conv->in.row + (size_t)conv->in.lanes);
    const float *bias = conv->bias + portion->group * GROUP + portion->part * REG;
    float *sums = task->sums + (size_t)first * HELD * REG;
    const float *window[SIX];
    reg sum[SIX][HELD];
#pragma GCC unroll 6
    for (int i = 0; i < SIX; i++) {
        const int pixel = i < n ? i : n - 1;
        const float *start = portion->is_first ? bias : sums + pixel * HELD * REG;
        window[i] = corner + task->pixels[first + pixel].in;
        for (int v = 0; v < n_held; v++) sum[i][v] = reg_load(start + v * REG);
    }
    accumulate(portion, window, sum, n_held);
#pragma GCC unroll 6
    for (int i = 0; i < SIX; i++) {
        if (i >= n) break;
        if (portion->is_last)
            finish(conv, &task->pixels[first + i], portion, sum[i], n_held);
        else
            for (int v = 0; v < n_held; v++) reg_store(sums + (i * HELD + v) * REG, sum[i][v]);
    }
}

/* n_held registers of outputs from register `part` of group `group` on, for all pixels. */
VEC_INLINE void convolve_held(const struct cpu_conv *conv, const struct cpu_conv_task *task, int group,
                              int part, int n_held)
{
    const size_t length = (size_t)conv->run_length, window = (size_t)conv->n_runs * length;
    const float *weights = conv->weights + (size_t)group * window * GROUP + (size_t)(part * REG);
    for (int run = 0; run < conv->n_runs; run += conv->runs_at_once) {
        const int left = conv->n_runs - run;
        const struct portion portion = {
            .weights = weights + (size_t)run * length * GROUP,
            .group_weights = window * GROUP,
            .runs = conv->runs + run,
            .n_runs = left < conv->runs_at_once ? left : conv->runs_at_once,
            .run_length = conv->run_length,
            .group = group,
            .part = part,
            .is_first = run == 0,
            .is_last = left <= conv->runs_at_once,
        };
        for (int i = 0; i < task->n_pixels; i += SIX) convolve_group(conv, task, &portion, i, n_held);
    }
}

static void conv(const struct cpu_conv *conv, const struct cpu_conv_task *task)
{
    place_pixels(conv, task);
    int group = task->first_group;
    const int end = group + task->n_groups;
    if (GROUPS_HELD > 1)
        for (; group + GROUPS_HELD <= end; group += GROUPS_HELD) convolve_held(conv, task, group, 0, HELD);
    for (; group < end; group++)
        for (int part = 0; part < PARTS; part += STEP) convolve_held(conv, task, group, part, STEP);
}

/* --------------------------------------------------------------------------------------------- pooling */

/* Pixels begin … end − 1 of one direction. */
struct range {
    int begin, end;
};

/* The part of a window of maxpool that lies inside. */
static struct range inside(const struct cpu_pooling *pooling, int out, int size)
{
    const int begin = out * pooling->stride - pooling->pad, end = begin + pooling->size;
    return (struct range){ begin > 0 ? begin : 0, end < size ? end : size };
}

/* The window of output pixel `out` of n, of an adaptive average over `size` pixels. */
static struct range share(int out, int n, int size)
{
    return (struct range){ out * size / n, ((out + 1) * size + n - 1) / n };
}

static float *block_of(const struct cpu_view *view, int patch, int block)
{
    return view->data + (size_t)patch * view->patch + (size_t)block * view->block;
}

VEC_INLINE vec largest(const float *in, size_t row, struct range y, struct range x)
{
    vec most = vec_all(-INFINITY);
    for (int j = y.begin; j < y.end; j++)
        for (int i = x.begin; i < x.end; i++)
            most = vec_max(most, vec_load(in + (size_t)j * row + (size_t)i * VEC));
    return most;
}

/* The usual window, 3 × 3 and whole. */
VEC_INLINE vec largest_of_nine(const float *in, size_t row)
{
    vec most = vec_load(in);
#pragma GCC unroll 3
    for (int j = 0; j < 3; j++)
#pragma GCC unroll 3
        for (int i = 0; i < 3; i++) most = vec_max(most, vec_load(in + (size_t)j * row + (size_t)i * VEC));
    return most;
}

VEC_INLINE vec mean(const float *in, size_t row, struct range y, struct range x)
{
    vec sum = vec_all(0);
    for (int j = y.begin; j < y.end; j++)
        for (int i = x.begin; i < x.end; i++) sum += vec_load(in + (size_t)j * row + (size_t)i * VEC);
    return sum / vec_all((float)((y.end - y.begin) * (x.end - x.begin)));
}

static void maxpool(const struct cpu_pooling *pooling, int patch, int block)
{
    const struct cpu_view *in = &pooling->in, *out = &pooling->out;
    const float *from = block_of(in, patch, block);
    float *to = block_of(out, patch, block);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            const struct range rows = inside(pooling, y, in->height), columns = inside(pooling, x, in->width);
            const int is_usual = rows.end - rows.begin == 3 && columns.end - columns.begin == 3;
            const float *corner = from + (size_t)rows.begin * in->row + (size_t)columns.begin * VEC;
            vec_store(to + (size_t)y * out->row + (size_t)x * VEC,
                      is_usual ? largest_of_nine(corner, in->row) : largest(from, in->row, rows, columns));
        }
}

static void avgpool(const struct cpu_pooling *pooling, int patch, int block)
{
    const struct cpu_view *in = &pooling->in, *out = &pooling->out;
    const float *from = block_of(in, patch, block);
    float *to = block_of(out, patch, block);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            const struct range rows = share(y, out->height, in->height);
            const struct range columns = share(x, out->width, in->width);
            vec_store(to + (size_t)y * out->row + (size_t)x * VEC, mean(from, in->row, rows, columns));
        }
}

extern const struct cpu_winograd_kernels CPU_TABLE(cpu_winograd_kernels);
extern const struct cpu_net_kernels CPU_TABLE(cpu_net_kernels);
const struct cpu_net_kernels CPU_TABLE(cpu_net_kernels) = { conv, maxpool, avgpool,
                                                            &CPU_TABLE(cpu_winograd_kernels) };
