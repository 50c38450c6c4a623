/* For server.c and server_exchange.c: one server, and what it keeps of a request. */
#ifndef SERVER_INTERNAL_H
#define SERVER_INTERNAL_H

#include "http/connections.h"
#include "http/exchange.h"
#include "http/server.h"

#include <microhttpd.h>
#include <pthread.h>

struct server {
    struct site site;
    struct MHD_Daemon *daemon;
    int port;
    struct connections *connections;
    pthread_t keeper; /* sweeps, counts, twice a second */
    int has_keeper;
    pthread_mutex_t lock;     /* of what follows */
    pthread_cond_t has_fewer; /* begun[…] or n_told went down, or is_closing */
    int begun[2];             /* requests at hand: that came before the drain, and after */
    int n_told;               /* asks whose done() has not returned: threads that may be in libmicrohttpd */
    int is_closing;
};

enum stage { STAGE_NEW, STAGE_RECEIVING, STAGE_ASKED, STAGE_ANSWERED };

/* A request as libmicrohttpd carries it along. */
struct carried {
    struct server *server;
    struct MHD_Connection *connection;
    struct exchange exchange;
    int descriptor;
    enum stage stage;
    char target[REQUEST_TARGET_BYTES + 1]; /* as it came; too long ones are one byte too long */
    int is_after_drain;                    /* it came when no new asks were taken any more */
    int is_refused;                        /* the answer is there; the body is thrown away */
    size_t thrown;                         /* bytes of that body */
    size_t counted;                        /* bytes of the body in site.body_bytes */
    enum status asked;                     /* what service_ask said, then what the ask said */
    char sentence[512];
    atomic_int is_gone; /* the client was gone when it was looked for */
};

/* libmicrohttpd's callbacks. */
void *server_new_request(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result server_handle(void *server, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes, size_t *size,
                              void **carried);
void server_request_ended(void *server, struct MHD_Connection *connection, void **carried,
                          enum MHD_RequestTerminationCode code);

/* The connection's record, which its socket context is; NULL: none. */
struct connection_record *server_record(struct MHD_Connection *connection);

#endif
