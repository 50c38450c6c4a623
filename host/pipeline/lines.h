/* Lines side by side, as wide as memory allows: where a card has no room for those that it is to have, all are
 * opened for half as many patches at once, and so on down to one. */
#ifndef LINES_H
#define LINES_H

#include "pipeline/setup.h"

struct lines {
    struct line_spec spec; /* what they were opened with */
    struct line **line;    /* [n] */
    int n;
    int common_patches; /* of setup_common_spec; 0: setup_spec's */
};

/* Fills a struct the caller owns with lines for the batches of setup_spec, one on each of backends[n], which may be
 * one and the same. ERR_DEVICE: a card does not even hold them for one patch. */
enum status lines_init(struct lines *lines, const struct setup *setup, struct backend *const *backends,
                       int n) MUST_CHECK;
/* The same with taps (backend.h), which must outlive them. */
enum status lines_init_tapped(struct lines *lines, const struct setup *setup, const int *taps, int n_taps,
                              struct backend *const *backends, int n) MUST_CHECK;
/* One line for common batches (setup_common_spec). */
enum status lines_init_common(struct lines *lines, const struct setup *setup, int most_patches) MUST_CHECK;
void lines_release(struct lines *lines); /* half-open ones are fine */

#endif
