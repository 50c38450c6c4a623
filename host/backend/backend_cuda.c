/* The backend of NVIDIA's cards, as the program sees it: the line is the plug-in's (cuda/), loaded when somebody
 * asks for it. What learns (EM, distances, a detector's own products) still runs on the CPU's kernels, on a
 * backend that stands beside; cuda/README.md says so, and `devices` as well. */
#include "backend/plugin_load.h"

#include "core/memory.h"

extern const struct backend_ops backend_cuda, backend_cpu;

struct backend_cuda {
    struct backend base;
    struct backend *card; /* the plug-in's */
    struct backend *cpu;
};

static struct backend *cpu_of(const struct backend *backend)
{
    return ((const struct backend_cuda *)backend)->cpu;
}

static enum status cuda_cards(struct card_list *list)
{
    const struct plugin *plugin;
    *list = (struct card_list){ 0 };
    TRY(plugin_load(&plugin));
    return plugin->ops->cards(list);
}

static void cuda_close(struct backend **backend)
{
    struct backend_cuda *cuda = (struct backend_cuda *)*backend;
    if (!cuda) return;
    if (cuda->card) cuda->card->ops->close(&cuda->card);
    backend_cpu.close(&cuda->cpu);
    memory_free(cuda);
    *backend = NULL;
}

static enum status open_both(struct backend_cuda *cuda, const struct backend_options *options)
{
    const struct plugin *plugin;
    TRY(plugin_load(&plugin));
    TRY(plugin->ops->open(&cuda->card, options));
    return backend_cpu.open(&cuda->cpu, &(struct backend_options){ .threads = options->threads });
}

static enum status cuda_open(struct backend **out, const struct backend_options *options)
{
    *out = NULL;
    struct backend_cuda *cuda = memory_new(1, sizeof *cuda);
    TRY(memory_check(cuda));
    cuda->base.ops = &backend_cuda;
    *out = &cuda->base;
    const enum status status = open_both(cuda, options);
    if (status != OK) cuda_close(out);
    return status;
}

static const char *cuda_device(const struct backend *backend)
{
    const struct backend *card = ((const struct backend_cuda *)backend)->card;
    return card->ops->device(card);
}

/* ---------------------------------------------------------------------------------------------- the line */

static int cuda_chunk(const struct backend *backend)
{
    const struct backend *card = ((const struct backend_cuda *)backend)->card;
    return card->ops->chunk(card);
}

/* The line that comes out has the plug-in's table: its steps are called without a detour. */
static enum status cuda_line_open(struct backend *backend, const struct line_spec *spec, struct line **out)
{
    struct backend *card = ((struct backend_cuda *)backend)->card;
    return card->ops->line_open(card, spec, out);
}

static void cuda_line_close(struct line **line)
{
    if (*line) (*line)->ops->line_close(line);
}

/* -------------------------------------------------------------------------------------------- what learns */

static enum status cuda_em_open(struct backend *backend, const struct em_spec *spec, struct em **out)
{
    return backend_cpu.em_open(cpu_of(backend), spec, out);
}

static void cuda_em_close(struct em **em)
{
    if (*em) (*em)->ops->em_close(em);
}

static enum status cuda_nearest(struct backend *backend, const struct matrix *x, const double *centres, int k,
                                int *nearest, double *squared)
{
    return backend_cpu.nearest(cpu_of(backend), x, centres, k, nearest, squared);
}

static enum status cuda_distance(struct backend *backend, const struct matrix *x, const struct matrix *y,
                                 const struct distance_taker *taker)
{
    return backend_cpu.distance(cpu_of(backend), x, y, taker);
}

static int cuda_threads(const struct backend *backend)
{
    return backend_cpu.threads(cpu_of(backend));
}

static void cuda_share(struct backend *backend, int n_tasks,
                       void (*task)(void *context, int index, int thread), void *context)
{
    backend_cpu.share(cpu_of(backend), n_tasks, task, context);
}

static void cuda_gemm(struct backend *backend, const struct gemm_args *args)
{
    backend_cpu.gemm(cpu_of(backend), args);
}

static void cuda_gemm_double(struct backend *backend, const struct gemm_double_args *args)
{
    backend_cpu.gemm_double(cpu_of(backend), args);
}

/* The steps of a line and of EM are in the tables of those that open them. */
const struct backend_ops backend_cuda = {
    .name = "cuda",
    .summary = "an NVIDIA card for features; what learns runs on the CPU",
    .glance = plugin_glance,
    .cards = cuda_cards,
    .open = cuda_open,
    .close = cuda_close,
    .device = cuda_device,
    .lanes = 2,
    .chunk = cuda_chunk,
    .line_open = cuda_line_open,
    .line_close = cuda_line_close,
    .em_open = cuda_em_open,
    .em_close = cuda_em_close,
    .nearest = cuda_nearest,
    .distance = cuda_distance,
    .threads = cuda_threads,
    .share = cuda_share,
    .gemm = cuda_gemm,
    .gemm_double = cuda_gemm_double,
};
