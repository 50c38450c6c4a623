/* HTTP before a service that computes nothing: stand_in_server [NAME=VALUE]... with threads, delay_ms, most, timeout_s,
 * body_mib, connections, per_address, patience_s, rate, keys (a file) and log (text, json, none). Prints its port, and
 * drains and ends on SIGTERM. */
#include "http/server.h"
#include "stand_in_service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *value_of(int argc, char **argv, const char *name, const char *otherwise)
{
    const size_t length = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') return argv[i] + length + 1;
    return otherwise;
}

static double number_of(int argc, char **argv, const char *name, const char *otherwise)
{
    return atof(value_of(argc, argv, name, otherwise));
}

static enum status serve(struct service *service, const struct server_options *options,
                         const sigset_t *signals)
{
    struct server *server = NULL;
    int signal_number;
    TRY(server_open(&server, service, options));
    printf("%d\n", server_port(server));
    fflush(stdout);
    sigwait(signals, &signal_number);
    service_drain(service);
    server_drain(server);
    server_close(&server);
    return OK;
}

int main(int argc, char **argv)
{
    const struct stand_in_options stand_in = { .threads = (int)number_of(argc, argv, "threads", "2"),
                                               .delay_s = 1e-3 * number_of(argc, argv, "delay_ms", "0"),
                                               .most = (int)number_of(argc, argv, "most", "256") };
    const char *log = value_of(argc, argv, "log", "none");
    const struct server_options options = {
        .host = "127.0.0.1",
        .most_seconds = number_of(argc, argv, "timeout_s", "30"),
        .body_mib = (int)number_of(argc, argv, "body_mib", "8"),
        .connections = (int)number_of(argc, argv, "connections", "256"),
        .connections_per_address = (int)number_of(argc, argv, "per_address", "256"),
        .patience_s = number_of(argc, argv, "patience_s", "30"),
        .rate = (int)number_of(argc, argv, "rate", "0"),
        .api_key_file = value_of(argc, argv, "keys", NULL),
        .log = *log == 'j'   ? ACCESS_LOG_JSON
               : *log == 't' ? ACCESS_LOG_TEXT
                             : ACCESS_LOG_NONE,
    };
    sigset_t signals;
    struct service *service = NULL;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    enum status status = stand_in_open(&service, &stand_in);
    if (status == OK) status = serve(service, &options, &signals);
    if (status != OK) fprintf(stderr, "%s\n", status_sentence());
    if (service) stand_in_close(&service);
    return status == OK ? 0 : 1;
}
