/* The thread that tells askers in time that it is too late: a sound whose deadline passes while it waits, to be decoded
 * or to join a batch, leaves its queue at that moment, however long what is before it takes. What is being decoded or
 * computed just then is finished. */
#include "service/service_internal.h"

#include "core/clock.h"

#include <math.h>

static double deadline_of(const struct hearing *hearing)
{
    const double deadline = hearing->asking->ask->deadline;
    return deadline > 0 ? deadline : HUGE_VAL;
}

void service_note_deadline(struct service *service, const struct hearing *hearing)
{
    const double deadline = deadline_of(hearing);
    if (deadline >= service->next_deadline) return;
    service->next_deadline = deadline;
    pthread_cond_signal(&service->has_deadline);
}

/* Those of one queue that are late, as a list; of the others the next deadline is noted. */
static struct hearing *take_late(struct service *service, struct hearing **first, struct hearing **last,
                                 double now)
{
    struct hearing *late = NULL;
    *last = NULL;
    while (*first) {
        struct hearing *hearing = *first;
        if (deadline_of(hearing) > now) {
            service->next_deadline = fmin(service->next_deadline, deadline_of(hearing));
            *last = hearing;
            first = &hearing->next;
            continue;
        }
        *first = hearing->next;
        hearing->next = late;
        late = hearing;
    }
    return late;
}

/* The lock is let go while they are told. */
static void tell(struct service *service, struct hearing *late)
{
    while (late) {
        struct hearing *hearing = late;
        late = hearing->next;
        hearing->queue_s += clock_seconds() - hearing->since;
        const enum status status = hearing_check(hearing);
        service_finish(service, hearing, status, status_sentence());
    }
}

static void tell_late(struct service *service, double now)
{
    struct extractor *next;
    service->next_deadline = HUGE_VAL;
    struct hearing *undecoded = take_late(service, &service->first, &service->last, now), *decoded = NULL;
    for (struct hearing *h = undecoded; h; h = h->next) {
        service->n_to_decode--;
        hearing_extractor(h)->n_coming--;
    }
    for (struct extractor *e = service->waited_for; e; e = next) {
        next = e->next_waited_for;
        struct hearing *late = take_late(service, &e->first, &e->last, now);
        while (late) {
            struct hearing *hearing = late;
            late = hearing->next;
            service_left_line(service, hearing);
            hearing->next = decoded;
            decoded = hearing;
        }
    }
    pthread_cond_broadcast(&service->to_decode); /* there may be room again */
    pthread_cond_signal(&service->to_compute);   /* fewer may be expected */
    tell(service, undecoded);
    tell(service, decoded);
}

void *service_watch_deadlines(void *argument)
{
    struct service *service = argument;
    pthread_mutex_lock(&service->lock);
    while (!service->is_stopping) {
        const double now = clock_seconds();
        if (service->next_deadline <= now)
            tell_late(service, now);
        else
            service_sleep_until(service, &service->has_deadline, service->next_deadline);
    }
    pthread_mutex_unlock(&service->lock);
    return NULL;
}
