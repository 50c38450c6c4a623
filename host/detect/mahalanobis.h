/* The Mahalanobis distance to the mean, with a covariance that Ledoit and Wolf shrink (A well-conditioned
 * estimator for large-dimensional covariance matrices, 2004), as scikit-learn's LedoitWolf does it:
 *
 *   S         = sum over n of (x_n - m)(x_n - m)' / N
 *   mu        = trace S / D
 *   delta     = sum of squares of (S - mu I) / D
 *   beta      = (sum over n of |x_n - m|^4 / N - sum of squares of S) / (N D), at most delta
 *   C         = (1 - s) S + s mu I, s = beta / delta; one column is not shrunk
 *   score(x)  = (x - m)' C⁻¹ (x - m), squared as scikit-learn's mahalanobis() is */
#ifndef MAHALANOBIS_H
#define MAHALANOBIS_H

#include "detect/detector.h"

struct mahalanobis_model {
    int columns;
    double *mean;   /* [columns] */
    double *factor; /* [columns][columns] lower: C = factor · factor', zero above the diagonal */
    double shrinkage;
};

/* s of rows whose mean [columns] and covariance [columns][columns] are given. */
double mahalanobis_shrinkage(const struct matrix *x, const double *mean, const double *covariance);

#endif
