/* The computing thread: gathers sounds that wait for one extractor into a batch, computes it, judges and answers.
 *
 * When a batch goes. A full one at once; else, the latest, max_delay_ms after its first sound began to wait, or as soon
 * as waiting has cost more than a common batch saves (cost.h). Sooner where nobody is to be expected: nothing for this
 * extractor is being decoded, and those who were answered a moment ago, and may ask again at once, are back already. So
 * a lone asker never waits, and many who ask in turn find each other. */
#include "service/service_internal.h"

#include "core/clock.h"
#include "core/log.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

/* ---------------------------------------------------------------------------------------- whose turn it is */

static double delay_s(const struct service *service, const struct extractor *e)
{
    return fmin(service->options.max_delay_ms / 1000.0, cost_fixed(&e->cost));
}

static int is_expecting(const struct extractor *e, double now, double delay)
{
    const int may_return = now - e->last_ended < delay && e->n_waiting < e->last_count;
    return e->n_coming > 0 || may_return;
}

static int is_full(const struct service *service, const struct extractor *e)
{
    return service->options.max_batch == 1 || e->n_waiting_patches >= e->most_patches;
}

/* When its batch goes: now or earlier, or a moment to come. */
static double due_at(const struct service *service, const struct extractor *e, double now)
{
    const double delay = delay_s(service, e), latest = e->first->since + delay;
    if (is_full(service, e) || service->lost != OK || !is_expecting(e, now, delay)) return e->first->since;
    return e->n_coming > 0 ? latest : fmin(latest, e->last_ended + delay);
}

/* Of the batches that may go the one whose first sound waits longest. NULL: none; *wake_at then tells when one will. */
static struct extractor *choose(const struct service *service, double now, double *wake_at)
{
    struct extractor *chosen = NULL;
    *wake_at = HUGE_VAL;
    for (struct extractor *e = service->waited_for; e; e = e->next_waited_for) {
        const double due = due_at(service, e, now);
        if (due > now && due < *wake_at) *wake_at = due;
        if (due <= now && (!chosen || e->first->since < chosen->first->since)) chosen = e;
    }
    return chosen;
}

void service_sleep_until(struct service *service, pthread_cond_t *signal, double wake_at)
{
    if (wake_at == HUGE_VAL) {
        pthread_cond_wait(signal, &service->lock);
        return;
    }
    const struct timespec until = { .tv_sec = (time_t)wake_at,
                                    .tv_nsec = (long)((wake_at - floor(wake_at)) * 1e9) };
    pthread_cond_timedwait(signal, &service->lock, &until);
}

static int has_nothing_to_come(const struct service *service)
{
    return service->is_stopping && service->n_waiting + service->n_to_decode + service->n_decoding == 0;
}

/* Takes the backend. NULL: the service stops. */
static struct extractor *wait_for_batch(struct service *service)
{
    const double asked = clock_seconds();
    for (;;) {
        double wake_at = HUGE_VAL;
        if (!service->is_backend_taken && service->n_want_backend == 0) {
            service_sweep(service);
            const double now = clock_seconds();
            struct extractor *extractor = choose(service, now, &wake_at);
            service->figures.starved_s += extractor ? now - asked : 0;
            if (extractor) return extractor;
            if (has_nothing_to_come(service)) return NULL;
        }
        service_sleep_until(service, &service->to_compute, wake_at);
    }
}

/* -------------------------------------------------------------------------------------------- gathering */

/* The sounds of one batch, in the order of their rows. */
struct gathered {
    struct hearing *first;
    int n;
};

static struct hearing *take_first(struct service *service, struct extractor *extractor)
{
    struct hearing *hearing = extractor->first;
    extractor->first = hearing->next;
    if (!extractor->first) extractor->last = NULL;
    hearing->next = NULL;
    service_left_line(service, hearing);
    return hearing;
}

static int fits(const struct service *service, const struct extractor *extractor,
                const struct gathered *gathered, long long n_patches)
{
    const struct hearing *next = extractor->first;
    if (!next) return 0;
    if (gathered->n == 0) return 1;
    if (service->options.max_batch == 1) return 0;
    return hearing_is_picture(next) == hearing_is_picture(gathered->first) &&
           n_patches + (long long)next->decoded.n_patches <= extractor->most_patches;
}

static struct gathered gather(struct service *service, struct extractor *extractor)
{
    struct gathered gathered = { 0 };
    struct hearing **end = &gathered.first;
    const double now = clock_seconds();
    long long n_patches = 0;
    while (fits(service, extractor, &gathered, n_patches)) {
        struct hearing *hearing = *end = take_first(service, extractor);
        end = &hearing->next;
        n_patches += (long long)hearing->decoded.n_patches;
        hearing->queue_s += now - hearing->since;
        gathered.n++;
    }
    pthread_cond_broadcast(&service->to_decode);
    return gathered;
}

/* Those who are late, or whom nobody waits for, are told so; the others stay. */
static void drop_unwanted(struct service *service, struct gathered *gathered)
{
    struct hearing **place = &gathered->first;
    while (*place) {
        struct hearing *hearing = *place;
        const enum status status = hearing_check(hearing);
        if (status == OK) {
            place = &hearing->next;
            continue;
        }
        *place = hearing->next;
        gathered->n--;
        pthread_mutex_lock(&service->lock);
        service_finish(service, hearing, status, status_sentence());
        pthread_mutex_unlock(&service->lock);
    }
}

/* -------------------------------------------------------------------------------------------- computing */

static enum batch_wants wants_of(const struct gathered *gathered)
{
    enum batch_wants wants = BATCH_FEATURES;
    if (hearing_is_picture(gathered->first)) return BATCH_DECIBEL;
    for (const struct hearing *h = gathered->first; h; h = h->next)
        if (h->asking->ask->wants & ASK_SPECTROGRAM) wants = BATCH_BOTH;
    return wants;
}

static enum status compute_features(struct extractor *extractor, const struct gathered *gathered)
{
    struct batch *batch = &extractor->batch;
    batch_begin(batch);
    batch->wants = wants_of(gathered);
    for (const struct hearing *h = gathered->first; h; h = h->next) TRY(batch_append(batch, &h->decoded));
    return batch_compute(batch, &extractor->setup, &extractor->lines.spec, extractor->lines.line[0]);
}

/* What one sound's answer took, beside the batch. */
static enum status answer(struct service *service, const struct batch *batch, const struct hearing *hearing,
                          struct hearing_place *place, double *score_s)
{
    const struct hearing_place begin = *place;
    const double start = clock_seconds();
    TRY(hearing_tell(hearing, batch, place));
    if (hearing->asking->group) TRY(judge_hearing(&service->judge, hearing, batch, begin, service->backend));
    *score_s = clock_seconds() - start;
    return OK;
}

static void note_loss(struct service *service, enum status status, const char *sentence)
{
    if (status != ERR_DEVICE || service->lost != OK) return;
    service->lost = status;
    snprintf(service->lost_sentence, sizeof service->lost_sentence, "%s", sentence);
    log_warning("the backend was lost: %s", sentence);
}

struct batch_told {
    enum status status;
    char sentence[512];
    double compute_s;
    int n_recordings, n_patches;
};

static void note_batch(struct service *service, struct extractor *extractor, const struct batch_told *told)
{
    struct service_figures *figures = &service->figures;
    note_loss(service, told->status, told->sentence);
    extractor->last_count = told->n_recordings;
    if (told->status != OK) return;
    if (extractor->batch.wants != BATCH_DECIBEL) cost_add(&extractor->cost, told->n_patches, told->compute_s);
    figures->batches++;
    figures->patches += told->n_patches;
    figures->audio_s += extractor->batch.audio_s;
    histogram_add(&figures->compute_s, told->compute_s);
    histogram_add(&figures->batch_recordings, told->n_recordings);
    histogram_add(&figures->batch_patches, told->n_patches);
}

static void note_times(struct service *service, const struct hearing *hearing, const struct batch_told *told,
                       double score_s)
{
    struct ask_times *times = &hearing->asking->ask->times;
    times->compute_s = fmax(times->compute_s, told->compute_s);
    times->score_s += score_s;
    times->batch_recordings = told->n_recordings;
    times->batch_patches = told->n_patches;
    if (hearing->asking->group) histogram_add(&service->figures.score_s, score_s);
}

/* Every sound of the batch gets its answer, or the reason why there is none. */
static void answer_all(struct service *service, struct extractor *extractor, struct gathered *gathered,
                       const struct batch_told *told)
{
    struct hearing_place place = { 0 };
    while (gathered->first) {
        struct hearing *hearing = gathered->first;
        char sentence[512];
        double score_s = 0;
        enum status status = told->status;
        gathered->first = hearing->next;
        if (status == OK) status = answer(service, &extractor->batch, hearing, &place, &score_s);
        snprintf(sentence, sizeof sentence, "%s", told->status != OK ? told->sentence : status_sentence());
        pthread_mutex_lock(&service->lock);
        note_loss(service, status, sentence);
        note_times(service, hearing, told, score_s);
        service_finish(service, hearing, status, sentence);
        pthread_mutex_unlock(&service->lock);
    }
}

static void compute_batch(struct service *service, struct extractor *extractor, struct gathered *gathered)
{
    struct batch_told told = { .n_recordings = gathered->n };
    const double start = clock_seconds();
    told.status = service->lost != OK ? fail(service->lost, "%s", service->lost_sentence)
                                      : compute_features(extractor, gathered);
    told.compute_s = clock_seconds() - start;
    told.n_patches = (int)extractor->batch.n_patches;
    if (told.status != OK) snprintf(told.sentence, sizeof told.sentence, "%s", status_sentence());
    pthread_mutex_lock(&service->lock);
    note_batch(service, extractor, &told);
    pthread_mutex_unlock(&service->lock);
    answer_all(service, extractor, gathered, &told);
}

void *service_compute(void *argument)
{
    struct service *service = argument;
    struct extractor *extractor;
    pthread_mutex_lock(&service->lock);
    while ((extractor = wait_for_batch(service)) != NULL) {
        struct gathered gathered = gather(service, extractor);
        service->is_backend_taken = 1;
        pthread_mutex_unlock(&service->lock);
        drop_unwanted(service, &gathered);
        if (gathered.n > 0) compute_batch(service, extractor, &gathered);
        pthread_mutex_lock(&service->lock);
        extractor->last_ended = clock_seconds();
        service_give_backend(service);
    }
    pthread_mutex_unlock(&service->lock);
    return NULL;
}
