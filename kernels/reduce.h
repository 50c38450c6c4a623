/* Device code: sums and extremes over a warp and over a block, in one fixed order. */
#ifndef REDUCE_H
#define REDUCE_H

#include "kernel.h"

struct reduce_extremes {
    float least, most;
};

DEVICE struct reduce_extremes reduce_none(void)
{
    const struct reduce_extremes none = { INFINITY, -INFINITY };
    return none;
}

DEVICE struct reduce_extremes reduce_join(struct reduce_extremes a, struct reduce_extremes b)
{
    const struct reduce_extremes joined = { fminf(a.least, b.least), fmaxf(a.most, b.most) };
    return joined;
}

/* Of the whole block, which has a multiple of WARP threads; every thread gets it. `of_warp` is shared memory for
 * a block's 32 warps, free for other use after the next barrier. */
DEVICE struct reduce_extremes reduce_block(struct reduce_extremes mine, struct reduce_extremes *of_warp)
{
    for (int lanes = WARP / 2; lanes > 0; lanes /= 2) {
        struct reduce_extremes other;
        other.least = __shfl_xor_sync(ALL_LANES, mine.least, lanes);
        other.most = __shfl_xor_sync(ALL_LANES, mine.most, lanes);
        mine = reduce_join(mine, other);
    }
    if (threadIdx.x % WARP == 0) of_warp[threadIdx.x / WARP] = mine;
    __syncthreads();
    struct reduce_extremes all = of_warp[0];
    for (unsigned warp = 1; warp < blockDim.x / WARP; warp++) all = reduce_join(all, of_warp[warp]);
    return all;
}

#endif
