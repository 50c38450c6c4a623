/* Batches go round: reader threads fill them, lanes compute them side by side, and the caller takes them back
 * in order.
 *
 *      ┌─> free ──reader──> read ──lane──> computed ──caller, in order──┐
 *      └────────────────────────────────────────────────────────────────┘
 *
 * A batch is decoded once and computed for each member that wants it. Which thread touches a batch depends on
 * chance, what comes out does not. */
#ifndef RING_H
#define RING_H

#include "pipeline/members.h"

struct ring;

struct ring_times {
    double read_s, compute_s, starved_s; /* summed over threads; starved: lanes that waited for readers */
};

/* All that `work` points to is borrowed until ring_close, the backends too. Members' lines are opened on each of
 * lanes[n_lanes] (members.h). */
enum status ring_open(struct ring **out, const struct work *work, int n_readers, struct backend *const *lanes,
                      int n_lanes) MUST_CHECK;
void ring_close(struct ring **ring); /* stops the threads after the batch that they are at */

/* The next span's batches, one a member, computed for those that want it; or the first failure of any thread,
 * with its sentence. *batches = NULL: all have been taken. They go back by ring_give before the next ones are
 * taken. */
enum status ring_take(struct ring *ring, const struct batch **batches) MUST_CHECK;
void ring_give(struct ring *ring);

struct ring_times ring_times(struct ring *ring);

#endif
