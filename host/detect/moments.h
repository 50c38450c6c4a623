/* Mean and covariance of rows. */
#ifndef MOMENTS_H
#define MOMENTS_H

#include "backend/backend.h"

/* mean [columns], covariance [columns][columns] with 1 / rows, both in double, by the backend's M step of a
 * mixture of one Gaussian. */
enum status moments_find(struct backend *backend, const struct matrix *x, double *mean,
                         double *covariance) MUST_CHECK;

#endif
