#include "http/routes.h"

#include "core/clock.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

int site_is_ready(struct site *site)
{
    return !atomic_load(&site->is_draining);
}

/* ----------------------------------------------------------------------------------------- from headers */

static enum status check_size(struct exchange *x)
{
    const struct request *request = &x->request;
    long long size = 0;
    if (!request->content_length) return OK; /* chunked: watched as it comes */
    if (request_number(request->content_length, "Content-Length", (long long)1e17, &size) != OK)
        return refuse(&x->answer, 400, "%s", status_sentence());
    if ((unsigned long long)size <= x->site->most_body) return OK;
    return refuse(&x->answer, 413, "a body of %lld bytes found, at most %zu expected", size,
                  x->site->most_body);
}

static enum status find_route(struct exchange *x, const char *target)
{
    const char *allow = NULL;
    if (request_target(&x->request, target) != OK)
        return refuse(&x->answer, strlen(target) < REQUEST_TARGET_BYTES ? 400 : 414, "%s", status_sentence());
    x->route = routes_find(&x->request, &allow);
    if (x->route) return OK;
    x->answer.allow = allow;
    if (allow) return refuse(&x->answer, 405, "method %.20s found, %s expected", x->request.method, allow);
    return refuse(&x->answer, 404, "nothing is at %s; /openapi.json describes what there is",
                  x->request.raw_path);
}

static enum status check_asker(struct exchange *x)
{
    if (x->route->flags & ROUTE_OPEN) return OK;
    if (x->site->keys && !keys_allow(x->site->keys, x->request.authorization, x->request.api_key))
        return refuse(&x->answer, 401, "a key is needed: Authorization: Bearer KEY, or X-API-Key: KEY");
    int retry_after_s = 0;
    if (!x->site->buckets || buckets_take(x->site->buckets, x->address, clock_seconds(), &retry_after_s))
        return OK;
    x->answer.retry_after_s = retry_after_s;
    return refuse(&x->answer, 429, "too many requests from this address; the next one in %d s",
                  retry_after_s);
}

static enum status check_headers(struct exchange *x, const char *target)
{
    TRY(find_route(x, target));
    TRY(check_asker(x));
    const char *encoding = x->request.content_encoding;
    if (encoding && strcasecmp(encoding, "identity") != 0)
        return refuse(&x->answer, 415, "Content-Encoding %.40s found; bodies are taken as they are",
                      encoding);
    return check_size(x);
}

enum status exchange_route(struct exchange *x, const char *target)
{
    const enum status status = check_headers(x, target);
    if (status != OK) exchange_fail(x, status, status_sentence());
    return status;
}

/* ----------------------------------------------------------------------------------- begin, ask, finish */

void exchange_fail(struct exchange *x, enum status status, const char *sentence)
{
    char kept[sizeof x->answer.error];
    snprintf(kept, sizeof kept, "%s", sentence);
    answer_failure(&x->answer, status, kept);
}

void exchange_begin(struct exchange *x)
{
    const enum status status = x->route->begin(x);
    if (status != OK) x->has_ask = 0;
    if (status != OK) exchange_fail(x, status, status_sentence());
}

/* What is wrong with a recording is no mistake of the request's form. */
static int code_of(enum status status)
{
    return status == ERR_INPUT || status == ERR_POISON ? 415 : status_http_code(status);
}

void exchange_finish(struct exchange *x, enum status status, const char *sentence)
{
    if (status != OK) {
        x->answer.code = code_of(status);
        exchange_fail(x, status, sentence);
        return;
    }
    status = x->route->finish(x);
    if (status != OK) exchange_fail(x, status, status_sentence());
}

void exchange_release(struct exchange *x)
{
    ask_release(&x->ask);
    if (x->catalog) service_catalog_release(x->site->service, x->catalog);
    x->catalog = NULL;
    kserve_request_release(&x->kserve);
    text_release(&x->request.body);
    answer_release(&x->answer);
}

/* -------------------------------------------------------------------------------------------- handlers */

static enum status only_one(struct exchange *x, const struct served **out)
{
    char words[256];
    size_t n = 0;
    words[0] = '\0';
    for (size_t i = 0; i < x->catalog->count && n < sizeof words; i++)
        n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", n ? ", " : "", x->catalog->served[i].name);
    *out = x->catalog->served;
    REQUIRE(x->catalog->count == 1, ERR_USAGE, "no model was named; there are %s", words);
    return OK;
}

enum status exchange_served(struct exchange *x, const char *name, const struct served **out)
{
    if (!x->catalog) x->catalog = service_catalog(x->site->service);
    if (!name || !*name) return only_one(x, out);
    *out = catalog_find(x->catalog, name);
    return *out ? OK : refuse(&x->answer, 404, "no model is called \"%.60s\" here", name);
}

enum status exchange_ask(struct exchange *x, const struct sound *sounds, int n_sounds, unsigned wants,
                         double seconds)
{
    x->ask.catalog = x->catalog;
    x->ask.sounds = sounds;
    x->ask.n_sounds = n_sounds;
    x->ask.wants = wants;
    x->ask.deadline = clock_seconds() + seconds;
    x->has_ask = 1;
    return OK;
}
