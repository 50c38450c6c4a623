/* Backends of one kind that work side by side, each on a task of its own: small fits keep more cores busy
 * than one large fit on all of them does. A task gets the same bits whichever of them runs it, since results
 * do not depend on threads. */
#ifndef CREW_H
#define CREW_H

#include "backend/backend.h"

struct place;

struct crew {
    struct backend *whole;    /* on all threads: for a task that has nothing beside it */
    struct backend **members; /* [n_members] which share the threads; none where one thread is all there is */
    int n_members;
    struct pool *pool;
};

/* As many members as there are threads, and `most` at most. ERR_DEVICE, ERR_USAGE. */
enum status crew_open(struct crew *crew, const struct place *place, int most) MUST_CHECK;
void crew_close(struct crew *crew); /* zeroed and half-open ones are fine */

/* Runs task(context, 0 … n_tasks - 1, backend); what fails first in that order is returned, with its
 * sentence, when all are done. crew NULL: one after the other, without a backend. */
enum status crew_run(struct crew *crew, int n_tasks,
                     enum status (*task)(void *context, int index, struct backend *backend),
                     void *context) MUST_CHECK;

#endif
