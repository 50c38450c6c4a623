/* The load of an HTTP server, and how long its answers take: recordings that are sent again and again, by so many
 * clients that each wait for their answer (closed loop), or at a rate, evenly spaced or as a Poisson process, whether
 * the answers come or not (open loop). In the open loop a request's time begins when it was due, so that a server which
 * stalls is charged for those that had to wait. */
#include "bench_load.h"
#include "bench.h"

#include "core/clock.h"
#include "core/memory.h"
#include "core/rng.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_FILES = 64, MOST_CLIENTS = 1024 };
enum arrivals { ARRIVALS_EVEN, ARRIVALS_POISSON };

struct settings {
    const char *host, *path, *files;
    int port, clients, requests, arrivals, seed;
    double rate;
};

static struct settings settings; /* of the one run of this program */

#define FIELD(name) .offset = offsetof(struct settings, name)

static const struct option option_table[] = {
    { .name = "host",
      .type = OPTION_TEXT,
      FIELD(host),
      .standard = "127.0.0.1",
      .metavar = "A",
      .help = "the server's IPv4 address" },
    { .name = "port",
      .type = OPTION_INTEGER,
      FIELD(port),
      .standard = "8000",
      .low = 1,
      .high = 65535,
      .metavar = "N",
      .help = "its port" },
    { .name = "path",
      .type = OPTION_TEXT,
      FIELD(path),
      .standard = "/v1/features?format=npy",
      .metavar = "PATH",
      .help = "what is asked" },
    { .name = "files",
      .type = OPTION_TEXT,
      FIELD(files),
      .metavar = "A,B",
      .help = "recordings that are posted in turn, joined by commas; none: GET" },
    { .name = "clients",
      .type = OPTION_INTEGER,
      FIELD(clients),
      .standard = "16",
      .low = 1,
      .high = MOST_CLIENTS,
      .metavar = "N",
      .help = "connections" },
    { .name = "rate",
      .type = OPTION_REAL,
      FIELD(rate),
      .standard = "0",
      .low = 0,
      .high = 1e6,
      .metavar = "R",
      .help = "requests a second; 0: each client sends its next when it has its answer" },
    { .name = "arrivals",
      .type = OPTION_CHOICE,
      FIELD(arrivals),
      .standard = "even",
      .choices = "even|poisson",
      .help = "how requests at a rate are spaced" },
    { .name = "requests",
      .type = OPTION_INTEGER,
      FIELD(requests),
      .standard = "0",
      .low = 0,
      .high = 1e7,
      .metavar = "N",
      .help = "how many, whatever time they take; 0: until --seconds are over" },
    { .name = "seed",
      .type = OPTION_INTEGER,
      FIELD(seed),
      .standard = "1",
      .low = 0,
      .high = 1e9,
      .metavar = "N",
      .help = "of Poisson arrivals" },
    { 0 },
};

struct load {
    struct sockaddr_in address;
    struct load_request requests[MOST_FILES];
    int n_requests;
    double start_s, end_s; /* end: no request begins after it; 0: their number ends it */
    const double *due_s;   /* [most], after start; NULL: closed loop */
    int most;
    atomic_int next;
    atomic_int failed;
    double *taken_s; /* [most], -1 where it failed or was not sent */
};

/* -------------------------------------------------------------------------------------------- the clients */

static void sleep_until(double when_s)
{
    const double left_s = when_s - clock_seconds();
    if (left_s <= 0) return;
    const struct timespec pause = { (time_t)left_s, (long)(1e9 * (left_s - floor(left_s))) };
    nanosleep(&pause, NULL);
}

static void *be_client(void *given)
{
    struct load *load = given;
    struct load_connection connection = { load->address, -1 };
    for (int i; (i = atomic_fetch_add(&load->next, 1)) < load->most;) {
        double due_s = clock_seconds();
        if (load->due_s) sleep_until(due_s = load->start_s + load->due_s[i]);
        if (load->end_s > 0 && clock_seconds() >= load->end_s) break;
        const int status = load_exchange(&connection, &load->requests[i % load->n_requests]);
        if (status == 200)
            load->taken_s[i] = clock_seconds() - due_s;
        else
            atomic_fetch_add(&load->failed, 1);
    }
    load_disconnect(&connection);
    return NULL;
}

static enum status let_clients_ask(struct load *load, int n_clients)
{
    pthread_t clients[MOST_CLIENTS];
    int n = 0;
    load->start_s = clock_seconds();
    if (load->end_s > 0) load->end_s += load->start_s;
    while (n < n_clients && pthread_create(&clients[n], NULL, be_client, load) == 0) n++;
    for (int i = 0; i < n; i++) pthread_join(clients[i], NULL);
    REQUIRE(n == n_clients, ERR_INTERNAL, "only %d of %d clients could be started", n, n_clients);
    return OK;
}

/* due_s [n] of requests at a rate. */
static void space(double *due_s, int n)
{
    struct rng rng = rng_seeded((uint64_t)settings.seed, 0);
    double at_s = 0;
    for (int i = 0; i < n; i++) {
        due_s[i] = at_s;
        at_s += (settings.arrivals == ARRIVALS_POISSON ? -log(1 - rng_uniform(&rng)) : 1) / settings.rate;
    }
}

/* ------------------------------------------------------------------------------------------- what came of it */

static double percentile(const double *sorted, int n, double share)
{
    return n > 0 ? sorted[(int)ceil(share * n) - 1] : 0;
}

static void report(const struct load *load, double seconds, int is_json)
{
    int n = 0;
    double sum_s = 0;
    for (int i = 0; i < load->most; i++)
        if (load->taken_s[i] >= 0) sum_s += load->taken_s[n++] = load->taken_s[i];
    if (n > 0) bench_median(load->taken_s, n); /* sorts */
    const double *sorted = load->taken_s;
    printf(
        is_json
            ? "{\"requests\": %d, \"failed\": %d, \"seconds\": %.6g, \"requests_per_second\": %.6g, "
              "\"mean_ms\": %.6g, \"p50_ms\": %.6g, \"p90_ms\": %.6g, \"p99_ms\": %.6g, \"max_ms\": %.6g}\n"
            : "%d answers, %d failed, in %.3g s: %.4g a second; mean %.4g ms, median %.4g ms, 90 %% within "
              "%.4g ms, 99 %% within %.4g ms, all within %.4g ms\n",
        n, load->failed, seconds, n / seconds, n > 0 ? 1e3 * sum_s / n : 0, 1e3 * percentile(sorted, n, 0.5),
        1e3 * percentile(sorted, n, 0.9), 1e3 * percentile(sorted, n, 0.99), 1e3 * percentile(sorted, n, 1));
}

/* ------------------------------------------------------------------------------------------------ the run */

static enum status read_requests(struct load *load)
{
    char files[65536];
    if (!settings.files) {
        load->n_requests = 1;
        return load_request_read(load->requests, settings.host, settings.path, NULL);
    }
    snprintf(files, sizeof files, "%s", settings.files);
    char *rest = files;
    for (char *file; (file = strsep(&rest, ",")) && load->n_requests < MOST_FILES;)
        TRY(load_request_read(&load->requests[load->n_requests++], settings.host, settings.path, file));
    return OK;
}

static void release(struct load *load)
{
    for (int i = 0; i < load->n_requests; i++) memory_free(load->requests[i].bytes);
    memory_free(load->taken_s);
    memory_free((void *)load->due_s);
}

static enum status make_room(struct load *load, double seconds)
{
    const double at_most = settings.rate > 0 ? settings.rate * seconds + 1 : 2e5 * (seconds + 1);
    load->most = settings.requests > 0 ? settings.requests : (int)fmin(at_most, 1e7);
    load->end_s = settings.requests > 0 ? 0 : fmax(seconds, 1e-9);
    TRY(memory_check(load->taken_s = memory_new((size_t)load->most, sizeof *load->taken_s)));
    for (int i = 0; i < load->most; i++) load->taken_s[i] = -1;
    if (settings.rate == 0) return OK;
    double *due_s = memory_new((size_t)load->most, sizeof *due_s);
    load->due_s = due_s;
    TRY(memory_check(due_s));
    space(due_s, load->most);
    return OK;
}

static enum status run(const struct bench_common *common)
{
    enum status status = OK;
    struct load load = { 0 };
    TRY_OR_DONE(load_address(settings.host, settings.port, &load.address));
    TRY_OR_DONE(read_requests(&load));
    TRY_OR_DONE(make_room(&load, common->seconds));
    const double start_s = clock_seconds();
    TRY_OR_DONE(let_clients_ask(&load, settings.clients));
    report(&load, clock_seconds() - start_s, common->json);
done:
    release(&load);
    return status;
}

int main(int argc, char **argv)
{
    return bench_main(&(struct bench_program){ "load", option_table, &settings, run }, argc, argv);
}
