#include "pipeline/ring.h"

#include "core/clock.h"

#include <pthread.h>
#include <string.h>

enum state { FREE, READ, COMPUTED, N_STATES };

struct slot {
    struct batch decoded;
    struct batch *batches; /* [n_members] */
    enum state state;
};

struct ring {
    struct slot *slots; /* batch i is in slot i % n_slots */
    int n_slots;
    int next_read, next_compute, next_take; /* numbers of batches */
    int is_stopping;
    enum status status; /* the first failure */
    char sentence[1024];
    struct ring_times times;
    pthread_mutex_t lock;
    pthread_cond_t came_to[N_STATES]; /* a batch did: who waits for another state sleeps on */

    struct members members;
    pthread_t *threads; /* readers, then lanes */
    int n_readers, n_lanes, n_threads;
    int next_lane; /* for a thread that starts */
};

static struct slot *slot_of(struct ring *ring, int number)
{
    return &ring->slots[number % ring->n_slots];
}

/* All of the following are called with the lock held. */

static void stop(struct ring *ring)
{
    ring->is_stopping = 1;
    for (int state = 0; state < N_STATES; state++) pthread_cond_broadcast(&ring->came_to[state]);
}

static void stop_on_failure(struct ring *ring, enum status status)
{
    if (ring->status == OK) {
        ring->status = status;
        snprintf(ring->sentence, sizeof ring->sentence, "%s", status_sentence());
    }
    stop(ring);
}

/* Waits until batch `number` has come to `state`; 0: the ring stops, or there is no such batch. */
static int wait_for(struct ring *ring, int number, enum state state)
{
    if (number >= ring->members.work.n_spans) return 0;
    while (!ring->is_stopping) {
        const int is_its_turn =
            number < ring->next_take + ring->n_slots; /* who was there before has been given back */
        if (is_its_turn && slot_of(ring, number)->state == state) return 1;
        pthread_cond_wait(&ring->came_to[state], &ring->lock);
    }
    return 0;
}

static void set_state(struct ring *ring, int number, enum state state)
{
    slot_of(ring, number)->state = state;
    pthread_cond_broadcast(&ring->came_to[state]);
}

/* --------------------------------------------------------------------------------------------- threads */

static void *read_batches(void *argument)
{
    struct ring *ring = argument;
    pthread_mutex_lock(&ring->lock);
    for (;;) {
        const int number = ring->next_read++;
        if (!wait_for(ring, number, FREE)) break;
        pthread_mutex_unlock(&ring->lock);
        const double start = clock_seconds();
        const struct span *span = &ring->members.work.spans[number];
        const struct work *work = &ring->members.work;
        const enum status status = batch_decode(&slot_of(ring, number)->decoded, work->members[0].setup,
                                                work->dataset, span->first, span->count, work->quarantine);
        pthread_mutex_lock(&ring->lock);
        ring->times.read_s += clock_seconds() - start;
        if (status != OK) stop_on_failure(ring, status);
        set_state(ring, number, READ);
    }
    pthread_mutex_unlock(&ring->lock);
    return NULL;
}

static void *compute_batches(void *argument)
{
    struct ring *ring = argument;
    pthread_mutex_lock(&ring->lock);
    const int lane = ring->next_lane++;
    for (;;) {
        const double asked = clock_seconds();
        const int number = ring->next_compute++;
        if (!wait_for(ring, number, READ)) break;
        pthread_mutex_unlock(&ring->lock);
        const double start = clock_seconds();
        struct slot *slot = slot_of(ring, number);
        const enum status status = members_compute(&ring->members, &ring->members.work.spans[number],
                                                   &slot->decoded, slot->batches, lane);
        pthread_mutex_lock(&ring->lock);
        ring->times.starved_s += start - asked;
        ring->times.compute_s += clock_seconds() - start;
        if (status != OK) stop_on_failure(ring, status);
        set_state(ring, number, COMPUTED);
    }
    pthread_mutex_unlock(&ring->lock);
    return NULL;
}

/* ----------------------------------------------------------------------------------- the caller's side */

enum status ring_take(struct ring *ring, const struct batch **batches)
{
    pthread_mutex_lock(&ring->lock);
    const int is_there = wait_for(ring, ring->next_take, COMPUTED);
    const enum status status = ring->status;
    if (status != OK) fail(status, "%s", ring->sentence);
    *batches = is_there && status == OK ? slot_of(ring, ring->next_take)->batches : NULL;
    pthread_mutex_unlock(&ring->lock);
    return status;
}

void ring_give(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    set_state(ring, ring->next_take, FREE);
    ring->next_take++;
    pthread_mutex_unlock(&ring->lock);
}

struct ring_times ring_times(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    const struct ring_times times = ring->times;
    pthread_mutex_unlock(&ring->lock);
    return times;
}

static enum status start_thread(struct ring *ring, void *(*work)(void *))
{
    REQUIRE(pthread_create(&ring->threads[ring->n_threads], NULL, work, ring) == 0, ERR_INTERNAL,
            "a thread could not be started");
    ring->n_threads++;
    return OK;
}

static enum status make_slots(struct ring *ring)
{
    const size_t n_members = (size_t)ring->members.work.n_members;
    ring->n_slots = ring->n_readers + 2 * ring->n_lanes + 1;
    TRY(memory_check(ring->slots = memory_new((size_t)ring->n_slots, sizeof *ring->slots)));
    for (int i = 0; i < ring->n_slots; i++)
        TRY(memory_check(ring->slots[i].batches = memory_new(n_members, sizeof(struct batch))));
    return OK;
}

static enum status start(struct ring *ring, struct backend *const *lanes)
{
    const struct work work = ring->members.work;
    TRY(make_slots(ring));
    TRY(memory_check(ring->threads =
                         memory_new((size_t)(ring->n_readers + ring->n_lanes), sizeof *ring->threads)));
    TRY(members_init(&ring->members, &work, lanes, ring->n_lanes));
    for (int i = 0; i < ring->n_readers; i++) TRY(start_thread(ring, read_batches));
    for (int i = 0; i < ring->n_lanes; i++) TRY(start_thread(ring, compute_batches));
    return OK;
}

enum status ring_open(struct ring **out, const struct work *work, int n_readers, struct backend *const *lanes,
                      int n_lanes)
{
    struct ring *ring = memory_new(1, sizeof *ring);
    *out = NULL;
    if (!ring) return ERR_MEMORY;
    ring->members.work = *work;
    ring->n_readers = n_readers;
    ring->n_lanes = n_lanes;
    pthread_mutex_init(&ring->lock, NULL);
    for (int i = 0; i < N_STATES; i++) pthread_cond_init(&ring->came_to[i], NULL);
    const enum status status = start(ring, lanes);
    if (status != OK) ring_close(&ring);
    *out = ring;
    return status;
}

static void release_slot(struct slot *slot, int n_members)
{
    for (int m = 0; slot->batches && m < n_members; m++) batch_release(&slot->batches[m]);
    memory_free(slot->batches);
    batch_release(&slot->decoded);
}

void ring_close(struct ring **ring_pointer)
{
    struct ring *ring = *ring_pointer;
    if (!ring) return;
    pthread_mutex_lock(&ring->lock);
    stop(ring);
    pthread_mutex_unlock(&ring->lock);
    for (int i = 0; i < ring->n_threads; i++) pthread_join(ring->threads[i], NULL);
    for (int i = 0; ring->slots && i < ring->n_slots; i++)
        release_slot(&ring->slots[i], ring->members.work.n_members);
    members_release(&ring->members);
    for (int i = 0; i < N_STATES; i++) pthread_cond_destroy(&ring->came_to[i]);
    pthread_mutex_destroy(&ring->lock);
    memory_free(ring->slots);
    memory_free(ring->threads);
    memory_free(ring);
    *ring_pointer = NULL;
}
