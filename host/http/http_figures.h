/* What is counted about requests, beside what the service counts about recordings. */
#ifndef HTTP_FIGURES_H
#define HTTP_FIGURES_H

#include "service/service.h"

enum { FIGURES_ROUTES = 40, FIGURES_CODES = 18, FIGURES_RATES = 12 };

extern const int figures_codes[FIGURES_CODES]; /* 200, 400, … */

/* One row a route; the last one is of addresses that do not exist. */
struct route_figures {
    long long codes[FIGURES_CODES];
    struct service_histogram seconds;
};

/* Of a model, as KServe's statistics want it. Sums of seconds are of requests that went well. */
struct model_figures {
    char *name; /* owned */
    long long requests, failures, inferences, executions;
    double total_s, failed_s, decode_s, queue_s, compute_s, score_s;
    long long last_ms; /* since 1970 */
};

struct http_figures;
enum status http_figures_open(struct http_figures **out) MUST_CHECK;
void http_figures_close(struct http_figures **figures);

struct finished_request {
    int route; /* its number, or -1 */
    int code;
    double seconds;
    size_t bytes_in, bytes_out;
    const struct ask *ask; /* NULL: it asked nothing */
};
void http_figures_add(struct http_figures *figures, const struct finished_request *request);
/* Once in a while: how many recordings have been answered by now. */
void http_figures_tick(struct http_figures *figures, double now_s, long long recordings);
/* Over the last ten seconds. */
double http_figures_rate(struct http_figures *figures);

/* Copies under the lock. */
void http_figures_route(struct http_figures *figures, int route, struct route_figures *out);
void http_figures_bytes(struct http_figures *figures, long long *in, long long *out);
/* Zeros where nobody has asked it anything; the name is not copied. */
void http_figures_model(struct http_figures *figures, const char *name, struct model_figures *out);

#endif
