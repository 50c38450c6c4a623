#include "bench_rows.h"

#include "core/memory.h"
#include "core/rng.h"
#include "core/scaler.h"

#include <math.h>
#include <string.h>

enum { STATES = 12, RANK = 48 };

/* What all rows of one machine have in common. */
struct source {
    struct rng rng;
    int columns;
    float *map;                 /* [RANK][columns] */
    float states[STATES][RANK]; /* what the machine may be doing */
};

static enum status source_init(struct source *source, int seed, int columns)
{
    const size_t size = (size_t)RANK * (size_t)columns;
    source->rng = rng_seeded((uint64_t)seed, 0);
    source->columns = columns;
    TRY(memory_check(source->map = memory_new(size, sizeof *source->map)));
    for (size_t i = 0; i < size; i++) source->map[i] = (float)(rng_normal(&source->rng) / sqrt(RANK));
    for (int s = 0; s < STATES; s++)
        for (int i = 0; i < RANK; i++) source->states[s][i] = (float)(1.2 * rng_normal(&source->rng));
    return OK;
}

/* A state, as one recording has it. */
static void draw_recording(struct source *source, float recording[RANK])
{
    const float *state = source->states[rng_below(&source->rng, STATES)];
    for (int i = 0; i < RANK; i++) recording[i] = state[i] + (float)(0.5 * rng_normal(&source->rng));
}

static void draw_row(struct source *source, const float recording[RANK], float *row)
{
    for (int j = 0; j < source->columns; j++) row[j] = (float)(0.25 * rng_normal(&source->rng) - 0.3);
    for (int i = 0; i < RANK; i++) {
        const float value = recording[i] + (float)(0.6 * rng_normal(&source->rng));
        const float *map = source->map + (size_t)i * (size_t)source->columns;
        for (int j = 0; j < source->columns; j++) row[j] += value * map[j];
    }
    for (int j = 0; j < source->columns; j++) row[j] = row[j] > 0 ? row[j] : 0;
}

enum status bench_rows_raw(const struct matrix *x, int seed)
{
    struct source source = { 0 };
    float recording[RANK];
    const enum status status = source_init(&source, seed, x->columns);
    for (int n = 0; status == OK && n < x->rows; n++) {
        if (n % BENCH_ROWS_A_RECORDING == 0) draw_recording(&source, recording);
        draw_row(&source, recording, matrix_row(x, n));
    }
    memory_free(source.map);
    return status;
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
    TRY(bench_rows_raw(x, 1));
    return standardize(x);
}
