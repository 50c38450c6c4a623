#include "detect/kernel_rows.h"

#include "core/memory.h"

#include <math.h>

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

struct filling {
    const struct kernel_rows *rows;
    const float *centre; /* row of x whose row of K is computed */
    float *values;
};

static void fill_tile(void *context, const struct distance_tile *tile)
{
    const struct filling *f = context;
    const struct matrix *x = f->rows->x;
    for (int n = tile->x_first; n < tile->x_first + tile->x_rows; n++)
        f->values[n] = (float)exp(-f->rows->gamma * tile->exact(matrix_row(x, n), f->centre, x->columns));
}

static enum status fill(const struct kernel_rows *rows, int i, float *values)
{
    const struct matrix one = { matrix_row(rows->x, i), 1, rows->x->columns };
    struct filling filling = { rows, one.data, values };
    const struct distance_taker taker = { fill_tile, &filling, 1 };
    return rows->backend->ops->distance(rows->backend, rows->x, &one, &taker);
}

enum status kernel_rows_get(struct kernel_rows *rows, int i, const float **out)
{
    if (rows->slot_of[i] < 0) {
        struct kernel_slot *slot = oldest_slot(rows);
        if (!slot->values)
            TRY(memory_check(slot->values = memory_new((size_t)rows->x->rows, sizeof *slot->values)));
        TRY(fill(rows, i, slot->values));
        if (slot->row >= 0) rows->slot_of[slot->row] = -1;
        slot->row = i;
        rows->slot_of[i] = (int)(slot - rows->slots);
    }
    struct kernel_slot *slot = &rows->slots[rows->slot_of[i]];
    slot->used = ++rows->asked;
    *out = slot->values;
    return OK;
}
