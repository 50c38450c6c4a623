#include "cuda/card_line.h"

#include "core/memory.h"
#include "cuda/card_front.h"
#include "cuda/card_net.h"
#include "cuda/device.h"
#include "cuda/region.h"

#include <string.h>

/* What sync is to hand over: from pinned memory to where the caller wants it. */
struct delivery {
    const float *from;
    float *to; /* NULL: nothing */
    size_t n;
};

struct card_line {
    struct line base;
    int number, columns;
    cudaStream_t stream;
    struct region region;
    struct card_front *front;
    struct card_net *net; /* NULL: the feature is the patch itself */
    float *features;      /* on the card [max_patches][columns] */
    float *below;         /* the same, pinned */
    struct delivery features_due, decibel_due;
};

static struct card_line *enter(struct line *base, enum status *status)
{
    struct card_line *line = (struct card_line *)base;
    *status = device_select(line->number);
    return line;
}

/* ----------------------------------------------------------------------------------------------- opening */

static enum status fill(struct card_line *line, const struct line_spec *spec)
{
    const size_t bytes = (size_t)spec->max_patches * line->columns * sizeof(float);
    TRY(device_select(line->number));
    TRY(device_check(cudaStreamCreateWithFlags(&line->stream, cudaStreamNonBlocking), "a stream"));
    TRY(region_card(&line->region, bytes, (void **)&line->features));
    TRY(region_pinned(&line->region, bytes, (void **)&line->below));
    TRY(card_front_open(&line->front, spec, &line->region, line->stream));
    if (spec->net) TRY(card_net_open(&line->net, spec, &line->region, line->stream));
    return device_check(cudaStreamSynchronize(line->stream), "copying tables to the card");
}

enum status card_line_open(const struct backend_ops *ops, int number, const struct line_spec *spec,
                           struct line **out)
{
    *out = NULL;
    TRY(line_check(spec));
    struct card_line *line = memory_new(1, sizeof *line);
    TRY(memory_check(line));
    line->base.ops = ops;
    line->number = number;
    line->columns = line_columns(spec);
    *out = &line->base;
    const enum status status = fill(line, spec);
    if (status != OK) card_line_close(out);
    return status;
}

/* What is still in the stream may use all of this: it is waited for first. */
void card_line_close(struct line **out)
{
    struct card_line *line = (struct card_line *)*out;
    if (!line) return;
    if (line->stream) cudaStreamSynchronize(line->stream);
    card_net_close(&line->net);
    card_front_close(&line->front);
    region_release(&line->region);
    if (line->stream) cudaStreamDestroy(line->stream);
    memory_free(line);
    *out = NULL;
}

/* ------------------------------------------------------------------------------------------------- steps */

enum status card_line_upload(struct line *base, const struct clip *clips, int n_clips)
{
    enum status status;
    struct card_line *line = enter(base, &status);
    return status == OK ? card_front_upload(line->front, clips, n_clips) : status;
}

enum status card_line_logmel(struct line *base)
{
    enum status status;
    struct card_line *line = enter(base, &status);
    return status == OK ? card_front_logmel(line->front) : status;
}

enum status card_line_picture(struct line *base, int first_patch, int n_patches)
{
    enum status status;
    struct card_line *line = enter(base, &status);
    if (status != OK || !line->net || n_patches == 0) return status;
    return card_front_picture(line->front, first_patch, n_patches, card_net_image(line->net),
                              card_net_number(line->net));
}

enum status card_line_net(struct line *base, int first_patch, int n_patches)
{
    enum status status;
    struct card_line *line = enter(base, &status);
    float *features = line->features + (size_t)first_patch * line->columns;
    if (status != OK || n_patches == 0) return status;
    if (line->net) return card_net_run(line->net, n_patches, features);
    return card_front_cells(line->front, first_patch, n_patches, features);
}

/* There is one pinned piece for features: what is still due goes to its caller first. */
enum status card_line_download(struct line *base, float *features)
{
    enum status status;
    struct card_line *line = enter(base, &status);
    const size_t n = (size_t)card_front_patches(line->front) * line->columns;
    if (status == OK && line->features_due.to) status = card_line_sync(base);
    if (status != OK) return status;
    line->features_due = (struct delivery){ line->below, features, n };
    return device_check(
        cudaMemcpyAsync(line->below, line->features, n * sizeof(float), cudaMemcpyDeviceToHost, line->stream),
        "copying features from the card");
}

enum status card_line_download_decibel(struct line *base, float *decibel)
{
    enum status status;
    struct card_line *line = enter(base, &status);
    if (status == OK && line->decibel_due.to) status = card_line_sync(base);
    if (status != OK) return status;
    line->decibel_due.to = decibel;
    return card_front_decibel(line->front, &line->decibel_due.from, &line->decibel_due.n);
}

static void deliver(struct delivery *due)
{
    if (due->to) memcpy(due->to, due->from, due->n * sizeof *due->to);
    due->to = NULL;
}

/* Nothing is handed over where something went wrong: the first error of the stream is the one that is told. */
enum status card_line_sync(struct line *base)
{
    enum status status;
    struct card_line *line = enter(base, &status);
    if (status == OK) status = device_check(cudaStreamSynchronize(line->stream), "waiting for the card");
    if (status != OK) line->features_due.to = line->decibel_due.to = NULL;
    deliver(&line->features_due);
    deliver(&line->decibel_due);
    return status;
}
