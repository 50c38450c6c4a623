/* The service over HTTP (libmicrohttpd): a few threads wait for sockets (epoll); a request that waits for the service
 * has no thread, its connection is suspended until done(). */
#ifndef SERVER_H
#define SERVER_H

#include "http/access_log.h"
#include "service/service.h"

struct server;

struct server_options {
    const char *host; /* an address or a name */
    int port;         /* 0: any that is free */
    double most_seconds;
    int body_mib;
    int connections, connections_per_address;
    double patience_s;        /* connections.h */
    int rate;                 /* requests a second and address; 0: no limit */
    const char *api_key_file; /* NULL: everybody may ask */
    enum access_log_form log;
};

/* ERR_DEVICE: the address cannot be had. ERR_INPUT: no such host, or keys that cannot be used. */
enum status server_open(struct server **out, struct service *service,
                        const struct server_options *options) MUST_CHECK;
int server_port(const struct server *server);
/* The keys' file again; ERR_INPUT: the old keys stay. */
enum status server_reload(struct server *server) MUST_CHECK;
/* From now on it says that it is not ready; returns when all requests that had begun are answered. Call
 * service_drain first. */
void server_drain(struct server *server);
/* All asks must be answered: server_drain. */
void server_close(struct server **server);

#endif
