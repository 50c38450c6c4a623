/* Products in double on the CPU: of matrices (gemm.h), and of centred rows with themselves.
 *
 * A sum belongs to one lane of a register and takes its products in order, in stretches of CPU_DOUBLE_DEPTH
 * that are added up. So its bits depend on what is summed alone, and are the same for registers of 256 and of
 * 512 bits: the set avx2 takes the wider ones where they are there. */
#ifndef CPU_DOUBLE_H
#define CPU_DOUBLE_H

#include "gemm.h"

enum {
    CPU_DOUBLE_DEPTH = 128,
    CPU_OUTER_TILE = 192, /* columns on each side of a tile, at most; a multiple of every kernel's block */
};

/* Columns i … i + n_i - 1 against j … j + n_j - 1 of sum r (x - mean)(x - mean)', over some rows. Where i = j, up
 * to the diagonal (and a little beyond). */
struct cpu_outer {
    const float *x; /* in [][columns] */
    int columns;
    const int *rows;    /* in [count] */
    const double *r;    /* in [count] */
    int count;
    const double *mean; /* in [columns] */
    int i, n_i, j, n_j; /* at most CPU_OUTER_TILE of each */
    double *scratch;    /*     [2][CPU_OUTER_TILE][CPU_DOUBLE_DEPTH] */
    double *sum;        /* out [n_i][n_j], rows `columns` apart */
};

struct cpu_double_kernels {
    void (*gemm)(const struct gemm_double_args *args);
    void (*outer)(const struct cpu_outer *a);
};

#endif
