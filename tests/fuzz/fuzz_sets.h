/* The options that extract, fit, eval and sweep take, with settings to fill. */
#ifndef FUZZ_SETS_H
#define FUZZ_SETS_H

#include "core/options.h"

enum { FUZZ_SETS_MOST = 32 };

struct fuzz_sets {
    struct option_set sets[FUZZ_SETS_MOST];
    int n, first_axis; /* sets from first_axis on may have several values in a sweep */
};

/* The same settings each time, so a target that applied options fills them again with options_standard or not at all. */
const struct fuzz_sets *fuzz_sets(void);

/* Applies what was collected, and has every text among the settings read by what reads it. */
void fuzz_sets_use(struct options *options);

#endif
