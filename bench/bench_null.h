/* A device that takes no time: what is left of an extraction is the host's own work. No program but the
 * benchmarks links it, so --backend cannot name it. */
#ifndef BENCH_NULL_H
#define BENCH_NULL_H

#include "backend/backend.h"

/* Its features are made up: download copies the same few numbers every time, as a card's own copy would touch
 * every byte of them. It has nothing but a line and says `threads` when asked: EM, distances and products are
 * NULL. There is one, which close does not release. */
struct backend *bench_null(int threads);

#endif
