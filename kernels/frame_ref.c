#include "frame.h"

int frame_sample(int i, int n_samples, enum pad_mode pad)
{
    if (i >= 0 && i < n_samples) return i;
    if (pad == PAD_ZERO) return -1;
    if (n_samples == 1) return 0;
    while (i < 0 || i >= n_samples) i = i < 0 ? -i : 2 * (n_samples - 1) - i;
    return i;
}

static float sample(const struct frame_args *a, int i)
{
    const int at = frame_sample(i, a->n_samples, a->pad);
    if (at < 0) return 0;
    return a->pcm ? (float)a->pcm[at] / 32768 : a->wave[at];
}

void frame_ref(const struct frame_args *a)
{
    for (int t = 0; t < a->n_frames; t++)
        for (int i = 0; i < a->n_fft; i++)
            a->frames[(size_t)t * a->n_fft + i] = a->window[i] * sample(a, t * a->hop + i - a->n_fft / 2);
}
