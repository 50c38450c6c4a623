#include "http/routes.h"

#include <string.h>

const struct route routes[] = {
    { "GET", "/", ROUTE_OPEN, probe_page, NULL },
    { "GET", "/livez", ROUTE_OPEN, probe_live, NULL },
    { "GET", "/readyz", ROUTE_OPEN, probe_ready, NULL },
    { "GET", "/version", ROUTE_OPEN, probe_version, NULL },
    { "GET", "/openapi.json", ROUTE_OPEN, probe_openapi, NULL },
    { "GET", "/metrics", 0, metrics_page, NULL },
    { "GET", "/v1/models", 0, plain_models, NULL },
    { "GET", "/v1/load", 0, plain_load, NULL },
    { "POST", "/v1/score", 0, plain_score_begin, plain_score_finish },
    { "POST", "/v1/features", 0, plain_features_begin, plain_features_finish },
    { "POST", "/v1/spectrogram.png", 0, plain_spectrogram_begin, plain_spectrogram_finish },
    { "GET", "/v2", 0, kserve_server, NULL },
    { "GET", "/v2/health/live", ROUTE_OPEN, kserve_live, NULL },
    { "GET", "/v2/health/ready", ROUTE_OPEN, kserve_ready, NULL },
    { "GET", "/v2/models/stats", 0, kserve_stats, NULL },
    { "GET", "/v2/models/{model}", 0, kserve_model, NULL },
    { "GET", "/v2/models/{model}/ready", 0, kserve_model_ready, NULL },
    { "GET", "/v2/models/{model}/config", 0, kserve_config, NULL },
    { "GET", "/v2/models/{model}/stats", 0, kserve_stats, NULL },
    { "POST", "/v2/models/{model}/infer", 0, kserve_infer_begin, kserve_infer_finish },
    { "GET", "/v2/models/{model}/versions/{version}", 0, kserve_model, NULL },
    { "GET", "/v2/models/{model}/versions/{version}/ready", 0, kserve_model_ready, NULL },
    { "GET", "/v2/models/{model}/versions/{version}/config", 0, kserve_config, NULL },
    { "GET", "/v2/models/{model}/versions/{version}/stats", 0, kserve_stats, NULL },
    { "POST", "/v2/models/{model}/versions/{version}/infer", 0, kserve_infer_begin, kserve_infer_finish },
    { "POST", "/v2/repository/index", 0, kserve_index, NULL },
    { "GET", "/v2/repository/index", 0, kserve_index, NULL },
};
const int n_routes = sizeof routes / sizeof *routes;

static int part_matches(const char *pattern, size_t length, const char *part)
{
    return *pattern == '{' || (strlen(part) == length && memcmp(pattern, part, length) == 0);
}

static int path_matches(const char *pattern, const struct request *request)
{
    int i = 0;
    for (pattern++; *pattern; i++) {
        const size_t length = strcspn(pattern, "/");
        if (i == request->n_parts || !part_matches(pattern, length, request->parts[i])) return 0;
        pattern += length + (pattern[length] == '/');
    }
    return i == request->n_parts;
}

const struct route *routes_find(const struct request *request, const char **allow)
{
    const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
    int gets = 0, posts = 0;
    for (int i = 0; i < n_routes; i++) {
        if (!path_matches(routes[i].pattern, request)) continue;
        if (strcmp(routes[i].method, method) == 0) return &routes[i];
        gets |= *routes[i].method == 'G';
        posts |= *routes[i].method == 'P';
    }
    *allow = gets && posts ? "GET, HEAD, POST" : gets ? "GET, HEAD" : posts ? "POST" : NULL;
    return NULL;
}
