/* How well scores tell abnormal recordings from normal ones (higher = more anomalous). The numbers are those
 * of scikit-learn's roc_auc_score; counts are exact integers up to the last division. */
#ifndef ROC_H
#define ROC_H

#include "core/status.h"

#define PAUC_MAX_FPR 0.1 /* of the baselines, evaluators and reports */

/* Scores that are not finite, or labels of one kind only: ERR_INPUT. `is_abnormal` holds 0 and 1. */

/* The share of (normal, abnormal) pairs in which the abnormal one scores higher; ties count one half (Mann
 * and Whitney 1947). */
enum status roc_auc(const double *score, const int *is_abnormal, int n, double *auc) MUST_CHECK;

/* The area up to the false positive rate max_fpr, 0 < max_fpr <= 1, scaled so that chance is 0.5 and the best
 * is 1 (McClish 1989). */
enum status roc_pauc(const double *score, const int *is_abnormal, int n, double max_fpr,
                     double *pauc) MUST_CHECK;

/* The curve from (0, 0) to (1, 1); points on a straight line between their neighbours are left out. */
struct roc_curve {
    double *fpr, *tpr; /* [n_points] owned */
    int n_points;
};
enum status roc_curve_init(struct roc_curve *curve, const double *score, const int *is_abnormal,
                           int n) MUST_CHECK;
void roc_curve_release(struct roc_curve *curve);

#endif
