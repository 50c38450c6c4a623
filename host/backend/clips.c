#include "backend/clips.h"

#include <string.h>

enum status clips_init(struct clips *clips, const struct line_spec *spec)
{
    *clips = (struct clips){ .spec = spec };
    TRY(memory_check(clips->clip = memory_new((size_t)spec->max_clips, sizeof *clips->clip)));
    return memory_check(clips->samples = memory_new((size_t)spec->max_samples, sizeof *clips->samples));
}

void clips_release(struct clips *clips)
{
    memory_free(clips->clip);
    memory_free(clips->samples);
    *clips = (struct clips){ 0 };
}

static enum status check(const struct line_spec *spec, const struct clip *given, int n)
{
    REQUIRE(n > 0 && n <= spec->max_clips, ERR_INTERNAL, "a batch of %d recordings, the line takes 1 to %d",
            n, spec->max_clips);
    long long samples = 0, frames = 0, patches = 0;
    for (int i = 0; i < n; i++) {
        REQUIRE(given[i].n_samples > 0 && given[i].n_frames == frame_count(given[i].n_samples, spec->hop),
                ERR_INTERNAL,
                "recording %d of a batch: %d samples, %d frames, %d samples from frame to frame", i,
                given[i].n_samples, given[i].n_frames, spec->hop);
        REQUIRE(given[i].first_frame == frames && given[i].first_patch == patches, ERR_INTERNAL,
                "recording %d of a batch: frame %d and patch %d are its first, expected %lld and %lld", i,
                given[i].first_frame, given[i].first_patch, frames, patches);
        samples += given[i].n_samples;
        frames += given[i].n_frames;
        patches += given[i].n_patches;
    }
    REQUIRE(samples <= spec->max_samples && frames <= spec->max_frames && patches <= spec->max_patches,
            ERR_INTERNAL,
            "a batch of %lld samples, %lld frames and %lld patches, the line takes %d, %d and %d", samples,
            frames, patches, spec->max_samples, spec->max_frames, spec->max_patches);
    return OK;
}

static void copy(struct clip *own, const struct clip *given, float *place)
{
    *own = *given;
    if (given->pcm)
        own->pcm = memcpy(place, given->pcm, (size_t)given->n_samples * sizeof *given->pcm);
    else
        own->wave = memcpy(place, given->wave, (size_t)given->n_samples * sizeof *given->wave);
}

enum status clips_copy(struct clips *clips, const struct clip *given, int n)
{
    TRY(check(clips->spec, given, n));
    float *place = clips->samples;
    for (int i = 0; i < n; i++) {
        copy(&clips->clip[i], &given[i], place);
        place += given[i].n_samples;
    }
    clips->n = n;
    return OK;
}

int clips_frames(const struct clips *clips)
{
    if (clips->n == 0) return 0;
    const struct clip *last = &clips->clip[clips->n - 1];
    return last->first_frame + last->n_frames;
}

int clips_patches(const struct clips *clips)
{
    if (clips->n == 0) return 0;
    const struct clip *last = &clips->clip[clips->n - 1];
    return last->first_patch + last->n_patches;
}

const struct clip *clips_of_patch(const struct clips *clips, int patch)
{
    const struct clip *clip = clips->clip;
    while (patch >= clip->first_patch + clip->n_patches) clip++;
    return clip;
}
