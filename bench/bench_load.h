/* One connection to an HTTP server, for the load client: keeps open, sends the same bytes again and again. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "core/status.h"

#include <netinet/in.h>

struct load_connection {
    struct sockaddr_in address;
    int socket; /* -1: to be opened */
};

/* A whole request, head and body. */
struct load_request {
    char *bytes; /* memory_free */
    size_t size;
};

/* ERR_USAGE: no such address. */
enum status load_address(const char *host, int port, struct sockaddr_in *address) MUST_CHECK;
/* POST of the file to the path, a GET where file is NULL. ERR_INPUT: the file cannot be read. */
enum status load_request_read(struct load_request *request, const char *host, const char *path,
                              const char *file) MUST_CHECK;
/* Sends the request and reads the answer to its end: its HTTP status, 0 where there was none. */
int load_exchange(struct load_connection *connection, const struct load_request *request);
void load_disconnect(struct load_connection *connection);

#endif
