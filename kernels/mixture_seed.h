/* k-means++ of many fits at once (Arthur & Vassilvitskii 2007, with scikit-learn's trials): of some rows drawn in
 * proportion to their squared distance from the nearest centre so far, the one becomes a centre that leaves the least
 * sum of those. A step gives each fit that still lacks one its next centre, in three launches however many fits:
 *
 *   mixture_draw     draws, and makes the drawn rows the centres of a second batch, of trials
 *   mixture_squares  of that batch (mixture_batch.h, is_distance), which was prepared once
 *   mixture_choose   the best trial becomes a centre
 *
 * Step 0 draws evenly, and its first trial is the centre. Random numbers come from the host, so that a fit starts the
 * same way on every backend, but for rows that rounding puts on the other side of a running sum. */
#ifndef MIXTURE_SEED_H
#define MIXTURE_SEED_H

#include "launch.h"
#include "mixture_batch.h"

/* T: trials of all fits. */
struct mixture_seed_args {
    const struct mixture_fit *fits;   /* in  [n_fits] the mixtures                                    */
    const struct mixture_fit *trials; /* in  [n_fits] the same rows; their components are the trials  */
    const float *x;                   /* in  [stored rows][columns]                                   */
    const int *rows;                  /* in  [N] which of the stored rows                             */
    const double *random;             /* in  [T] for this step, 0 … 1                                 */
    int *candidates;                  /*     [T] rows of the fit                                      */
    double *trial_means;              /* out [T][columns] of mixture_draw                             */
    const double *squared;            /* in  [n_rows][trials] of each fit, for mixture_choose         */
    double *closest;                  /*     [N] squared distances to the nearest centre so far       */
    int *chosen;                      /* out [C] rows of the fit                                      */
    double *means;                    /* out [C][columns]                                             */
    int n_fits, columns, step;
};
LAUNCHED(mixture_draw, mixture_seed_args);
LAUNCHED(mixture_choose, mixture_seed_args);

#endif
