/* The k nearest rows of every row. Rough distances in float decide which pairs can matter, exact ones in double
 * say who is nearest and how near (kernels/distance.h); the N × M distances are never held. */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "backend/backend.h"

enum metric {
    METRIC_EUCLIDEAN,
    METRIC_COSINE /* 1 - cosine of the angle; 1 where a row is all zero, as scikit-learn has it */
};

enum { NEIGHBOURS_MOST = 4096 }; /* what --k takes at most */

struct neighbours {
    int k;
    double *distance; /* [rows][k] rising */
    int *index;       /* [rows][k] of y's rows; of equally near ones the first */
};

/* For every row of x its k nearest of y, which has at least k rows. is_self: x and y are the same rows, and no
 * row is a neighbour of itself (k + 1 rows are needed). Release the neighbours whatever came. */
enum status neighbours_find(struct backend *backend, const struct matrix *x, const struct matrix *y, int k,
                            enum metric metric, int is_self, struct neighbours *out) MUST_CHECK;
void neighbours_release(struct neighbours *neighbours);

#endif
