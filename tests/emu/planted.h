/* The kernels of planted.cu: each copies `in` to `out` in some way, rightly where bug is 0. */
#ifndef PLANTED_H
#define PLANTED_H

#include "launch.h"

enum { PLANTED_THREADS = 64, PLANTED_BLOCKS = 2 };

struct planted_args {
    const float *in;    /* in  [PLANTED_THREADS]         */
    const float *fresh; /*     the same; nobody wrote it */
    const float *host;  /*     the host's memory         */
    float *out;         /* out [PLANTED_THREADS]         */
    int *count;         /* out [PLANTED_BLOCKS]          */
    int bug;
};

LAUNCHED(planted_barrier, planted_args);
LAUNCHED(planted_loop, planted_args);
LAUNCHED(planted_warp, planted_args);
LAUNCHED(planted_count, planted_args);
LAUNCHED(planted_blocks, planted_args);
LAUNCHED(planted_static, planted_args);
LAUNCHED(planted_dynamic, planted_args);
LAUNCHED(planted_write, planted_args);
LAUNCHED(planted_read, planted_args);
LAUNCHED(planted_host, planted_args);
LAUNCHED(planted_divergence, planted_args);
LAUNCHED(planted_lines, planted_args);
LAUNCHED(planted_lanes, planted_args);
LAUNCHED(planted_mask, planted_args);
LAUNCHED(planted_unwritten, planted_args);
LAUNCHED(planted_fresh, planted_args);

#endif
