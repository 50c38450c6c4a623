/* Rows as the CPU's kernels for mixtures read them: a whole number of registers long. */
#ifndef CPU_ROWS_H
#define CPU_ROWS_H

#include "core/matrix.h"
#include "core/pool.h"

enum { CPU_LANES = 16 }; /* floats of a row's, or centres', that a kernel takes side by side */

struct cpu_rows {
    const float *data; /* [rows][stride] */
    int rows, columns;
    int stride;  /* columns rounded up to CPU_LANES; beyond them are zeros */
    float *copy; /* NULL: the matrix' own rows are long enough, and are borrowed */
};

enum status cpu_rows_init(struct cpu_rows *rows, const struct matrix *x, struct pool *pool) MUST_CHECK;
void cpu_rows_release(struct cpu_rows *rows);

static inline int cpu_rows_stride(int columns)
{
    return (columns + CPU_LANES - 1) / CPU_LANES * CPU_LANES;
}

static inline const float *cpu_rows_at(const struct cpu_rows *rows, int row)
{
    return rows->data + (size_t)row * rows->stride;
}

#endif
