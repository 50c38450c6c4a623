#include "service/cost.h"

#include <math.h>

/* A batch counts half after some 14 others. */
static const double kept = 0.95;

/* Of the spread of sizes, relative to their squares, below which they are all one. */
static const double least_spread = 1e-3;

void cost_add(struct cost *cost, double patches, double seconds)
{
    cost->n = kept * cost->n + 1;
    cost->x = kept * cost->x + patches;
    cost->y = kept * cost->y + seconds;
    cost->xx = kept * cost->xx + patches * patches;
    cost->xy = kept * cost->xy + patches * seconds;
}

double cost_fixed(const struct cost *cost)
{
    const double spread = cost->n * cost->xx - cost->x * cost->x;
    if (spread <= least_spread * cost->n * cost->xx) return HUGE_VAL;
    return fmax((cost->y * cost->xx - cost->x * cost->xy) / spread, 0);
}
