/* The table of all addresses. */
#ifndef ROUTES_H
#define ROUTES_H

#include "http/exchange.h"

enum route_flag {
    ROUTE_OPEN =
        1, /* without a key, and as often as one wants: what is asked before anybody could have a key */
};

struct route {
    const char *method;  /* "GET", which HEAD is too, or "POST" */
    const char *pattern; /* "/v2/models/{model}/infer": a part in braces stands for any */
    unsigned flags;      /* enum route_flag */
    /* The body is there: answers, or calls exchange_ask. */
    enum status (*begin)(struct exchange *exchange) MUST_CHECK;
    /* The service has answered: writes it. NULL: it never asks. */
    enum status (*finish)(struct exchange *exchange) MUST_CHECK;
};

extern const struct route routes[];
extern const int n_routes;

/* NULL: nothing has that address, and *allow is NULL, or another method is meant, which *allow names. */
const struct route *routes_find(const struct request *request, const char **allow);

/* The handlers; *_finish writes what *_begin asked for. */
enum status plain_score_begin(struct exchange *exchange) MUST_CHECK;
enum status plain_score_finish(struct exchange *exchange) MUST_CHECK;
enum status plain_features_begin(struct exchange *exchange) MUST_CHECK;
enum status plain_features_finish(struct exchange *exchange) MUST_CHECK;
enum status plain_spectrogram_begin(struct exchange *exchange) MUST_CHECK;
enum status plain_spectrogram_finish(struct exchange *exchange) MUST_CHECK;
enum status plain_models(struct exchange *exchange) MUST_CHECK;
enum status plain_load(struct exchange *exchange) MUST_CHECK;
enum status kserve_infer_begin(struct exchange *exchange) MUST_CHECK;
enum status kserve_infer_finish(struct exchange *exchange) MUST_CHECK;
enum status kserve_server(struct exchange *exchange) MUST_CHECK;
enum status kserve_live(struct exchange *exchange) MUST_CHECK;
enum status kserve_ready(struct exchange *exchange) MUST_CHECK;
enum status kserve_model(struct exchange *exchange) MUST_CHECK;
enum status kserve_model_ready(struct exchange *exchange) MUST_CHECK;
enum status kserve_config(struct exchange *exchange) MUST_CHECK;
enum status kserve_stats(struct exchange *exchange) MUST_CHECK;
enum status kserve_index(struct exchange *exchange) MUST_CHECK;
enum status probe_live(struct exchange *exchange) MUST_CHECK;
enum status probe_ready(struct exchange *exchange) MUST_CHECK;
enum status probe_version(struct exchange *exchange) MUST_CHECK;
enum status probe_page(struct exchange *exchange) MUST_CHECK;
enum status probe_openapi(struct exchange *exchange) MUST_CHECK;
enum status metrics_page(struct exchange *exchange) MUST_CHECK;

#endif
