/* The fast backend of every machine: the fused front end (cpu_front.h), networks (cpu_net.h),
 * EM (cpu_em.h) and distances (cpu_distance.h), all on the instruction set that cpu_isa.h chooses. A call has ended when it returns. */
#include "backend/backend_cpu.h"

#include "backend/clips.h"
#include "backend/cpu_distance.h"
#include "backend/cpu_double.h"
#include "backend/cpu_em.h"
#include "backend/cpu_front.h"
#include "backend/cpu_net.h"
#include "backend/cpu_way.h"

#include <stdio.h>
#include <string.h>

extern const struct backend_ops backend_cpu;

struct line_cpu {
    struct line base;
    struct cpu_front *front;
    struct cpu_net *net; /* NULL: the feature is the patch itself */
    float *features;     /* [max_patches][columns] */
    int columns, n_mels; /* columns: D */
    struct tapped {
        float *features; /* [max_patches][columns] */
        int columns;
    } * tapped;         /* [n_taps] */
    float **tap_places; /* [n_taps] where those of the patches at work go */
    int n_taps;
};

static void cpu_close(struct backend **backend)
{
    struct backend_cpu *cpu = (struct backend_cpu *)*backend;
    if (!cpu) return;
    pool_close(&cpu->pool);
    memory_free(cpu);
    *backend = NULL;
}

/* What follows the instruction set in a device's name where convolutions are direct. */
static const char direct_mark[] = ", direct";

/* "avx2, direct" → "avx2" and 1; NULL → NULL and 0. */
static int split_device(const char *device, char *isa, size_t size)
{
    const char *mark = device ? strstr(device, direct_mark) : NULL;
    snprintf(isa, size, "%.*s", mark ? (int)(mark - device) : (int)size, device ? device : "");
    return mark != NULL;
}

static enum status cpu_open(struct backend **out, const struct backend_options *options)
{
    *out = NULL;
    const struct cpu_isa *isa;
    char fixed[32];
    const int was_direct = split_device(options->device_then, fixed, sizeof fixed);
    TRY(cpu_isa_choose(options->device_then ? fixed : NULL, &isa));
    struct backend_cpu *cpu = memory_new(1, sizeof *cpu);
    TRY(memory_check(cpu));
    *cpu = (struct backend_cpu){ .base.ops = &backend_cpu, .isa = isa };
    cpu->conv = was_direct ? CONV_DIRECT : options->conv;
    snprintf(cpu->device, sizeof cpu->device, "%s%s", isa->name, cpu->conv == CONV_DIRECT ? direct_mark : "");
    *out = &cpu->base;
    const enum status status = pool_open(&cpu->pool, options->threads);
    if (status != OK) cpu_close(out);
    return status;
}

static const char *cpu_device(const struct backend *backend)
{
    return ((const struct backend_cpu *)backend)->device;
}

static void cpu_line_close(struct line **out)
{
    struct line_cpu *line = (struct line_cpu *)*out;
    if (!line) return;
    cpu_front_close(&line->front);
    cpu_net_close(&line->net);
    for (int t = 0; line->tapped && t < line->n_taps; t++) memory_free(line->tapped[t].features);
    memory_free(line->tapped);
    memory_free(line->tap_places);
    memory_free(line->features);
    memory_free(line);
    *out = NULL;
}

static enum status make_taps(struct line_cpu *line, const struct line_spec *spec)
{
    const size_t n = (size_t)spec->n_taps;
    TRY(memory_check(line->tapped = memory_new(n, sizeof *line->tapped)));
    TRY(memory_check(line->tap_places = memory_new(n, sizeof *line->tap_places)));
    line->n_taps = spec->n_taps;
    for (int t = 0; t < spec->n_taps; t++) {
        struct line_spec of_tap = *spec;
        of_tap.layer = spec->taps[t];
        line->tapped[t].columns = line_columns(&of_tap);
        const size_t count = (size_t)spec->max_patches * line->tapped[t].columns;
        TRY(memory_check(line->tapped[t].features = memory_new(count, sizeof(float))));
    }
    return OK;
}

static enum status fill(struct line_cpu *line, const struct backend_cpu *cpu, const struct line_spec *spec)
{
    const size_t n = (size_t)spec->max_patches * line->columns;
    TRY(memory_check(line->features = memory_new(n, sizeof *line->features)));
    TRY(cpu_front_open(&line->front, spec, cpu->pool, cpu->isa->front));
    if (!spec->net) return OK;
    TRY(make_taps(line, spec));
    return cpu_net_open_tapped(&line->net, spec->net, spec->layer, spec->taps, spec->n_taps, spec->weights,
                               spec->chunk, cpu->conv, cpu->pool, cpu->isa->net);
}

static enum status cpu_line_open(struct backend *backend, const struct line_spec *spec, struct line **out)
{
    *out = NULL;
    TRY(line_check(spec));
    struct line_cpu *line = memory_new(1, sizeof *line);
    TRY(memory_check(line));
    line->base.ops = &backend_cpu;
    line->columns = line_columns(spec);
    line->n_mels = spec->n_mels;
    *out = &line->base;
    const enum status status = fill(line, (struct backend_cpu *)backend, spec);
    if (status != OK) cpu_line_close(out);
    return status;
}

static enum status cpu_upload(struct line *base, const struct clip *clips, int n_clips)
{
    return cpu_front_upload(((struct line_cpu *)base)->front, clips, n_clips);
}

static enum status cpu_logmel(struct line *base)
{
    cpu_front_logmel(((struct line_cpu *)base)->front);
    return OK;
}

static enum status cpu_picture(struct line *base, int first_patch, int n_patches)
{
    struct line_cpu *line = (struct line_cpu *)base;
    if (line->net) cpu_front_picture(line->front, first_patch, n_patches, cpu_net_image(line->net));
    return OK;
}

static enum status cpu_run_net(struct line *base, int first_patch, int n_patches)
{
    struct line_cpu *line = (struct line_cpu *)base;
    float *features = line->features + (size_t)first_patch * line->columns;
    for (int t = 0; t < line->n_taps; t++)
        line->tap_places[t] = line->tapped[t].features + (size_t)first_patch * line->tapped[t].columns;
    if (line->net)
        cpu_net_run_tapped(line->net, n_patches, features, line->tap_places);
    else
        cpu_front_cells(line->front, first_patch, n_patches, features);
    return OK;
}

static enum status cpu_download(struct line *base, float *features)
{
    struct line_cpu *line = (struct line_cpu *)base;
    const size_t n = (size_t)clips_patches(cpu_front_clips(line->front)) * line->columns;
    memcpy(features, line->features, n * sizeof *features);
    return OK;
}

static enum status cpu_download_tap(struct line *base, int tap, float *features)
{
    const struct line_cpu *line = (const struct line_cpu *)base;
    const struct tapped *tapped = &line->tapped[tap];
    const size_t n = (size_t)clips_patches(cpu_front_clips(line->front)) * tapped->columns;
    memcpy(features, tapped->features, n * sizeof *features);
    return OK;
}

static enum status cpu_download_decibel(struct line *base, float *decibel)
{
    struct line_cpu *line = (struct line_cpu *)base;
    const size_t n = (size_t)clips_frames(cpu_front_clips(line->front)) * line->n_mels;
    memcpy(decibel, cpu_front_decibel(line->front), n * sizeof *decibel);
    return OK;
}

static enum status cpu_sync(struct line *base)
{
    (void)base;
    return OK;
}

static int cpu_threads(const struct backend *backend)
{
    return pool_threads(((const struct backend_cpu *)backend)->pool);
}

static void cpu_share(struct backend *backend, int n_tasks,
                      void (*task)(void *context, int index, int thread), void *context)
{
    pool_run(((struct backend_cpu *)backend)->pool, n_tasks, task, context);
}

static void cpu_way(const struct net *net, int layer, int chunk, enum conv_choice conv, char *text,
                    size_t size)
{
    struct shape shapes[NET_MAX_LAYERS];
    net_shapes(net, shapes);
    const struct cpu_way way = cpu_way_of(net, shapes, layer, chunk, conv);
    cpu_way_print(&way, &net->layers[layer], text, size);
}

static void cpu_gemm(struct backend *backend, const struct gemm_args *args)
{
    ((struct backend_cpu *)backend)->isa->gemm(args);
}

static void cpu_gemm_double(struct backend *backend, const struct gemm_double_args *args)
{
    ((struct backend_cpu *)backend)->isa->in_double->gemm(args);
}

const struct backend_ops backend_cpu = {
    .name = "cpu",
    .summary = "all cores, vectorised for the instruction set that is there",
    .open = cpu_open,
    .close = cpu_close,
    .device = cpu_device,
    .lanes = 1, /* it uses all cores by itself */
    .line_open = cpu_line_open,
    .line_close = cpu_line_close,
    .upload = cpu_upload,
    .logmel = cpu_logmel,
    .picture = cpu_picture,
    .net = cpu_run_net,
    .download = cpu_download,
    .sync = cpu_sync,
    .download_tap = cpu_download_tap,
    .download_decibel = cpu_download_decibel,
    .em_open = cpu_em_open,
    .em_close = cpu_em_close,
    .em_start = cpu_em_start,
    .em_step = cpu_em_step,
    .em_prepare = cpu_em_prepare,
    .em_step_prepared = cpu_em_step_prepared,
    .em_seed = cpu_em_seed,
    .em_lloyd = cpu_em_lloyd,
    .nearest = cpu_nearest,
    .distance = cpu_distance,
    .threads = cpu_threads,
    .share = cpu_share,
    .gemm = cpu_gemm,
    .gemm_double = cpu_gemm_double,
    .way = cpu_way,
};
