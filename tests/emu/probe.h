/* Kernels that show what the emulator does, and not what a stage does. */
#ifndef PROBE_H
#define PROBE_H

#include "launch.h"

/* out[thread of the grid] = its place, one digit a direction; and how often each came. */
struct probe_places_args {
    int *out;
};
LAUNCHED(probe_places, probe_places_args);

/* One warp, or less: what each lane gets. */
struct probe_lanes_args {
    const float *in;             /* in  [lanes] */
    float *across, *down, *from; /* out [lanes] */
    int *ballot;                 /* out [lanes] */
    double *twice;               /* out [lanes] */
    unsigned mask;
};
LAUNCHED(probe_lanes, probe_lanes_args);

struct probe_atomics_args {
    int *sum, *most;
};
LAUNCHED(probe_atomics, probe_atomics_args);

#endif
