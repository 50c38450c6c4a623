/* A block a frame. int16 samples are widened here, so that half of the bytes go up. */
#include "batch_clip_of.h"
#include "frame.h"

enum { THREADS = 256 };

/* frame_sample of frame.h without its loop: mirrored ends repeat after 2 (n_samples - 1). */
DEVICE int sample_at(int i, int n_samples, enum pad_mode pad)
{
    if (i >= 0 && i < n_samples) return i;
    if (pad == PAD_ZERO) return -1;
    if (n_samples == 1) return 0;
    const int last = n_samples - 1, place = (i < 0 ? -i : i) % (2 * last);
    return place > last ? 2 * last - place : place;
}

KERNEL(frame_batch, frame_batch_args)
{
    const int frame = a.first_frame + (int)blockIdx.x;
    const struct batch_clip clip = *batch_clip_of_frame(a.clips, a.n_clips, frame);
    const int from = (frame - clip.first_frame) * a.hop - a.n_fft / 2;
    float *out = a.frames + (size_t)blockIdx.x * a.n_fft;
    for (int i = (int)threadIdx.x; i < a.n_fft; i += THREADS) {
        const int at = sample_at(from + i, clip.n_samples, a.pad);
        float sample = 0;
        if (at >= 0 && clip.is_wave) sample = a.wave[clip.first_sample + at];
        if (at >= 0 && !clip.is_wave) sample = (float)a.pcm[clip.first_sample + at] / 32768;
        out[i] = a.window[i] * sample;
    }
}

SHAPE(frame_batch, frame_batch_args)
{
    const struct kernel_shape shape = { { (unsigned)a->n_frames, 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}
