#include "detect/kernel_rows.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

enum status kernel_rows_init(struct kernel_rows *rows, struct backend *backend, const struct matrix *x,
                             double gamma, size_t cache_bytes)
{
    const size_t n = (size_t)x->rows, room = cache_bytes / (n * sizeof(float));
    *rows = (struct kernel_rows){ .backend = backend, .x = x, .gamma = gamma };
    rows->n_slots = room < 2 ? 2 : room < n ? (int)room : x->rows;
    TRY(memory_check(rows->slot_of = memory_new(n, sizeof *rows->slot_of)));
    TRY(memory_check(rows->slots = memory_new((size_t)rows->n_slots, sizeof *rows->slots)));
    for (int i = 0; i < x->rows; i++) rows->slot_of[i] = -1;
    for (int s = 0; s < rows->n_slots; s++) rows->slots[s].row = -1;
    return OK;
}

void kernel_rows_release(struct kernel_rows *rows)
{
    for (int s = 0; rows->slots && s < rows->n_slots; s++) memory_free(rows->slots[s].values);
    memory_free(rows->slots);
    memory_free(rows->slot_of);
    *rows = (struct kernel_rows){ 0 };
}

/* A slot that was never used, or the one that was used longest ago. */
static struct kernel_slot *oldest_slot(struct kernel_rows *rows)
{
    struct kernel_slot *oldest = rows->slots;
    for (int s = 1; s < rows->n_slots; s++)
        if (rows->slots[s].used < oldest->used) oldest = &rows->slots[s];
    return oldest;
}

/* Some rows of K that are computed together. */
struct filling {
    struct kernel_rows *rows;
    struct matrix centres;               /* rows of x… */
    float *values[1 + KERNEL_ROWS_MORE]; /* … and of K */
};

static void fill_tile(void *context, const struct distance_tile *tile)
{
    const struct filling *f = context;
    const struct matrix *x = f->rows->x;
    for (int n = tile->x_first; n < tile->x_first + tile->x_rows; n++)
        for (int c = tile->y_first; c < tile->y_first + tile->y_rows; c++) {
            const double squared = tile->exact(matrix_row(x, n), matrix_row(&f->centres, c), x->columns);
            f->values[c][n] = (float)exp(-f->rows->gamma * squared);
        }
}

/* The oldest slot becomes row i's. */
static enum status add_row(struct filling *f, int i)
{
    struct kernel_rows *rows = f->rows;
    struct kernel_slot *slot = oldest_slot(rows);
    if (!slot->values)
        TRY(memory_check(slot->values = memory_new((size_t)rows->x->rows, sizeof *slot->values)));
    if (slot->row >= 0) rows->slot_of[slot->row] = -1;
    slot->row = i;
    slot->used = ++rows->asked;
    rows->slot_of[i] = (int)(slot - rows->slots);
    f->values[f->centres.rows] = slot->values;
    memcpy(matrix_row(&f->centres, f->centres.rows++), matrix_row(rows->x, i),
           (size_t)rows->x->columns * sizeof *slot->values);
    return OK;
}

static enum status fill(struct kernel_rows *rows, int i, const int *more, int n_more)
{
    struct filling filling = { .rows = rows };
    const struct distance_taker taker = { fill_tile, &filling, 1 };
    enum status status;
    TRY_OR_DONE(matrix_init(&filling.centres, 1 + n_more, rows->x->columns));
    filling.centres.rows = 0;
    for (int m = 0; m < n_more; m++) TRY_OR_DONE(add_row(&filling, more[m]));
    TRY_OR_DONE(add_row(&filling, i));
    TRY_OR_DONE(rows->backend->ops->distance(rows->backend, rows->x, &filling.centres, &taker));
done:
    matrix_release(&filling.centres);
    return status;
}

int kernel_rows_has_room(const struct kernel_rows *rows)
{
    return rows->n_slots >= 8 * (1 + KERNEL_ROWS_MORE);
}

enum status kernel_rows_get(struct kernel_rows *rows, int i, const int *more, int n_more, const float **out)
{
    if (rows->slot_of[i] < 0) TRY(fill(rows, i, more, n_more));
    struct kernel_slot *slot = &rows->slots[rows->slot_of[i]];
    slot->used = ++rows->asked;
    *out = slot->values;
    return OK;
}
