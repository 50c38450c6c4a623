/* Which centres matter for a row: those that cost no more than `margin` nats above its cheapest one.
 *
 * Float only decides which centres can matter, double says how much. A tile of rows goes through four steps:
 *   1. the cost of each row's guess (the centre that won the last time) is computed in double;
 *   2. a screen over all centres, by lower bounds that were kept or by a filter over the first columns, leaves the
 *      candidates: those whose least cost is within the margin of the guess';
 *   3. their distances are summed in float, some columns at a time, and a candidate goes as soon as it is past
 *      the margin, leaving a better bound;
 *   4. those that are left are computed in double, and what is within the margin of the lowest cost comes out.
 * Every float is taken with its largest error, so what comes out is a function of costs in double alone: the same
 * bits whatever was guessed, screened or bounded. */
#ifndef CPU_SEARCH_H
#define CPU_SEARCH_H

#include "backend/cpu_centres.h"
#include "backend/cpu_em_kernels.h"

/* What all tiles share. */
struct cpu_search {
    const struct cpu_em_kernels *kernels;
    const struct cpu_centres *centres;
    const struct cpu_rows *rows;
    double margin;
    int filtered;      /* columns that the filter sums for all centres */
    int step;          /* columns that are added to a candidate's distance before the next look */
    float *bounds;     /* [rows][padded] of sqrt(q); NULL: none are kept */
    int has_bounds;    /* 1: they are right for the centres before the last cpu_centres_set */
    int is_exhaustive; /* 1: every pair is computed in double */
};

/* Some rows, and what one thread needs for them. */
struct cpu_search_tile {
    int n;                    /* in  rows, at most CPU_EM_TILE */
    const int *rows;          /* in  [n] */
    int guess[CPU_EM_TILE];   /* in  [n] a centre; -1: nobody knows */
    double best[CPU_EM_TILE]; /* in  [n] what the guess costs, in double; NAN: nobody knows */

    int found[CPU_EM_TILE]; /* out [n] how many centres matter: at least one */
    int *live;              /* out [TILE][count] which, in rising order */
    double *cost;           /* out [TILE][count] */

    const float *x[CPU_EM_TILE];
    float *q;      /* [TILE][padded] */
    int *hits;     /* [count] */
    int *active;   /* [count] centres that are candidates */
    int *n_listed; /* [count] */
    uint8_t *list; /* [count][TILE] rows of the tile whose candidate it is */
    double *sum;   /* [count][TILE] */
};

enum status cpu_search_tile_init(struct cpu_search_tile *tile, const struct cpu_centres *centres) MUST_CHECK;
void cpu_search_tile_release(struct cpu_search_tile *tile);

void cpu_search_run(const struct cpu_search *search, struct cpu_search_tile *tile);

#endif
