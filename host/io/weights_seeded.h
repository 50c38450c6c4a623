/* The rule stands in weights.h. */
#ifndef WEIGHTS_SEEDED_H
#define WEIGHTS_SEEDED_H

#include "io/weights.h"

#include <stdint.h>

/* Fills weights that have a net and nothing else yet. */
enum status weights_seeded_fill(struct weights *weights, uint64_t seed) MUST_CHECK;

/* Room for weight and bias of layer i, freed by weights_close. */
enum status weights_make_room(struct weights *weights, const struct shape *shapes, int i) MUST_CHECK;

#endif
