/* The options of commands that split, fit and score: how recordings are shared out, and what stands between
 * features, detector and a recording's score. */
#ifndef TRIAL_OPTIONS_H
#define TRIAL_OPTIONS_H

#include "eval/evaluate.h"

struct trial_options {
    int seeds, held_out, seed, shuffle_labels;
    struct preparation_settings preparation;
    struct pooler_settings pooler;
};

/* Adds their sets behind the *n_sets that are there; there must be room for three. */
void trial_options_init(struct trial_options *options, struct option_set *sets, int *n_sets);

/* Seeds, splits, preparation and pooler of `out`; all else stays. ERR_USAGE. */
enum status trial_options_fill(const struct trial_options *options, struct evaluate_options *out) MUST_CHECK;

#endif
