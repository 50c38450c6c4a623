#include "http/connections.h"

#include "core/clock.h"
#include "core/memory.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

/* Bytes a second at which bodies and answers must go at least. */
static const double slowest = 32 * 1024;

struct connection_record {
    struct connection_record *next, *previous;
    int descriptor;
    double until_s; /* 0: it may take as long as it wants */
};

struct connections {
    pthread_mutex_t lock; /* of all records */
    struct connection_record *first;
    double patience_s;
};

enum status connections_open(struct connections **out, double patience_s)
{
    struct connections *connections = memory_new(1, sizeof *connections);
    *out = connections;
    TRY(memory_check(connections));
    pthread_mutex_init(&connections->lock, NULL);
    connections->patience_s = patience_s;
    return OK;
}

void connections_close(struct connections **connections)
{
    if (!*connections) return;
    pthread_mutex_destroy(&(*connections)->lock);
    memory_free(*connections);
    *connections = NULL;
}

struct connection_record *connections_add(struct connections *connections, int descriptor)
{
    struct connection_record *record = memory_new(1, sizeof *record);
    if (!record) return NULL;
    record->descriptor = descriptor;
    record->until_s = clock_seconds() + connections->patience_s;
    pthread_mutex_lock(&connections->lock);
    record->next = connections->first;
    if (record->next) record->next->previous = record;
    connections->first = record;
    pthread_mutex_unlock(&connections->lock);
    return record;
}

void connections_drop(struct connections *connections, struct connection_record *record)
{
    if (!record) return;
    pthread_mutex_lock(&connections->lock);
    if (record->next) record->next->previous = record->previous;
    if (record->previous)
        record->previous->next = record->next;
    else
        connections->first = record->next;
    pthread_mutex_unlock(&connections->lock);
    memory_free(record);
}

static void set_until(struct connections *connections, struct connection_record *record, double until_s)
{
    if (!record) return;
    pthread_mutex_lock(&connections->lock);
    record->until_s = until_s;
    pthread_mutex_unlock(&connections->lock);
}

void connection_waits(struct connections *connections, struct connection_record *record)
{
    set_until(connections, record, clock_seconds() + connections->patience_s);
}

void connection_receives(struct connections *connections, struct connection_record *record, size_t bytes)
{
    set_until(connections, record, clock_seconds() + connections->patience_s + (double)bytes / slowest);
}

void connection_works(struct connections *connections, struct connection_record *record)
{
    set_until(connections, record, 0);
}

void connection_sends(struct connections *connections, struct connection_record *record, size_t bytes)
{
    connection_receives(connections, record, bytes);
}

int connection_is_late(struct connections *connections, const struct connection_record *record)
{
    if (!record) return 0;
    pthread_mutex_lock(&connections->lock);
    const int is_late = record->until_s > 0 && clock_seconds() > record->until_s;
    pthread_mutex_unlock(&connections->lock);
    return is_late;
}

/* The lock is held: a record is there as long as its descriptor is open, so that no other connection can be hit. A
 * second more than the limit, so that who still sends is told 408. */
void connections_sweep(struct connections *connections)
{
    const double now = clock_seconds();
    pthread_mutex_lock(&connections->lock);
    for (struct connection_record *r = connections->first; r; r = r->next)
        if (r->until_s > 0 && now > r->until_s + 1) shutdown(r->descriptor, SHUT_RDWR);
    pthread_mutex_unlock(&connections->lock);
}

int connection_is_gone(int descriptor)
{
    struct pollfd poll_of = { .fd = descriptor, .events = POLLRDHUP };
    return poll(&poll_of, 1, 0) == 1 && (poll_of.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}
