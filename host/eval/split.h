/* Which recordings train and which are tested; protocol.h says which protocol shares them out how. */
#ifndef SPLIT_H
#define SPLIT_H

#include "core/status.h"

#include <stdint.h>

enum { SPLIT_LEAST_TRAINING = 2 }; /* one recording has no spread to learn */

enum side { SIDE_NONE, SIDE_TRAIN, SIDE_TEST }; /* SIDE_NONE: an abnormal recording that was not drawn */

/* The recordings of one group, in a fixed order. Byte-identical ones are one unit: they have one label, and
 * stay on one side. */
struct split_set {
    const int *unit; /* [n_recordings] 0 … n_units - 1 */
    int n_recordings;
    const int *is_abnormal; /* [n_units] */
    int n_units;
};

struct split_counts {
    int n_train, n_normal, n_abnormal; /* recordings: trained on; tested, normal and abnormal */
    int n_unlabeled;                   /* tested, nobody knows which (groups_init_official) */
};

/* The paper (Müller et al. 2020, section 4): n = min(held_out, abnormal recordings, half of the normal ones)
 * normal recordings are drawn at random and as many abnormal ones; all other normal ones train. A unit that is
 * larger than what is still to be drawn is passed over. Too few recordings (SPLIT_LEAST_TRAINING must train, and
 * 1 of each kind be tested): ERR_INPUT. The same seed gives the same sides. */
enum status split_paper(const struct split_set *set, int held_out, uint64_t seed, enum side *side,
                        struct split_counts *counts) MUST_CHECK;

/* MIMII's baseline: of the normal recordings, the first as many as there are abnormal ones are tested with
 * these, the others train. A unit lies where its first recording does, and is passed over as above. */
enum status split_first(const struct split_set *set, enum side *side, struct split_counts *counts) MUST_CHECK;

/* Gives the units each other's labels, at random: a check that nothing but the labels makes the AUC. */
enum status split_shuffle_labels(const int *is_abnormal, int n_units, uint64_t seed,
                                 int *shuffled) MUST_CHECK;

#endif
