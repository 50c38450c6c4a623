/* A recording's spectrogram with the scores of its patches over it, as one inline SVG: when it sounds
 * unusual. Only when: a score belongs to all bands of a patch at once.
 *
 * Patches overlap, so two things are drawn. A bar for each patch: as long as the patch lasts, as high as
 * its score. And a curve: at each moment the mean score of the patches that hold it. The patch of the
 * highest score is shaded and framed in the spectrogram, unless all are equal; what lies in no patch is
 * pale there and has no curve. The recording's own score is a broken line. The axis of scores spans what is
 * drawn; it does not begin at 0, since 0 means nothing to most detectors.
 *
 * Colours are classes of the page's style sheet (report_html.c). */
#ifndef SVG_EXPLAINED_H
#define SVG_EXPLAINED_H

#include "core/status.h"

#include <stdint.h>
#include <stdio.h>

struct explained {
    const uint8_t *rgb; /* [height][width][3], low band at the bottom, one column a frame */
    int width, height;
    double seconds_per_frame;
    int patch_frames;
    const double *start_s, *score; /* [n_patches], in order of time; scores are finite */
    int n_patches;                 /* those that end beyond the picture are not drawn */
    double recording_score;
    const char *score_name;  /* what the axis is: "score of a patch (gmm)" */
    const char *description; /* the title: what a screen reader reads */
};

/* ERR_INPUT: no patch lies in the picture, or a score is not finite; nothing was written then. */
enum status svg_explained(FILE *stream, const struct explained *explained) MUST_CHECK;

#endif
