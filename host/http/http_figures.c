#include "http/http_figures.h"

#include "core/memory.h"

#include <pthread.h>
#include <string.h>
#include <sys/time.h>

const int figures_codes[FIGURES_CODES] = { 200, 400, 401, 404, 405, 408, 411, 413, 414,
                                           415, 422, 429, 431, 499, 500, 503, 504, 0 };

static const double bounds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 };
enum { N_BOUNDS = sizeof bounds / sizeof *bounds, TICKS_S = 10 };

struct http_figures {
    pthread_mutex_t lock; /* of all that follows */
    struct route_figures routes[FIGURES_ROUTES + 1];
    long long bytes_in, bytes_out;
    struct model_figures *models;
    size_t n_models, models_capacity;
    struct tick {
        double at_s;
        long long recordings;
    } ticks[4 * TICKS_S];
    size_t n_ticks; /* so far; the ring holds the last ones */
};
enum { RING = 4 * TICKS_S };

enum status http_figures_open(struct http_figures **out)
{
    struct http_figures *figures = memory_new(1, sizeof *figures);
    *out = figures;
    TRY(memory_check(figures));
    pthread_mutex_init(&figures->lock, NULL);
    for (int r = 0; r <= FIGURES_ROUTES; r++) {
        figures->routes[r].seconds.n_bounds = N_BOUNDS;
        memcpy(figures->routes[r].seconds.bounds, bounds, sizeof bounds);
    }
    return OK;
}

void http_figures_close(struct http_figures **figures)
{
    if (!*figures) return;
    for (size_t i = 0; i < (*figures)->n_models; i++) memory_free((*figures)->models[i].name);
    memory_free((*figures)->models);
    pthread_mutex_destroy(&(*figures)->lock);
    memory_free(*figures);
    *figures = NULL;
}

/* ---------------------------------------------------------------------------------------------- adding */

static void observe(struct service_histogram *histogram, double value)
{
    int i = 0;
    while (i < histogram->n_bounds && value > histogram->bounds[i]) i++;
    histogram->counts[i]++;
    histogram->sum += value;
}

static int slot_of(int code)
{
    int i = 0;
    while (i < FIGURES_CODES - 1 && figures_codes[i] != code) i++;
    return i;
}

/* NULL: no memory; then it goes uncounted. */
static struct model_figures *model_of(struct http_figures *figures, const char *name, int is_new_welcome)
{
    for (size_t i = 0; i < figures->n_models; i++)
        if (strcmp(figures->models[i].name, name) == 0) return &figures->models[i];
    if (!is_new_welcome || memory_grow((void **)&figures->models, &figures->models_capacity,
                                       figures->n_models, sizeof *figures->models) != OK)
        return NULL;
    struct model_figures *model = &figures->models[figures->n_models];
    *model = (struct model_figures){ .name = memory_text(name) };
    if (!model->name) return NULL;
    figures->n_models++;
    return model;
}

static void add_to_model(struct model_figures *model, const struct finished_request *request)
{
    const struct ask *ask = request->ask;
    struct timeval now;
    gettimeofday(&now, NULL);
    model->last_ms = (long long)now.tv_sec * 1000 + now.tv_usec / 1000;
    if (request->code != 200) {
        model->failures++;
        model->failed_s += request->seconds;
        return;
    }
    model->requests++;
    model->executions++;
    model->inferences += ask->n_sounds;
    model->total_s += request->seconds;
    model->decode_s += ask->times.decode_s;
    model->queue_s += ask->times.queue_s;
    model->compute_s += ask->times.compute_s;
    model->score_s += ask->times.score_s;
}

void http_figures_add(struct http_figures *figures, const struct finished_request *request)
{
    const int route =
        request->route >= 0 && request->route < FIGURES_ROUTES ? request->route : FIGURES_ROUTES;
    pthread_mutex_lock(&figures->lock);
    figures->routes[route].codes[slot_of(request->code)]++;
    observe(&figures->routes[route].seconds, request->seconds);
    figures->bytes_in += (long long)request->bytes_in;
    figures->bytes_out += (long long)request->bytes_out;
    if (request->ask) {
        struct model_figures *model = model_of(figures, request->ask->served->name, 1);
        if (model) add_to_model(model, request);
    }
    pthread_mutex_unlock(&figures->lock);
}

void http_figures_tick(struct http_figures *figures, double now_s, long long recordings)
{
    pthread_mutex_lock(&figures->lock);
    figures->ticks[figures->n_ticks++ % RING] = (struct tick){ now_s, recordings };
    pthread_mutex_unlock(&figures->lock);
}

/* --------------------------------------------------------------------------------------------- reading */

double http_figures_rate(struct http_figures *figures)
{
    double rate = 0;
    pthread_mutex_lock(&figures->lock);
    if (figures->n_ticks > 1) {
        const struct tick last = figures->ticks[(figures->n_ticks - 1) % RING];
        struct tick first = last;
        for (size_t i = figures->n_ticks; i-- > 0 && figures->n_ticks - i <= RING;) {
            const struct tick tick = figures->ticks[i % RING];
            if (last.at_s - tick.at_s > TICKS_S + 0.01) break;
            first = tick;
        }
        if (last.at_s > first.at_s)
            rate = (double)(last.recordings - first.recordings) / (last.at_s - first.at_s);
    }
    pthread_mutex_unlock(&figures->lock);
    return rate;
}

void http_figures_route(struct http_figures *figures, int route, struct route_figures *out)
{
    pthread_mutex_lock(&figures->lock);
    *out = figures->routes[route];
    pthread_mutex_unlock(&figures->lock);
}

void http_figures_bytes(struct http_figures *figures, long long *in, long long *out)
{
    pthread_mutex_lock(&figures->lock);
    *in = figures->bytes_in;
    *out = figures->bytes_out;
    pthread_mutex_unlock(&figures->lock);
}

void http_figures_model(struct http_figures *figures, const char *name, struct model_figures *out)
{
    *out = (struct model_figures){ 0 };
    pthread_mutex_lock(&figures->lock);
    const struct model_figures *model = model_of(figures, name, 0);
    if (model) *out = *model;
    out->name = NULL;
    pthread_mutex_unlock(&figures->lock);
}
