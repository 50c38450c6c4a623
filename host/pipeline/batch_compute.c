/* Features of a batch: clips gather until the line takes no more, or rows are copied from another batch. */
#include "pipeline/batch.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------- computing */

static enum status make_room(struct batch *batch, int columns)
{
    if (batch->n_patches <= batch->patch_capacity) return OK;
    memory_free(batch->features);
    memory_free(batch->start_s);
    batch->patch_capacity = 0;
    TRY(memory_check(batch->features =
                         memory_new(batch->n_patches * (size_t)columns, sizeof *batch->features)));
    TRY(memory_check(batch->start_s = memory_new(batch->n_patches, sizeof *batch->start_s)));
    batch->patch_capacity = batch->n_patches;
    return OK;
}

static enum status make_room_for_decibel(struct batch *batch, const struct setup *setup)
{
    const size_t n = batch->n_frames * (size_t)setup->settings.n_mels;
    if (batch->wants == BATCH_FEATURES || n <= batch->decibel_capacity) return OK;
    memory_free(batch->decibel);
    batch->decibel_capacity = 0;
    TRY(memory_check(batch->decibel = memory_new(n, sizeof *batch->decibel)));
    batch->decibel_capacity = n;
    return OK;
}

static enum status make_room_for_clips(struct batch *batch, int n)
{
    if (n <= batch->clip_capacity) return OK;
    memory_free(batch->clips);
    batch->clip_capacity = 0;
    TRY(memory_check(batch->clips = memory_new((size_t)n, sizeof *batch->clips)));
    batch->clip_capacity = n;
    return OK;
}

enum status extract_batch(struct line *line, const struct line_spec *spec, const struct clip *clips,
                          int n_clips, int n_patches, float *features)
{
    TRY(line->ops->upload(line, clips, n_clips));
    TRY(line->ops->logmel(line));
    for (int first = 0; first < n_patches; first += spec->chunk) {
        const int count = n_patches - first < spec->chunk ? n_patches - first : spec->chunk;
        TRY(line->ops->picture(line, first, count));
        TRY(line->ops->net(line, first, count));
    }
    TRY(line->ops->download(line, features));
    return line->ops->sync(line);
}

static struct clip make_clip(const struct setup *setup, const struct batch_row *row, long long first,
                             int n_samples)
{
    const int is_pcm = row->samples.format == SAMPLE_INT16;
    return (struct clip){
        .pcm = is_pcm ? row->samples.pcm + first : NULL,
        .wave = is_pcm ? NULL : row->samples.wave + first,
        .n_samples = n_samples,
        .n_frames = setup_frames(setup, n_samples),
        .n_patches = setup_patches(setup, n_samples),
    };
}

static void fill_starts(const struct setup *setup, long long first_sample, int n_patches, double *start_s)
{
    const struct extract_settings *s = &setup->settings;
    for (int p = 0; p < n_patches; p++)
        start_s[p] = ((double)first_sample + (double)p * s->offset * s->hop_length) / s->sample_rate;
}

/* Clips on their way to the line: they gather until it takes no more. */
struct gathering {
    const struct setup *setup;
    const struct line_spec *spec;
    struct line *line;
    struct clip *clips; /* [n] of at most max_clips */
    int n, n_samples, n_frames, n_patches;
    struct batch *batch;         /* where features go */
    struct batch *const *tapped; /* [spec->n_taps] those of the taps; entries may be NULL */
    size_t done, frames_done;    /* patches, frames */
};

static enum status take_taps(const struct gathering *g)
{
    for (int t = 0; t < g->spec->n_taps; t++) {
        struct line_spec of_tap = *g->spec;
        of_tap.layer = g->spec->taps[t];
        const size_t columns = (size_t)line_columns(&of_tap);
        if (g->tapped[t])
            TRY(g->line->ops->download_tap(g->line, t, g->tapped[t]->features + g->done * columns));
    }
    return OK;
}

static enum status take_features(const struct gathering *g)
{
    float *features = g->batch->features + g->done * (size_t)g->setup->columns;
    TRY(extract_batch(g->line, g->spec, g->clips, g->n, g->n_patches, features));
    return take_taps(g);
}

/* After the features, or without them. */
static enum status take_decibel(const struct gathering *g)
{
    if (g->batch->wants == BATCH_DECIBEL) {
        TRY(g->line->ops->upload(g->line, g->clips, g->n));
        TRY(g->line->ops->logmel(g->line));
    }
    float *decibel = g->batch->decibel + g->frames_done * (size_t)g->setup->settings.n_mels;
    TRY(g->line->ops->download_decibel(g->line, decibel));
    return g->line->ops->sync(g->line);
}

static enum status send_clips(struct gathering *g)
{
    if (g->n == 0) return OK;
    if (g->batch->wants != BATCH_DECIBEL) TRY(take_features(g));
    if (g->batch->wants != BATCH_FEATURES) TRY(take_decibel(g));
    g->done += (size_t)g->n_patches;
    g->frames_done += (size_t)g->n_frames;
    g->n = g->n_samples = g->n_frames = g->n_patches = 0;
    return OK;
}

static int has_room(const struct gathering *g, const struct clip *clip)
{
    const struct line_spec *spec = g->spec;
    return g->n < spec->max_clips && clip->n_samples <= spec->max_samples - g->n_samples &&
           clip->n_frames <= spec->max_frames - g->n_frames &&
           clip->n_patches <= spec->max_patches - g->n_patches;
}

static enum status gather(struct gathering *g, struct clip clip)
{
    if (!has_room(g, &clip)) TRY(send_clips(g));
    clip.first_frame = g->n_frames;
    clip.first_patch = g->n_patches;
    g->clips[g->n++] = clip;
    g->n_samples += clip.n_samples;
    g->n_frames += clip.n_frames;
    g->n_patches += clip.n_patches;
    return OK;
}

/* Segment by segment; `start_s` is the row's. */
static enum status gather_row(struct gathering *g, const struct batch_row *row, double *start_s)
{
    const struct setup *setup = g->setup;
    int done = 0;
    for (long long first = 0; done < row->n_patches; first += setup->segment_samples) {
        const long long left = row->samples.n_samples - first;
        const int n_samples = left < setup->segment_samples ? (int)left : setup->segment_samples;
        const struct clip clip = make_clip(setup, row, first, n_samples);
        TRY(gather(g, clip));
        fill_starts(setup, first, clip.n_patches, start_s + done);
        done += clip.n_patches;
    }
    return OK;
}

static enum status make_room_for_taps(struct batch *const *tapped, const struct line_spec *spec)
{
    for (int t = 0; t < spec->n_taps; t++) {
        struct line_spec of_tap = *spec;
        of_tap.layer = spec->taps[t];
        if (tapped[t]) TRY(make_room(tapped[t], line_columns(&of_tap)));
    }
    return OK;
}

static enum status compute_all(struct batch *batch, struct batch *const *tapped, const struct setup *setup,
                               const struct line_spec *spec, struct line *line)
{
    size_t done = 0;
    TRY(make_room(batch, setup->columns));
    TRY(make_room_for_decibel(batch, setup));
    TRY(make_room_for_clips(batch, spec->max_clips));
    TRY(make_room_for_taps(tapped, spec));
    struct gathering g = {
        .setup = setup, .spec = spec, .line = line, .clips = batch->clips, .batch = batch, .tapped = tapped
    };
    for (size_t r = 0; r < batch->n_rows; r++) {
        TRY(gather_row(&g, &batch->rows[r], batch->start_s + done));
        done += (size_t)batch->rows[r].n_patches;
    }
    return send_clips(&g);
}

enum status batch_compute(struct batch *batch, const struct setup *setup, const struct line_spec *spec,
                          struct line *line)
{
    return compute_all(batch, NULL, setup, spec, line);
}

enum status batch_compute_tapped(struct batch *batch, struct batch *const *tapped, const struct setup *setup,
                                 const struct line_spec *spec, struct line *line)
{
    TRY(compute_all(batch, tapped, setup, spec, line));
    for (int t = 0; t < spec->n_taps; t++)
        if (tapped[t]) memcpy(tapped[t]->start_s, batch->start_s, batch->n_patches * sizeof *batch->start_s);
    return OK;
}

void batch_row_decibel(const struct batch *batch, const struct setup *setup, const struct batch_row *row,
                       size_t first, float *out)
{
    const size_t n_mels = (size_t)setup->settings.n_mels, width = (size_t)row->n_frames;
    const float *from = batch->decibel + first * n_mels;
    long long sample = 0;
    for (size_t done = 0; done < width; sample += setup->segment_samples) {
        const long long left = row->samples.n_samples - sample;
        const int n_samples = left < setup->segment_samples ? (int)left : setup->segment_samples;
        const size_t n = (size_t)setup_frames(setup, n_samples);
        for (size_t m = 0; m < n_mels; m++, from += n) memcpy(out + m * width + done, from, n * sizeof *out);
        done += n;
    }
}

/* --------------------------------------------------------------------------------------------- picking */

/* Segment by segment, as gather_row: each has its own first patch. */
static void pick_row(const struct batch_row *row, const struct setup *setup, const struct setup *closer,
                     const float *from, float *to, double *start_s)
{
    const size_t columns = (size_t)setup->columns;
    const size_t stride = (size_t)(setup->settings.offset / closer->settings.offset) * columns;
    int done = 0;
    for (long long first = 0; done < row->n_patches; first += setup->segment_samples) {
        const long long left = row->samples.n_samples - first;
        const int n_samples = left < setup->segment_samples ? (int)left : setup->segment_samples;
        const int n = setup_patches(setup, n_samples);
        for (int p = 0; p < n; p++)
            memcpy(to + (size_t)(done + p) * columns, from + (size_t)p * stride, columns * sizeof *to);
        fill_starts(setup, first, n, start_s + done);
        from += (size_t)setup_patches(closer, n_samples) * columns;
        done += n;
    }
}

enum status batch_pick(struct batch *batch, const struct setup *setup, const struct batch *closer,
                       const struct setup *closer_setup)
{
    size_t done = 0, of_closer = 0;
    TRY(make_room(batch, setup->columns));
    for (size_t r = 0; r < batch->n_rows; r++) {
        pick_row(&batch->rows[r], setup, closer_setup, closer->features + of_closer * (size_t)setup->columns,
                 batch->features + done * (size_t)setup->columns, batch->start_s + done);
        done += (size_t)batch->rows[r].n_patches;
        of_closer += (size_t)closer->rows[r].n_patches;
    }
    return OK;
}
