/* The definition: runs the unfused stages of kernels/ one after the other, clip by clip, and keeps what each
 * gives. Threads share out frames and output channels, which changes no sum. */
#include "backend/backend.h"

#include "backend/clips.h"
#include "backend/ref_distance.h"
#include "backend/ref_em.h"
#include "backend/ref_net.h"
#include "core/pool.h"
#include "fft.h"
#include "mel.h"
#include "patch.h"
#include "power.h"

#include <string.h>

struct backend_ref {
    struct backend base;
    struct pool *pool;
};

struct line_ref {
    struct line base;
    struct pool *pool;
    struct line_spec spec;
    struct clips clips;
    float *frames;   /* [max_frames][n_fft]                        of one clip  */
    float *spectrum; /* [max_frames][n_bins][2]                    of one clip  */
    float *power;    /* [max_frames][n_bins]                       of one clip  */
    float *mel;      /* [max_frames][n_mels]                       of one clip  */
    float *decibel;  /* clip after clip [n_mels][n_frames]         of the batch */
    float *rgb;      /* [max_patches][n_mels][width][3]            of one clip  */
    float *image;    /* [chunk][3][size][size]                                  */
    float *features; /* [max_patches][D]                           of the batch */
    int columns;     /* D */
    struct ref_net net;
};

extern const struct backend_ops backend_ref;

static void ref_close(struct backend **backend)
{
    struct backend_ref *ref = (struct backend_ref *)*backend;
    if (!ref) return;
    pool_close(&ref->pool);
    memory_free(ref);
    *backend = NULL;
}

static enum status ref_open(struct backend **out, const struct backend_options *options)
{
    struct backend_ref *ref = memory_new(1, sizeof *ref);
    TRY(memory_check(ref));
    ref->base.ops = &backend_ref;
    *out = &ref->base;
    const enum status status = pool_open(&ref->pool, options->threads);
    if (status != OK) ref_close(out);
    return status;
}

static const char *ref_device(const struct backend *backend)
{
    (void)backend;
    return "plain C";
}

static void ref_line_close(struct line **out)
{
    struct line_ref *line = (struct line_ref *)*out;
    if (!line) return;
    clips_release(&line->clips);
    memory_free(line->frames);
    memory_free(line->spectrum);
    memory_free(line->power);
    memory_free(line->mel);
    memory_free(line->decibel);
    memory_free(line->rgb);
    memory_free(line->image);
    memory_free(line->features);
    ref_net_release(&line->net);
    memory_free(line);
    *out = NULL;
}

static enum status new_floats(float **out, size_t rows, size_t columns)
{
    return memory_check(*out = memory_new(rows * columns, sizeof **out));
}

static enum status open_front(struct line_ref *line)
{
    const struct line_spec *spec = &line->spec;
    const size_t n_frames = (size_t)spec->max_frames, n_bins = (size_t)spec->n_fft / 2 + 1;
    TRY(clips_init(&line->clips, spec));
    TRY(new_floats(&line->frames, n_frames, (size_t)spec->n_fft));
    TRY(new_floats(&line->spectrum, n_frames, 2 * n_bins));
    TRY(new_floats(&line->power, n_frames, n_bins));
    TRY(new_floats(&line->mel, n_frames, (size_t)spec->n_mels));
    TRY(new_floats(&line->decibel, n_frames, (size_t)spec->n_mels));
    return new_floats(&line->features, (size_t)spec->max_patches, (size_t)line->columns);
}

static enum status open_picture(struct line_ref *line)
{
    const struct line_spec *spec = &line->spec;
    const size_t size = (size_t)spec->net->input_size;
    TRY(new_floats(&line->rgb, (size_t)spec->max_patches, (size_t)spec->n_mels * spec->width * 3));
    TRY(new_floats(&line->image, (size_t)spec->chunk, 3 * size * size));
    return ref_net_init(&line->net, spec->net, spec->layer, spec->weights, line->pool);
}

static enum status ref_line_open(struct backend *backend, const struct line_spec *spec, struct line **out)
{
    *out = NULL;
    TRY(line_check(spec));
    struct line_ref *line = memory_new(1, sizeof *line);
    TRY(memory_check(line));
    *line = (struct line_ref){
        .base.ops = &backend_ref,
        .pool = ((struct backend_ref *)backend)->pool,
        .spec = *spec,
        .columns = line_columns(spec),
    };
    *out = &line->base;
    enum status status = open_front(line);
    if (status == OK && spec->net) status = open_picture(line);
    if (status != OK) ref_line_close(out);
    return status;
}

static enum status ref_upload(struct line *base, const struct clip *clips, int n_clips)
{
    return clips_copy(&((struct line_ref *)base)->clips, clips, n_clips);
}

/* One frame: a DFT takes far longer than everything else here. */
static void fft_task(void *context, int index, int thread)
{
    (void)thread;
    struct fft_args a = *(const struct fft_args *)context;
    a.frames += (size_t)index * a.n_fft;
    a.spectrum += (size_t)index * (a.n_fft / 2 + 1) * 2;
    a.n_frames = 1;
    fft_ref(&a);
}

static void logmel_of(struct line_ref *line, const struct clip *clip)
{
    const struct line_spec *spec = &line->spec;
    const int n_frames = clip->n_frames, n_bins = spec->n_fft / 2 + 1;
    frame_ref(&(struct frame_args){ .pcm = clip->pcm,
                                    .wave = clip->wave,
                                    .window = spec->window,
                                    .frames = line->frames,
                                    .n_samples = clip->n_samples,
                                    .n_fft = spec->n_fft,
                                    .hop = spec->hop,
                                    .n_frames = n_frames,
                                    .pad = spec->pad });
    pool_run(line->pool, n_frames, fft_task,
             &(struct fft_args){ line->frames, line->spectrum, n_frames, spec->n_fft });
    power_ref(&(struct power_args){ line->spectrum, line->power, n_frames, n_bins });
    mel_ref(&(struct mel_args){ line->power, spec->bank, line->mel, n_frames, n_bins, spec->n_mels });
    decibel_ref(&(struct decibel_args){ .mel = line->mel,
                                        .decibel = line->decibel + (size_t)clip->first_frame * spec->n_mels,
                                        .n_frames = n_frames,
                                        .n_mels = spec->n_mels,
                                        .reference = spec->reference,
                                        .range_db = spec->range_db });
}

static enum status ref_logmel(struct line *base)
{
    struct line_ref *line = (struct line_ref *)base;
    for (int i = 0; i < line->clips.n; i++) logmel_of(line, &line->clips.clip[i]);
    return OK;
}

static void colorize_clip(struct line_ref *line, const struct clip *clip)
{
    const struct line_spec *spec = &line->spec;
    colorize_ref(&(struct colorize_args){ .decibel = line->decibel + (size_t)clip->first_frame * spec->n_mels,
                                          .colormap = spec->colormap,
                                          .rgb = line->rgb,
                                          .n_frames = clip->n_frames,
                                          .n_mels = spec->n_mels,
                                          .n_patches = clip->n_patches,
                                          .width = spec->width,
                                          .offset = spec->offset,
                                          .range = spec->color_range,
                                          .range_db = spec->range_db,
                                          .flip = spec->flip });
}

/* Patches `from` … `to` - 1 of the batch, all of this clip; `image` is where the first one goes. */
static void picture_of(struct line_ref *line, const struct clip *clip, int from, int to, float *image)
{
    const struct line_spec *spec = &line->spec;
    const size_t patch = (size_t)spec->n_mels * spec->width * 3;
    colorize_clip(line, clip);
    resize_ref(&(struct resize_args){ .rgb = line->rgb + (from - clip->first_patch) * patch,
                                      .image = image,
                                      .mean = IMAGENET_MEAN,
                                      .deviation = IMAGENET_DEVIATION,
                                      .n_patches = to - from,
                                      .height = spec->n_mels,
                                      .width = spec->width,
                                      .size = spec->net->input_size,
                                      .filter = spec->filter });
}

static enum status ref_picture(struct line *base, int first_patch, int n_patches)
{
    struct line_ref *line = (struct line_ref *)base;
    if (!line->spec.net) return OK;
    const size_t size = (size_t)line->spec.net->input_size;
    const int end = first_patch + n_patches;
    for (int from = first_patch; from < end;) {
        const struct clip *clip = clips_of_patch(&line->clips, from);
        const int clip_end = clip->first_patch + clip->n_patches, to = clip_end < end ? clip_end : end;
        picture_of(line, clip, from, to, line->image + (from - first_patch) * 3 * size * size);
        from = to;
    }
    return OK;
}

/* The patch itself as a feature. */
static void cells_of_patch(struct line_ref *line, int patch, float *feature)
{
    const struct line_spec *spec = &line->spec;
    const struct clip *clip = clips_of_patch(&line->clips, patch);
    const float *decibel = line->decibel + (size_t)clip->first_frame * spec->n_mels +
                           (size_t)(patch - clip->first_patch) * spec->offset;
    patch_ref(&(struct patch_args){ .decibel = decibel,
                                    .features = feature,
                                    .n_frames = clip->n_frames,
                                    .n_mels = spec->n_mels,
                                    .n_patches = 1,
                                    .width = spec->width,
                                    .offset = spec->offset,
                                    .range_db = spec->range_db });
}

static enum status ref_run_net(struct line *base, int first_patch, int n_patches)
{
    struct line_ref *line = (struct line_ref *)base;
    for (int p = first_patch; p < first_patch + n_patches; p++) {
        float *feature = line->features + (size_t)p * line->columns;
        if (!line->spec.net) {
            cells_of_patch(line, p, feature);
            continue;
        }
        const size_t size = (size_t)line->spec.net->input_size;
        ref_net_run(&line->net, line->image + (p - first_patch) * 3 * size * size, feature);
    }
    return OK;
}

static enum status ref_download(struct line *base, float *features)
{
    struct line_ref *line = (struct line_ref *)base;
    const size_t n = (size_t)clips_patches(&line->clips) * line->columns;
    memcpy(features, line->features, n * sizeof *features);
    return OK;
}

static enum status ref_download_decibel(struct line *base, float *decibel)
{
    struct line_ref *line = (struct line_ref *)base;
    const size_t n = (size_t)clips_frames(&line->clips) * line->spec.n_mels;
    memcpy(decibel, line->decibel, n * sizeof *decibel);
    return OK;
}

static enum status ref_sync(struct line *base)
{
    (void)base; /* every call has ended when it returns */
    return OK;
}

static int ref_threads(const struct backend *backend)
{
    (void)backend;
    return 1;
}

static void ref_share(struct backend *backend, int n_tasks,
                      void (*task)(void *context, int index, int thread), void *context)
{
    (void)backend;
    for (int index = 0; index < n_tasks; index++) task(context, index, 0);
}

static void ref_gemm(struct backend *backend, const struct gemm_args *args)
{
    (void)backend;
    gemm_ref(args);
}

static void ref_gemm_double(struct backend *backend, const struct gemm_double_args *args)
{
    (void)backend;
    gemm_double_ref(args);
}

const struct backend_ops backend_ref = {
    .name = "ref",
    .summary = "the definition: plain loops, sums in double; slow",
    .open = ref_open,
    .close = ref_close,
    .device = ref_device,
    .lanes = 1,
    .line_open = ref_line_open,
    .line_close = ref_line_close,
    .upload = ref_upload,
    .logmel = ref_logmel,
    .picture = ref_picture,
    .net = ref_run_net,
    .download = ref_download,
    .sync = ref_sync,
    .download_decibel = ref_download_decibel,
    .em_open = ref_em_open,
    .em_close = ref_em_close,
    .em_start = ref_em_start,
    .em_step = ref_em_step,
    .em_prepare = ref_em_prepare,
    .em_step_prepared = ref_em_step_prepared,
    .nearest = ref_nearest,
    .distance = ref_distance,
    .threads = ref_threads,
    .share = ref_share,
    .gemm = ref_gemm,
    .gemm_double = ref_gemm_double,
};
