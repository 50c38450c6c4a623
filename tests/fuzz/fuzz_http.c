/* One request of hostile bytes, through the whole of HTTP but the server itself: three lines, which are the address
 * with its query, Content-Type and Inference-Header-Content-Length ("-": none), then the body. The service is a
 * stand-in that answers at once. */
#include "core/memory.h"
#include "http/routes.h"
#include "stand_in_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern int fuzz_http_code; /* of the last answer */
int fuzz_http_code;

static struct site site;

static void must(enum status status)
{
    if (status != OK) abort();
}

static void prepare(void)
{
    const struct stand_in_options options = { .threads = 0, .most = 1 };
    must(stand_in_open(&site.service, &options));
    must(http_figures_open(&site.figures));
    site.most_body = 1 << 20;
    site.most_seconds = 60;
}

/* The line at *at, without its end, which *at is then behind. Texts end at a zero, as in every server. */
static char *take_line(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *line_end = memchr(*at, '\n', (size_t)(end - *at));
    const size_t length = (size_t)((line_end ? line_end : end) - *at);
    char *line = malloc(length + 1);
    if (!line) abort();
    memcpy(line, *at, length);
    line[length] = '\0';
    *at = line_end ? line_end + 1 : end;
    return line;
}

static void done(struct ask *ask)
{
    (void)ask;
}

static void answer(struct exchange *x)
{
    exchange_begin(x);
    if (!x->has_ask) return;
    x->ask.done = done;
    const enum status status = service_ask(site.service, &x->ask);
    exchange_finish(x, status == OK ? x->ask.status : status,
                    status == OK ? x->ask.error : status_sentence());
}

/* Whatever came, there is an answer: a code that a request can cause, and errors have a sentence. */
static void check(const struct answer *answer)
{
    const int code = fuzz_http_code = answer->code;
    if (code < 200 || code == 500 || code > 504) abort();
    if (!answer->content_type || (code >= 400 && !answer->fixed && !answer->body.bytes)) abort();
    if (answer->header_length > (long long)answer->body.size) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exchange *x = memory_new(1, sizeof *x);
    const uint8_t *at = data, *end = data + size;
    if (!site.service) prepare();
    if (!x) abort();
    char *target = take_line(&at, end), *type = take_line(&at, end), *length = take_line(&at, end);
    x->site = &site;
    x->request.method = strstr(target, "infer") || strstr(target, "v1") ? "POST" : "GET";
    x->request.content_type = strcmp(type, "-") == 0 ? NULL : type;
    x->request.header_length = strcmp(length, "-") == 0 ? NULL : length;
    request_name(&x->request, type);
    /* a copy of just that size, so that a read behind it is seen */
    text_add(&x->request.body, at, (size_t)(end - at));
    if (exchange_route(x, target) == OK) answer(x);
    check(&x->answer);
    exchange_release(x);
    memory_free(x);
    free(target);
    free(type);
    free(length);
    return 0;
}
