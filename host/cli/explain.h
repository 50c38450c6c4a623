/* `score --explain DIR`: a page for each scored recording, DIR/<its path with _ for />.html. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "cli/scoring.h"

#include <stdatomic.h>

struct explain {
    const char *folder;
    const char *model_path;
    const struct model *model;
    const struct attributes *provenance; /* of the features */
    const struct scoring *scoring;
    const atomic_int *stop; /* looked at before each page */

    char **pages; /* paths, in the order of the scored recordings; owned */
    size_t n_pages;
    int n_without_picture; /* their pages say why */
};

/* Pages that are there are replaced. ERR_OUTPUT; ERR_STOPPED. */
enum status explain_write(struct explain *explain) MUST_CHECK;
void explain_release(struct explain *explain);

#endif
