#include "core/scaler.h"

#include "core/sorting.h"

#include <float.h>
#include <math.h>

/* The two loops that every row passes are compiled for AVX2 as well: wider, but the same roundings one by one
 * (no products are fused), so the same bits. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum status scaler_init(struct scaler *scaler, int columns)
{
    scaler->columns = columns;
    scaler->n = 0;
    scaler->mean = memory_new((size_t)columns, sizeof *scaler->mean);
    scaler->scale = memory_new((size_t)columns, sizeof *scaler->scale);
    return scaler->mean && scaler->scale ? OK : ERR_MEMORY;
}

void scaler_release(struct scaler *scaler)
{
    memory_free(scaler->mean);
    memory_free(scaler->scale);
    *scaler = (struct scaler){ 0 };
}

ALWAYS_INLINE void add_row(const float *row, int columns, double share, double *restrict mean,
                           double *restrict squares)
{
    for (int j = 0; j < columns; j++) {
        const double before = (double)row[j] - mean[j];
        mean[j] += before * share;
        squares[j] += before * ((double)row[j] - mean[j]);
    }
}

ALWAYS_INLINE void apply_row(const float *row, int columns, const double *mean, const double *scale,
                             float *out)
{
    for (int j = 0; j < columns; j++) out[j] = (float)(((double)row[j] - mean[j]) / scale[j]);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

AVX2 static void add_row_avx2(const float *row, int columns, double share, double *mean, double *squares)
{
    add_row(row, columns, share, mean, squares);
}

AVX2 static void apply_row_avx2(const float *row, int columns, const double *mean, const double *scale,
                                float *out)
{
    apply_row(row, columns, mean, scale, out);
}

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#define add_row_avx2   add_row
#define apply_row_avx2 apply_row

static int has_avx2(void)
{
    return 0;
}
#endif

void scaler_add(struct scaler *scaler, const float *rows, int n_rows)
{
    const int columns = scaler->columns, is_avx2 = has_avx2();
    for (int r = 0; r < n_rows; r++) {
        const float *row = rows + (size_t)r * columns;
        const double share = 1.0 / (double)++scaler->n;
        if (is_avx2)
            add_row_avx2(row, columns, share, scaler->mean, scaler->scale);
        else
            add_row(row, columns, share, scaler->mean, scaler->scale);
    }
}

/* Of a column whose rows were added; 0 where it is constant. */
static double deviation(const struct scaler *scaler, int j)
{
    const double n = scaler->n > 0 ? (double)scaler->n : 1.0;
    const double variance = scaler->scale[j] / n, rounding = n * scaler->mean[j] * DBL_EPSILON;
    const int is_constant = variance <= n * DBL_EPSILON * variance + rounding * rounding;
    return is_constant ? 0.0 : sqrt(variance);
}

void scaler_finish(struct scaler *scaler)
{
    for (int j = 0; j < scaler->columns; j++) {
        const double found = deviation(scaler, j);
        scaler->scale[j] = found == 0 ? 1.0 : found;
    }
}

/* The median of the scales of columns that vary; 0 where none does. */
static enum status find_typical(const struct scaler *scaler, double *typical)
{
    double *varying = memory_new((size_t)scaler->columns, sizeof *varying);
    int n = 0;
    TRY(memory_check(varying));
    for (int j = 0; j < scaler->columns; j++) {
        varying[n] = deviation(scaler, j);
        n += varying[n] > 0;
    }
    sorting_sort(varying, n);
    *typical = n > 0 ? sorting_median(varying, n) : 0;
    memory_free(varying);
    return OK;
}

enum status scaler_finish_floored(struct scaler *scaler, double share)
{
    double typical;
    TRY(find_typical(scaler, &typical));
    for (int j = 0; j < scaler->columns; j++) {
        const double found = deviation(scaler, j);
        scaler->scale[j] = found == 0 ? 1.0 : fmax(found, share * typical);
    }
    return OK;
}

void scaler_apply(const struct scaler *scaler, const float *rows, int n_rows, float *out)
{
    const int columns = scaler->columns, is_avx2 = has_avx2();
    for (int r = 0; r < n_rows; r++) {
        const size_t at = (size_t)r * columns;
        if (is_avx2)
            apply_row_avx2(rows + at, columns, scaler->mean, scaler->scale, out + at);
        else
            apply_row(rows + at, columns, scaler->mean, scaler->scale, out + at);
    }
}

void scaler_undo(const struct scaler *scaler, const float *rows, int n_rows, float *out)
{
    const int columns = scaler->columns;
    for (int r = 0; r < n_rows; r++)
        for (int j = 0; j < columns; j++) {
            const size_t i = (size_t)r * columns + j;
            out[i] = (float)((double)rows[i] * scaler->scale[j] + scaler->mean[j]);
        }
}
