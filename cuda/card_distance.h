/* Distances on a card: tiles of rough squared distances, one of which the host looks at while the next is computed. */
#ifndef CARD_DISTANCE_H
#define CARD_DISTANCE_H

#include "backend/backend.h"

/* As `distance` of backend.h, on the calling thread alone; tiles are large, for who shares their rows out. ERR_MEMORY:
 * the card has no room, and no tile was handed out. */
enum status card_distance(int number, const struct matrix *x, const struct matrix *y,
                          const struct distance_taker *taker) MUST_CHECK;

#endif
