/* Kernel density with scikit-learn's names and semantics (KernelDensity, Gaussian kernel). */
#ifndef KDE_H
#define KDE_H

#include "detect/detector.h"

struct kde_settings {
    const char *bandwidth; /* a number, "scott" or "silverman" */
};

struct kde_model {
    double bandwidth;
    struct matrix rows; /* what was learned from */
};

#endif
