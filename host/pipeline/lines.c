#include "pipeline/lines.h"

#include "core/log.h"
#include "core/memory.h"

static void close_lines(struct lines *lines)
{
    for (int i = 0; i < lines->n; i++) lines->line[i]->ops->line_close(&lines->line[i]);
    lines->n = 0;
}

static enum status open_lines(struct lines *lines, struct backend *const *backends, int n)
{
    enum status status = OK;
    while (lines->n < n && status == OK) {
        struct backend *backend = backends[lines->n];
        status = backend->ops->line_open(backend, &lines->spec, &lines->line[lines->n]);
        lines->n += lines->line[lines->n] != NULL; /* a half-open one as well */
    }
    if (status != OK) close_lines(lines);
    return status;
}

static enum status open_halving(struct lines *lines, const struct setup *setup,
                                struct backend *const *backends, int n)
{
    const struct line_spec taps = lines->spec;
    for (int chunk = setup->spec.chunk;; chunk /= 2) {
        lines->spec = lines->common_patches ? setup_common_spec(setup, chunk, lines->common_patches)
                                            : setup_spec(setup, chunk);
        lines->spec.taps = taps.taps;
        lines->spec.n_taps = taps.n_taps;
        const enum status status = open_lines(lines, backends, n);
        if (status != ERR_MEMORY || !setup->backend->ops->chunk) return status;
        REQUIRE(chunk > 1, ERR_DEVICE, "not one patch at a time fits: %s", status_sentence());
        log_warning("%d patches at a time do not fit, %d are tried: %s", chunk, chunk / 2, status_sentence());
    }
}

enum status lines_init(struct lines *lines, const struct setup *setup, struct backend *const *backends, int n)
{
    return lines_init_tapped(lines, setup, NULL, 0, backends, n);
}

enum status lines_init_tapped(struct lines *lines, const struct setup *setup, const int *taps, int n_taps,
                              struct backend *const *backends, int n)
{
    *lines = (struct lines){ .spec = { .taps = taps, .n_taps = n_taps } };
    TRY(memory_check(lines->line = memory_new((size_t)n, sizeof *lines->line)));
    return open_halving(lines, setup, backends, n);
}

enum status lines_init_common(struct lines *lines, const struct setup *setup, int most_patches)
{
    *lines = (struct lines){ .common_patches = most_patches };
    TRY(memory_check(lines->line = memory_new(1, sizeof *lines->line)));
    return open_halving(lines, setup, &setup->backend, 1);
}

void lines_release(struct lines *lines)
{
    close_lines(lines);
    memory_free(lines->line);
    *lines = (struct lines){ 0 };
}
