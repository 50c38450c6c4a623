/* Decoder threads: sounds of asks become rows that wait for their extractor. */
#include "service/service_internal.h"

#include "core/clock.h"

#include <stdio.h>

/* Decoding does not run further ahead of computing than this. */
static const size_t most_waiting_bytes = (size_t)256 << 20;

static int is_too_far_ahead(const struct service *service)
{
    return service->waiting_bytes >= most_waiting_bytes && service->n_waiting > 0;
}

/* NULL: the service stops. */
static struct hearing *wait_for_sound(struct service *service)
{
    for (;;) {
        struct hearing *hearing = service->first;
        if (hearing && !is_too_far_ahead(service)) {
            service->first = hearing->next;
            if (!service->first) service->last = NULL;
            service->n_to_decode--;
            service->n_decoding++;
            return hearing;
        }
        if (service->is_stopping) return NULL;
        pthread_cond_wait(&service->to_decode, &service->lock);
    }
}

/* An ask that has failed already needs nothing more. */
static enum status decode(struct service *service, struct hearing *hearing)
{
    TRY(hearing_check(hearing));
    return hearing_decode(hearing, service->helpers, service->options.most_seconds);
}

/* Those that have a queue are listed, those whose queue is empty are not. */
static void list_extractor(struct service *service, struct extractor *extractor)
{
    struct extractor **place = &service->waited_for;
    while (*place && *place != extractor) place = &(*place)->next_waited_for;
    if (extractor->first && !*place) {
        extractor->next_waited_for = NULL;
        *place = extractor;
    } else if (!extractor->first && *place)
        *place = extractor->next_waited_for;
}

void service_join_line(struct service *service, struct hearing *hearing)
{
    struct extractor *extractor = hearing_extractor(hearing);
    hearing->next = NULL;
    hearing->since = clock_seconds();
    if (extractor->last)
        extractor->last->next = hearing;
    else
        extractor->first = hearing;
    extractor->last = hearing;
    extractor->n_waiting++;
    extractor->n_waiting_patches += (long long)hearing->decoded.n_patches;
    service->n_waiting++;
    service->waiting_bytes += hearing_bytes(hearing);
    list_extractor(service, extractor);
    service_note_deadline(service, hearing);
}

void service_left_line(struct service *service, const struct hearing *hearing)
{
    struct extractor *extractor = hearing_extractor(hearing);
    extractor->n_waiting--;
    extractor->n_waiting_patches -= (long long)hearing->decoded.n_patches;
    service->n_waiting--;
    service->waiting_bytes -= hearing_bytes(hearing);
    list_extractor(service, extractor);
}

static void decode_one(struct service *service, struct hearing *hearing)
{
    const double start = clock_seconds();
    hearing->queue_s = start - hearing->since;
    pthread_mutex_unlock(&service->lock);
    const enum status status = decode(service, hearing);
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", status == OK ? "" : status_sentence());
    pthread_mutex_lock(&service->lock);
    hearing->decode_s = clock_seconds() - start;
    histogram_add(&service->figures.decode_s, hearing->decode_s);
    service->n_decoding--;
    hearing_extractor(hearing)->n_coming--;
    if (status == OK) service_join_line(service, hearing);
    pthread_cond_signal(&service->to_compute);
    if (status != OK) service_finish(service, hearing, status, sentence);
}

void *service_decode(void *argument)
{
    struct service *service = argument;
    struct hearing *hearing;
    pthread_mutex_lock(&service->lock);
    while ((hearing = wait_for_sound(service)) != NULL) decode_one(service, hearing);
    pthread_mutex_unlock(&service->lock);
    return NULL;
}
