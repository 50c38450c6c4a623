/* Layers of a network, eight channels at a time.
 *
 * The convolution's micro-kernel keeps six pixels × sixteen outputs in twelve registers: for each input value
 * it loads two registers of weights, spreads six pixels' values and does twelve multiply-adds, so that
 * multiplying and not loading is the limit. A pixel's sum starts with the bias and takes its runs in order,
 * whoever its neighbours in the group are: its bits depend on its own window alone. */
#include "backend/cpu_net_kernels.h"
#include "backend/cpu_vec.h"

#include <math.h>

/* ----------------------------------------------------------------------------------------- convolution */

/* The compiler keeps vectors that are wider than the machine's registers in memory, so the micro-kernel
 * counts in registers of REG floats, and holds as many output blocks as they have room for. */
#if defined(__AVX__)
enum { REG = 8, HELD_BLOCKS = 2 };
#elif defined(__aarch64__)
enum { REG = 4, HELD_BLOCKS = 2 };
#else
enum { REG = 4, HELD_BLOCKS = 1 };
#endif
typedef float reg __attribute__((vector_size(REG * sizeof(float)), may_alias));
typedef int32_t ireg __attribute__((vector_size(REG * sizeof(float))));

enum {
    GROUP = 6, /* pixels of the micro-kernel */
    PAIR = 2,  /* output blocks whose weights lie side by side */
    HELD = HELD_BLOCKS * VEC / REG
};

/* What is being computed of a task: some runs for one or two output blocks. */
struct portion {
    const float *weights; /* of the first of the runs */
    size_t step;          /* from one input value's weights to the next's, in floats */
    const size_t *runs;
    int n_runs, run_length;
    int block; /* the first of the output blocks */
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

VEC_INLINE reg reg_load(const float *p)
{
    return *(const reg *)p;
}

VEC_INLINE void reg_store(float *p, reg r)
{
    *(reg *)p = r;
}

/* sum[i][v] += weights · window of pixel i, over the portion's runs. */
VEC_INLINE void accumulate(const struct portion *portion, const float *const window[GROUP],
                           reg sum[GROUP][HELD], int n_regs)
{
    const float *weights = portion->weights;
    const size_t length = (size_t)portion->run_length;
    for (int r = 0; r < portion->n_runs; r++) {
        const size_t begin = portion->runs[r];
        for (size_t k = begin; k < begin + length; k++, weights += portion->step) {
            reg weight[HELD];
            for (int v = 0; v < n_regs; v++) weight[v] = reg_load(weights + v * REG);
#pragma GCC unroll 6
            for (int i = 0; i < GROUP; i++)
                for (int v = 0; v < n_regs; v++) sum[i][v] += weight[v] * window[i][k];
        }
    }
}

/* Residual and ReLU, and out with it. */
VEC_INLINE void finish(const struct cpu_conv *conv, const struct cpu_pixel *pixel, int block,
                       const reg sum[HELD], int n_regs)
{
    for (int v = 0; v < n_regs; v++) {
        const size_t at = (size_t)(block + v * REG / VEC), lane = (size_t)(v * REG % VEC);
        reg value = sum[v];
        if (conv->with.data) value += reg_load(conv->with.data + at * conv->with.block + pixel->with + lane);
        if (conv->relu) value = (reg)((ireg)value & (value > 0));
        reg_store(conv->out.data + at * conv->out.block + pixel->out + lane, value);
    }
}

/* Six pixels from `first` on; where the task ends before, its last pixel stands in for the missing ones. */
VEC_INLINE void convolve_group(const struct cpu_conv *conv, const struct cpu_conv_task *task,
                               const struct portion *portion, int first, int n_regs)
{
    const int n = task->n_pixels - first < GROUP ? task->n_pixels - first : GROUP;
    const float *corner = conv->in.data - (size_t)conv->pad * (conv->in.row + (size_t)conv->in.lanes);
    float *sums = task->sums + (size_t)first * HELD * REG;
    const float *window[GROUP];
    reg sum[GROUP][HELD];
#pragma GCC unroll 6
    for (int i = 0; i < GROUP; i++) {
        const int pixel = i < n ? i : n - 1;
        const float *start =
            portion->is_first ? conv->bias + portion->block * VEC : sums + pixel * HELD * REG;
        window[i] = corner + task->pixels[first + pixel].in;
        for (int v = 0; v < n_regs; v++) sum[i][v] = reg_load(start + v * REG);
    }
    accumulate(portion, window, sum, n_regs);
#pragma GCC unroll 6
    for (int i = 0; i < GROUP; i++) {
        if (i >= n) break;
        if (portion->is_last)
            finish(conv, &task->pixels[first + i], portion->block, sum[i], n_regs);
        else
            for (int v = 0; v < n_regs; v++) reg_store(sums + (i * HELD + v) * REG, sum[i][v]);
    }
}

/* n_blocks output blocks from `block` on, of `packed` whose weights lie side by side, for all pixels. */
VEC_INLINE void convolve_blocks(const struct cpu_conv *conv, const struct cpu_conv_task *task, int block,
                                int n_blocks, int packed)
{
    const size_t length = (size_t)conv->run_length, window = (size_t)conv->n_runs * length;
    const size_t place = (size_t)(block % PAIR), step = (size_t)(packed * VEC);
    const float *weights = conv->weights + ((size_t)block - place) * VEC * window + place * VEC;
    for (int run = 0; run < conv->n_runs; run += conv->runs_at_once) {
        const int left = conv->n_runs - run;
        const struct portion portion = {
            .weights = weights + (size_t)run * length * step,
            .step = step,
            .runs = conv->runs + run,
            .n_runs = left < conv->runs_at_once ? left : conv->runs_at_once,
            .run_length = conv->run_length,
            .block = block,
            .is_first = run == 0,
            .is_last = left <= conv->runs_at_once,
        };
        for (int i = 0; i < task->n_pixels; i += GROUP)
            convolve_group(conv, task, &portion, i, n_blocks * VEC / REG);
    }
}

static void conv(const struct cpu_conv *conv, const struct cpu_conv_task *task)
{
    place_pixels(conv, task);
    const int end = task->first_block + task->n_blocks;
    for (int pair = task->first_block; pair < end; pair += PAIR)
        if (end - pair == 1)
            convolve_blocks(conv, task, pair, 1, 1);
        else
            for (int block = pair; block < pair + PAIR; block += HELD_BLOCKS)
                convolve_blocks(conv, task, block, HELD_BLOCKS, PAIR);
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
            vec_store(to + (size_t)y * out->row + (size_t)x * VEC, largest(from, in->row, rows, columns));
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
