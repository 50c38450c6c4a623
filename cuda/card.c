#include "cuda/card.h"

#include "core/memory.h"
#include "cuda/card_line.h"
#include "cuda/device.h"

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
