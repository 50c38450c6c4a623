/* How much the mean AUC of a cell owes to the choice of recordings that were tested: a stratified bootstrap
 * (Efron 1979). In each replicate the tested normal recordings are drawn again with replacement, and so are the
 * abnormal ones; every split is judged by the same draw, since splits share recordings. The spread over seeds
 * (results.h) is another thing: of other splits and other starts, on the same recordings. */
#ifndef BOOTSTRAP_H
#define BOOTSTRAP_H

#include "eval/evaluate.h"

struct bootstrap {
    double deviation; /* of the replicates' mean AUCs */
    double low, high; /* their 2.5th and 97.5th percentile */
    int n_replicates; /* that had both labels in some split; 0: then the numbers are NaN */
};

/* splits: of one cell. The same seed gives the same numbers. */
enum status bootstrap_auc(const struct split_result *splits, int n_splits, int n_replicates, uint64_t seed,
                          struct bootstrap *out) MUST_CHECK;

#endif
