#include "backend/backend.h"

#include "core/log.h"
#include "core/options.h"

#include <stdio.h>
#include <string.h>

extern const struct backend_ops backend_cuda, backend_cpu, backend_ref;

/* In the order in which `auto` tries them. */
static const struct backend_ops *const list[] = { &backend_cuda, &backend_cpu, &backend_ref };
enum { N_LIST = sizeof list / sizeof *list };

const struct backend_ops *backend_number(int i)
{
    return i >= 0 && i < N_LIST ? list[i] : NULL;
}

static enum status open_one(struct backend **out, const struct backend_ops *ops, const char *why,
                            const struct backend_options *options)
{
    TRY(ops->open(out, options));
    log_info("backend %s (%s), %s", ops->name, ops->device(*out), why);
    return OK;
}

/* Adds to the sentence that tells what was tried before. */
static void note_failure(char *why, size_t size, const char *name)
{
    const size_t used = strlen(why);
    snprintf(why + used, size - used, "%s%s does not open: %s", used ? "; " : "", name, status_sentence());
}

static enum status open_first(struct backend **out, const struct backend_options *options)
{
    char why[1024] = "";
    for (int i = 0; i < N_LIST; i++) {
        enum status status = list[i]->glance ? list[i]->glance() : OK;
        if (status == OK) status = open_one(out, list[i], *why ? why : "the first choice", options);
        if (status != ERR_DEVICE) return status;
        note_failure(why, sizeof why, list[i]->name);
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
    return unknown(name);
}
