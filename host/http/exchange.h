/* One request and what becomes of it, without a server: routed when its headers are there, begun when its body is,
 * finished when the service has answered what it asked.
 *
 *   exchange_route ──> exchange_begin ──> (service_ask, where has_ask) ──> exchange_finish
 *
 * Each leaves an answer where it went wrong. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "http/answer.h"
#include "http/kserve_read.h"
#include "http/multipart.h"
#include "http/request.h"
#include "http/site.h"

struct route;

struct exchange {
    struct site *site;
    const struct route *route; /* NULL: there is none */
    struct request request;
    struct answer answer;
    char address[64]; /* of the asker, without the port */
    double started_s;
    /* what is asked of the service */
    int has_ask;
    struct ask ask;
    const struct catalog *catalog; /* held; NULL: none */
    struct kserve_request kserve;  /* of KServe */
    struct sound sound;            /* of the plain endpoints */
    char recording[MULTIPART_NAME_BYTES];
    int is_json, scale; /* of features, of a spectrogram */
};

/* Route, key, rate and size, from the headers. `target` as it came; OK: the body may come. */
enum status exchange_route(struct exchange *exchange, const char *target) MUST_CHECK;
/* The body is there: the answer is there too, or has_ask. */
void exchange_begin(struct exchange *exchange);
/* exchange->ask is answered: `status` and the sentence are of the ask, or of service_ask where that refused it. */
void exchange_finish(struct exchange *exchange, enum status status, const char *sentence);
void exchange_fail(struct exchange *exchange, enum status status, const char *sentence);
void exchange_release(struct exchange *exchange);

/* ---- for handlers */
/* The catalog, held, and what it calls `name`; 404. NULL: the only one; 400 where there are several. */
enum status exchange_served(struct exchange *exchange, const char *name,
                            const struct served **out) MUST_CHECK;
/* Asks for `wants` of the sounds, with a deadline in `seconds`. */
enum status exchange_ask(struct exchange *exchange, const struct sound *sounds, int n_sounds, unsigned wants,
                         double seconds) MUST_CHECK;

#endif
