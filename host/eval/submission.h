/* An evaluation in its protocol's official form: <folder>/<detector>/seed_<n>/ holds what the challenge or its
 * baseline would have written of this detector and seed. */
#ifndef SUBMISSION_H
#define SUBMISSION_H

#include "eval/evaluate.h"

/* Nothing where the protocol has no official form, or where labels were shuffled. ERR_OUTPUT, or ERR_INPUT
 * where the recordings do not fit the official form. */
enum status submission_write(const char *folder, const struct evaluation *evaluation,
                             const struct evaluate_options *options) MUST_CHECK;

/* Whether it writes something. */
int submission_is_due(const struct evaluate_options *options);

#endif
