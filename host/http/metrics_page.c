/* GET /metrics: text format 0.0.4 of Prometheus. Units are seconds and bytes, counters end in _total. */
#include "http/routes.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void head(struct text *out, const char *name, const char *type, const char *help)
{
    text_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct text *out, const char *name, const char *type, const char *help, double value)
{
    head(out, name, type, help);
    text_print(out, "%s %.17g\n", name, value);
}

/* labels: `route="/v2"` or "". The head has been written. */
static void histogram(struct text *out, const char *name, const char *labels,
                      const struct service_histogram *h)
{
    const char *comma = *labels ? "," : "", *open = *labels ? "{" : "", *close = *labels ? "}" : "";
    long long n = 0;
    for (int i = 0; i < h->n_bounds; i++) {
        n += h->counts[i];
        text_print(out, "%s_bucket{%s%sle=\"%g\"} %lld\n", name, labels, comma, h->bounds[i], n);
    }
    n += h->counts[h->n_bounds];
    text_print(out, "%s_bucket{%s%sle=\"+Inf\"} %lld\n", name, labels, comma, n);
    text_print(out, "%s_sum%s%s%s %.17g\n", name, open, labels, close, h->sum);
    text_print(out, "%s_count%s%s%s %lld\n", name, open, labels, close, n);
}

/* --------------------------------------------------------------------------------------------- service */

static void recordings(struct text *out, const struct service_figures *f)
{
    static const char name[] = "earshot_recordings_processed_total";
    head(out, name, "counter", "Recordings that were answered, by what came of them.");
    text_print(out, "%s{status=\"ok\"} %lld\n", name, f->recordings_ok);
    text_print(out, "%s{status=\"failed\"} %lld\n", name, f->recordings_failed);
    text_print(out, "%s{status=\"dropped\"} %lld\n", name, f->recordings_dropped);
    one(out, "earshot_audio_seconds_total", "counter", "Seconds of sound that were computed.", f->audio_s);
    one(out, "earshot_patches_total", "counter", "Patches that were computed.", (double)f->patches);
    one(out, "earshot_batches_total", "counter", "Batches that were computed.", (double)f->batches);
    one(out, "earshot_decode_helpers_lost_total", "counter",
        "Processes that decode and were lost: they crashed, hung or took too much memory.",
        (double)f->poisoned);
}

static void stages(struct text *out, const struct service_figures *f)
{
    static const char name[] = "earshot_stage_duration_seconds";
    head(out, name, "histogram", "Seconds that recordings or batches took in a stage.");
    histogram(out, name, "stage=\"decode\"", &f->decode_s);
    histogram(out, name, "stage=\"queue\"", &f->queue_s);
    histogram(out, name, "stage=\"compute\"", &f->compute_s);
    histogram(out, name, "stage=\"score\"", &f->score_s);
    head(out, "earshot_stage_starved_seconds_total", "counter", "Seconds that a stage waited for work.");
    text_print(out, "earshot_stage_starved_seconds_total{stage=\"compute\"} %.17g\n", f->starved_s);
    head(out, "earshot_queue_depth", "gauge", "Recordings that wait.");
    text_print(out, "earshot_queue_depth{queue=\"decode\"} %d\n", f->waiting_decode);
    text_print(out, "earshot_queue_depth{queue=\"compute\"} %d\n", f->waiting_compute);
    head(out, "earshot_batch_recordings", "histogram", "Recordings that shared a batch.");
    histogram(out, "earshot_batch_recordings", "", &f->batch_recordings);
    head(out, "earshot_batch_patches", "histogram", "Patches that shared a batch.");
    histogram(out, "earshot_batch_patches", "", &f->batch_patches);
}

/* ------------------------------------------------------------------------------------------------ HTTP */

static const char *pattern_of(int route)
{
    return route < n_routes ? routes[route].pattern : "other";
}

static const char *method_of(int route)
{
    return route < n_routes ? routes[route].method : "other";
}

/* Addresses nobody has asked for are left out. */
static int route_figures(struct exchange *x, int route, struct route_figures *out)
{
    if (route >= n_routes && route < FIGURES_ROUTES) return 0;
    http_figures_route(x->site->figures, route, out);
    for (int c = 0; c < FIGURES_CODES; c++)
        if (out->codes[c]) return 1;
    return 0;
}

static void requests(struct text *out, struct exchange *x)
{
    static const char total[] = "earshot_http_requests_total",
                      took[] = "earshot_http_request_duration_seconds";
    struct route_figures f;
    head(out, total, "counter", "Requests that were answered; code 499: the client had gone.");
    for (int r = 0; r <= FIGURES_ROUTES; r++)
        for (int c = 0; route_figures(x, r, &f) && c < FIGURES_CODES; c++)
            if (f.codes[c])
                text_print(out, "%s{method=\"%s\",route=\"%s\",code=\"%d\"} %lld\n", total, method_of(r),
                           pattern_of(r), figures_codes[c], f.codes[c]);
    head(out, took, "histogram", "Seconds from a request's first line to its answer's last byte.");
    for (int r = 0; r <= FIGURES_ROUTES; r++) {
        char labels[160];
        if (!route_figures(x, r, &f)) continue;
        snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\"", method_of(r), pattern_of(r));
        histogram(out, took, labels, &f.seconds);
    }
}

static void bytes_and_connections(struct text *out, struct exchange *x)
{
    long long in, written;
    http_figures_bytes(x->site->figures, &in, &written);
    one(out, "earshot_http_request_bytes_total", "counter", "Bytes of requests' bodies.", (double)in);
    one(out, "earshot_http_response_bytes_total", "counter", "Bytes of answers' bodies.", (double)written);
    one(out, "earshot_http_connections", "gauge", "Connections that are open.",
        atomic_load(&x->site->n_connections));
    one(out, "earshot_http_body_bytes", "gauge", "Bytes of bodies that are held now.",
        (double)atomic_load(&x->site->body_bytes));
    one(out, "earshot_requests_in_flight", "gauge", "Requests that the service has taken and not answered.",
        atomic_load(&x->site->n_asks));
    one(out, "earshot_ready", "gauge", "1 where new requests are taken.", site_is_ready(x->site));
}

/* --------------------------------------------------------------------------------------------- process */

static double resident_bytes(void)
{
    long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%lld %lld", &pages, &resident) != 2) resident = 0;
    if (file) fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static int open_files(void)
{
    int n = -3; /* ".", ".." and the folder itself */
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder)) n++;
    if (folder) closedir(folder);
    return n;
}

/* Names as every client library of Prometheus has them. */
static void process(struct text *out, struct exchange *x)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    one(out, "process_cpu_seconds_total", "counter", "CPU seconds of this process.", cpu_s);
    one(out, "process_resident_memory_bytes", "gauge", "Resident memory of this process.", resident_bytes());
    one(out, "process_open_fds", "gauge", "Open file descriptors.", open_files());
    one(out, "process_start_time_seconds", "gauge", "When this process began to serve, since 1970.",
        (double)x->site->started_unix_s);
    head(out, "earshot_build_info", "gauge", "Always 1; what is running is in the labels.");
    text_print(out, "earshot_build_info{version=\"%s\",backend=\"%s\",device=\"%s\"} 1\n", EARSHOT_VERSION,
               service_backend(x->site->service), service_device(x->site->service));
}

static void models(struct text *out, struct exchange *x)
{
    head(out, "earshot_model_loaded_timestamp_seconds", "gauge", "When a model was loaded, since 1970.");
    x->catalog = service_catalog(x->site->service);
    for (size_t i = 0; i < x->catalog->count; i++) {
        text_put(out, "earshot_model_loaded_timestamp_seconds{model=");
        text_json_string(out,
                         x->catalog->served[i].name); /* its escapes are Prometheus' where names are sane */
        text_print(out, "} %lld\n", x->catalog->served[i].loaded_unix_s);
    }
}

enum status metrics_page(struct exchange *x)
{
    struct text *out = &x->answer.body;
    struct service_figures f;
    service_figures(x->site->service, &f);
    recordings(out, &f);
    stages(out, &f);
    requests(out, x);
    bytes_and_connections(out, x);
    models(out, x);
    process(out, x);
    return answer_body(&x->answer, "text/plain; version=0.0.4; charset=utf-8");
}
