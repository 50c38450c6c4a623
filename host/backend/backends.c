#include "backend/backend.h"

#include "core/log.h"
#include "core/options.h"

#include <string.h>

extern const struct backend_ops backend_cpu, backend_ref;

/* In the order in which `auto` tries them. */
static const struct backend_ops *const list[] = { &backend_cpu, &backend_ref };
enum { N_LIST = sizeof list / sizeof *list };

const struct backend_ops *backend_number(int i)
{
    return i >= 0 && i < N_LIST ? list[i] : NULL;
}

int line_columns(const struct line_spec *spec)
{
    if (!spec->net) return spec->n_mels * spec->width;
    struct shape shapes[NET_MAX_LAYERS];
    net_shapes(spec->net, shapes);
    return shape_size(shapes[spec->layer]);
}

enum status line_check(const struct line_spec *spec)
{
    REQUIRE(spec->n_fft >= 2 && spec->n_fft <= FFT_MAX, ERR_USAGE, "a window of %d samples, 2 to %d expected",
            spec->n_fft, FFT_MAX);
    REQUIRE(spec->net || spec->range_db > 0, ERR_USAGE,
            "a range of %g dB, more than 0 expected: the patch as a feature is dB / range + 1",
            (double)spec->range_db);
    return OK;
}

static enum status open_one(struct backend **out, const struct backend_ops *ops, const char *why,
                            const struct backend_options *options)
{
    TRY(ops->open(out, options));
    log_info("backend %s (%s), %s", ops->name, ops->device(*out), why);
    return OK;
}

static enum status open_first(struct backend **out, const struct backend_options *options)
{
    const char *why = "the first choice";
    for (int i = 0; i < N_LIST; i++) {
        const enum status status = open_one(out, list[i], why, options);
        if (status != ERR_DEVICE) return status;
        log_info("backend %s does not open: %s", list[i]->name, status_sentence());
        why = "the first that opens";
    }
    return ERR_DEVICE;
}

static enum status unknown(const char *name)
{
    const char *names[N_LIST + 1] = { "auto" };
    for (int i = 0; i < N_LIST; i++) names[i + 1] = list[i]->name;
    const char *nearest = nearest_word(name, names, N_LIST + 1);
    return fail(ERR_USAGE, "no backend is called %s%s%s; `earshot devices` lists them", name,
                nearest ? ", the nearest one is " : "", nearest ? nearest : "");
}

enum status backend_open(struct backend **out, const char *name, const struct backend_options *options)
{
    *out = NULL;
    if (strcmp(name, "auto") == 0) return open_first(out, options);
    for (int i = 0; i < N_LIST; i++)
        if (strcmp(name, list[i]->name) == 0) return open_one(out, list[i], "as asked for", options);
    REQUIRE(strcmp(name, "cuda") != 0, ERR_DEVICE, "the backend cuda is not part of this build of earshot");
    return unknown(name);
}
