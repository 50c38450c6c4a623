#include "cli/cmd.h"
#include "cli/serve_options.h"

#include "core/log.h"
#include "core/memory.h"
#include "http/server.h"
#include "http/text.h"
#include "pipeline/quarantine.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct serve_job {
    struct serve_settings settings;
    struct extract_settings extract;
    struct compute_options compute;
    struct decode_options decode;
    struct command_line line;
    struct option_words models, networks;
    struct service *service;
    struct server *server;
};

/* --------------------------------------------------------------------------------------------- signals */

/* Handlers only count, and wake the thread that waits. */
static atomic_int stops_asked, reloads_asked;
static sem_t wake_up;

static void on_signal(int number)
{
    const int kept = errno;
    if (number == SIGHUP)
        reloads_asked = 1;
    else if (stops_asked++)
        _exit(128 + number); /* asked twice: at once */
    sem_post(&wake_up);
    errno = kept;
}

static void on_pipe(int number)
{
    (void)number; /* who does not listen any more is told by write() */
}

/* Only the thread that waits for them has them, once everything is there. */
static void block_signals(int how)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(how, &signals, NULL);
}

static enum status catch_signals(void)
{
    const struct {
        int number;
        void (*handler)(int);
    } signals[] = {
        { SIGINT, on_signal }, { SIGTERM, on_signal }, { SIGHUP, on_signal }, { SIGPIPE, on_pipe }
    };
    REQUIRE(sem_init(&wake_up, 0, 0) == 0, ERR_INTERNAL, "no semaphore can be had: %s", strerror(errno));
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = { .sa_handler = signals[i].handler, .sa_flags = SA_RESTART };
        sigemptyset(&action.sa_mask);
        sigaction(signals[i].number, &action, NULL);
    }
    return OK;
}

/* ----------------------------------------------------------------------------------------------- serving */

static void reload(struct serve_job *job)
{
    reloads_asked = 0;
    if (service_reload(job->service) != OK)
        log_error("nothing was reloaded: %s", status_sentence());
    else
        log_info("the models were read again");
    if (server_reload(job->server) != OK) log_error("the old keys stay: %s", status_sentence());
}

static void wait_for_signals(struct serve_job *job)
{
    while (!stops_asked) {
        if (reloads_asked) reload(job);
        if (sem_wait(&wake_up) != 0 && errno != EINTR) break;
    }
}

static void drain(struct serve_job *job)
{
    log_info("draining: requests that had begun are answered, new ones are not taken");
    service_drain(job->service);
    server_drain(job->server);
    log_info("drained");
}

static void tell_start(const struct serve_job *job)
{
    const struct catalog *catalog = service_catalog(job->service);
    const char *host = job->settings.host;
    struct text names = { 0 };
    for (size_t i = 0; i < catalog->count; i++)
        text_print(&names, "%s%s", i ? ", " : "", catalog->served[i].name);
    log_info(strchr(host, ':') ? "serving %s on http://[%s]:%d" : "serving %s on http://%s:%d",
             names.bytes ? names.bytes : "nothing", host, server_port(job->server));
    text_release(&names);
    service_catalog_release(job->service, catalog);
}

static enum status serve(struct serve_job *job)
{
    const struct serve_settings *s = &job->settings;
    const struct service_options service = {
        .models = job->models.words,
        .n_models = job->models.count,
        .networks = job->networks.words,
        .n_networks = job->networks.count,
        .settings = &job->extract,
        .compute = job->compute,
        .max_batch = s->max_batch,
        .max_delay_ms = s->max_delay_ms,
        .max_queue = s->max_queue,
        .most_seconds = s->max_seconds,
        .decoders = s->decoders,
        .decode = { job->decode.seconds, (long long)job->decode.memory_mib << 20 },
    };
    const struct server_options server = {
        .host = s->host,
        .port = s->port,
        .most_seconds = s->timeout,
        .body_mib = s->max_body_mib,
        .connections = s->max_connections,
        .connections_per_address = s->max_connections_per_address,
        .patience_s = s->client_timeout,
        .rate = s->rate,
        .api_key_file = s->api_key_file,
        .log = (enum access_log_form)s->log,
    };
    block_signals(SIG_BLOCK);
    TRY(service_open(&job->service, &service));
    TRY(server_open(&job->server, job->service, &server));
    tell_start(job);
    block_signals(SIG_UNBLOCK);
    wait_for_signals(job);
    drain(job);
    return OK;
}

static enum status check(const struct command *command, struct serve_job *job)
{
    TRY(command_words(command, &job->line, 0, 0));
    TRY(option_words_of(&job->models, &job->line.options, "model"));
    TRY(option_words_of(&job->networks, &job->line.options, "network"));
    REQUIRE(job->models.count + job->networks.count > 0, ERR_USAGE,
            "nothing is to be served: --model NAME=M.h5 or --network NAME, each as often as there are");
    return catch_signals();
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct serve_job job = { 0 };
    const struct option_set sets[] = {
        { serve_options, &job.settings, "Options of serve" },
        { network_options, &job.extract, "Networks without a model" },
        { weights_options, &job.compute, "Weights" },
        { place_options, &job.compute.place, "Where to compute" },
        { decode_options, &job.decode, "The processes that decode recordings" },
        { front_options, &job.extract, "Front end of networks without a model (defaults: the paper's)" },
    };
    int done = 0;
    enum status status;
    TRY_OR_DONE(command_parse(command, &job.line, sets, sizeof sets / sizeof *sets, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(check(command, &job));
    status = serve(&job);
done:
    server_close(&job.server);
    service_close(&job.service);
    option_words_release(&job.models);
    option_words_release(&job.networks);
    command_release(&job.line);
    return status;
}

const struct command command_serve = {
    .name = "serve",
    .summary = "features and scores over HTTP: KServe v2, plain endpoints, metrics and a page",
    .usage = "serve --model NAME=M.h5 [--network NAME] [options]",
    .about =
        "Answers requests until SIGTERM or SIGINT, on which those that had begun are finished; a second one "
        "ends it at once. SIGHUP reads the models' files again. A model has scores, verdicts and features, a "
        "network without a model features alone. Asks of several clients are computed in common batches, "
        "and answers do not depend on that. GET / is a page for people, /openapi.json describes all "
        "addresses. "
        "It listens to this machine alone unless --host says otherwise; a proxy adds TLS.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot fit features.h5 -o model.h5 --components 8\n"
               "  earshot serve --model machines=model.h5 &\n"
               "  curl -F file=@corpus/0dB/fan/id_00/normal/00000000.wav "
               "'http://localhost:8000/v1/score?group=fan,id_00'",
    .run = run,
};
