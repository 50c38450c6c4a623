/* Streams and events. A queue is run from its head by whoever waits; a head that waits for an event first runs the
 * queue in which that was recorded, up to there. */
#include "sim/sim_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    struct work *next;
    const char *what;
    void (*run)(void *payload); /* NULL: of an event */
    struct CUevent_st *event;
    uint64_t record;            /* which of the event's */
    struct CUstream_st *source; /* to wait for it: where it was recorded; NULL: this records it */
    size_t payload_bytes;
    _Alignas(16) char payload[];
};

struct CUstream_st {
    struct work *first, *last;
    struct CUstream_st *next; /* of all streams */
    int is_running, device;
};

struct CUevent_st {
    uint64_t recorded, done;
    struct CUstream_st *stream; /* of the last record */
    int n_queued;               /* pieces of work that name it */
    int is_destroyed;
};

static struct CUstream_st default_stream;
static struct CUstream_st *streams = &default_stream; /* the default one is the last of the list */

static struct CUstream_st *stream_of(cudaStream_t stream)
{
    return stream ? stream : &default_stream;
}

int sim_is_elsewhere(cudaStream_t stream)
{
    return stream && stream->device != sim_device();
}

int sim_is_stream(cudaStream_t stream)
{
    const struct CUstream_st *known = streams;
    while (known && known != stream_of(stream)) known = known->next;
    return known != NULL;
}

/* ---------------------------------------------------------------------------------------------- running */

static void release_event(struct CUevent_st *event)
{
    if (event->n_queued || !event->is_destroyed) return;
    free(event);
}

static struct work *take_first(struct CUstream_st *stream)
{
    struct work *work = stream->first;
    stream->first = work->next;
    if (!stream->first) stream->last = NULL;
    return work;
}

/* A lost card does nothing more; events pass, so that nobody waits for ever. */
static void do_work(struct work *work)
{
    if (!work->run) {
        if (!work->source) work->event->done = work->record;
        work->event->n_queued--;
        release_event(work->event);
    } else if (!sim_is_lost()) {
        sim_counts.work++;
        if (!sim_is_lost()) work->run(work->payload);
    }
    free(work);
}

static int is_blocked(const struct CUstream_st *stream)
{
    const struct work *work = stream->first;
    return work->source && work->event->done < work->record;
}

static void run_first(struct CUstream_st *stream)
{
    while (is_blocked(stream)) {
        struct CUstream_st *source = stream->first->source;
        if (!source->first) {
            sim_fault("a stream waits for an event that nothing will record");
            break;
        }
        run_first(source);
    }
    do_work(take_first(stream));
}

static uint64_t next_random(void) /* xorshift64, Marsaglia 2003 */
{
    static uint64_t state, seed;
    if (seed != sim_options.seed || !state)
        state = (seed = sim_options.seed) * 0x9e3779b97f4a7c15U + 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* One that can go on, at random; NULL: none. */
static struct CUstream_st *random_stream(void)
{
    struct CUstream_st *chosen = NULL;
    uint64_t n = 0;
    for (struct CUstream_st *stream = streams; stream; stream = stream->next)
        if (stream->first && !is_blocked(stream) && next_random() % ++n == 0) chosen = stream;
    return chosen;
}

/* Until the stream is empty, or the event's record is done. */
static void run_until(struct CUstream_st *stream, const struct CUevent_st *event, uint64_t record)
{
    while (stream->first && !(event && event->done >= record)) {
        struct CUstream_st *other = sim_options.timing == SIM_SHUFFLED ? random_stream() : NULL;
        run_first(other ? other : stream);
    }
}

void sim_drain_all(void)
{
    for (struct CUstream_st *stream = streams; stream; stream = stream->next) run_until(stream, NULL, 0);
}

void sim_drain(cudaStream_t stream)
{
    run_until(stream_of(stream), NULL, 0);
}

/* ------------------------------------------------------------------------------------------------ queues */

static void append(struct CUstream_st *stream, struct work *work)
{
    if (stream->last)
        stream->last->next = work;
    else
        stream->first = work;
    stream->last = work;
    if (stream == &default_stream) sim_counts.on_default++;
    if (sim_options.timing == SIM_AT_ONCE) run_until(stream, NULL, 0);
}

static struct work *work_new(const char *what, size_t payload_bytes)
{
    struct work *work = calloc(1, sizeof *work + payload_bytes);
    if (!work) abort();
    work->what = what;
    work->payload_bytes = payload_bytes;
    return work;
}

void sim_enqueue(cudaStream_t stream, const char *what, void (*run)(void *payload), const void *payload,
                 size_t payload_bytes)
{
    struct work *work = work_new(what, payload_bytes);
    work->run = run;
    memcpy(work->payload, payload, payload_bytes);
    append(stream_of(stream), work);
}

static void enqueue_event(struct CUstream_st *stream, struct CUevent_st *event, struct CUstream_st *source)
{
    struct work *work = work_new(source ? "wait for an event" : "event", 0);
    work->event = event;
    work->record = event->recorded;
    work->source = source;
    event->n_queued++;
    append(stream, work);
}

static int points_into(const struct work *work, uintptr_t start, size_t bytes)
{
    uintptr_t word;
    for (size_t i = 0; i + sizeof word <= work->payload_bytes; i += sizeof word) {
        memcpy(&word, work->payload + i, sizeof word);
        if (word >= start && word - start < bytes) return 1;
    }
    return 0;
}

const char *sim_queued_use(const void *memory, size_t bytes)
{
    for (const struct CUstream_st *stream = streams; stream; stream = stream->next)
        for (const struct work *work = stream->first; work; work = work->next)
            if (points_into(work, (uintptr_t)memory, bytes)) return work->what;
    return NULL;
}

/* ---------------------------------------------------------------------------------------- the runtime's */

static cudaError_t wait_ended(void)
{
    sim_counts.waits++;
    return sim_is_lost() ? cudaErrorLaunchFailure : cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    SIM_LOCK();
    if (flags != cudaStreamNonBlocking)
        sim_fault("a stream that the default stream waits for: cudaStreamNonBlocking was expected");
    if (sim_fails("cudaStreamCreateWithFlags")) return cudaErrorMemoryAllocation;
    *stream = calloc(1, sizeof **stream);
    if (!*stream) abort();
    (*stream)->device = sim_device();
    sim_counts.cards |= (uint64_t)1 << sim_visible(sim_device());
    (*stream)->next = streams;
    streams = *stream;
    sim_opened(SIM_STREAM);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    SIM_LOCK();
    if (!stream || !sim_is_stream(stream)) return cudaErrorInvalidResourceHandle;
    run_until(stream, NULL, 0);
    struct CUstream_st **place = &streams;
    while (*place != stream) place = &(*place)->next;
    *place = stream->next;
    free(stream);
    sim_closed(SIM_STREAM);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    SIM_LOCK();
    if (!sim_is_stream(stream)) return cudaErrorInvalidResourceHandle;
    sim_drain(stream);
    if (sim_fails("cudaStreamSynchronize")) return cudaErrorLaunchFailure;
    return wait_ended();
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
    SIM_LOCK();
    if (!sim_is_stream(stream)) return cudaErrorInvalidResourceHandle;
    if (stream_of(stream)->first) run_first(stream_of(stream));
    return stream_of(stream)->first ? cudaErrorNotReady : cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
    SIM_LOCK();
    if (!sim_is_stream(stream) || !event || flags) return cudaErrorInvalidValue;
    if (sim_fails("cudaStreamWaitEvent")) return cudaErrorUnknown;
    if (event->recorded > event->done) enqueue_event(stream_of(stream), event, event->stream);
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize(void)
{
    SIM_LOCK();
    sim_drain_all();
    return wait_ended();
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags)
{
    SIM_LOCK();
    (void)flags;
    if (sim_fails("cudaEventCreateWithFlags")) return cudaErrorMemoryAllocation;
    *event = calloc(1, sizeof **event);
    if (!*event) abort();
    sim_opened(SIM_EVENT);
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    SIM_LOCK();
    if (!event) return cudaErrorInvalidResourceHandle;
    event->is_destroyed = 1;
    release_event(event);
    sim_closed(SIM_EVENT);
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    SIM_LOCK();
    if (!event || !sim_is_stream(stream)) return cudaErrorInvalidResourceHandle;
    if (sim_fails("cudaEventRecord")) return cudaErrorUnknown;
    event->recorded++;
    event->stream = stream_of(stream);
    enqueue_event(stream_of(stream), event, NULL);
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    SIM_LOCK();
    if (!event) return cudaErrorInvalidResourceHandle;
    if (event->recorded) run_until(event->stream, event, event->recorded);
    if (sim_fails("cudaEventSynchronize")) return cudaErrorLaunchFailure;
    return wait_ended();
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    SIM_LOCK();
    if (!event) return cudaErrorInvalidResourceHandle;
    return event->done >= event->recorded ? cudaSuccess : cudaErrorNotReady;
}
