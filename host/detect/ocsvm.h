/* One-class support vector machine (Schölkopf et al. 2001) with a Gaussian kernel, with scikit-learn's names and
 * semantics (OneClassSVM), which are LIBSVM's. */
#ifndef OCSVM_H
#define OCSVM_H

#include "detect/detector.h"

struct ocsvm_settings {
    double nu;
    const char *gamma; /* a number, "scale" or "auto" */
    double tol;
    int cache_mb;
};

/* decision(x) = Σ weight_i exp(-gamma |x - x_i|²) - rho; higher is more normal */
struct ocsvm_model {
    double gamma, rho;
    struct matrix vectors; /* training rows whose weight is not 0 */
    double *weights;       /* [vectors] above 0, at most 1 */
    double objective;      /* of the dual problem */
    int iterations;
};

#endif
