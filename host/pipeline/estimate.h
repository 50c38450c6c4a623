/* How long an extraction would take, before it is begun. */
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include "io/dataset.h"
#include "pipeline/setup.h"

struct extract_estimate {
    int measured;                   /* recordings */
    double seconds, bytes, patches; /* of the whole dataset */
};

/* From three recordings, at the beginning, in the middle and at the end, one after the other. */
enum status extract_estimate(const struct setup *setup, const struct dataset *dataset,
                             struct extract_estimate *estimate) MUST_CHECK;

#endif
