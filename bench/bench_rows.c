#include "bench_rows.h"

#include "core/memory.h"
#include "core/rng.h"
#include "core/scaler.h"

enum { CLUSTERS = 100 };

static enum status make(const struct matrix *x)
{
    float *centres = memory_new((size_t)CLUSTERS * (size_t)x->columns, sizeof *centres);
    struct rng rng = rng_seeded(1, 0);
    TRY(memory_check(centres));
    for (int i = 0; i < CLUSTERS * x->columns; i++) centres[i] = (float)(2 * rng_normal(&rng) - 1);
    for (int n = 0; n < x->rows; n++) {
        const float *centre = centres + (size_t)rng_below(&rng, CLUSTERS) * (size_t)x->columns;
        for (int j = 0; j < x->columns; j++) {
            const float value = centre[j] + (float)rng_normal(&rng);
            matrix_row(x, n)[j] = value > 0 ? value : 0;
        }
    }
    memory_free(centres);
    return OK;
}

static enum status standardize(const struct matrix *x)
{
    struct scaler scaler = { 0 };
    const enum status status = scaler_init(&scaler, x->columns);
    if (status == OK) {
        scaler_add(&scaler, x->data, x->rows);
        scaler_finish(&scaler);
        scaler_apply(&scaler, x->data, x->rows, x->data);
    }
    scaler_release(&scaler);
    return status;
}

enum status bench_rows(struct matrix *x, int rows, int columns)
{
    TRY(matrix_init(x, rows, columns));
    TRY(make(x));
    return standardize(x);
}
