#include "cuda/card_gather.h"

#include "core/memory.h"
#include "cuda/card_batch.h"
#include "cuda/device.h"

#include <stdio.h>

struct card_gather {
    int number, n_users;
    cudaStream_t stream;
    struct card_store store;
    struct card_batch batch;
    pthread_mutex_t lock; /* of all below, and of a batch that runs */
    pthread_cond_t done;
    int n_expected, n_waiting;
    struct card_request *waiting;
    long long n_components; /* of all fits that have joined */
};

/* ------------------------------------------------------------------------------------------------- opening */

enum status card_gather_open(struct card_gather **out, int number)
{
    struct card_gather *gather = *out = memory_new(1, sizeof *gather);
    TRY(memory_check(gather));
    *gather = (struct card_gather){
        .number = number, .n_users = 1, .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER
    };
    card_store_init(&gather->store);
    enum status status = device_select(number);
    if (status == OK)
        status = device_check(cudaStreamCreateWithFlags(&gather->stream, cudaStreamNonBlocking), "a stream");
    if (status == OK) status = card_batch_init(&gather->batch, gather->stream);
    if (status != OK) card_gather_close(out);
    return status;
}

struct card_gather *card_gather_share(struct card_gather *gather)
{
    if (!gather) return NULL;
    pthread_mutex_lock(&gather->lock);
    gather->n_users++;
    pthread_mutex_unlock(&gather->lock);
    return gather;
}

void card_gather_close(struct card_gather **out)
{
    struct card_gather *gather = *out;
    *out = NULL;
    if (!gather) return;
    pthread_mutex_lock(&gather->lock);
    const int is_last = --gather->n_users == 0;
    pthread_mutex_unlock(&gather->lock);
    if (!is_last) return;
    if (gather->stream) cudaStreamSynchronize(gather->stream);
    card_batch_release(&gather->batch);
    if (gather->stream) cudaStreamDestroy(gather->stream);
    card_store_release(&gather->store);
    pthread_cond_destroy(&gather->done);
    pthread_mutex_destroy(&gather->lock);
    memory_free(gather);
}

enum status card_gather_enter(const struct card_gather *gather)
{
    return device_select(gather->number);
}

cudaStream_t card_gather_stream(const struct card_gather *gather)
{
    return gather->stream;
}

struct card_store *card_gather_store(struct card_gather *gather)
{
    return &gather->store;
}

enum status card_gather_join(struct card_gather *gather, int components)
{
    pthread_mutex_lock(&gather->lock);
    const enum status status = card_batch_reserve(&gather->batch, gather->n_components + components);
    if (status == OK) gather->n_components += components;
    pthread_mutex_unlock(&gather->lock);
    return status;
}

void card_gather_part(struct card_gather *gather, int components)
{
    pthread_mutex_lock(&gather->lock);
    gather->n_components -= components;
    pthread_mutex_unlock(&gather->lock);
}

/* ------------------------------------------------------------------------------------------------- meeting */

static struct card_request *take_one(struct card_gather *gather, enum card_work work)
{
    for (struct card_request **link = &gather->waiting; *link; link = &(*link)->next) {
        struct card_request *request = *link;
        if (request->work != work) continue;
        *link = request->next;
        return request;
    }
    return NULL;
}

static void finish(struct card_gather *gather, struct card_request **requests, int n, enum status status)
{
    for (int i = 0; i < n; i++) {
        requests[i]->status = status;
        if (status != OK)
            snprintf(requests[i]->sentence, sizeof requests[i]->sentence, "%s", status_sentence());
        requests[i]->is_done = 1;
    }
    gather->n_waiting -= n;
}

/* Everybody's work of one kind, as many fits at once as a batch takes. */
static void do_work(struct card_gather *gather, enum card_work work)
{
    struct card_request *requests[CARD_BATCH_FITS];
    int n;
    do {
        for (n = 0; n < CARD_BATCH_FITS && (requests[n] = take_one(gather, work)) != NULL;) n++;
        if (n > 0) finish(gather, requests, n, card_batch_run(&gather->batch, work, requests, n));
    } while (n == CARD_BATCH_FITS);
}

static void do_all_if_all_wait(struct card_gather *gather)
{
    if (gather->n_waiting == 0 || gather->n_waiting < gather->n_expected) return;
    for (int work = 0; work < CARD_WORKS; work++) do_work(gather, (enum card_work)work);
    pthread_cond_broadcast(&gather->done);
}

/* Who ends may be the one for whom all others wait. */
void card_gather_expect(struct card_gather *gather, int n)
{
    pthread_mutex_lock(&gather->lock);
    gather->n_expected += n;
    if (n < 0) do_all_if_all_wait(gather);
    pthread_mutex_unlock(&gather->lock);
}

enum status card_gather_do(struct card_gather *gather, struct card_request *request)
{
    pthread_mutex_lock(&gather->lock);
    request->is_done = 0;
    request->next = gather->waiting;
    gather->waiting = request;
    gather->n_waiting++;
    do_all_if_all_wait(gather);
    while (!request->is_done) pthread_cond_wait(&gather->done, &gather->lock);
    pthread_mutex_unlock(&gather->lock);
    return request->status == OK ? OK : fail(request->status, "%s", request->sentence);
}
