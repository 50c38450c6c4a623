/* Backends of one kind that work side by side, each on a task of its own: small fits keep more cores busy
 * than one large fit on all of them does, and a card does the iterations of many fits in the launches of one. A
 * task gets the same bits whichever of them runs it, since results depend neither on threads nor on
 * neighbours. */
#ifndef CREW_H
#define CREW_H

#include "backend/backend.h"

struct crew {
    struct backend *whole;    /* on all threads: for a task that has nothing beside it */
    struct backend **members; /* [n_members] which share the threads; none where one thread is all there is */
    int n_members;
    int n_by_threads; /* members at work at a time, where tasks are not gathered */
    struct pool *pool;
};

/* Of rows in memory, where tasks of several groups are side by side. */
#define CREW_MOST_BYTES 4e9

typedef enum status crew_task(void *context, int index, struct backend *backend);

/* What a task ended with; the sentence belonged to the thread that ran it. */
struct outcome {
    enum status status;
    char sentence[1024];
};

/* Takes `whole` over, which was opened with these options. As many members as it has threads, and `most` at
 * most; on a card as many as it gathers. ERR_DEVICE. */
enum status crew_open(struct crew *crew, struct backend **whole, const struct backend_options *options,
                      int most) MUST_CHECK;
void crew_close(struct crew *crew); /* zeroed and half-open ones are fine */

/* Runs task(context, 0 … n_tasks - 1, backend), all of them, and says how each ended; is_gathered: they fit
 * mixtures, which a card gathers. crew NULL: one after the other, without a backend. */
void crew_try(struct crew *crew, int is_gathered, int n_tasks, crew_task *task, void *context,
              struct outcome *outcomes);

/* The first in order that failed, with its sentence. */
enum status crew_verdict(const struct outcome *outcomes, int n) MUST_CHECK;

#endif
