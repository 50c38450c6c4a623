/* A crew where a person asked to compute. */
#ifndef CREW_PLACE_H
#define CREW_PLACE_H

#include "detect/crew.h"
#include "pipeline/setup.h"

/* crew_open (detect/crew.h) of the place's backend. ERR_DEVICE, ERR_USAGE. */
enum status crew_open_at(struct crew *crew, const struct place *place, int most) MUST_CHECK;

#endif
