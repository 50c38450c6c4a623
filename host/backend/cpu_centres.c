#include "backend/cpu_centres.h"

#include <float.h>
#include <math.h>

/* What bounds lose at each change, so that no rounding lifts them above the truth: they are floats, of a few
 * roundings. */
static const double WIDENING = 2e-6;

/* A float q's lanes are sums of at most 64 columns, or of columns / 8, then of columns / 64 blocks and a few lanes;
 * each addition is off by half an ulp at most, a squared difference by 8 (Higham 2002, section 4.2). */
static double rough_error(int columns)
{
    return (64 + columns / 8 + columns / 64 + 16) * (double)FLT_EPSILON / 2;
}

enum status cpu_centres_init(struct cpu_centres *c, int count, int columns)
{
    *c = (struct cpu_centres){ .count = count, .columns = columns, .stride = cpu_rows_stride(columns) };
    c->padded = (count + CPU_LANES - 1) / CPU_LANES * CPU_LANES;
    c->error = rough_error(columns);
    const size_t size = (size_t)count * (size_t)c->stride, padded = (size_t)c->padded;
    TRY(memory_check(c->mean = memory_new(size, sizeof *c->mean)));
    TRY(memory_check(c->precision = memory_new(size, sizeof *c->precision)));
    TRY(memory_check(c->offset = memory_new((size_t)count, sizeof *c->offset)));
    TRY(memory_check(c->offset_float = memory_new(padded, sizeof *c->offset_float)));
    TRY(memory_check(c->grow = memory_new(padded, sizeof *c->grow)));
    TRY(memory_check(c->shift = memory_new(padded, sizeof *c->shift)));
    TRY(memory_check(c->strips = memory_new(size, 3 * sizeof *c->strips)));
    for (int k = count; k < c->padded; k++) c->offset_float[k] = INFINITY;
    return memory_check(c->panels = memory_new(padded * (size_t)c->stride, 3 * sizeof *c->panels));
}

void cpu_centres_release(struct cpu_centres *c)
{
    memory_free(c->mean);
    memory_free(c->precision);
    memory_free(c->offset);
    memory_free(c->offset_float);
    memory_free(c->grow);
    memory_free(c->shift);
    memory_free(c->panels);
    memory_free(c->strips);
    *c = (struct cpu_centres){ 0 };
}

static void set_floats(struct cpu_centres *c, int k, int j, double mean, double precision)
{
    float *panel = c->panels + ((size_t)(k / CPU_LANES) * c->stride + j) * 3 * CPU_LANES + k % CPU_LANES;
    float *strip = c->strips + ((size_t)k * c->stride + j / CPU_LANES * CPU_LANES) * 3 + j % CPU_LANES;
    const float hi = (float)mean, scale = (float)sqrt(precision);
    const float lo = (float)((mean - (double)hi) * (double)scale);
    panel[0] = strip[0] = hi;
    panel[CPU_LANES] = strip[CPU_LANES] = scale;
    panel[2 * CPU_LANES] = strip[2 * CPU_LANES] = lo;
}

void cpu_centres_set(struct cpu_centres *c, int k, const double *mean, const double *variance, double offset)
{
    double least = (double)INFINITY, moved = 0; /* s'²/s², and how far the mean went */
    c->offset[k] = offset;
    c->offset_float[k] = (float)offset;
    for (int j = 0; j < c->columns; j++) {
        const size_t i = (size_t)k * c->stride + j;
        const double precision = variance ? 1 / variance[j] : 1, distance = mean[j] - c->mean[i];
        if (precision < least * c->precision[i]) least = precision / c->precision[i];
        moved += distance * distance * precision;
        c->mean[i] = mean[j];
        c->precision[i] = precision;
        set_floats(c, k, j, mean[j], precision);
    }
    c->grow[k] = least < (double)INFINITY ? (float)(sqrt(least) * (1 - WIDENING)) : 0;
    c->shift[k] = (float)(sqrt(moved) * (1 + WIDENING));
}

void cpu_centres_keep(struct cpu_centres *c, int k)
{
    c->grow[k] = 1;
    c->shift[k] = 0;
}

void cpu_centres_ready(struct cpu_centres *c)
{
    c->largest_offset = 0;
    for (int k = 0; k < c->count; k++)
        if (fabs(c->offset[k]) < (double)INFINITY) c->largest_offset = fmax(c->largest_offset, fabs(c->offset[k]));
}
