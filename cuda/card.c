#include "cuda/card.h"

#include "core/memory.h"
#include "cuda/card_line.h"
#include "cuda/device.h"

/* 256 patches keep a large card busy (README.md). Two lanes of the network that needs most, SqueezeNet 1.0 at fp32,
 * take 18 MiB a patch, and half a GiB of workspace each. */
enum { MOST_PATCHES = 256, MEMORY_OF_A_PATCH = 32 << 20 };

struct card_backend {
    struct backend base;
    struct card card;
    int number;
};

static void card_close(struct backend **backend)
{
    memory_free(*backend);
    *backend = NULL;
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
};
