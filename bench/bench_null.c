#include "bench_null.h"

#include "core/rng.h"

#include <string.h>

extern const struct backend_ops bench_null_ops;

struct null_line {
    struct line line;
    int columns, n_patches;
    float *features; /* [max_patches][columns] what every recording gets */
};

static struct null_backend {
    struct backend backend;
    int threads;
} only = { .backend = { &bench_null_ops } };

struct backend *bench_null(int n_threads)
{
    only.threads = n_threads;
    return &only.backend;
}

static int threads(const struct backend *backend)
{
    return ((const struct null_backend *)backend)->threads;
}

static void backend_close(struct backend **backend)
{
    *backend = NULL;
}

static const char *device(const struct backend *backend)
{
    (void)backend;
    return "nothing";
}

static void line_close(struct line **line)
{
    struct null_line *null = (struct null_line *)*line;
    if (!null) return;
    memory_free(null->features);
    memory_free(null);
    *line = NULL;
}

static enum status line_open(struct backend *backend, const struct line_spec *spec, struct line **out)
{
    const size_t n = (size_t)spec->max_patches * (size_t)line_columns(spec);
    struct null_line *null = memory_new(1, sizeof *null);
    struct rng rng = rng_seeded(1, 0);
    *out = &null->line;
    TRY(memory_check(null));
    null->line.ops = backend->ops;
    null->columns = line_columns(spec);
    TRY(memory_check(null->features = memory_new(n, sizeof *null->features)));
    for (size_t i = 0; i < n; i++) null->features[i] = (float)rng_uniform(&rng);
    return OK;
}

static enum status upload(struct line *line, const struct clip *clips, int n_clips)
{
    struct null_line *null = (struct null_line *)line;
    null->n_patches = 0;
    for (int i = 0; i < n_clips; i++) null->n_patches += clips[i].n_patches;
    return OK;
}

static enum status logmel(struct line *line)
{
    (void)line;
    return OK;
}

static enum status chunk(struct line *line, int first_patch, int n_patches)
{
    (void)line;
    (void)first_patch;
    (void)n_patches;
    return OK;
}

static enum status download(struct line *line, float *features)
{
    const struct null_line *null = (const struct null_line *)line;
    memcpy(features, null->features, (size_t)null->n_patches * (size_t)null->columns * sizeof *features);
    return OK;
}

static enum status sync_line(struct line *line)
{
    (void)line;
    return OK;
}

const struct backend_ops bench_null_ops = {
    .name = "null",
    .summary = "takes no time",
    .close = backend_close,
    .device = device,
    .lanes = 1,
    .line_open = line_open,
    .line_close = line_close,
    .upload = upload,
    .logmel = logmel,
    .picture = chunk,
    .net = chunk,
    .download = download,
    .sync = sync_line,
    .threads = threads,
};
