/* The service's own state, for service*.c: one lock guards it, but for what only one thread touches. */
#ifndef SERVICE_INTERNAL_H
#define SERVICE_INTERNAL_H

#include "service/figures.h"
#include "service/judge.h"

#include <pthread.h>

struct service {
    struct service_options options; /* its texts are there only while it opens */
    struct compute_options compute; /* of its texts only the weights */
    char *weights;                  /* compute.weights */
    struct backend *backend;
    struct decode_pool *helpers;
    pthread_t *threads; /* decoders, the one that computes, the one that looks at deadlines */
    int n_decoders, n_threads;
    struct judge judge; /* the computing thread's */

    pthread_mutex_t lock;                          /* of all below */
    pthread_cond_t to_decode, to_compute, changed; /* changed: an ask was answered, the backend is free */

    struct shelf *shelf;          /* the newest, held */
    struct shelf *old_shelves;    /* let go by all, not closed yet */
    struct extractors extractors; /* of whoever has the backend */
    int is_backend_taken, n_want_backend, is_reloading;

    struct hearing *first, *last; /* to be decoded */
    struct extractor *waited_for; /* those for which decoded sounds wait */
    double next_deadline;         /* of what waits, or an earlier moment; HUGE_VAL: none */
    pthread_cond_t has_deadline;  /* a nearer one */
    struct hearing *spare;        /* for sounds to come */
    int n_spare;
    int n_to_decode, n_decoding, n_waiting;
    size_t waiting_bytes; /* samples that wait to be computed */
    int n_asks;           /* taken, done() has not returned */
    int is_draining, is_stopping;
    enum status lost; /* not OK: the backend is, and nothing will be computed any more */
    char lost_sentence[512];
    struct service_figures figures;
};

/* With the lock held. ---------------------------------------------------------------------------------- */

/* The backend for this thread alone; then for all. */
void service_take_backend(struct service *service);
void service_give_backend(struct service *service);
/* Closes what nobody holds any more; the caller has the backend. */
void service_sweep(struct service *service);
void service_shelf_let_go(struct service *service, struct shelf *shelf);

/* A sound is through: its ask is answered after the last one. The lock is let go while done() runs; the hearing is
 * spare then. The sentence is not looked at where the status is OK. */
void service_finish(struct service *service, struct hearing *hearing, enum status status,
                    const char *sentence);

/* A decoded sound joins its extractor's queue; another was taken off it. */
void service_join_line(struct service *service, struct hearing *hearing);
void service_left_line(struct service *service, const struct hearing *hearing);

/* It waits from now on, and is looked at when its time is over. */
void service_note_deadline(struct service *service, const struct hearing *hearing);

/* For a clock_seconds(), or HUGE_VAL, or a signal. */
void service_sleep_until(struct service *service, pthread_cond_t *signal, double wake_at);

/* Threads' bodies. -------------------------------------------------------------------------------------- */
void *service_decode(void *service);
void *service_compute(void *service);
void *service_watch_deadlines(void *service);

#endif
