/* Asking and answering. */
#include "service/service_internal.h"

#include "core/clock.h"
#include "core/memory.h"

#include <math.h>
#include <stdio.h>

/* ---------------------------------------------------------------------------------------------- taking */

static enum status check_sound(const struct sound *sound, int number)
{
    REQUIRE(sound->form == SOUND_FILE || sound->form == SOUND_FLOAT || sound->form == SOUND_INT16, ERR_USAGE,
            "sound %d: a file, floats or int16 expected", number);
    REQUIRE(sound->bytes || sound->size == 0, ERR_USAGE, "sound %d: no bytes", number);
    const size_t unit = sound->form == SOUND_FLOAT ? sizeof(float) : sizeof(int16_t);
    REQUIRE(sound->form == SOUND_FILE || sound->size % unit == 0, ERR_USAGE,
            "sound %d: %zu bytes are no whole number of samples of %zu bytes", number, sound->size, unit);
    return OK;
}

static enum status check(const struct service *service, const struct ask *ask)
{
    const unsigned known = ASK_FEATURES | ASK_SCORES | ASK_SPECTROGRAM;
    REQUIRE(ask->n_sounds > 0 && ask->sounds, ERR_USAGE, "no sound; at least one expected");
    REQUIRE(ask->n_sounds <= service->options.max_queue, ERR_USAGE, "%d sounds at once, at most %d are taken",
            ask->n_sounds, service->options.max_queue);
    REQUIRE(ask->wants != 0 && (ask->wants & ~known) == 0, ERR_USAGE,
            "features, scores or a spectrogram expected");
    for (int i = 0; i < ask->n_sounds; i++) TRY(check_sound(&ask->sounds[i], i));
    return OK;
}

static enum status fill_asking(struct asking *asking, const struct ask *ask)
{
    REQUIRE(ask->catalog && ask->served, ERR_USAGE, "no model");
    asking->shelf = shelf_of(ask->catalog);
    asking->item = shelf_item(asking->shelf, ask->served);
    asking->n_left = ask->n_sounds;
    REQUIRE(asking->item, ERR_USAGE, "a model of another catalog");
    if (!(ask->wants & ASK_SCORES)) return OK;
    REQUIRE(asking->item->path, ERR_USAGE, "%s is a network, not a model: it has features and no scores",
            asking->item->name);
    return item_group(asking->item, ask->group, &asking->group);
}

/* With the lock held. */
static enum status check_room(const struct service *service, int n_sounds)
{
    REQUIRE(!service->is_draining, ERR_STOPPED, "the service stops and takes no more");
    if (service->lost != OK) return fail(service->lost, "%s", service->lost_sentence);
    const int n_waiting = service->n_to_decode + service->n_decoding + service->n_waiting;
    REQUIRE(n_waiting + n_sounds <= service->options.max_queue, ERR_BUSY,
            "%d recordings are waiting, at most %d may; try again later", n_waiting,
            service->options.max_queue);
    return OK;
}

/* One for each sound, on a list of its own first; with the lock held. */
static enum status make_hearings(struct service *service, struct asking *asking, struct hearing **list)
{
    *list = NULL;
    for (int i = asking->ask->n_sounds - 1; i >= 0; i--) {
        struct hearing *hearing = service->spare;
        if (hearing) {
            service->spare = hearing->next;
            service->n_spare--;
        } else
            TRY(memory_check(hearing = memory_new(1, sizeof *hearing)));
        hearing->next = *list;
        *list = hearing;
        hearing->asking = asking;
        hearing->number = i;
        hearing->since = clock_seconds();
        hearing->decode_s = hearing->queue_s = 0;
    }
    return OK;
}

static void free_hearings(struct hearing *list)
{
    while (list) {
        struct hearing *hearing = list;
        list = hearing->next;
        hearing_free(&hearing);
    }
}

static void put_in_queue(struct service *service, struct hearing *list)
{
    if (service->last)
        service->last->next = list;
    else
        service->first = list;
    for (struct hearing *hearing = list; hearing; hearing = hearing->next) {
        service->last = hearing;
        service->n_to_decode++;
        hearing_extractor(hearing)->n_coming++;
        service_note_deadline(service, hearing);
    }
    pthread_cond_broadcast(&service->to_decode);
}

/* With the lock held. */
static enum status take(struct service *service, struct asking *asking)
{
    struct hearing *list;
    TRY(check_room(service, asking->ask->n_sounds));
    const enum status status = make_hearings(service, asking, &list);
    if (status != OK) {
        free_hearings(list);
        return status;
    }
    asking->shelf->n_holders++;
    service->n_asks++;
    put_in_queue(service, list);
    return OK;
}

static enum status prepare(struct service *service, struct asking *asking, struct ask *ask)
{
    ask->status = OK;
    ask->error[0] = '\0';
    ask->failed_sound = -1;
    ask->heard = NULL;
    ask->times = (struct ask_times){ 0 };
    asking->ask = ask;
    TRY(check(service, ask));
    TRY(fill_asking(asking, ask));
    return memory_check(ask->heard = memory_new((size_t)ask->n_sounds, sizeof *ask->heard));
}

static void wait_for_answer(struct service *service, struct asking *asking)
{
    while (!asking->is_answered) pthread_cond_wait(&service->changed, &service->lock);
    memory_free(asking);
}

static enum status submit(struct service *service, struct ask *ask, int is_waited_for)
{
    struct asking *asking = memory_new(1, sizeof *asking);
    TRY(memory_check(asking));
    asking->is_waited_for = is_waited_for;
    enum status status = prepare(service, asking, ask);
    if (status == OK) {
        pthread_mutex_lock(&service->lock);
        status = take(service, asking);
        if (status == OK && is_waited_for) wait_for_answer(service, asking);
        pthread_mutex_unlock(&service->lock);
    }
    if (status == OK) return OK;
    memory_free(ask->heard);
    ask->heard = NULL;
    memory_free(asking);
    return status;
}

enum status service_ask(struct service *service, struct ask *ask)
{
    REQUIRE(ask->done, ERR_USAGE, "nobody to tell the answer");
    return submit(service, ask, 0);
}

enum status service_ask_and_wait(struct service *service, struct ask *ask)
{
    return submit(service, ask, 1);
}

/* ------------------------------------------------------------------------------------------- answering */

enum { MOST_SPARE = 64 };

static void keep_spare(struct service *service, struct hearing *hearing)
{
    if (service->n_spare >= MOST_SPARE) {
        hearing_free(&hearing);
        return;
    }
    hearing_shrink(hearing);
    hearing->asking = NULL;
    hearing->next = service->spare;
    service->spare = hearing;
    service->n_spare++;
}

static void count(struct service_figures *figures, const struct hearing *hearing, enum status status)
{
    figures->recordings_ok += status == OK;
    figures->recordings_dropped += status == ERR_TIMEOUT;
    figures->recordings_failed += status != OK && status != ERR_TIMEOUT;
    figures->poisoned += status == ERR_POISON;
    if (status == OK) histogram_add(&figures->queue_s, hearing->queue_s);
}

static void conclude(struct service *service, struct asking *asking)
{
    struct ask *ask = asking->ask;
    pthread_mutex_unlock(&service->lock);
    if (ask->done) ask->done(ask);
    pthread_mutex_lock(&service->lock);
    service_shelf_let_go(service, asking->shelf);
    service->n_asks--;
    asking->is_answered = 1;
    if (!asking->is_waited_for) memory_free(asking);
    pthread_cond_broadcast(&service->changed);
}

void service_finish(struct service *service, struct hearing *hearing, enum status status,
                    const char *sentence)
{
    struct asking *asking = hearing->asking;
    struct ask *ask = asking->ask;
    ask->times.decode_s = fmax(ask->times.decode_s, hearing->decode_s);
    ask->times.queue_s = fmax(ask->times.queue_s, hearing->queue_s);
    if (status != OK && ask->status == OK) {
        ask->status = status;
        ask->failed_sound = hearing->number;
        snprintf(ask->error, sizeof ask->error, "%s", sentence);
    }
    count(&service->figures, hearing, status);
    keep_spare(service, hearing);
    if (--asking->n_left == 0) conclude(service, asking);
}
