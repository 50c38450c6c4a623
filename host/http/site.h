/* What all requests share: the service, the limits, who may ask, how often, and what is counted. */
#ifndef SITE_H
#define SITE_H

#include "http/access_log.h"
#include "http/http_figures.h"
#include "http/keys.h"
#include "http/token_bucket.h"
#include "service/service.h"

#include <stdatomic.h>

struct site {
    struct service *service;
    double most_seconds;     /* that a request may take */
    size_t most_body;        /* bytes */
    struct keys *keys;       /* NULL: everybody may ask */
    struct buckets *buckets; /* NULL: as often as they want */
    struct http_figures *figures;
    enum access_log_form log;
    double started_s; /* clock_seconds() */
    long long started_unix_s;
    atomic_int is_draining;
    atomic_int n_asks; /* that the service has taken and not answered */
    atomic_int n_connections;
    atomic_size_t body_bytes; /* of all requests at hand */
};

/* Whether new asks are taken. */
int site_is_ready(struct site *site);

#endif
