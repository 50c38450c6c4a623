/* Scores of training rows as if they were new: recordings are shared out into folds, and each fold is scored
 * by a detector that was fitted on the others (Stone 1974). Whatever calibrates a score (its mean and
 * deviation, a threshold, a percentile) must come from such scores: those of rows that a detector was fitted
 * on are too low, a training row's distance to itself is even 0. */
#ifndef CROSSFIT_H
#define CROSSFIT_H

#include "detect/detector.h"

/* score [rows]. Folds are drawn by the seed; there are never more of them than recordings. ERR_INPUT: one
 * recording alone, or the rest of a fold is too small for the detector. */
enum status crossfit_scores(struct backend *backend, const struct detector *detector, const void *settings,
                            const struct rows *rows, int n_folds, uint64_t seed, double *score) MUST_CHECK;

/* The threshold that new normal recordings pass with a chance of at most `rate` (0 … 1), from the scores of
 * n normal ones: the k-th lowest with k = ceil((n + 1)(1 - rate)), infinite where n is too small for that
 * (split conformal prediction: Vovk et al. 2005). Sorts the scores. */
double crossfit_threshold(double *scores, int n, double rate);

#endif
