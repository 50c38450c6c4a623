/* Lines side by side on one backend, as wide as its memory allows: where a card has no room for them, they are
 * opened for half as many patches at once, and so on down to one. */
#ifndef LINES_H
#define LINES_H

#include "pipeline/setup.h"

struct lines {
    struct line_spec spec; /* what they were opened with */
    struct line **line;    /* [n] */
    int n;
};

/* Fills a struct the caller owns with n lines for the batches of setup_spec. ERR_DEVICE: the card does not even
 * hold them for one patch. */
enum status lines_init(struct lines *lines, const struct setup *setup, int n) MUST_CHECK;
void lines_release(struct lines *lines); /* half-open ones are fine */

#endif
