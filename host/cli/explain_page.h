/* The page that shows when a recording sounds unusual: its spectrogram with the scores over it, the patches of
 * the highest scores, and what it was judged by. */
#ifndef EXPLAIN_PAGE_H
#define EXPLAIN_PAGE_H

#include "cli/scoring.h"

struct explained_recording {
    const struct scored *rows; /* [n_rows]: its channels, at least one of which was scored */
    size_t n_rows;
    double score;
    const struct model *model;
    const char *model_path;
    const struct attributes *provenance; /* of the features */
};

/* *has_picture = 0: it could not be drawn, status_sentence() tells why, and so does the page. */
enum status explain_page(FILE *stream, const struct explained_recording *of, int *has_picture) MUST_CHECK;

#endif
