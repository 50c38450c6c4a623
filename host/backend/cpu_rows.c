#include "backend/cpu_rows.h"

#include <string.h>

enum { ROWS = 256 }; /* that a task copies */

struct job {
    const struct matrix *x;
    struct cpu_rows *rows;
};

static void copy_rows(void *context, int task, int thread)
{
    (void)thread;
    const struct job *job = context;
    const int first = task * ROWS, left = job->x->rows - first;
    for (int n = first; n < first + (left < ROWS ? left : ROWS); n++)
        memcpy(job->rows->copy + (size_t)n * job->rows->stride, matrix_row(job->x, n),
               (size_t)job->x->columns * sizeof(float));
}

enum status cpu_rows_init(struct cpu_rows *rows, const struct matrix *x, struct pool *pool)
{
    *rows = (struct cpu_rows){ x->data, x->rows, x->columns, cpu_rows_stride(x->columns), NULL };
    if (rows->stride == x->columns) return OK;
    const size_t size = (size_t)rows->rows * (size_t)rows->stride;
    TRY(memory_check(rows->copy = memory_new(size, sizeof *rows->copy)));
    rows->data = rows->copy;
    pool_run(pool, (x->rows + ROWS - 1) / ROWS, copy_rows, &(struct job){ x, rows });
    return OK;
}

void cpu_rows_release(struct cpu_rows *rows)
{
    memory_free(rows->copy);
    *rows = (struct cpu_rows){ 0 };
}
