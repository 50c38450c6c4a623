#include "http/server_internal.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 2, HEADER_BYTES = 32 * 1024, BACKLOG = 511, SPARE_FILES = 256 };

/* ------------------------------------------------------------------------------------------ the socket */

static enum status bind_one(const struct addrinfo *address, int *out)
{
    const int on = 1;
    const int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *out = -1;
    if (descriptor < 0) return ERR_DEVICE;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, address->ai_addr, address->ai_addrlen) == 0 && listen(descriptor, BACKLOG) == 0) {
        *out = descriptor;
        return OK;
    }
    const int error = errno;
    close(descriptor);
    errno = error;
    return ERR_DEVICE;
}

static int port_of(int descriptor)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

static enum status open_socket(struct server *server, const char *host, int port, int *out)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *found = NULL;
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    const int error = getaddrinfo(host, service, &hints, &found);
    REQUIRE(error == 0, ERR_INPUT, "--host %s: %s", host, gai_strerror(error));
    enum status status = ERR_DEVICE;
    for (const struct addrinfo *a = found; a && status != OK; a = a->ai_next) status = bind_one(a, out);
    const int why = errno;
    freeaddrinfo(found);
    REQUIRE(status == OK, ERR_DEVICE, "%s port %d cannot be listened at: %s", host, port, strerror(why));
    server->port = port_of(*out);
    return OK;
}

/* As many files as connections need, where that is allowed. */
static void raise_files(int connections)
{
    struct rlimit limit;
    const rlim_t wanted = (rlim_t)connections + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* ------------------------------------------------------------------------------------------ the daemon */

static void watch_connection(void *context, struct MHD_Connection *connection, void **record,
                             enum MHD_ConnectionNotificationCode what)
{
    struct server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        atomic_fetch_sub(&server->site.n_connections, 1);
        connections_drop(server->connections, *record);
        *record = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    atomic_fetch_add(&server->site.n_connections, 1);
    *record = info ? connections_add(server->connections, info->connect_fd) : NULL;
}

/* What libmicrohttpd says about broken requests is nobody's business but who debugs. */
static void say_debug(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void say_debug(void *context, const char *format, va_list arguments)
{
    char words[256];
    (void)context;
    vsnprintf(words, sizeof words, format, arguments);
    words[strcspn(words, "\n")] = '\0';
    log_debug("http: %s", words);
}

static enum status start_daemon(struct server *server, const struct server_options *options)
{
    int descriptor = -1;
    TRY(open_socket(server, options->host, options->port, &descriptor));
    raise_files(options->connections);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        server_handle, server, MHD_OPTION_EXTERNAL_LOGGER, say_debug, NULL, MHD_OPTION_LISTEN_SOCKET,
        descriptor, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)options->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)options->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)options->patience_s + 2, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, server_new_request, server,
        MHD_OPTION_NOTIFY_COMPLETED, server_request_ended, server, MHD_OPTION_NOTIFY_CONNECTION,
        watch_connection, server, MHD_OPTION_END);
    if (server->daemon) return OK;
    close(descriptor);
    return fail(ERR_DEVICE, "the server cannot be started: %s", strerror(errno));
}

/* ------------------------------------------------------------------------------------------- the keeper */

static void *keep_watch(void *context)
{
    struct server *server = context;
    struct service_figures figures;
    struct timespec until;
    pthread_mutex_lock(&server->lock);
    while (!server->is_closing) {
        pthread_mutex_unlock(&server->lock);
        connections_sweep(server->connections);
        service_figures(server->site.service, &figures);
        http_figures_tick(server->site.figures, clock_seconds(), figures.recordings_ok);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 500000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_mutex_lock(&server->lock);
        int timed_out = 0;
        while (!server->is_closing && !timed_out)
            timed_out = pthread_cond_timedwait(&server->has_fewer, &server->lock, &until) != 0;
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* --------------------------------------------------------------------------------------- open and close */

static enum status open_site(struct site *site, struct service *service, const struct server_options *options)
{
    site->service = service;
    site->most_seconds = options->most_seconds;
    site->most_body = (size_t)options->body_mib << 20;
    site->log = options->log;
    site->started_s = clock_seconds();
    site->started_unix_s = (long long)time(NULL);
    TRY(http_figures_open(&site->figures));
    if (options->api_key_file) TRY(keys_open(&site->keys, options->api_key_file));
    if (options->rate > 0) TRY(buckets_open(&site->buckets, options->rate));
    return OK;
}

static enum status start(struct server *server, struct service *service, const struct server_options *options)
{
    TRY(open_site(&server->site, service, options));
    TRY(connections_open(&server->connections, options->patience_s));
    TRY(start_daemon(server, options));
    server->has_keeper = pthread_create(&server->keeper, NULL, keep_watch, server) == 0;
    REQUIRE(server->has_keeper, ERR_MEMORY, "no thread can be started");
    return OK;
}

enum status server_open(struct server **out, struct service *service, const struct server_options *options)
{
    struct server *server = memory_new(1, sizeof *server);
    *out = NULL;
    TRY(memory_check(server));
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->has_fewer, NULL);
    const enum status status = start(server, service, options);
    if (status != OK)
        server_close(&server);
    else
        *out = server;
    return status;
}

int server_port(const struct server *server)
{
    return server->port;
}

enum status server_reload(struct server *server)
{
    return server->site.keys ? keys_reload(server->site.keys) : OK;
}

void server_drain(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    atomic_store(&server->site.is_draining, 1);
    while (server->begun[0] > 0) pthread_cond_wait(&server->has_fewer, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

void server_close(struct server **of)
{
    struct server *server = *of;
    if (!server) return;
    pthread_mutex_lock(&server->lock);
    server->is_closing = 1;
    pthread_cond_broadcast(&server->has_fewer);
    while (server->n_told > 0) pthread_cond_wait(&server->has_fewer, &server->lock);
    pthread_mutex_unlock(&server->lock);
    if (server->has_keeper) pthread_join(server->keeper, NULL);
    if (server->daemon) MHD_stop_daemon(server->daemon);
    connections_close(&server->connections);
    keys_close(&server->site.keys);
    buckets_close(&server->site.buckets);
    http_figures_close(&server->site.figures);
    pthread_cond_destroy(&server->has_fewer);
    pthread_mutex_destroy(&server->lock);
    memory_free(server);
    *of = NULL;
}
