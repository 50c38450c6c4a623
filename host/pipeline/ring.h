/* Batches go round: reader threads fill them, lanes compute them side by side, and the caller takes them back
 * in order.
 *
 *      ┌─> free ──reader──> read ──lane──> computed ──caller, in order──┐
 *      └────────────────────────────────────────────────────────────────┘
 *
 * Which thread touches a batch depends on chance, what comes out does not. */
#ifndef RING_H
#define RING_H

#include "pipeline/batch.h"

struct ring;

/* Which recordings batch number i of n holds. */
struct span {
    int first, count;
};

struct ring_times {
    double read_s, compute_s, starved_s; /* summed over threads; starved: lanes that waited for readers */
};

/* setup, dataset, spans and quarantine (batch_read) are borrowed until ring_close, the backends too. Opens a line on each of
 * lanes[n_lanes] (lines.h). */
enum status ring_open(struct ring **out, const struct setup *setup, const struct dataset *dataset,
                      const struct span *spans, int n_spans, int n_readers, struct backend *const *lanes,
                      int n_lanes, struct quarantine *quarantine) MUST_CHECK;
void ring_close(struct ring **ring); /* stops the threads after the batch that they are at */

/* The next batch in the order of the spans, computed; or the first failure of any thread, with its sentence.
 * *batch = NULL: all have been taken. It goes back by ring_give before the next one is taken. */
enum status ring_take(struct ring *ring, struct batch **batch) MUST_CHECK;
void ring_give(struct ring *ring);

struct ring_times ring_times(struct ring *ring);

#endif
