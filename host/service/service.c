#include "service/service_internal.h"

#include "core/clock.h"
#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { USUAL_QUEUE = 256, MOST_DECODERS = 4 };

/* ------------------------------------------------------------------------------------------- the backend */

void service_take_backend(struct service *service)
{
    service->n_want_backend++;
    while (service->is_backend_taken) pthread_cond_wait(&service->changed, &service->lock);
    service->n_want_backend--;
    service->is_backend_taken = 1;
}

void service_give_backend(struct service *service)
{
    service->is_backend_taken = 0;
    pthread_cond_broadcast(&service->changed);
    pthread_cond_signal(&service->to_compute);
}

/* ------------------------------------------------------------------------------------------- the catalog */

void service_shelf_let_go(struct service *service, struct shelf *shelf)
{
    if (--shelf->n_holders > 0) return;
    shelf->next = service->old_shelves;
    service->old_shelves = shelf;
    pthread_cond_signal(&service->to_compute);
}

void service_sweep(struct service *service)
{
    while (service->old_shelves) {
        struct shelf *shelf = service->old_shelves;
        service->old_shelves = shelf->next;
        shelf_close(shelf, &service->extractors);
    }
    extractors_sweep(&service->extractors);
}

const struct catalog *service_catalog(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    struct shelf *shelf = service->shelf;
    shelf->n_holders++;
    pthread_mutex_unlock(&service->lock);
    return &shelf->catalog;
}

void service_catalog_release(struct service *service, const struct catalog *catalog)
{
    pthread_mutex_lock(&service->lock);
    service_shelf_let_go(service, shelf_of(catalog));
    pthread_mutex_unlock(&service->lock);
}

/* ---------------------------------------------------------------------------------------------- reloading */

static void take_backend(void *keeper)
{
    struct service *service = keeper;
    pthread_mutex_lock(&service->lock);
    service_take_backend(service);
    pthread_mutex_unlock(&service->lock);
}

static void give_backend(void *keeper)
{
    struct service *service = keeper;
    pthread_mutex_lock(&service->lock);
    service_give_backend(service);
    pthread_mutex_unlock(&service->lock);
}

static int is_draining(void *keeper)
{
    struct service *service = keeper;
    pthread_mutex_lock(&service->lock);
    const int is_so = service->is_draining;
    pthread_mutex_unlock(&service->lock);
    return is_so;
}

/* Its turn among reloads; the shelf of now, held. */
static struct shelf *begin_reload(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    while (service->is_reloading) pthread_cond_wait(&service->changed, &service->lock);
    service->is_reloading = 1;
    struct shelf *before = service->shelf;
    before->n_holders++;
    pthread_mutex_unlock(&service->lock);
    return before;
}

/* fresh NULL: all stays. The computing thread closes what nobody holds any more. */
static void end_reload(struct service *service, struct shelf *before, struct shelf *fresh)
{
    pthread_mutex_lock(&service->lock);
    if (fresh) {
        service->shelf = fresh;
        service_shelf_let_go(service, before);
    }
    service_shelf_let_go(service, before);
    service->is_reloading = 0;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->lock);
}

enum status service_reload(struct service *service)
{
    struct shelf *before = begin_reload(service), *fresh = NULL;
    const enum status status = shelf_open_again(&fresh, &service->extractors, before, is_draining);
    end_reload(service, before, fresh);
    return status;
}

/* ------------------------------------------------------------------------------------ opening and closing */

static enum status check(const struct service_options *options)
{
    REQUIRE(options->n_models + options->n_networks > 0, ERR_USAGE,
            "nothing to serve; a model (NAME=FILE.h5) or a network expected");
    REQUIRE(options->n_networks == 0 || options->settings, ERR_USAGE,
            "networks are served with settings, which are missing");
    return OK;
}

static void choose_numbers(struct service *service)
{
    struct service_options *o = &service->options;
    const int threads = service->backend->ops->threads(service->backend);
    if (o->max_queue <= 0) o->max_queue = USUAL_QUEUE;
    if (o->decoders <= 0) o->decoders = threads < MOST_DECODERS ? threads : MOST_DECODERS;
}

static enum status start_thread(struct service *service, void *(*work)(void *))
{
    REQUIRE(pthread_create(&service->threads[service->n_threads], NULL, work, service) == 0, ERR_INTERNAL,
            "a thread could not be started");
    service->n_threads++;
    return OK;
}

static enum status fill(struct service *service)
{
    struct service_options *o = &service->options;
    TRY(check(o));
    service->compute = o->compute;
    const char *weights = o->compute.weights ? o->compute.weights : "auto";
    TRY(memory_check(service->weights = memory_text(weights)));
    service->compute.weights = service->weights;
    TRY(place_open(&service->backend, &o->compute.place));
    choose_numbers(service);
    service->extractors = (struct extractors){ .backend = service->backend,
                                               .take = take_backend,
                                               .give = give_backend,
                                               .keeper = service,
                                               .compute = &service->compute,
                                               .max_batch = o->max_batch };
    TRY(decode_pool_open(&service->helpers, &o->decode));
    TRY(shelf_open(&service->shelf, &service->extractors, o));
    TRY(memory_check(service->threads = memory_new((size_t)o->decoders + 2, sizeof *service->threads)));
    for (int i = 0; i < o->decoders; i++) TRY(start_thread(service, service_decode));
    TRY(start_thread(service, service_compute));
    return start_thread(service, service_watch_deadlines);
}

/* clock_seconds() is what timed waits go by. */
static void init_locks(struct service *service)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->to_decode, NULL);
    pthread_cond_init(&service->to_compute, &attributes);
    pthread_cond_init(&service->has_deadline, &attributes);
    pthread_cond_init(&service->changed, NULL);
    pthread_condattr_destroy(&attributes);
}

enum status service_open(struct service **out, const struct service_options *options)
{
    struct service *service = *out = memory_new(1, sizeof *service);
    TRY(memory_check(service));
    service->options = *options;
    service->next_deadline = HUGE_VAL;
    init_locks(service);
    figures_init(&service->figures);
    const enum status status = fill(service);
    if (status != OK) service_close(out);
    return status;
}

void service_drain(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    service->is_draining = 1;
    pthread_mutex_unlock(&service->lock);
}

static void stop_threads(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    service->is_draining = 1;
    while (service->n_asks > 0) pthread_cond_wait(&service->changed, &service->lock);
    service->is_stopping = 1;
    pthread_cond_broadcast(&service->to_decode);
    pthread_cond_broadcast(&service->to_compute);
    pthread_cond_broadcast(&service->has_deadline);
    pthread_mutex_unlock(&service->lock);
    for (int i = 0; i < service->n_threads; i++) pthread_join(service->threads[i], NULL);
}

static void free_spare(struct service *service)
{
    while (service->spare) {
        struct hearing *hearing = service->spare;
        service->spare = hearing->next;
        hearing_free(&hearing);
    }
}

void service_close(struct service **service_pointer)
{
    struct service *service = *service_pointer;
    if (!service) return;
    stop_threads(service);
    free_spare(service);
    judge_release(&service->judge);
    if (service->shelf) service_shelf_let_go(service, service->shelf);
    service_sweep(service);
    decode_pool_close(&service->helpers);
    if (service->backend) service->backend->ops->close(&service->backend);
    pthread_cond_destroy(&service->to_decode);
    pthread_cond_destroy(&service->to_compute);
    pthread_cond_destroy(&service->has_deadline);
    pthread_cond_destroy(&service->changed);
    pthread_mutex_destroy(&service->lock);
    memory_free(service->threads);
    memory_free(service->weights);
    memory_free(service);
    *service_pointer = NULL;
}

/* --------------------------------------------------------------------------------------------- figures */

void service_figures(struct service *service, struct service_figures *figures)
{
    pthread_mutex_lock(&service->lock);
    *figures = service->figures;
    figures->waiting_decode = service->n_to_decode + service->n_decoding;
    figures->waiting_compute = service->n_waiting;
    pthread_mutex_unlock(&service->lock);
}

const char *service_device(const struct service *service)
{
    return service->backend->ops->device(service->backend);
}

const char *service_backend(const struct service *service)
{
    return service->backend->ops->name;
}
