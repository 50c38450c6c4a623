#include "http/kserve_meta.h"

#include "http/routes.h"
#include "io/json_text.h"

#include <string.h>

/* /v2/models/{model}/versions/{version}/… */
enum { PART_MODEL = 2, PART_VERSIONS = 3, PART_VERSION = 4 };

enum status kserve_served(struct exchange *x, const struct served **out)
{
    const struct request *request = &x->request;
    const int has_version =
        request->n_parts > PART_VERSION && strcmp(request->parts[PART_VERSIONS], "versions") == 0;
    TRY(exchange_served(x, request->parts[PART_MODEL], out));
    if (!has_version || strcmp(request->parts[PART_VERSION], "1") == 0) return OK;
    return refuse(&x->answer, 404, "version \"%.20s\" of %.60s found, \"1\" is the only one",
                  request->parts[PART_VERSION], (*out)->name);
}

/* ---------------------------------------------------------------------------------------------- server */

enum status kserve_server(struct exchange *x)
{
    return answer_json(&x->answer, json_pack("{s:s, s:s, s:[s, s, s, s]}", "name", "earshot", "version",
                                             EARSHOT_VERSION, "extensions", "binary_tensor_data",
                                             "model_configuration", "statistics", "model_repository"));
}

enum status kserve_live(struct exchange *x)
{
    return answer_json(&x->answer, json_pack("{s:b}", "live", 1));
}

/* The protocol wants 4xx of who is not ready. */
enum status kserve_ready(struct exchange *x)
{
    const int is_ready = site_is_ready(x->site);
    TRY(answer_json(&x->answer, json_pack("{s:b}", "ready", is_ready)));
    x->answer.code = is_ready ? 200 : 400;
    return OK;
}

/* ----------------------------------------------------------------------------------------------- model */

static json_t *described(const char *name, const char *datatype, json_t *shape)
{
    return json_pack("{s:s, s:s, s:o}", "name", name, "datatype", datatype, "shape", shape);
}

static json_t *inputs_json(void)
{
    return json_pack("[o, o]", described("wav", "BYTES", json_pack("[i]", -1)),
                     described("audio", "FP32", json_pack("[i, i]", -1, -1)));
}

static json_t *shape_of(const struct served *served, enum kserve_output output)
{
    return output == OUTPUT_FEATURES ? json_pack("[i, i]", -1, served->columns) : json_pack("[i]", -1);
}

static json_t *outputs_json(const struct served *served)
{
    json_t *list = json_array();
    for (int i = 0; i < N_OUTPUTS; i++)
        if (kserve_offers(served, (enum kserve_output)i))
            json_array_append_new(list, described(kserve_outputs[i].name, kserve_outputs[i].datatype,
                                                  shape_of(served, (enum kserve_output)i)));
    return list;
}

enum status kserve_model(struct exchange *x)
{
    const struct served *served;
    TRY(kserve_served(x, &served));
    return answer_json(&x->answer, json_pack("{s:o, s:[s], s:s, s:o, s:o}", "name", json_text(served->name),
                                             "versions", "1", "platform", "earshot", "inputs", inputs_json(),
                                             "outputs", outputs_json(served)));
}

enum status kserve_model_ready(struct exchange *x)
{
    const struct served *served;
    TRY(kserve_served(x, &served));
    const int is_ready = site_is_ready(x->site);
    TRY(answer_json(&x->answer, json_pack("{s:o, s:b}", "name", json_text(served->name), "ready", is_ready)));
    x->answer.code = is_ready ? 200 : 400;
    return OK;
}

/* ---------------------------------------------------------------------------------------------- config */

/* "FP32" is TYPE_FP32 there, and "BYTES" TYPE_STRING. Batches are the service's own affair, so that the first
 * dimension of a tensor is written here too and max_batch_size is 0. */
static json_t *configured(const char *name, const char *type, json_t *dims, int is_input)
{
    json_t *json = json_pack("{s:s, s:s, s:o}", "name", name, "data_type", type, "dims", dims);
    if (is_input) json_object_set_new(json, "optional", json_true());
    return json;
}

static json_t *configured_outputs(const struct served *served)
{
    json_t *list = json_array();
    for (int i = 0; i < N_OUTPUTS; i++)
        if (kserve_offers(served, (enum kserve_output)i))
            json_array_append_new(list, configured(kserve_outputs[i].name,
                                                   i == OUTPUT_PATCHES ? "TYPE_INT32" : "TYPE_FP32",
                                                   shape_of(served, (enum kserve_output)i), 0));
    return list;
}

enum status kserve_config(struct exchange *x)
{
    const struct served *served;
    TRY(kserve_served(x, &served));
    json_t *inputs = json_pack("[o, o]", configured("wav", "TYPE_STRING", json_pack("[i]", -1), 1),
                               configured("audio", "TYPE_FP32", json_pack("[i, i]", -1, -1), 1));
    return answer_json(&x->answer,
                       json_pack("{s:o, s:s, s:s, s:i, s:o, s:o}", "name", json_text(served->name),
                                 "platform", "earshot", "backend", "earshot", "max_batch_size", 0, "input",
                                 inputs, "output", configured_outputs(served)));
}

/* ---------------------------------------------------------------------------------------------- stats */

static json_t *duration(long long count, double seconds)
{
    return json_pack("{s:I, s:I}", "count", (json_int_t)count, "ns", (json_int_t)(1e9 * seconds));
}

static json_t *stats_json(struct exchange *x, const char *name)
{
    struct model_figures m;
    http_figures_model(x->site->figures, name, &m);
    json_t *stats =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "success", duration(m.requests, m.total_s), "fail",
                  duration(m.failures, m.failed_s), "queue", duration(m.requests, m.queue_s), "compute_input",
                  duration(m.requests, m.decode_s), "compute_infer", duration(m.requests, m.compute_s),
                  "compute_output", duration(m.requests, m.score_s));
    return json_pack("{s:o, s:s, s:I, s:I, s:I, s:o, s:[]}", "name", json_text(name), "version", "1",
                     "last_inference", (json_int_t)m.last_ms, "inference_count", (json_int_t)m.inferences,
                     "execution_count", (json_int_t)m.executions, "inference_stats", stats, "batch_stats");
}

enum status kserve_stats(struct exchange *x)
{
    const struct served *served;
    json_t *list = json_array();
    enum status status = OK;
    x->catalog = service_catalog(x->site->service);
    if (x->request.n_parts > PART_VERSIONS) {
        status = kserve_served(x, &served);
        if (status == OK) json_array_append_new(list, stats_json(x, served->name));
    } else {
        for (size_t i = 0; i < x->catalog->count; i++)
            json_array_append_new(list, stats_json(x, x->catalog->served[i].name));
    }
    if (status == OK) return answer_json(&x->answer, json_pack("{s:o}", "model_stats", list));
    json_decref(list);
    return status;
}

enum status kserve_index(struct exchange *x)
{
    json_t *list = json_array();
    x->catalog = service_catalog(x->site->service);
    for (size_t i = 0; i < x->catalog->count; i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:s, s:s, s:s}", "name", json_text(x->catalog->served[i].name),
                                        "version", "1", "state", "READY", "reason", ""));
    return answer_json(&x->answer, list);
}
