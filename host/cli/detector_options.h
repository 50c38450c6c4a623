/* The options of all detectors, for commands whose --detector chooses one of them. */
#ifndef DETECTOR_OPTIONS_H
#define DETECTOR_OPTIONS_H

#include "detect/fuse.h"
#include "eval/evaluate.h"

enum { MAX_DETECTORS = 24, MAX_FUSIONS = 8 };

struct detector_options {
    void *settings[MAX_DETECTORS];       /* of detector_number(i), owned */
    struct fuse_settings fuse;           /* as the options filled it; members are those of each fusion */
    struct fusion *fusions[MAX_FUSIONS]; /* owned */
    struct fuse_settings fused[MAX_FUSIONS];
    int n_fusions;
};

/* Adds one set a detector behind the *n_sets that are there; there must be room for MAX_DETECTORS + 1. */
enum status detector_options_init(struct detector_options *options, struct option_set *sets,
                                  int *n_sets) MUST_CHECK;
void detector_options_release(struct detector_options *options);

/* The detector of that name, a fusion too ("fuse:gmm+knn"), which lives as long as the options. ERR_USAGE. */
enum status detector_options_require(struct detector_options *options, const char *name,
                                     const struct detector **out) MUST_CHECK;

const void *detector_options_of(const struct detector_options *options, const struct detector *detector);

/* The contenders that `names` means: "all" (without fusions), or "a,b". `option` is what a sentence calls it.
 * contenders: room for MAX_DETECTORS + MAX_FUSIONS. ERR_USAGE: an unknown name, or one that stands twice. */
enum status detector_options_contenders(struct detector_options *options, const char *option,
                                        const char *names, struct contender *contenders, int *n) MUST_CHECK;

#endif
