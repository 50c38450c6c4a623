/* k-means, as scikit-learn's KMeans(n_init=1) does it: greedy k-means++ (Arthur and Vassilvitskii 2007, with
 * 2 + log k trials a centre), then Lloyd's iterations. The same rng gives the same labels on the same
 * backend, whatever the threads.
 *
 * `em` is open over x with k components and does what it can (em_seed, em_lloyd); NULL: the backend's `nearest`
 * does all. */
#ifndef KMEANS_H
#define KMEANS_H

#include "backend/backend.h"
#include "core/rng.h"

struct kmeans {
    double inertia; /* sum of squared distances to the nearest centres */
    int iterations;
};

/* Rows that make good first centres, into chosen [k]; k is at most x->rows. */
enum status kmeans_plusplus(struct backend *backend, struct em *em, const struct matrix *x, int k,
                            struct rng *rng, int *chosen) MUST_CHECK;

/* From `centres` [k][columns], which move, until no label changes, the centres move less than 1e-4 times the
 * mean variance of the columns, or 300 iterations. labels [rows] fit the centres that come out. */
enum status kmeans_lloyd(struct backend *backend, struct em *em, const struct matrix *x, int k,
                         double *centres, int *labels, struct kmeans *result) MUST_CHECK;

/* Both: labels [rows]. */
enum status kmeans_fit(struct backend *backend, struct em *em, const struct matrix *x, int k, struct rng *rng,
                       int *labels, struct kmeans *result) MUST_CHECK;

#endif
