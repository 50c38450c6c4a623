/* dB need a recording's largest energy, so there are two passes. The first gives a block to each recording; its
 * extremes are the same in any order. The second turns tiles of frames around in shared memory, so that both its
 * reads and its writes are of neighbours. */
#include "decibel.h"
#include "reduce.h"

enum { RANGE_THREADS = 1024, TILE = 32, TILE_ROWS = 8 };

DEVICE float to_db(float energy)
{
    return 10 * log10f(fmaxf(energy, 1e-10F));
}

KERNEL(decibel_range, decibel_batch_args)
{
    SHARED struct reduce_extremes of_warp[RANGE_THREADS / WARP];
    const struct batch_clip clip = a.clips[blockIdx.x];
    const size_t n = (size_t)clip.n_frames * a.n_mels;
    const float *mel = a.mel + (size_t)clip.first_frame * a.n_mels;
    struct reduce_extremes found = reduce_none();
    for (size_t i = threadIdx.x; i < n; i += RANGE_THREADS) {
        const struct reduce_extremes value = { mel[i], mel[i] };
        found = reduce_join(found, value);
    }
    found = reduce_block(found, of_warp);
    if (threadIdx.x != 0) return;
    struct decibel_range range;
    range.zero = a.reference == DECIBEL_MAX ? to_db(found.most) : 0;
    range.high = to_db(found.most) - range.zero;
    range.floor = a.range_db > 0 ? range.high - a.range_db : -INFINITY;
    range.low = fmaxf(to_db(found.least) - range.zero, range.floor);
    a.ranges[blockIdx.x] = range;
}

SHAPE(decibel_range, decibel_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_clips, 1, 1 }, { RANGE_THREADS, 1, 1 }, 0 };
    return shape;
}

KERNEL(decibel_batch, decibel_batch_args)
{
    SHARED float tile[TILE][TILE + 1]; /* one more: neighbouring rows lie in other banks */
    const struct batch_clip clip = a.clips[blockIdx.z];
    const struct decibel_range range = a.ranges[blockIdx.z];
    const int first_frame = (int)blockIdx.x * TILE, first_band = (int)blockIdx.y * TILE;
    if (first_frame >= clip.n_frames) return;
    const float *mel = a.mel + (size_t)clip.first_frame * a.n_mels;
    float *decibel = a.decibel + (size_t)clip.first_frame * a.n_mels;
    for (int row = (int)threadIdx.y; row < TILE; row += TILE_ROWS) {
        const int frame = first_frame + row, band = first_band + (int)threadIdx.x;
        if (frame < clip.n_frames && band < a.n_mels)
            tile[row][threadIdx.x] =
                fmaxf(to_db(mel[(size_t)frame * a.n_mels + band]) - range.zero, range.floor);
    }
    __syncthreads();
    for (int row = (int)threadIdx.y; row < TILE; row += TILE_ROWS) {
        const int frame = first_frame + (int)threadIdx.x, band = first_band + row;
        if (frame < clip.n_frames && band < a.n_mels)
            decibel[(size_t)band * clip.n_frames + frame] = tile[threadIdx.x][row];
    }
}

SHAPE(decibel_batch, decibel_batch_args)
{
    const struct kernel_shape shape = {
        { blocks_of((size_t)a->most_frames, TILE), blocks_of((size_t)a->n_mels, TILE), (unsigned)a->n_clips },
        { TILE, TILE_ROWS, 1 },
        0,
    };
    return shape;
}
