/* Features of a sound → scores of its patches, its own score, and the verdict, as `score` gives them. */
#ifndef JUDGE_H
#define JUDGE_H

#include "service/hearing.h"

/* What judging works in, kept from sound to sound; zeroed at first. */
struct judge {
    struct rows rows;
    double *scratch; /* [scratch_capacity] */
    int scratch_capacity;
};

/* `place`: where the sound's rows begin in the batch. ERR_INPUT: the detector does not take them; ERR_MEMORY,
 * ERR_DEVICE. */
enum status judge_hearing(struct judge *judge, const struct hearing *hearing, const struct batch *batch,
                          struct hearing_place place, struct backend *backend) MUST_CHECK;
void judge_release(struct judge *judge);

#endif
