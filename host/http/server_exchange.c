/* One request through libmicrohttpd, which calls server_handle again and again: with the headers, with each piece of
 * the body, at its end, and once more when the service has answered. */
#include "http/server_internal.h"

#include "core/clock.h"
#include "core/memory.h"
#include "http/routes.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Of a body that nobody wants so much more than the largest one is read. */
enum { MOST_THROWN = 1 << 20 };

/* All bodies at hand together, in largest ones. */
enum { MOST_BODIES = 16 };

/* ---------------------------------------------------------------------------------------------- headers */

struct connection_record *server_record(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* The target is kept as it came: libmicrohttpd would decode it, and end it at %00. */
void *server_new_request(void *context, const char *target, struct MHD_Connection *connection)
{
    struct carried *c = memory_new(1, sizeof *c);
    if (!c) return NULL;
    c->server = context;
    c->connection = connection;
    c->exchange.site = &c->server->site;
    c->exchange.started_s = clock_seconds();
    snprintf(c->target, sizeof c->target, "%s", target);
    return c;
}

static const char *header(const struct carried *c, const char *name)
{
    return MHD_lookup_connection_value(c->connection, MHD_HEADER_KIND, name);
}

static void find_address(struct carried *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    char *words = c->exchange.address;
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, words,
                  sizeof c->exchange.address);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, words,
                  sizeof c->exchange.address);
    if (strncmp(words, "::ffff:", 7) == 0 && strchr(words, '.'))
        memmove(words, words + 7, strlen(words + 7) + 1);
}

static void read_headers(struct carried *c, const char *method)
{
    struct request *request = &c->exchange.request;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    c->descriptor = info ? info->connect_fd : -1;
    request->method = method;
    request->content_type = header(c, "Content-Type");
    request->content_length = header(c, "Content-Length");
    request->content_encoding = header(c, "Content-Encoding");
    request->accept = header(c, "Accept");
    request->authorization = header(c, "Authorization");
    request->api_key = header(c, "X-API-Key");
    request->timeout_ms = header(c, "X-Timeout-Ms");
    request->header_length = header(c, "Inference-Header-Content-Length");
    request_name(request, header(c, "X-Request-Id"));
    find_address(c);
}

/* ----------------------------------------------------------------------------------------------- answer */

static void add_headers(const struct carried *c, struct MHD_Response *response)
{
    const struct answer *answer = &c->exchange.answer;
    char number[32];
    const struct {
        const char *name, *value;
    } headers[] = { { "Content-Type", answer->content_type },
                    { "X-Request-Id", c->exchange.request.id },
                    { "X-Content-Type-Options", "nosniff" },
                    { "Cache-Control", "no-store" },
                    { "Content-Security-Policy", answer->policy },
                    { "Allow", answer->allow },
                    { "WWW-Authenticate", answer->code == 401 ? "Bearer" : NULL },
                    { "Connection", answer->is_last || c->is_after_drain ? "close" : NULL } };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (headers[i].value) MHD_add_response_header(response, headers[i].name, headers[i].value);
    if (answer->retry_after_s) {
        snprintf(number, sizeof number, "%d", answer->retry_after_s);
        MHD_add_response_header(response, "Retry-After", number);
    }
    if (answer->header_length) {
        snprintf(number, sizeof number, "%lld", answer->header_length);
        MHD_add_response_header(response, "Inference-Header-Content-Length", number);
    }
    if (answer->file_name) {
        char words[128];
        snprintf(words, sizeof words, "attachment; filename=\"%s\"", answer->file_name);
        MHD_add_response_header(response, "Content-Disposition", words);
    }
}

/* The body goes over to libmicrohttpd; its size stays, for the log. */
static struct MHD_Response *make_response(struct answer *answer)
{
    if (answer->fixed)
        return MHD_create_response_from_buffer(answer->fixed_size, (void *)(size_t)answer->fixed,
                                               MHD_RESPMEM_PERSISTENT);
    char *bytes = answer->body.bytes;
    if (!bytes) return MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(answer->body.size, bytes, memory_free);
    if (response) answer->body.bytes = NULL;
    return response;
}

static enum MHD_Result queue_answer(struct carried *c)
{
    struct answer *answer = &c->exchange.answer;
    const size_t size = answer->fixed ? answer->fixed_size : answer->body.size;
    struct MHD_Response *response = make_response(answer);
    if (!response) return MHD_NO;
    add_headers(c, response);
    connection_sends(c->server->connections, server_record(c->connection), size);
    c->stage = STAGE_ANSWERED;
    const enum MHD_Result result = MHD_queue_response(c->connection, (unsigned)answer->code, response);
    MHD_destroy_response(response);
    return result;
}

/* ------------------------------------------------------------------------------------------------ asking */

static int is_wanted(void *context)
{
    struct carried *c = context;
    if (connection_is_gone(c->descriptor)) c->is_gone = 1;
    return !c->is_gone;
}

static void count_told(struct server *server, int change)
{
    pthread_mutex_lock(&server->lock);
    server->n_told += change;
    pthread_cond_broadcast(&server->has_fewer);
    pthread_mutex_unlock(&server->lock);
}

/* On a thread of the service. From the resume on the request may be gone at any moment, and answered before that call
 * has returned: the daemon must not be stopped until then. */
static void done(struct ask *ask)
{
    struct carried *c = ask->context;
    struct server *server = c->server;
    c->asked = ask->status;
    snprintf(c->sentence, sizeof c->sentence, "%s", ask->error);
    atomic_fetch_sub(&server->site.n_asks, 1);
    MHD_resume_connection(c->connection);
    count_told(server, -1);
}

/* Suspended first: done() may come before service_ask returns. */
static void ask(struct carried *c)
{
    struct ask *of = &c->exchange.ask;
    struct service *service = c->server->site.service;
    of->context = c;
    of->is_wanted = is_wanted;
    of->done = done;
    c->stage = STAGE_ASKED;
    atomic_fetch_add(&c->server->site.n_asks, 1);
    count_told(c->server, 1);
    connection_works(c->server->connections, server_record(c->connection));
    MHD_suspend_connection(c->connection);
    const enum status status = service_ask(service, of);
    if (status == OK) return;
    of->status = status;
    snprintf(of->error, sizeof of->error, "%s", status_sentence());
    done(of);
}

static enum MHD_Result finish(struct carried *c)
{
    exchange_finish(&c->exchange, c->asked, c->sentence);
    return queue_answer(c);
}

static enum MHD_Result body_is_there(struct carried *c)
{
    if (c->stage == STAGE_ASKED) return finish(c);
    if (c->is_refused) return queue_answer(c);
    exchange_begin(&c->exchange);
    if (!c->exchange.has_ask) return queue_answer(c);
    ask(c);
    return MHD_YES;
}

/* ---------------------------------------------------------------------------------------------- the body */

static void count_begun(struct carried *c)
{
    struct server *server = c->server;
    pthread_mutex_lock(&server->lock);
    c->is_after_drain = atomic_load(&server->site.is_draining);
    server->begun[c->is_after_drain]++;
    pthread_mutex_unlock(&server->lock);
}

static size_t announced(const struct carried *c)
{
    long long size = 0;
    const char *text = c->exchange.request.content_length;
    if (text && request_number(text, "Content-Length", (long long)1e17, &size) != OK) size = 0;
    return (size_t)size;
}

/* Who is still sending would lose the answer with the connection: his body is read and thrown away, unless it is
 * beyond measure, or he waits to be told to go on. */
static int may_close(const struct carried *c, size_t size)
{
    return size > MOST_THROWN + c->server->site.most_body || (size > 0 && header(c, "Expect"));
}

static enum MHD_Result begin(struct carried *c, const char *method)
{
    c->stage = STAGE_RECEIVING;
    count_begun(c);
    read_headers(c, method);
    c->is_refused = exchange_route(&c->exchange, c->target) != OK;
    const size_t size = announced(c);
    if (c->is_refused && may_close(c, size)) {
        c->exchange.answer.is_last = 1;
        return queue_answer(c);
    }
    connection_receives(c->server->connections, server_record(c->connection), size);
    return MHD_YES;
}

static void refuse_body(struct carried *c, int code, const char *sentence)
{
    c->exchange.answer.code = code;
    exchange_fail(&c->exchange, ERR_USAGE, sentence);
    text_release(&c->exchange.request.body);
    c->is_refused = 1;
}

static enum MHD_Result keep(struct carried *c, const char *bytes, size_t size)
{
    struct site *site = &c->server->site;
    struct text *body = &c->exchange.request.body;
    char words[128];
    if (size > site->most_body - body->size) {
        snprintf(words, sizeof words, "a body of more than %zu bytes found", site->most_body);
        refuse_body(c, 413, words);
        return MHD_YES;
    }
    c->counted += size;
    if (atomic_fetch_add(&site->body_bytes, size) + size > MOST_BODIES * site->most_body) {
        refuse_body(c, 429, "too many large bodies are on their way");
        return MHD_YES;
    }
    text_add(body, bytes, size);
    if (body->has_failed) refuse_body(c, 503, "no memory for the body");
    return MHD_YES;
}

static enum MHD_Result receive(struct carried *c, const char *bytes, size_t *size)
{
    const size_t n = *size;
    *size = 0;
    if (connection_is_late(c->server->connections, server_record(c->connection))) return MHD_NO;
    if (!c->is_refused) return keep(c, bytes, n);
    c->thrown += n;
    return c->thrown > MOST_THROWN + c->server->site.most_body ? MHD_NO : MHD_YES;
}

enum MHD_Result server_handle(void *server, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes, size_t *size,
                              void **carried)
{
    (void)server, (void)connection, (void)url, (void)version;
    struct carried *c = *carried;
    if (!c) return MHD_NO; /* there was no memory for it */
    if (c->stage == STAGE_NEW) return begin(c, method);
    if (*size) return receive(c, bytes, size);
    return c->stage == STAGE_ANSWERED ? MHD_YES : body_is_there(c);
}

/* ------------------------------------------------------------------------------------------------ the end */

static int code_of_end(const struct carried *c, enum MHD_RequestTerminationCode end)
{
    if (c->is_gone) return CODE_CLIENT_GONE; /* what is sent to who has closed goes well, for a while */
    if (end == MHD_REQUEST_TERMINATED_COMPLETED_OK) return c->exchange.answer.code;
    if (end == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED && c->stage == STAGE_RECEIVING) return 408;
    return CODE_CLIENT_GONE;
}

static void count_end(struct carried *c, int code, double seconds)
{
    const struct exchange *x = &c->exchange;
    const struct finished_request finished = {
        .route = x->route ? (int)(x->route - routes) : -1,
        .code = code,
        .seconds = seconds,
        .bytes_in = x->request.body.size,
        .bytes_out = x->answer.fixed ? x->answer.fixed_size : x->answer.body.size,
        .ask = x->has_ask ? &x->ask : NULL,
    };
    http_figures_add(c->server->site.figures, &finished);
    access_log(x, code, seconds);
}

void server_request_ended(void *context, struct MHD_Connection *connection, void **carried,
                          enum MHD_RequestTerminationCode end)
{
    struct server *server = context;
    struct carried *c = *carried;
    *carried = NULL;
    connection_waits(server->connections, server_record(connection));
    if (!c) return;
    const int has_begun = c->stage != STAGE_NEW, when = c->is_after_drain;
    if (has_begun) count_end(c, code_of_end(c, end), clock_seconds() - c->exchange.started_s);
    atomic_fetch_sub(&server->site.body_bytes, c->counted);
    exchange_release(&c->exchange);
    memory_free(c);
    if (!has_begun) return;
    pthread_mutex_lock(&server->lock);
    server->begun[when]--;
    pthread_cond_broadcast(&server->has_fewer);
    pthread_mutex_unlock(&server->lock);
}
