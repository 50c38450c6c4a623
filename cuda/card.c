#include "cuda/card.h"

#include "core/memory.h"
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

static enum status card_line_open(struct backend *backend, const struct line_spec *spec, struct line **out)
{
    *out = NULL;
    TRY(line_check(spec));
    return fail(ERR_DEVICE, "%s: this build of the CUDA backend finds cards and does not compute yet",
                card_device(backend));
}

const struct backend_ops card_ops = {
    .name = "cuda",
    .summary = "an NVIDIA card",
    .cards = device_list,
    .open = card_open,
    .close = card_close,
    .device = card_device,
    .line_open = card_line_open,
};
