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

/* A fit's: T trials a step, which are the components of its fit in the batch of trials. */
struct mixture_seed {
    int components;       /* steps that it takes                                        */
    const double *random; /* in  [components][T] 0 … 1                                  */
    int *candidates;      /*     [T] rows of the fit                                    */
    double *closest;      /*     [n_rows] squared distances to the nearest centre so far */
    int *chosen;          /* out [components] rows of the fit                           */
};

struct mixture_seed_args {
    const struct mixture_seed *seeds; /* in [n_fits]                                          */
    const struct mixture_fit *trials; /* in [n_fits] rows; means are written, squared is read */
    int n_fits, step;
};
LAUNCHED(mixture_draw, mixture_seed_args);
LAUNCHED(mixture_choose, mixture_seed_args);

#endif
