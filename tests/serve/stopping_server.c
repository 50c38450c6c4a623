/* A server is closed while a thread of the service is still in MHD_resume_connection, whose request has been answered
 * meanwhile: libmicrohttpd must not be stopped before that call has returned. Both calls are this file's, by the linker's
 * --wrap. */
#include "http/server.h"
#include "stand_in_service.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void __real_MHD_resume_connection(struct MHD_Connection *connection);
void __wrap_MHD_resume_connection(struct MHD_Connection *connection);
void __real_MHD_stop_daemon(struct MHD_Daemon *daemon);
void __wrap_MHD_stop_daemon(struct MHD_Daemon *daemon);

static atomic_int is_answered, n_resuming, n_resumed, n_stopped_too_early;

void __wrap_MHD_resume_connection(struct MHD_Connection *connection)
{
    atomic_fetch_add(&n_resuming, 1);
    __real_MHD_resume_connection(connection);
    while (!atomic_load(&is_answered)) usleep(1000);
    usleep(200000);
    atomic_fetch_sub(&n_resuming, 1);
    atomic_fetch_add(&n_resumed, 1);
}

void __wrap_MHD_stop_daemon(struct MHD_Daemon *daemon)
{
    atomic_fetch_add(&n_stopped_too_early, atomic_load(&n_resuming));
    __real_MHD_stop_daemon(daemon);
}

static void check(int is_true, const char *words)
{
    if (is_true) return;
    fprintf(stderr, "failed: %s\n", words);
    exit(1);
}

/* One request, whose answer is read to its end. */
static void ask(int port)
{
    static const char request[] = "POST /v1/features?model=bare HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                  "Content-Length: 8\r\n\r\nRIFF1234";
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons((uint16_t)port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    char answer[4096] = "";
    size_t size = 0;
    ssize_t n;
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0, "it can be reached");
    check(write(descriptor, request, sizeof request - 1) == (ssize_t)sizeof request - 1, "it is asked");
    while ((n = read(descriptor, answer + size, sizeof answer - 1 - size)) > 0) size += (size_t)n;
    check(strncmp(answer, "HTTP/1.1 200", 12) == 0, "it answers 200");
    close(descriptor);
}

int main(void)
{
    const struct stand_in_options stand_in = { .threads = 1, .most = 16 };
    const struct server_options options = { .host = "127.0.0.1",
                                            .most_seconds = 30,
                                            .body_mib = 1,
                                            .connections = 16,
                                            .connections_per_address = 16,
                                            .patience_s = 30,
                                            .log = ACCESS_LOG_NONE };
    struct service *service = NULL;
    struct server *server = NULL;
    check(stand_in_open(&service, &stand_in) == OK, "the stand-in opens");
    check(server_open(&server, service, &options) == OK, "the server opens");
    ask(server_port(server));
    atomic_store(&is_answered, 1);
    service_drain(service);
    server_drain(server);
    server_close(&server);
    check(atomic_load(&n_resumed) == 1 && atomic_load(&n_stopped_too_early) == 0,
          "the daemon is stopped after the resume has returned");
    stand_in_close(&service);
    return 0;
}
