/* One trial: a split of a group, a preparation and a detector that have seen its training rows only, and the
 * scores of the recordings that it holds out. */
#ifndef TRIAL_H
#define TRIAL_H

#include "eval/evaluate.h"

/* A group's rows, which all its trials share: those of subject s are first[s] … first[s] + n_patches - 1. */
struct group_rows {
    const struct group *group;
    struct matrix raw; /* [n_patches][D], not standardised */
    int *first;        /* [n_subjects] */
};
/* `rows` is zeroed, or what a try that failed left. ERR_INPUT: more rows than can be learned at once. Release it
 * whatever came. */
enum status group_rows_init(struct group_rows *rows, struct features *features,
                            const struct group *group) MUST_CHECK;
void group_rows_release(struct group_rows *rows);

/* Whether the group has enough recordings for a split: ERR_INPUT, before any row is read. */
enum status trial_check(const struct group *group, const struct evaluate_options *options) MUST_CHECK;

/* Fills the result of result->seed; what it owns stays with the caller whatever came. Trials of the same rows
 * may run at once, each on its own backend. checkpoint: of the fit; NULL: none is kept.
 * ERR_INPUT: the detector cannot learn from these rows. */
enum status trial_run(struct backend *backend, const struct contender *contender,
                      const struct group_rows *rows, const struct evaluate_options *options,
                      const struct checkpoint *checkpoint, struct split_result *result) MUST_CHECK;

#endif
