/* frames[t][i] = window[i] * x[t*hop + i - n_fft/2], x continued beyond its ends: mirrored without repeating
 * the edge (librosa's pad_mode "reflect"), or by zeros ("constant").
 *
 * A recording shorter than half a window is mirrored again and again, as numpy.pad does. */
#ifndef FRAME_H
#define FRAME_H

#include "batch_clip.h"
#include "launch.h"

#include <stddef.h>
#include <stdint.h>

enum pad_mode { PAD_REFLECT, PAD_ZERO };

struct frame_args {
    const int16_t *pcm;  /* in  [n_samples] full scale is 32768; or NULL, and then: */
    const float *wave;   /* in  [n_samples] full scale is 1                       */
    const float *window; /* in  [n_fft]                                           */
    float *frames;       /* out [n_frames][n_fft]                                 */
    int n_samples, n_fft, hop, n_frames;
    enum pad_mode pad;
};

/* Centred frames of n_samples: 1 + n_samples / hop. */
static inline int frame_count(int n_samples, int hop)
{
    return 1 + n_samples / hop;
}

/* Which sample stands at position i, beyond the ends too; -1: none, a zero. */
int frame_sample(int i, int n_samples, enum pad_mode pad);

void frame_ref(const struct frame_args *a);

/* The kernel: frames first_frame … first_frame + n_frames - 1 of a batch. */
struct frame_batch_args {
    const struct batch_clip *clips; /* in  [n_clips]                             */
    const int16_t *pcm;             /* in  samples of the clips that are int16   */
    const float *wave;              /* in  samples of the clips that are float   */
    const float *window;            /* in  [n_fft]                               */
    float *frames;                  /* out [n_frames][n_fft]                     */
    int n_clips, n_fft, hop, first_frame, n_frames;
    enum pad_mode pad;
};
LAUNCHED(frame_batch, frame_batch_args);

#endif
