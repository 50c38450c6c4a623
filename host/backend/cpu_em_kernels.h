/* Kernels of mixtures and k-means, a table per instruction set. All rows, centres and sums have strides that are
 * multiples of CPU_LANES (cpu_rows.h, cpu_centres.h).
 *
 * What is float here (filter, narrow, screen) is off by cpu_centres.error at most and may differ from one
 * instruction set to another: it only decides which pairs are computed in double. What is double is the same
 * bits for registers of 256 and of 512 bits. */
#ifndef CPU_EM_KERNELS_H
#define CPU_EM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    CPU_EM_TILE = 32,        /* rows that one task takes */
    CPU_EM_STRIP = 512,      /* columns of a component that one task of the M step takes, at most */
    CPU_EM_SUBSTITUTED = 16, /* rows that one forward substitution takes side by side */
};

/* q of all centres for up to CPU_EM_TILE rows, over the first columns. */
struct cpu_em_filter {
    const float *const *x; /* in  [rows rounded up to 8] */
    int rows, columns;     /*     columns: a multiple of LANES */
    const float *panels;   /* in  cpu_centres.panels */
    int stride, padded;    /*     of the centres */
    float *q;              /* out [rows rounded up to 8][padded] */
};

/* Which centres may cost a row no more than `limit`. Where bounds are kept, they rise to what q says. */
struct cpu_em_screen {
    const float *q;            /* in  [padded] from the filter, or NULL: the bounds are judged… */
    const float *grow, *shift; /* in  [padded] … after they were brought to the new centres */
    const float *offset;       /* in  [padded] */
    int count, padded;
    float limit;
    float shrink;  /* 1 - the error of q, relative */
    float *bounds; /* in, out [padded] of sqrt(q), or NULL */
    int *found;    /* out [count] */
};

/* One centre and its candidates: some columns are added to their q, and those that are past their limit go. */
struct cpu_em_narrow {
    const float *const *x; /* in  [tile] rows, from the first of these columns on */
    const float *strip;    /* in  cpu_centres.strips, from there on */
    int columns;           /*     a multiple of LANES */
    const double *limit;   /* in  [tile] the q at which a row lets go of the centre */
    float shrink;
    float *const *bounds; /* in, out [tile] this centre's, or NULL */
    uint8_t *list;        /* in, out [count] rows of the tile */
    double *sum;          /* in, out [count] their q */
    int count;
};

/* Sums over a component's rows, for some of its columns. */
struct cpu_em_moments {
    const float *x; /* in  [rows][stride], from the first of these columns on */
    int stride;
    const int *rows; /* in  [count] */
    const double *r; /* in  [count] */
    int count;
    const double *shift; /* in  [n] */
    int n;               /*     columns to sum, a multiple of LANES */
    double *s1, *s2;     /* out [n] sums of r (x - shift) and r (x - shift)² */
};

/* y = factor⁻¹ y for groups of CPU_EM_SUBSTITUTED rows side by side. */
struct cpu_em_substitute {
    const double *factor; /* in  [columns][columns], lower */
    int columns, groups;
    double *y;       /* in, out [groups][columns][SUBSTITUTED] */
    double *squares; /* out [groups][SUBSTITUTED] y'y */
};

struct cpu_em_kernels {
    void (*filter)(const struct cpu_em_filter *a);
    int (*screen)(const struct cpu_em_screen *a); /* how many are found */
    int (*narrow)(const struct cpu_em_narrow *a); /* how many are left */
    /* sum of (x - mean)² precision, in double; columns: a multiple of LANES */
    double (*square)(const float *x, const double *mean, const double *precision, int columns);
    /* The same of up to four means, with precision 1, for any number of columns. */
    void (*squares)(const float *x, const double *const *mean, int n_means, int columns, double *out);
    void (*moments)(const struct cpu_em_moments *a);
    void (*sum)(const struct cpu_em_moments *a); /* s1 alone, with r = 1 and shift = 0 */
    void (*substitute)(const struct cpu_em_substitute *a);
    /* Float sum of (x - y)² until it is past `limit`, off by the error of cpu_centres at most */
    float (*apart)(const float *x, const float *y, int columns, float limit);
};

#endif
