/* A block a patch: its range where each patch has its own, then its entries. */
#include "batch_clip_of.h"
#include "colorize.h"
#include "reduce.h"

enum { THREADS = 256 };

/* Cell i of a patch: bands from low to high, frames of each. */
DEVICE float cell_of(const struct colorize_batch_args *a, const float *patch, int n_frames, int i)
{
    return patch[(size_t)(i / a->width) * n_frames + i % a->width];
}

DEVICE uint8_t entry_of(float decibel, double low, double high)
{
    if (low >= high) return 0;
    const double v = fmin(fmax(((double)decibel - low) / (high - low), 0.0), 1.0);
    return v < 1 ? (uint8_t)floor(256 * v) : 255;
}

KERNEL(colorize_batch, colorize_batch_args)
{
    SHARED struct reduce_extremes of_warp[THREADS / WARP];
    const int number = a.first_patch + (int)blockIdx.x, n_cells = a.n_mels * a.width;
    const struct batch_clip *clip = batch_clip_of_patch(a.clips, a.n_clips, number);
    const struct decibel_range of_clip = a.ranges[clip - a.clips];
    const int n_frames = clip->n_frames;
    const float *patch =
        a.decibel + (size_t)clip->first_frame * a.n_mels + (size_t)(number - clip->first_patch) * a.offset;

    double low = (double)of_clip.low;
    double high = (double)of_clip.high;
    if (a.range == COLOR_RECORDING) low = high - (double)a.range_db;
    if (a.range == COLOR_PATCH) {
        struct reduce_extremes found = reduce_none();
        for (int i = (int)threadIdx.x; i < n_cells; i += THREADS) {
            const float cell = cell_of(&a, patch, n_frames, i);
            const struct reduce_extremes value = { cell, cell };
            found = reduce_join(found, value);
        }
        found = reduce_block(found, of_warp);
        low = (double)found.least;
        high = (double)found.most;
    }
    uint8_t *entries = a.entries + (size_t)blockIdx.x * n_cells;
    for (int i = (int)threadIdx.x; i < n_cells; i += THREADS) {
        const int band = i / a.width, row = a.flip ? a.n_mels - 1 - band : band;
        entries[row * a.width + i % a.width] = entry_of(cell_of(&a, patch, n_frames, i), low, high);
    }
}

SHAPE(colorize_batch, colorize_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_patches, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}
