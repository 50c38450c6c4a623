#include "cli/cmd.h"
#include "cli/serve_options.h"
#include "cli/serve_signals.h"

#include "core/log.h"
#include "core/memory.h"
#include "http/server.h"
#include "http/text.h"
#include "pipeline/quarantine.h"

#include <pthread.h>
#include <string.h>

struct serve_job {
    struct serve_settings settings;
    struct extract_settings extract;
    struct compute_options compute;
    struct decode_options decode;
    struct command_line line;
    struct option_words models, networks;
    struct service *service;
    struct server *server;
    pthread_t reloader;
    int has_reloader;
};

/* ----------------------------------------------------------------------------------------------- serving */

static void reload(struct serve_job *job)
{
    if (service_reload(job->service) != OK)
        log_error("nothing was reloaded: %s", status_sentence());
    else
        log_info("the models were read again");
    if (server_reload(job->server) != OK) log_error("the old keys stay: %s", status_sentence());
}

/* A thread of its own: files may be slow, and neither answers nor a signal to stop wait for them. */
static void *reload_when_asked(void *job)
{
    while (serve_signals_wait_for_reload()) reload(job);
    return NULL;
}

static enum status start_reloader(struct serve_job *job)
{
    job->has_reloader = pthread_create(&job->reloader, NULL, reload_when_asked, job) == 0;
    REQUIRE(job->has_reloader, ERR_MEMORY, "no thread can be started");
    return OK;
}

/* One that is under way is waited for. */
static void stop_reloader(struct serve_job *job)
{
    if (!job->has_reloader) return;
    serve_signals_end_reloads();
    pthread_join(job->reloader, NULL);
    job->has_reloader = 0;
}

static void drain(struct serve_job *job)
{
    log_info("draining: requests that had begun are answered, new ones are not taken");
    service_drain(job->service);
    server_drain(job->server);
    log_info("drained");
}

/* --json: what was done, once it is over. */
static enum status tell_end(const struct serve_job *job)
{
    struct service_figures figures;
    if (!job->line.common.json) return OK;
    service_figures(job->service, &figures);
    return command_json(json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:f}", "recordings", (json_int_t)figures.recordings_ok, "failed",
        (json_int_t)figures.recordings_failed, "dropped", (json_int_t)figures.recordings_dropped, "patches",
        (json_int_t)figures.patches, "batches", (json_int_t)figures.batches, "audio_s", figures.audio_s));
}

static enum status tell_start(const struct serve_job *job)
{
    const struct catalog *catalog = service_catalog(job->service);
    const char *host = job->settings.host;
    struct text names = { 0 };
    for (size_t i = 0; i < catalog->count; i++)
        text_print(&names, "%s%s", i ? ", " : "", catalog->served[i].name);
    const enum status status = text_check(&names);
    if (status == OK)
        log_info(strchr(host, ':') ? "serving %s on http://[%s]:%d" : "serving %s on http://%s:%d",
                 names.bytes ? names.bytes : "nothing", host, server_port(job->server));
    text_release(&names);
    service_catalog_release(job->service, catalog);
    return status;
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
        .decode = { .seconds = job->decode.seconds, .memory_bytes = (long long)job->decode.memory_mib << 20 },
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
    serve_signals_hold();
    TRY(service_open(&job->service, &service));
    TRY(server_open(&job->server, job->service, &server));
    TRY(start_reloader(job));
    TRY(tell_start(job));
    serve_signals_let_go();
    serve_signals_wait_for_stop();
    drain(job);
    return tell_end(job);
}

static enum status check(const struct command *command, struct serve_job *job)
{
    TRY(command_words(command, &job->line, 0, 0));
    TRY(option_words_of(&job->models, &job->line.options, "model"));
    TRY(option_words_of(&job->networks, &job->line.options, "network"));
    REQUIRE(job->models.count + job->networks.count > 0, ERR_USAGE,
            "nothing is to be served: --model NAME=M.h5 or --network NAME, each as often as there are");
    return serve_signals_catch();
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct serve_job job = { 0 };
    const struct option_set sets[] = {
        { serve_options, &job.settings, "Options of serve" },
        { network_options, &job.extract, "Networks without a model" },
        { weights_options, &job.compute, "Weights" },
        { place_options, &job.compute.place, "Where to compute" },
        { decode_options + DECODE_LIMITS, &job.decode, "The processes that decode recordings" },
        { front_options, &job.extract, "Front end of networks without a model (defaults: the paper's)" },
    };
    int done = 0;
    enum status status;
    TRY_OR_DONE(command_parse(command, &job.line, sets, sizeof sets / sizeof *sets, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(check(command, &job));
    status = serve(&job);
done:
    stop_reloader(&job);
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
        "Answers requests until SIGTERM or SIGINT, on which those that had begun are finished; a second one, "
        "at least a second later, ends it at once. SIGHUP reads the models' files again. A model has scores, "
        "verdicts and features, a "
        "network without a model features alone. Asks of several clients are computed in common batches, "
        "and answers do not depend on that. GET / is a page for people, /openapi.json describes all "
        "addresses. Recordings of any sample rate are taken, with --resample or without. "
        "It listens to this machine alone unless --host says otherwise; a proxy adds TLS.",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot fit features.h5 -o model.h5 --components 8\n"
               "  earshot serve --model machines=model.h5 &\n"
               "  curl -F file=@corpus/0dB/fan/id_00/normal/00000000.wav "
               "'http://localhost:8000/v1/score?group=fan,id_00'",
    .run = run,
};
