/* Threads that share out numbered tasks. Which thread runs a task is left to chance, so a task must write
 * only what is its own; then results do not depend on the number of threads. */
#ifndef POOL_H
#define POOL_H

#include "core/status.h"

struct pool;

/* threads = 0: as many as this process may use (affinity and the cgroup's CPU quota are respected). */
enum status pool_open(struct pool **out, int threads) MUST_CHECK;
void pool_close(struct pool **pool); /* NULL and half-open are fine */

int pool_threads(const struct pool *pool); /* 1 for NULL */

/* Runs task(context, 0 … n_tasks − 1, thread) and returns when all are done; the caller works too, as thread
 * 0. A NULL pool runs them one after the other. Not to be called from within a task. */
void pool_run(struct pool *pool, int n_tasks, void (*task)(void *context, int index, int thread),
              void *context);

#endif
