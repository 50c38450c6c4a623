/* A block a patch. */
#include "batch_clip_of.h"
#include "patch.h"

enum { THREADS = 256 };

KERNEL(patch_batch, patch_batch_args)
{
    const int number = a.first_patch + (int)blockIdx.x, n_cells = a.n_mels * a.width;
    const struct batch_clip clip = *batch_clip_of_patch(a.clips, a.n_clips, number);
    const float *patch =
        a.decibel + (size_t)clip.first_frame * a.n_mels + (size_t)(number - clip.first_patch) * a.offset;
    float *feature = a.features + (size_t)blockIdx.x * n_cells;
    for (int i = (int)threadIdx.x; i < n_cells; i += THREADS)
        feature[i] = patch[(size_t)(i / a.width) * clip.n_frames + i % a.width] / a.range_db + 1;
}

SHAPE(patch_batch, patch_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_patches, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}
