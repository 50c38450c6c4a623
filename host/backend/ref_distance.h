/* Distances by their definition (kernels/distance.h), for the backend `ref`; the meaning is in backend.h. */
#ifndef REF_DISTANCE_H
#define REF_DISTANCE_H

#include "backend/backend.h"

enum status ref_distance(struct backend *backend, const struct matrix *x, const struct matrix *y,
                         const struct distance_taker *taker) MUST_CHECK;

#endif
