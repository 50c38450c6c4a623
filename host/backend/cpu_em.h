/* EM and nearest centres on the CPU. The meaning of each function is in backend.h; arithmetic:
 *
 * Float only decides which components can matter for a row, double says how much. The filter computes for all
 * pairs (row, component) the squared distance in float, in the centred form y = (x - hi) s - lo with
 * hi + lo / s = mean and s = 1 / standard deviation, so that neither means of 10 nor variances of 1e-6
 * cancel; its sums over 64 columns are promoted to double. Components within CPU_EM_LIVE_NATS of a row's best
 * are computed again in double from the double parameters: only these numbers reach a result.
 *
 * Every sum belongs to one task and is taken in the order of rows or columns, so the bits do not depend on
 * the number of threads. */
#ifndef CPU_EM_H
#define CPU_EM_H

#include "backend/backend_cpu.h"
#include "backend/cpu_centres.h"
#include "backend/cpu_double.h"

enum {
    CPU_EM_TILE = 32,   /* rows that one task takes */
    CPU_EM_STRIP = 512, /* columns of a component that one task of the M step takes, at most */
    CPU_EM_LANES = 16,  /* rows that one forward substitution takes side by side */
};

/* exp(-50) of a million rows is a millionth of the 10 eps that scikit-learn adds to every N_k, so what is
 * dropped cannot be seen even in a component that has died out. */
#define CPU_EM_LIVE_NATS 50.0

struct cpu_em_filter {
    const float *panel; /* in  [padded / 8][columns][hi, s, lo][8] */
    const float *x;     /* in  [rows][columns], rows at most CPU_EM_TILE */
    int rows, columns, padded;
    double *q; /* out [rows rounded up to 8][padded] squared distances */
};

/* Sums over the rows whose responsibility is not 0, for some columns of one component. */
struct cpu_em_moments {
    const float *x; /* in  [rows][columns], from the first of these columns on */
    int rows, columns;
    const double *r;     /* in  [rows] */
    const double *shift; /* in  [n] */
    int n;               /* columns to sum */
    double *s1, *s2;     /* out [n] sums of r (x - shift) and r (x - shift)² */
};

/* y = factor⁻¹ y for groups of CPU_EM_LANES rows side by side. */
struct cpu_em_substitute {
    const double *factor; /* in  [columns][columns], lower */
    int columns, groups;
    double *y;       /* in, out [groups][columns][CPU_EM_LANES] */
    double *squares; /* out [groups][CPU_EM_LANES] y'y */
};

struct cpu_em_kernels {
    void (*filter)(const struct cpu_em_filter *a);
    /* sum of (x - mean)² precision, in double */
    double (*square)(const float *x, const double *mean, const double *precision, int columns);
    void (*moments)(const struct cpu_em_moments *a);
    void (*substitute)(const struct cpu_em_substitute *a);
};

/* What one thread needs. */
struct cpu_em_scratch {
    double *q;     /* [TILE][padded] squared distances of a tile */
    int *live;     /* [K] components that can matter for a row… */
    double *cost;  /* [K] … and -log of weight times density */
    double *sums;  /* [2][STRIP] */
    double *outer; /* struct cpu_outer, where covariance is full */
    double *y;     /* [TILE / LANES][D][LANES], where covariance is full */
};

struct cpu_em {
    struct em base;
    struct pool *pool; /* borrowed */
    const struct cpu_em_kernels *kernels;
    const struct cpu_double_kernels *in_double;
    struct matrix x; /* borrowed */
    int components;
    enum covariance covariance;
    double reg_covar;
    struct cpu_centres centres;     /* diagonal: what the filter reads */
    double *factors;                /* full: [K][D][D] Cholesky factors */
    double *offset;                 /* full: [K] what a component costs at its mean */
    double *log_weights;            /* [K] of the E step that is prepared */
    double *log_determinant;        /* [K] of its covariances */
    double *log_likelihood;         /* [rows] */
    double *entropy;                /* [rows] of a row's responsibilities, in nats */
    double *responsibilities;       /* [K][stride], nearly all 0; NULL until the first M step */
    int tile;                       /* full: columns on each side of what a task of the M step takes */
    size_t stride;                  /* rows, rounded up to whole cache lines */
    double *sum;                    /* [K] of responsibilities */
    int *bad_column;                /* [K] where a covariance is not positive, or -1 */
    struct cpu_em_scratch *scratch; /* [threads] */

    /* of the step that is running */
    const struct mixture *prepared;
    struct mixture *mixture;
    int only_score;
};

enum status cpu_em_open(struct backend *backend, const struct em_spec *spec, struct em **out) MUST_CHECK;
void cpu_em_close(struct em **em);
enum status cpu_em_start(struct em *em, const int *labels, const double *responsibilities,
                         struct mixture *mixture) MUST_CHECK;
enum status cpu_em_step(struct em *em, struct mixture *mixture, int only_score, double *lower_bound,
                        double *log_likelihood) MUST_CHECK;
enum status cpu_em_prepare(struct em *em, const struct mixture *mixture, const double *log_weights,
                           double *log_determinants) MUST_CHECK;
enum status cpu_em_step_prepared(struct em *em, struct mixture *mixture, int only_score, double *entropy,
                                 double *log_likelihood) MUST_CHECK;
enum status cpu_nearest(struct backend *backend, const struct matrix *x, const double *centres, int k,
                        int *nearest, double *squared) MUST_CHECK;

/* What a component costs at its mean: - log of its weight and its density there. */
double cpu_em_offset(const struct cpu_em *em, int component);

/* Row n from the costs of its live components: its log-likelihood and, unless only_score, responsibilities
 * and their entropy. */
void cpu_em_settle(struct cpu_em *em, int n, const int *live, const double *cost, int n_live);

/* Where covariance is full (cpu_em_full.c); tasks of pool_run, context is the cpu_em. */
void cpu_em_full_prepare(void *em, int component, int thread);
void cpu_em_full_expect(void *em, int tile, int thread);
int cpu_em_full_tiles(const struct cpu_em *em); /* of one component */
void cpu_em_full_covariance(void *em, int component_and_tile, int thread);

#endif
