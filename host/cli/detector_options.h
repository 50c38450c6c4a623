/* The options of all detectors, for commands whose --detector chooses one of them. */
#ifndef DETECTOR_OPTIONS_H
#define DETECTOR_OPTIONS_H

#include "detect/detector.h"

enum { MAX_DETECTORS = 24 };

struct detector_options {
    void *settings[MAX_DETECTORS]; /* of detector_number(i), owned */
};

/* Adds one set a detector behind the *n_sets that are there; there must be room for MAX_DETECTORS. */
enum status detector_options_init(struct detector_options *options, struct option_set *sets,
                                  int *n_sets) MUST_CHECK;
void detector_options_release(struct detector_options *options);

const void *detector_options_of(const struct detector_options *options, const struct detector *detector);

#endif
