/* EM of many diagonal mixtures at once: machines × seeds × networks, each with its own rows, its own columns and its
 * own number of components, in one sequence of launches that is as long for one fit as for a hundred. What an iteration
 * computes stands in mixture.h; the kernels, in this order:
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
 * A fit says where its numbers are, so it keeps them from one batch to the next, whichever fits stand beside it. Rows
 * are stored once as they were extracted, and a fit selects some by index and standardises them as it reads them: so
 * seeds share them. No array has rows × components × columns; responsibilities are one float a pair. Float only decides
 * which components can matter for a row, in the centred form ((x - high) scale - low)², where neither means of 10 nor
 * variances of 1e-6 cancel; components that can matter are computed again in double, and only these numbers reach a
 * result. Each sum has one order, whatever the card and whichever fits stand beside it: the same fit gives the same
 * bits alone and among others. */
#ifndef MIXTURE_BATCH_H
#define MIXTURE_BATCH_H

#include "launch.h"
#include "mixture.h"

enum { MIXTURE_TILE = 64 }; /* rows that a block of the E step takes */

/* Each kernel reads and writes its part; what none that is launched needs may be NULL. */
struct mixture_fit {
    int n_rows, columns, components;
    int first_component; /* the components of all fits before it in the batch */
    int first_tile;      /* their tiles of MIXTURE_TILE rows                  */
    /* 1: weights are N_k / rows, as after the start and in variational methods; 0: N_k / sum */
    int divides_by_rows;
    int is_distance; /* 1: variances count as 1, weights as none */
    double reg_covar;

    const float *x;  /* in [stored rows][columns]                                     */
    const int *rows; /* in [n_rows] which of the stored rows; NULL: the first n_rows  */
    /* in [columns] each: a row's value is ((x - shift) - shift_rest) factor, each step rounded to float, where shift +
     * shift_rest is the mean and factor 1 / scale; all NULL: it is x */
    const float *shift, *shift_rest, *factor;
    const int *labels;         /* in [n_rows] of mixture_labels: a component, or -1                 */
    const double *log_weights; /* in [components] what variational methods put for weights; or NULL */

    double *counts;      /* [components] N_k, or the weights of the start */
    double *weights;     /* [components] out of mixture_prepare           */
    double *means;       /* [components][columns]                         */
    double *covariances; /* [components][columns]                         */

    double *precisions;        /* [components][columns] out of mixture_prepare, as all up to bad_columns */
    float *high, *low, *scale; /* [components][columns] mean = high + low / scale, scale = 1 / deviation */
    double *log_determinants;  /* [components]                                                           */
    double *offsets;           /* [components] log of weight times density at the mean                   */
    int *bad_columns;          /* [components] the first column whose variance is not positive, or -1    */

    float *responsibilities; /* [n_rows][components]; between filter and expect rough log densities      */
    double *log_likelihood;  /* [n_rows] out of mixture_expect                                           */
    double *entropy;         /* [n_rows] of a row's responsibilities, in nats                            */
    double *lower_bound;     /* [1] out of mixture_total: mean log-likelihood                            */
    double *total_entropy;   /* [1] the sum of the rows' entropies                                       */

    int *nearest;    /* [n_rows] out of mixture_nearest: the first of equally near components          */
    double *squared; /* squared distances: [n_rows] out of mixture_nearest; [n_rows][components] out of
                      * mixture_squares */
};

/* One struct for all kernels. */
struct mixture_batch_args {
    const struct mixture_fit *fits; /* in [n_fits] */
    int n_fits, n_components, n_tiles;
    int most_components, most_columns; /* of one fit */
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
