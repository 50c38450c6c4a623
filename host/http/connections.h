/* What every connection is doing, and since when: whoever sends its request, or takes its answer, so slowly that nobody
 * can mean it well, is cut off. (libmicrohttpd's own limit begins anew with every byte.) */
#ifndef CONNECTIONS_H
#define CONNECTIONS_H

#include "core/status.h"

#include <stddef.h>

struct connections;
struct connection_record; /* one connection's */

/* patience_s: for the headers, for a body and for an answer, each. */
enum status connections_open(struct connections **out, double patience_s) MUST_CHECK;
void connections_close(struct connections **connections);

/* NULL: no memory; then that connection is not watched. */
struct connection_record *connections_add(struct connections *connections, int descriptor);
void connections_drop(struct connections *connections, struct connection_record *record);

/* What the connection does from now on. NULL records are fine. `bytes`: of the body that was announced or of the
 * answer; large ones have longer. */
void connection_waits(struct connections *connections, struct connection_record *record); /* for headers */
void connection_receives(struct connections *connections, struct connection_record *record, size_t bytes);
void connection_works(struct connections *connections, struct connection_record *record);
void connection_sends(struct connections *connections, struct connection_record *record, size_t bytes);
/* Whether it had its time. */
int connection_is_late(struct connections *connections, const struct connection_record *record);

/* To be called now and then: shuts down the sockets of those who had their time for a second. */
void connections_sweep(struct connections *connections);

/* Whether the other side has closed, or half closed, its end. */
int connection_is_gone(int descriptor);

#endif
