/* Distance to the nearest training rows: scikit-learn's NearestNeighbors, brute force. */
#ifndef KNN_H
#define KNN_H

#include "detect/detector.h"
#include "detect/neighbours.h"

struct knn_settings {
    int k;
    int metric; /* enum metric */
};

struct knn_model {
    int k;
    enum metric metric;
    struct matrix rows; /* what was learned from */
};

#endif
