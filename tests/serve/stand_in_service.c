#include "stand_in_service.h"

#include "core/clock.h"
#include "core/memory.h"
#include "pipeline/config.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_ASKS = 4096, MOST_THREADS = 64 };

struct service {
    struct stand_in_options options;
    struct extract_settings settings;
    struct attributes provenance;
    struct model model, single;
    struct model_group groups[2];
    double scores[4];
    struct served served[3];
    struct catalog catalog;
    struct service_figures figures;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ask *asks[MOST_ASKS];
    int n_asks, n_threads, is_drained, is_closing;
    pthread_t threads[MOST_THREADS];
};

double stand_in_sum(const struct sound *sound)
{
    const unsigned char *bytes = sound->bytes;
    double sum = 0;
    for (size_t i = 0; i < sound->size; i++) sum += bytes[i];
    return sum;
}

/* ----------------------------------------------------------------------------------------- what is served */

static const struct detector of_nothing = { .name = "gmm" };

static void fill_models(struct service *s)
{
    static char *names[] = { "fan/id_00", "fan/id_02" }, *ids[] = { "id_00", "id_02" };
    for (int g = 0; g < 2; g++)
        s->groups[g] =
            (struct model_group){ .name = names[g],
                                  .machine = "fan",
                                  .id = ids[g],
                                  .snr = "",
                                  .calibration = { .scores = s->scores, .n = 4, .threshold = 5000 } };
    s->model = (struct model){ .detector = &of_nothing, .groups = s->groups, .count = 2 };
    s->single = (struct model){ .detector = &of_nothing, .groups = s->groups, .count = 1 };
    const char *const served[] = { "machine", "single", "bare" };
    const struct model *const models[] = { &s->model, &s->single, NULL };
    for (int i = 0; i < 3; i++)
        s->served[i] = (struct served){ .name = served[i],
                                        .kind = models[i] ? SERVED_MODEL : SERVED_NETWORK,
                                        .settings = &s->settings,
                                        .provenance = &s->provenance,
                                        .model = models[i],
                                        .columns = STAND_IN_COLUMNS,
                                        .loaded_unix_s = 1763900000 };
    s->catalog = (struct catalog){ s->served, 3 };
}

const struct catalog *service_catalog(struct service *service)
{
    return &service->catalog;
}

void service_catalog_release(struct service *service, const struct catalog *catalog)
{
    (void)service, (void)catalog;
}

const struct served *catalog_find(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->served[i].name, name) == 0) return &catalog->served[i];
    return NULL;
}

const char *service_device(const struct service *service)
{
    (void)service;
    return "none";
}

const char *service_backend(const struct service *service)
{
    (void)service;
    return "stand-in";
}

/* --------------------------------------------------------------------------------------------- answering */

static enum status hear(const struct ask *ask, int number, struct heard *heard)
{
    const struct sound *sound = &ask->sounds[number];
    const double sum = stand_in_sum(sound);
    REQUIRE(sound->form != SOUND_FILE || (sound->size >= 4 && memcmp(sound->bytes, "RIFF", 4) == 0),
            ERR_INPUT, "%s: no recording that can be read", sound->name);
    *heard = (struct heard){ .seconds = 1,
                             .sample_rate = sound->form == SOUND_FILE ? 16000 : sound->sample_rate,
                             .n_patches = STAND_IN_PATCHES,
                             .level = { -20, 0.5, 0, 0 },
                             .score = sum,
                             .n_mels = 4,
                             .n_frames = 6,
                             .decides = 1,
                             .threshold = 5000,
                             .percentile = 0.5,
                             .is_abnormal = sum > 5000 };
    TRY(memory_check(heard->start_s = memory_new(STAND_IN_PATCHES, sizeof(double))));
    TRY(memory_check(heard->patch_scores = memory_new(STAND_IN_PATCHES, sizeof(double))));
    TRY(memory_check(heard->features = memory_new(STAND_IN_PATCHES * STAND_IN_COLUMNS, sizeof(float))));
    TRY(memory_check(heard->decibel = memory_new(24, sizeof(float))));
    for (int p = 0; p < STAND_IN_PATCHES; p++) {
        heard->start_s[p] = p;
        heard->patch_scores[p] = sum + p;
        for (int c = 0; c < STAND_IN_COLUMNS; c++)
            heard->features[p * STAND_IN_COLUMNS + c] = (float)sum + (float)p + (float)c / 8;
    }
    for (int i = 0; i < 24; i++) heard->decibel[i] = (float)-i;
    return OK;
}

static enum status answer(struct ask *ask)
{
    REQUIRE(!ask->is_wanted || ask->is_wanted(ask->context), ERR_TIMEOUT, "nobody wants it any more");
    REQUIRE(ask->deadline <= 0 || clock_seconds() < ask->deadline, ERR_TIMEOUT, "the time for it was over");
    TRY(memory_check(ask->heard = memory_new((size_t)ask->n_sounds, sizeof *ask->heard)));
    for (int i = 0; i < ask->n_sounds; i++) {
        ask->failed_sound = i;
        TRY(hear(ask, i, &ask->heard[i]));
    }
    return OK;
}

static void work(struct service *s, struct ask *ask)
{
    if (s->options.delay_s > 0) usleep((useconds_t)(1e6 * s->options.delay_s));
    ask->status = answer(ask);
    if (ask->status != OK) snprintf(ask->error, sizeof ask->error, "%s", status_sentence());
    pthread_mutex_lock(&s->lock);
    long long *count = ask->status == OK            ? &s->figures.recordings_ok
                       : ask->status == ERR_TIMEOUT ? &s->figures.recordings_dropped
                                                    : &s->figures.recordings_failed;
    *count += ask->n_sounds;
    pthread_mutex_unlock(&s->lock);
    ask->done(ask);
}

static void *answer_all(void *context)
{
    struct service *s = context;
    pthread_mutex_lock(&s->lock);
    while (!s->is_closing || s->n_asks) {
        if (!s->n_asks) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        struct ask *ask = s->asks[0];
        memmove(s->asks, s->asks + 1, (size_t)--s->n_asks * sizeof *s->asks);
        pthread_mutex_unlock(&s->lock);
        work(s, ask);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static enum status take(struct service *s, struct ask *ask)
{
    REQUIRE(!s->is_drained, ERR_STOPPED, "no new requests are taken");
    REQUIRE(s->n_asks < s->options.most, ERR_BUSY, "%d recordings wait; try again later", s->n_asks);
    s->asks[s->n_asks++] = ask;
    pthread_cond_signal(&s->changed);
    return OK;
}

enum status service_ask(struct service *service, struct ask *ask)
{
    ask->failed_sound = -1;
    REQUIRE(ask->served->kind != SERVED_MODEL || ask->group || ask->served->model->count == 1, ERR_USAGE,
            "no group was named; there are fan,id_00 and fan,id_02");
    if (!service->options.threads) {
        work(service, ask);
        return OK;
    }
    pthread_mutex_lock(&service->lock);
    const enum status status = take(service, ask);
    pthread_mutex_unlock(&service->lock);
    return status;
}

void service_figures(struct service *service, struct service_figures *figures)
{
    pthread_mutex_lock(&service->lock);
    *figures = service->figures;
    figures->waiting_compute = service->n_asks;
    pthread_mutex_unlock(&service->lock);
}

void service_drain(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    service->is_drained = 1;
    pthread_mutex_unlock(&service->lock);
}

/* -------------------------------------------------------------------------------------------- open, close */

enum status stand_in_open(struct service **out, const struct stand_in_options *options)
{
    struct service *s = memory_new(1, sizeof *s);
    *out = s;
    TRY(memory_check(s));
    s->options = *options;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    const struct option_set front = { front_options, &s->settings, NULL };
    const struct option_set network = { network_options, &s->settings, NULL };
    TRY(options_standard(&front));
    TRY(options_standard(&network));
    TRY(extract_settings_resolve(&s->settings));
    fill_models(s);
    for (; s->n_threads < options->threads && s->n_threads < MOST_THREADS; s->n_threads++)
        REQUIRE(pthread_create(&s->threads[s->n_threads], NULL, answer_all, s) == 0, ERR_MEMORY, "no thread");
    return OK;
}

void stand_in_close(struct service **service)
{
    struct service *s = *service;
    pthread_mutex_lock(&s->lock);
    s->is_closing = 1;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->n_threads; i++) pthread_join(s->threads[i], NULL);
    attributes_release(&s->provenance);
    memory_free(s);
    *service = NULL;
}
