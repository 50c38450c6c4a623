/* A kernel for tests of launches: out[i] = 2 in[i]. */
#ifndef DOUBLED_H
#define DOUBLED_H

#include "launch.h"

struct doubled_args {
    const float *in; /* in  [n] */
    float *out;      /* out [n] */
    int n;
};
LAUNCHED(doubled, doubled_args);

#endif
