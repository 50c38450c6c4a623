#include "core/scaler.h"

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

void scaler_finish(struct scaler *scaler)
{
    const double n = scaler->n > 0 ? (double)scaler->n : 1.0;
    for (int j = 0; j < scaler->columns; j++) {
        const double variance = scaler->scale[j] / n, rounding = n * scaler->mean[j] * DBL_EPSILON;
        const int is_constant = variance <= n * DBL_EPSILON * variance + rounding * rounding;
        scaler->scale[j] = is_constant ? 1.0 : sqrt(variance);
    }
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
