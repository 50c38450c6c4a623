#include "core/scaler.h"

#include "core/sorting.h"

#include <float.h>
#include <math.h>

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

void scaler_add(struct scaler *scaler, const float *rows, int n_rows)
{
    const int columns = scaler->columns;
    for (int r = 0; r < n_rows; r++) {
        const float *row = rows + (size_t)r * columns;
        const double share = 1.0 / (double)++scaler->n;
        for (int j = 0; j < columns; j++) {
            const double before = (double)row[j] - scaler->mean[j];
            scaler->mean[j] += before * share;
            scaler->scale[j] += before * ((double)row[j] - scaler->mean[j]);
        }
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
    const int columns = scaler->columns;
    for (int r = 0; r < n_rows; r++)
        for (int j = 0; j < columns; j++) {
            const size_t i = (size_t)r * columns + j;
            out[i] = (float)(((double)rows[i] - scaler->mean[j]) / scaler->scale[j]);
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
