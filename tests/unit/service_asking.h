/* Asks that are answered later, and gates at which the service's threads are held. */
#ifndef SERVICE_ASKING_H
#define SERVICE_ASKING_H

#include "service_fixture.h"

#include "core/clock.h"

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int is_open, n_arrived;
};

static inline void gate_init(struct gate *gate)
{
    *gate = (struct gate){ .is_open = 0 };
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->moved, NULL);
}

static inline void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->n_arrived++;
    pthread_cond_broadcast(&gate->moved);
    while (!gate->is_open) pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static inline void gate_wait_for_arrival(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->n_arrived == 0) pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static inline void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = 1;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->lock);
}

/* ------------------------------------------------------------------------------------- asks under way */

struct pending {
    struct ask ask; /* first: done() finds the rest from it */
    struct sound sound;
    struct gate *at_decode, *at_done; /* NULL: not held there */
    int most_wanted;                  /* is_wanted says yes so often; 0: always */
    int n_asked;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_done;
};

static inline void tell_done(struct ask *ask)
{
    struct pending *pending = (struct pending *)(void *)ask;
    if (pending->at_done) gate_pass(pending->at_done);
    pthread_mutex_lock(&pending->lock);
    pending->n_done++;
    pthread_cond_broadcast(&pending->changed);
    pthread_mutex_unlock(&pending->lock);
}

static inline int is_still_wanted(void *context)
{
    struct pending *pending = context;
    pthread_mutex_lock(&pending->lock);
    const int n = ++pending->n_asked;
    pthread_mutex_unlock(&pending->lock);
    if (pending->at_decode && n == 1) gate_pass(pending->at_decode);
    return pending->most_wanted == 0 || n <= pending->most_wanted;
}

/* Fills in an ask for the scores and features of recording `number`; `pending` is zeroed or set where needed. */
static inline enum status ask_pending(struct service *service, struct pending *pending, const char *name,
                                      int number)
{
    const struct catalog *catalog = service_catalog(service);
    const double deadline = pending->ask.deadline;
    pthread_mutex_init(&pending->lock, NULL);
    pthread_cond_init(&pending->changed, NULL);
    pending->sound = sound_number(number);
    pending->ask = (struct ask){ .served = catalog_find(catalog, name),
                                 .catalog = catalog,
                                 .group = "fan/id_00",
                                 .sounds = &pending->sound,
                                 .n_sounds = 1,
                                 .wants = ASK_FEATURES | ASK_SCORES,
                                 .deadline = deadline,
                                 .is_wanted = is_still_wanted,
                                 .done = tell_done,
                                 .context = pending };
    const enum status status = service_ask(service, &pending->ask);
    service_catalog_release(service, catalog);
    return status;
}

static inline void wait_for(struct pending *pending)
{
    pthread_mutex_lock(&pending->lock);
    while (pending->n_done == 0) pthread_cond_wait(&pending->changed, &pending->lock);
    pthread_mutex_unlock(&pending->lock);
    assert_int_equal(pending->n_done, 1);
}

static inline void assert_answered(struct pending *pending, enum way way, int number)
{
    wait_for(pending);
    if (pending->ask.status != OK) fail_msg("%s", pending->ask.error);
    assert_heard(&pending->ask.heard[0], &expected[way][number], ASK_FEATURES | ASK_SCORES);
    ask_release(&pending->ask);
}

static inline void assert_refused(struct pending *pending, enum status status, const char *words)
{
    wait_for(pending);
    assert_int_equal(pending->ask.status, status);
    assert_int_equal(pending->ask.failed_sound, 0);
    if (!strstr(pending->ask.error, words)) fail_msg("\"%s\" does not say \"%s\"", pending->ask.error, words);
    ask_release(&pending->ask);
}

#endif
