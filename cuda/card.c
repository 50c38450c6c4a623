#include "cuda/card.h"

#include "core/memory.h"
#include "cuda/card_distance.h"
#include "cuda/card_em.h"
#include "cuda/card_line.h"
#include "cuda/device.h"

/* 256 patches keep a large card busy (README.md). Two lanes of the network that needs most, SqueezeNet 1.0 at fp32,
 * take 18 MiB a patch, and half a GiB of workspace each. */
enum { MOST_PATCHES = 256, MEMORY_OF_A_PATCH = 32 << 20 };

struct card_backend {
    struct backend base;
    struct card card;
    int number;
    struct card_gather *gather; /* of fits; NULL until the first one or the first part */
};

static void card_close(struct backend **base)
{
    struct card_backend *backend = (struct card_backend *)*base;
    if (backend) card_gather_close(&backend->gather);
    memory_free(backend);
    *base = NULL;
}

static enum status card_open(struct backend **out, const struct backend_options *options)
{
    *out = NULL;
    struct card_backend *backend = memory_new(1, sizeof *backend);
    TRY(memory_check(backend));
    *backend = (struct card_backend){ .base.ops = &card_ops, .number = options->device };
    *out = &backend->base;
    const enum status status = device_use(options->device, &backend->card);
    if (status != OK) card_close(out);
    return status;
}

static const char *card_device(const struct backend *backend)
{
    return ((const struct card_backend *)backend)->card.name;
}

static int card_chunk(const struct backend *backend)
{
    const size_t fitting = ((const struct card_backend *)backend)->card.memory_bytes / MEMORY_OF_A_PATCH;
    return fitting < 1 ? 1 : fitting > MOST_PATCHES ? MOST_PATCHES : (int)fitting;
}

static enum status card_open_line(struct backend *base, const struct line_spec *spec, struct line **out)
{
    return card_line_open(&card_ops, ((struct card_backend *)base)->number, spec, out);
}

/* -------------------------------------------------------------------------------------------- what learns */

static enum status need_gather(struct card_backend *backend)
{
    return backend->gather ? OK : card_gather_open(&backend->gather, backend->number);
}

/* Where there is no room for a gather, each fit is told so when it asks (ERR_MEMORY). */
static enum status card_part(struct backend *base, const struct backend_options *options,
                             struct backend **out)
{
    struct card_backend *whole = (struct card_backend *)base;
    (void)options;
    *out = NULL;
    const enum status status = need_gather(whole);
    if (status != ERR_MEMORY) TRY(status);
    struct card_backend *part = memory_new(1, sizeof *part);
    TRY(memory_check(part));
    *part = *whole;
    part->gather = card_gather_share(whole->gather);
    *out = &part->base;
    return OK;
}

static void card_expect(struct backend *base, int n)
{
    struct card_backend *backend = (struct card_backend *)base;
    if (backend->gather) card_gather_expect(backend->gather, n);
}

static enum status card_open_em(struct backend *base, const struct em_spec *spec, struct em **out)
{
    struct card_backend *backend = (struct card_backend *)base;
    *out = NULL;
    TRY(need_gather(backend));
    return card_em_open(&card_ops, backend->gather, spec, out);
}

static enum status card_find_distances(struct backend *base, const struct matrix *x, const struct matrix *y,
                                       const struct distance_taker *taker)
{
    return card_distance(((const struct card_backend *)base)->number, x, y, taker);
}

const struct backend_ops card_ops = {
    .name = "cuda",
    .summary = "an NVIDIA card",
    .cards = device_list,
    .open = card_open,
    .close = card_close,
    .device = card_device,
    .lanes = 2,
    .chunk = card_chunk,
    .line_open = card_open_line,
    .line_close = card_line_close,
    .upload = card_line_upload,
    .logmel = card_line_logmel,
    .picture = card_line_picture,
    .net = card_line_net,
    .download = card_line_download,
    .sync = card_line_sync,
    .download_decibel = card_line_download_decibel,
    .abreast = CARD_BATCH_FITS,
    .part = card_part,
    .expect = card_expect,
    .em_open = card_open_em,
    .em_close = card_em_close,
    .em_start = card_em_start,
    .em_step = card_em_step,
    .em_prepare = card_em_prepare,
    .em_step_prepared = card_em_step_prepared,
    .em_fetch = card_em_fetch,
    .em_seed = card_em_seed,
    .em_lloyd = card_em_lloyd,
    .distance = card_find_distances,
};
