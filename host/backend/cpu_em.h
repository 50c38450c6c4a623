/* EM and k-means on the CPU. The meaning of each function is in backend.h; the search for the components that
 * matter, and why its results do not depend on how it was cut short, in cpu_search.h.
 *
 * Diagonal mixtures: rows are taken in groups of the same last winner; the search keeps lower bounds from one
 * iteration to the next. What matters is nearly always one component a row, so responsibilities are lists: of a
 * row's components, then of a component's rows. Full covariances, in double: cpu_em_full.c.
 *
 * Every sum belongs to one task and is taken in the order of rows or columns, so the bits do not depend on
 * the number of threads. EARSHOT_EM=filter switches the bounds off, EARSHOT_EM=all the search: for tests, which see
 * that neither changes a bit. */
#ifndef CPU_EM_H
#define CPU_EM_H

#include "backend/backend_cpu.h"
#include "backend/cpu_double.h"
#include "backend/cpu_search.h"

struct cpu_kmeans;

/* exp(-50) of a million rows is a millionth of the 10 eps that scikit-learn adds to every N_k, so what is
 * dropped cannot be seen even in a component that has died out. */
#define CPU_EM_LIVE_NATS 50.0

struct cpu_em_entry {
    double r;
    int component;
};

/* A row's responsibilities: some of a thread's entries, components in rising order. */
struct cpu_em_part {
    size_t first;
    int count, thread;
};

/* What one thread needs. */
struct cpu_em_scratch {
    struct cpu_search_tile tile;  /* diagonal, and k-means */
    struct cpu_em_entry *entries; /* [capacity], of which n_entries are taken */
    size_t n_entries, capacity;
    int is_full;   /* 1: there was no memory for one more */
    double *strip; /* [STRIP] a shift, or sums */
    double *q;     /* full: [K][TILE] squared distances of a tile */
    int *live;     /* full: [K] components that matter for a row… */
    double *cost;  /* full: [K] … and what they cost */
    double *outer; /* full: struct cpu_outer */
    double *y;     /* full: [TILE / SUBSTITUTED][D][SUBSTITUTED] */
};

/* Whose centres the bounds belong to. */
enum cpu_em_bounds { BOUNDS_OF_NONE, BOUNDS_OF_MIXTURE, BOUNDS_OF_KMEANS };

struct cpu_em {
    struct em base;
    struct pool *pool; /* borrowed */
    const struct cpu_isa *isa;
    struct matrix x;      /* borrowed */
    struct cpu_rows rows; /* the same, in whole registers */
    int components;
    enum covariance covariance;
    double reg_covar;
    struct cpu_centres centres; /* diagonal: of the E step that is prepared; or k-means' */
    float *bounds;              /* [rows][centres.padded]; NULL until they are kept */
    enum cpu_em_bounds bounds_of;
    int uses_filter, is_exhaustive; /* EARSHOT_EM */
    double *factors;                /* full: [K][D][D] Cholesky factors */
    double *offset;                 /* full: [K] what a component costs at its mean */
    double *log_weights;            /* [K] of the E step that is prepared */
    double *log_determinant;        /* [K] of its covariances */
    double *log_likelihood;         /* [rows] */
    double *entropy;                /* [rows] of a row's responsibilities, in nats */
    int *winner;                    /* [rows] the component that a row cost least the last time, or -1 */
    int *order;                     /* [rows] rows by winner */
    struct cpu_em_part *parts;      /* [rows] responsibilities, by row… */
    size_t *start;                  /* [K + 3] … and by component: */
    int *member;                    /* [listed] rows, in rising order */
    double *r;                      /* [listed] */
    size_t listed;
    int tile;                       /* full: columns on each side of what a task of the M step takes */
    double *sum;                    /* [K] of responsibilities */
    int row_parts;                  /* in which the M step takes a component's rows */
    double *sums;                   /* [K][row_parts][2][rows.stride] */
    int *bad_column;                /* [K] where a covariance is not positive, or -1 */
    struct cpu_em_scratch *scratch; /* [threads] */
    struct cpu_kmeans *kmeans;      /* NULL until the first em_lloyd */

    /* of the step that is running */
    struct cpu_search search;
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
enum status cpu_em_seed(struct em *em, const double *random, int trials, int *chosen) MUST_CHECK;
enum status cpu_em_lloyd(struct em *em, const double *centres, int *nearest, double *squared,
                         double *means) MUST_CHECK;
enum status cpu_nearest(struct backend *backend, const struct matrix *x, const double *centres, int k,
                        int *nearest, double *squared) MUST_CHECK;

/* ------------------------------------------------------------------------------------- cpu_em_expect.c */

/* The E step that is prepared; the sum of the rows' log-likelihoods. */
enum status cpu_em_expect(struct cpu_em *em, struct mixture *mixture, int only_score, double *log_likelihood,
                          double *sum) MUST_CHECK;

/* Row n from the costs of its live components: its log-likelihood and, unless only_score, responsibilities
 * and their entropy. */
void cpu_em_settle(struct cpu_em *em, int n, const int *live, const double *cost, int n_live, int thread);

/* One more responsibility of a row, whose part is empty or ends where the thread's entries do. */
void cpu_em_add(struct cpu_em *em, int n, int component, double r, int thread);

/* Forgets all responsibilities. */
void cpu_em_clear(struct cpu_em *em);

/* order [rows] = rows by label, 0 … components - 1 or -1 (these come last), in rising order; those of label k are
 * at start[k] … start[k + 1] - 1. start [components + 3] */
void cpu_em_sort(const int *label, int rows, int components, size_t *start, int *order);

/* Makes em->bounds, or leaves it NULL where bounds are switched off. */
enum status cpu_em_keep_bounds(struct cpu_em *em) MUST_CHECK;

/* ----------------------------------------------------------------------------------- cpu_em_maximize.c */

/* From the rows' responsibilities to the components' lists. */
enum status cpu_em_gather(struct cpu_em *em) MUST_CHECK;

/* The M step of these lists; means hold what the sums are shifted by. total = 0: the sum of all N_k. */
void cpu_em_maximize(struct cpu_em *em, double total);

/* --------------------------------------------------------------------------------------- cpu_em_full.c */

/* Where covariance is full; tasks of pool_run, context is the cpu_em. */
void cpu_em_full_prepare(void *em, int component, int thread);
void cpu_em_full_expect(void *em, int tile, int thread);
int cpu_em_full_tiles(const struct cpu_em *em); /* of one component */
void cpu_em_full_covariance(void *em, int component_and_tile, int thread);

/* What a component costs at its mean: - log of its weight and its density there. */
double cpu_em_offset(const struct cpu_em *em, int component);

/* ---------------------------------------------------------------------------------------- cpu_kmeans.c */

void cpu_kmeans_close(struct cpu_kmeans **kmeans);

#endif
