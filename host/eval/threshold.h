/* From where on DCASE's decision files call a recording abnormal: the 0.9 quantile of a Gamma distribution
 * fitted to the scores of the training recordings, as its baselines have it. Theirs are scores by the detector
 * that has learnt these very recordings; ours come from cross-fitting (detect/crossfit.h), since a detector
 * that knows its training rows by heart would call everything else abnormal. */
#ifndef THRESHOLD_H
#define THRESHOLD_H

#include "detect/detector.h"
#include "detect/pooler.h"

#define THRESHOLD_QUANTILE 0.9
enum { THRESHOLD_FOLDS = 5 };

/* The rows of a recording follow each other. ERR_INPUT: too few training recordings, or all score alike. */
enum status threshold_of_train(struct backend *backend, const struct detector *detector, const void *settings,
                               const struct rows *train, const struct pooler *pooler, uint64_t seed,
                               double *threshold) MUST_CHECK;

#endif
