/* Device code: which recording a frame or a patch of the batch belongs to. The binary search reads the same few
 * words in all threads of a block. */
#ifndef BATCH_CLIP_OF_H
#define BATCH_CLIP_OF_H

#include "batch_clip.h"
#include "kernel.h"

/* The last one that begins at or before the frame; recordings without patches are passed over by themselves. */
DEVICE const struct batch_clip *batch_clip_of_frame(const struct batch_clip *clips, int n_clips, int frame)
{
    int low = 0, high = n_clips;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (clips[middle].first_frame <= frame)
            low = middle;
        else
            high = middle;
    }
    return &clips[low];
}

DEVICE const struct batch_clip *batch_clip_of_patch(const struct batch_clip *clips, int n_clips, int patch)
{
    int low = 0, high = n_clips;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (clips[middle].first_patch <= patch)
            low = middle;
        else
            high = middle;
    }
    return &clips[low];
}

#endif
