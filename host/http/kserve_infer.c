/* POST /v2/models/{model}/infer */
#include "http/kserve_write.h"
#include "http/routes.h"

#include "http/kserve_meta.h"

#include <limits.h>
#include <math.h>

static enum status header_length(const struct exchange *x, long long *length)
{
    *length = -1;
    if (!x->request.header_length) return OK;
    return request_number(x->request.header_length, "Inference-Header-Content-Length", LLONG_MAX, length);
}

enum status kserve_infer_begin(struct exchange *x)
{
    struct kserve_request *request = &x->kserve;
    long long length;
    double seconds;
    TRY(kserve_served(x, &x->ask.served));
    TRY(header_length(x, &length));
    TRY(request_seconds(&x->request, x->site->most_seconds, &seconds));
    REQUIRE(x->request.body.size > 0, ERR_USAGE, "the body is empty");
    TRY(kserve_read(request, x->ask.served, x->request.body.bytes, x->request.body.size, length));
    if (request->timeout_s > 0) seconds = fmin(seconds, request->timeout_s);
    x->ask.group = request->group;
    return exchange_ask(x, request->sounds, request->n_sounds, request->wants, seconds);
}

enum status kserve_infer_finish(struct exchange *x)
{
    long long length;
    TRY(kserve_write(&x->kserve, x->ask.served, x->ask.heard, &x->answer.body, &length));
    if (length >= 0) x->answer.header_length = length;
    return answer_body(&x->answer, length >= 0 ? "application/octet-stream" : "application/json");
}
