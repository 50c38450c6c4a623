/* Local outlier factor (Breunig, Kriegel, Ng and Sander 2000): how much sparser a row's surroundings are than
 * those of its neighbours. scikit-learn's LocalOutlierFactor(novelty=True). */
#ifndef LOF_H
#define LOF_H

#include "detect/detector.h"

struct lof_settings {
    int k;
};

struct lof_model {
    int k;              /* neighbours: at most the training rows but one */
    struct matrix rows; /* what was learned from */
    double *radius;     /* [rows] distance to the k-th neighbour */
    double *density;    /* [rows] local reachability density */
};

#endif
