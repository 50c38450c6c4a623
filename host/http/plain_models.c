/* GET /v1/models and /v1/load */
#include "http/routes.h"

#include "core/clock.h"
#include "io/json_text.h"

#include <time.h>

static json_t *groups_json(const struct model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; model && i < model->count; i++)
        json_array_append_new(list, json_text(model->groups[i].name));
    return list;
}

static json_t *model_json(const struct served *served)
{
    const struct model *model = served->model;
    const time_t loaded = (time_t)served->loaded_unix_s;
    char words[32] = "";
    struct tm utc;
    if (gmtime_r(&loaded, &utc)) strftime(words, sizeof words, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_pack("{s:o, s:s, s:s, s:s, s:i, s:o, s:o, s:b, s:s}", "name", json_text(served->name), "kind",
                     model ? "model" : "network", "network", served->settings->network, "layer",
                     served->settings->layer, "columns", served->columns, "detector",
                     model ? json_text(model->detector->name) : json_null(), "groups", groups_json(model),
                     "decides", model ? model_decides(model) : 0, "loaded", words);
}

enum status plain_models(struct exchange *x)
{
    json_t *list = json_array();
    x->catalog = service_catalog(x->site->service);
    for (size_t i = 0; i < x->catalog->count; i++)
        json_array_append_new(list, model_json(&x->catalog->served[i]));
    return answer_json(&x->answer, json_pack("{s:o}", "models", list));
}

enum status plain_load(struct exchange *x)
{
    struct service_figures f;
    service_figures(x->site->service, &f);
    return answer_json(
        &x->answer,
        json_pack("{s:b, s:i, s:i, s:I, s:f, s:f}", "ready", site_is_ready(x->site), "waiting",
                  f.waiting_decode + f.waiting_compute, "in_flight", atomic_load(&x->site->n_asks),
                  "recordings_total", (json_int_t)f.recordings_ok, "recordings_per_second",
                  http_figures_rate(x->site->figures), "uptime_s", clock_seconds() - x->site->started_s));
}
