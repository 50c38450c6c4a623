/* How long fits would take: a small one is timed, and its time carried on to the whole by the powers that the
 * detector tells. An estimate, no more: how many iterations a fit will need is not known before it was done. */
#ifndef FIT_ESTIMATE_H
#define FIT_ESTIMATE_H

#include "eval/evaluate.h"

/* Seconds of one fit and score of n random rows each. */
struct fit_timing {
    int rows;
    double fit_s, score_s;
};

/* An eighth of the largest machine's training rows at most, so that the estimate of a small study takes no longer
 * than the study; 0: too few to be worth it. */
int fit_rows_to_time(double largest);

/* ERR_INPUT: the detector cannot learn from so few rows. */
enum status fit_time(struct backend *backend, const struct contender *contender, int columns, int n_rows,
                     struct fit_timing *timing) MUST_CHECK;

/* Seconds of a fit to n_train rows and of scoring n_test. */
double fit_carry_on(const struct fit_timing *timing, const struct detector *detector, double n_train,
                    double n_test);

#endif
