/* Where the recordings of one batch lie in the device's arrays: what a stage's kernel is told about them.
 *
 * A batch's samples stand one recording after the other; frames and patches are counted through the batch; mel
 * energies are [frames of the batch][n_mels], and dB are, recording after recording, [n_mels][n_frames]. */
#ifndef BATCH_CLIP_H
#define BATCH_CLIP_H

struct batch_clip {
    long long first_sample; /* among the batch's samples of its kind */
    int n_samples, n_frames, n_patches;
    int first_frame, first_patch;
    int is_wave; /* 1: its samples are float; 0: int16 */
};

#endif
