/* A line's own copy of the recordings of one batch: what upload fills and the other steps read. */
#ifndef CLIPS_H
#define CLIPS_H

#include "backend/backend.h"

struct clips {
    struct clip *clip; /* [n]; pcm and wave point into `samples` */
    int n;
    float *samples; /* [max_samples]; a clip of int16 takes the first half of its place */
    const struct line_spec *spec;
};

/* Fills a struct the caller owns; empty it with clips_release. `spec` is borrowed. */
enum status clips_init(struct clips *clips, const struct line_spec *spec) MUST_CHECK;
void clips_release(struct clips *clips);

/* ERR_INTERNAL where the batch is larger than the line was opened for. */
enum status clips_copy(struct clips *clips, const struct clip *given, int n) MUST_CHECK;

int clips_frames(const struct clips *clips);
int clips_patches(const struct clips *clips);

/* Whose patch number `patch` of the batch is. */
const struct clip *clips_of_patch(const struct clips *clips, int patch);

#endif
