/* One request as its bytes tell it, without a server: what it asks for, the headers that matter here, the body. All
 * of it is hostile. */
#ifndef REQUEST_H
#define REQUEST_H

#include "core/status.h"
#include "http/text.h"

#include <stddef.h>

enum {
    REQUEST_TARGET_BYTES = 2048,
    REQUEST_MOST_PARTS = 8,
    REQUEST_MOST_QUERIES = 16,
    REQUEST_ID_BYTES = 129
};

struct request {
    const char *method;                /* "GET"; HEAD counts as GET in routes */
    char target[REQUEST_TARGET_BYTES]; /* path and query, decoded in place; the texts below point into it */
    const char *parts[REQUEST_MOST_PARTS]; /* of the path, "v2", "models", … */
    int n_parts;
    struct {
        const char *name, *value;
    } queries[REQUEST_MOST_QUERIES];
    int n_queries;
    /* headers; NULL where they are not there */
    const char *content_type, *content_length, *content_encoding, *accept, *authorization, *api_key,
        *timeout_ms, *header_length; /* Inference-Header-Content-Length */
    char id[REQUEST_ID_BYTES];
    char raw_path[256]; /* for logs: as it came, cut off, without the query */
    struct text body;
};

/* "/v1/score?model=fan%20a" → parts and queries. ERR_USAGE: too long, a % that is not followed by two digits, a zero
 * byte, too many parts. `raw_path` is set whatever comes. */
enum status request_target(struct request *request, const char *raw) MUST_CHECK;

/* The value of a query, or NULL. */
const char *request_query(const struct request *request, const char *name);

/* Takes the caller's id where it is sane: letters, digits and "-_.:" alone. Else one is made. */
void request_name(struct request *request, const char *wanted);

/* Seconds that the asker gives it, X-Timeout-Ms, or `most` where he does not say or says more. ERR_USAGE. */
enum status request_seconds(const struct request *request, double most, double *seconds) MUST_CHECK;

/* A header's number, digits alone, 0 … most. ERR_USAGE names `what`. */
enum status request_number(const char *text, const char *what, long long most, long long *out) MUST_CHECK;

/* Whether the header `content_type` names `type`, whatever parameters follow. `type` may end in "/": a whole family. */
int content_type_is(const char *content_type, const char *type);

#endif
