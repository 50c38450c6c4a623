/* The backend of NVIDIA's cards, as the program sees it: the line, diagonal mixtures and distances are the plug-in's
 * (cuda/), loaded when somebody asks for it. Full covariances and a detector's own products run on the CPU's
 * kernels, on a backend that stands beside; so does what the card has no room for. */
#include "backend/backend_cpu.h"
#include "backend/cpu_distance.h"
#include "backend/plugin_load.h"

#include "core/memory.h"

enum { BAND_ROWS = 64 }; /* of a tile, that a thread of the CPU takes */

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

static struct backend *card_of(const struct backend *backend)
{
    return ((const struct backend_cuda *)backend)->card;
}

/* A card without room is no reason to stop: OK and *is_done 0 say that the CPU should do it. */
static enum status or_beside(enum status status, const char *what, int *is_done)
{
    *is_done = status != ERR_MEMORY;
    if (*is_done) return status;
    log_warning("%s; %s on the CPU", status_sentence(), what);
    return OK;
}

/* The card has diagonal covariances; an em's table is that of who opened it. */
static enum status cuda_em_open(struct backend *backend, const struct em_spec *spec, struct em **out)
{
    struct backend *card = card_of(backend);
    int is_done = 0;
    if (spec->covariance == COVARIANCE_DIAGONAL)
        TRY(or_beside(card->ops->em_open(card, spec, out), "this mixture is fitted", &is_done));
    return is_done ? OK : backend_cpu.em_open(cpu_of(backend), spec, out);
}

static void cuda_em_close(struct em **em)
{
    if (*em) (*em)->ops->em_close(em);
}

/* Of what em_seed and em_lloyd do not do: mixtures on the CPU. */
static enum status cuda_nearest(struct backend *backend, const struct matrix *x, const double *centres, int k,
                                int *nearest, double *squared)
{
    return backend_cpu.nearest(cpu_of(backend), x, centres, k, nearest, squared);
}

/* ------------------------------------------------------------------------------------------- distances */

/* A tile of the card's, whose rows the CPU's threads share out; exact distances are the CPU's. */
struct sharing {
    struct backend *cpu;
    const struct distance_taker *taker;
    const struct distance_tile *tile;
};

static void take_band(void *context, int index, int thread)
{
    const struct sharing *sharing = context;
    struct distance_tile band = *sharing->tile;
    const int first = index * BAND_ROWS, left = band.x_rows - first;
    (void)thread;
    band.x_first += first;
    band.x_rows = left < BAND_ROWS ? left : BAND_ROWS;
    band.squared += (size_t)first * band.stride;
    band.exact = ((const struct backend_cpu *)sharing->cpu)->isa->distance->exact;
    sharing->taker->take(sharing->taker->context, &band);
}

static void take_tile(void *context, const struct distance_tile *tile)
{
    struct sharing *sharing = context;
    sharing->tile = tile;
    backend_cpu.share(sharing->cpu, (tile->x_rows + BAND_ROWS - 1) / BAND_ROWS, take_band, sharing);
}

/* Where every pair is asked for exactly, there is nothing for a card to do. */
static enum status cuda_distance(struct backend *backend, const struct matrix *x, const struct matrix *y,
                                 const struct distance_taker *taker)
{
    struct sharing sharing = { .cpu = cpu_of(backend), .taker = taker };
    const struct distance_taker tiles = { .take = take_tile, .context = &sharing };
    struct backend *card = card_of(backend);
    int is_done = 0;
    if (!taker->is_exact)
        TRY(or_beside(card->ops->distance(card, x, y, &tiles), "distances are found", &is_done));
    return is_done ? OK : backend_cpu.distance(cpu_of(backend), x, y, taker);
}

/* ------------------------------------------------------------------------------------------- side by side */

static enum status part_of_both(struct backend_cuda *whole, const struct backend_options *options,
                                struct backend_cuda *part)
{
    TRY(whole->card->ops->part(whole->card, options, &part->card));
    return backend_cpu.open(&part->cpu, &(struct backend_options){ .threads = options->threads });
}

static enum status cuda_part(struct backend *backend, const struct backend_options *options,
                             struct backend **out)
{
    struct backend_cuda *part = memory_new(1, sizeof *part);
    *out = NULL;
    TRY(memory_check(part));
    part->base.ops = &backend_cuda;
    *out = &part->base;
    const enum status status = part_of_both((struct backend_cuda *)backend, options, part);
    if (status != OK) cuda_close(out);
    return status;
}

static void cuda_expect(struct backend *backend, int n)
{
    struct backend *card = card_of(backend);
    card->ops->expect(card, n);
}

/* ------------------------------------------------------------------------------ a detector's own products */

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
    .summary = "an NVIDIA card for features, mixtures and distances; other learning on the CPU",
    .glance = plugin_glance,
    .cards = cuda_cards,
    .open = cuda_open,
    .close = cuda_close,
    .device = cuda_device,
    .lanes = 2,
    .chunk = cuda_chunk,
    .line_open = cuda_line_open,
    .line_close = cuda_line_close,
    .abreast = PLUGIN_CUDA_ABREAST,
    .part = cuda_part,
    .expect = cuda_expect,
    .em_open = cuda_em_open,
    .em_close = cuda_em_close,
    .nearest = cuda_nearest,
    .distance = cuda_distance,
    .threads = cuda_threads,
    .share = cuda_share,
    .gemm = cuda_gemm,
    .gemm_double = cuda_gemm_double,
};
