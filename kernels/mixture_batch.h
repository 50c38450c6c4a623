/* EM of many diagonal mixtures at once: machines × seeds × networks, each with its own rows and its own number of
 * components, in one sequence of launches that is as long for one fit as for a hundred. What an iteration computes
 * stands in mixture.h; the kernels, in this order:
 *
 *   mixture_prepare    means, covariances, counts → weights, and what the E step reads
 *   mixture_filter     rough log densities of all pairs (row, component), in float
 *   mixture_expect     responsibilities, log-likelihoods and entropies of rows
 *   mixture_total      their sums over each fit's rows
 *   mixture_maximize   counts, means, covariances
 *
 * Before the first one: means of 0, mixture_labels, mixture_maximize, and mixture_maximize once more (labels →
 * parameters; the second is centred on what the first found); or parameters from elsewhere, their weights as counts.
 *
 * k-means: with is_distance set, means are centres and all else of them is left alone: mixture_prepare, then either
 * mixture_filter and mixture_nearest (the nearest centre of each row), or mixture_squares (the distances to all of a
 * few). labels may be what mixture_nearest wrote: mixture_labels and mixture_maximize then give the next centres, an
 * empty one's being 0.
 *
 * Rows are stored once and selected by index, so seeds share them. No array has rows × components × columns;
 * responsibilities are one float a pair. Float only decides which components can matter for a row, in the centred
 * form ((x - high) scale - low)², where neither means of 10 nor variances of 1e-6 cancel; components that can matter
 * are computed again in double, and only these numbers reach a result. Each sum has one order, whatever the card and
 * whichever fits stand beside it: the same fit gives the same bits alone and among others. */
#ifndef MIXTURE_BATCH_H
#define MIXTURE_BATCH_H

#include "launch.h"
#include "mixture.h"

enum { MIXTURE_TILE = 64 }; /* rows that a block of the E step takes */

struct mixture_fit {
    long long first_row;  /* among all fits' rows */
    long long first_cell; /* of its responsibilities [n_rows][components], among all fits' */
    int n_rows, components;
    int first_component; /* among all fits' components */
    int first_tile;      /* among all fits' tiles of MIXTURE_TILE rows */
};

/* One struct for all kernels; each reads and writes its part. C: components of all fits, N: rows of all fits. */
struct mixture_batch_args {
    const struct mixture_fit *fits; /* in [n_fits]                                                    */
    const int *is_done;             /* in [n_fits] 1: is left as it is                                */
    const float *x;                 /* in [stored rows][columns]                                      */
    const int *rows;                /* in [N] which of the stored rows                                */
    const int *labels;              /* in [N] of mixture_labels: a component of the fit, or -1        */
    const double *log_weights;      /* in [C] what a variational method puts in the weights' place; or NULL */

    double *counts;      /* [C] N_k, or the weights of the start */
    double *weights;     /* [C]          out of mixture_prepare  */
    double *means;       /* [C][columns]                         */
    double *covariances; /* [C][columns]                         */

    double *precisions;        /* [C][columns] out of mixture_prepare, as all up to bad_column */
    float *high, *low, *scale; /* [C][columns] mean = high + low / scale, scale = 1 / deviation */
    double *log_determinants;  /* [C]                                                         */
    double *offsets;           /* [C] log of weight times density at the mean                 */
    int *bad_columns;          /* [C] the first column whose variance is not positive, or -1  */

    float *
        responsibilities; /* [n_rows][components] of each fit; between filter and expect rough log densities */
    double *log_likelihood; /* [N] out of mixture_expect, also where only_score is set        */
    double *entropy;        /* [N] of a row's responsibilities, in nats                       */
    double *lower_bounds;   /* [n_fits] out of mixture_total: mean log-likelihood             */
    double *entropies;      /* [n_fits] sums                                                  */

    int *nearest; /* [N] out of mixture_nearest: a component of the fit, the first of equally near ones   */
    double *squared; /* squared distances: [N] out of mixture_nearest; [n_rows][components] of each fit out of
                      * mixture_squares */

    int n_fits, n_components, n_tiles, columns;
    int most_components; /* of one fit */
    int divides_by_rows; /* 1: weights are N_k / rows, as after the start and in variational methods; 0: N_k / sum */
    int is_distance; /* 1: variances count as 1, weights as none */
    double reg_covar;
};
LAUNCHED(mixture_labels, mixture_batch_args);
LAUNCHED(mixture_prepare, mixture_batch_args);
LAUNCHED(mixture_filter, mixture_batch_args);
LAUNCHED(mixture_expect, mixture_batch_args);
LAUNCHED(mixture_total, mixture_batch_args);
LAUNCHED(mixture_maximize, mixture_batch_args);
LAUNCHED(mixture_nearest, mixture_batch_args);
LAUNCHED(mixture_squares, mixture_batch_args);

#endif
