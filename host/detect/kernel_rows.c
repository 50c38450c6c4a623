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

/* Some rows of K that are computed together. */
struct filling {
    struct kernel_rows *rows;
    int n;
    double *centres;                     /* [n][columns] rows of x… */
    double *squared;                     /* [rows][n] … how far all are from them… */
    float *values[1 + KERNEL_ROWS_MORE]; /* … and rows of K */
};

/* The oldest slot becomes row i's. */
static enum status add_row(struct filling *f, int i)
{
    struct kernel_rows *rows = f->rows;
    const int columns = rows->x->columns;
    struct kernel_slot *slot = oldest_slot(rows);
    if (!slot->values)
        TRY(memory_check(slot->values = memory_new((size_t)rows->x->rows, sizeof *slot->values)));
    if (slot->row >= 0) rows->slot_of[slot->row] = -1;
    slot->row = i;
    slot->used = ++rows->asked;
    rows->slot_of[i] = (int)(slot - rows->slots);
    for (int j = 0; j < columns; j++)
        f->centres[(size_t)f->n * columns + j] = (double)matrix_row(rows->x, i)[j];
    f->values[f->n++] = slot->values;
    return OK;
}

enum { SHARE = 512 }; /* entries of a row of K that a task computes */

static void fill_share(void *context, int task, int thread)
{
    (void)thread;
    const struct filling *f = context;
    const int first = task * SHARE, left = f->rows->x->rows - first,
              end = first + (left < SHARE ? left : SHARE);
    for (int c = 0; c < f->n; c++)
        for (int n = first; n < end; n++)
            f->values[c][n] = (float)exp(-f->rows->gamma * f->squared[(size_t)n * f->n + c]);
}

static enum status fill(struct kernel_rows *rows, int i, const int *more, int n_more)
{
    const struct backend_ops *ops = rows->backend->ops;
    const size_t n = 1 + (size_t)n_more, n_rows = (size_t)rows->x->rows;
    struct filling f = { .rows = rows };
    enum status status;
    TRY_OR_DONE(memory_check(f.centres = memory_new(n * (size_t)rows->x->columns, sizeof *f.centres)));
    TRY_OR_DONE(memory_check(f.squared = memory_new(n * n_rows, sizeof *f.squared)));
    for (int m = 0; m < n_more; m++) TRY_OR_DONE(add_row(&f, more[m]));
    TRY_OR_DONE(add_row(&f, i));
    TRY_OR_DONE(ops->nearest(rows->backend, rows->x, f.centres, f.n, NULL, f.squared));
    ops->share(rows->backend, (rows->x->rows + SHARE - 1) / SHARE, fill_share, &f);
done:
    memory_free(f.centres);
    memory_free(f.squared);
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
