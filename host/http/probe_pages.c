/* What load balancers, people and tools ask before anything else. */
#include "http/embedded.h"
#include "http/page_policy.h"
#include "http/routes.h"

enum status probe_live(struct exchange *x)
{
    text_put(&x->answer.body, "ok\n");
    return answer_body(&x->answer, "text/plain; charset=utf-8");
}

enum status probe_ready(struct exchange *x)
{
    const int is_ready = site_is_ready(x->site);
    text_put(&x->answer.body, is_ready ? "ready\n" : "draining\n");
    TRY(answer_body(&x->answer, "text/plain; charset=utf-8"));
    x->answer.code = is_ready ? 200 : 503;
    return OK;
}

enum status probe_version(struct exchange *x)
{
    return answer_json(&x->answer, json_pack("{s:s, s:s, s:s, s:s}", "name", "earshot", "version",
                                             EARSHOT_VERSION, "backend", service_backend(x->site->service),
                                             "device", service_device(x->site->service)));
}

static enum status answer_fixed(struct answer *answer, const void *bytes, size_t size,
                                const char *content_type)
{
    answer->code = 200;
    answer->content_type = content_type;
    answer->fixed = bytes;
    answer->fixed_size = size;
    return OK;
}

/* The page carries all that it needs, and may talk to nobody but this server. */
enum status probe_page(struct exchange *x)
{
    x->answer.policy = page_policy();
    return answer_fixed(&x->answer, page_html, page_html_size, "text/html; charset=utf-8");
}

enum status probe_openapi(struct exchange *x)
{
    return answer_fixed(&x->answer, openapi_json, openapi_json_size, "application/json");
}
