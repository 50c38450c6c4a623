#include "backend/cpu_front.h"

#include "backend/clips.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = CPU_FFT_LANES, FRAMES_OF_A_TASK = 32 };

/* Frames first … first + n - 1 of one clip: one task. */
struct block {
    const struct clip *clip;
    int first, n;
};

/* What one thread works in. */
struct scratch {
    float *wave;               /* [4][n_fft] */
    double *work;              /* [n_fft][4] */
    double *power;             /* [n_bins][4] */
    float *shades, *stretched; /* struct cpu_patch */
    struct cpu_kiss *kiss;     /* NULL where our own FFT takes n_fft */
};

/* dB of a recording. */
struct range {
    double low, high;
};

struct cpu_front {
    struct line_spec spec;
    int n_bins;
    struct pool *pool;
    const struct cpu_front_kernels *kernels;
    struct clips clips;
    struct block *blocks; /* [n_blocks] all frames of the batch */
    int n_blocks;
    float *decibel; /* clip after clip [n_mels][n_frames], mel energies at first; LANES more at the end */
    struct range *ranges;   /* [max_clips] */
    struct cpu_band *bands; /* [n_mels] */
    struct cpu_fft fft;     /* empty where kissfft takes n_fft */
    struct cpu_picture picture;
    struct scratch *scratch; /* [threads] */
};

static enum status open_bands(struct cpu_front *front)
{
    const struct line_spec *spec = &front->spec;
    TRY(memory_check(front->bands = memory_new((size_t)spec->n_mels, sizeof *front->bands)));
    for (int m = 0; m < spec->n_mels; m++) {
        const float *filter = spec->bank + (size_t)m * front->n_bins;
        int first = 0, end = front->n_bins;
        while (first < end && filter[first] == 0) first++;
        while (end > first && filter[end - 1] == 0) end--;
        front->bands[m] = (struct cpu_band){ first, end };
    }
    return OK;
}

static struct cpu_place place_of(int i, int n, int size, enum resize_filter filter)
{
    if (filter == RESIZE_NEAREST) {
        const int source = (int)((int64_t)i * n / size);
        return (struct cpu_place){ source, source, 0 };
    }
    double source = (i + 0.5) * n / size - 0.5;
    source = source < 0 ? 0 : source;
    const int first = source < n - 1 ? (int)source : n - 1;
    if (first == n - 1) return (struct cpu_place){ first, first, 0 };
    return (struct cpu_place){ first, first + 1, (float)(source - first) };
}

static enum status open_places(struct cpu_place **out, int n, int size, enum resize_filter filter)
{
    TRY(memory_check(*out = memory_new((size_t)size, sizeof **out)));
    for (int i = 0; i < size; i++) (*out)[i] = place_of(i, n, size, filter);
    return OK;
}

/* Colours are normalised before they are stretched: a bilinear sum's weights add up to 1, so it is the same. */
static enum status open_palette(float **out, const float *colormap)
{
    static const float mean[3] = IMAGENET_MEAN, deviation[3] = IMAGENET_DEVIATION;
    TRY(memory_check(*out = memory_new(256, 4 * sizeof **out)));
    for (int i = 0; i < 256; i++)
        for (int c = 0; c < 3; c++)
            (*out)[4 * i + c] =
                (float)(((double)colormap[3 * i + c] - (double)mean[c]) / (double)deviation[c]);
    return OK;
}

static enum status open_picture(struct cpu_front *front)
{
    const struct line_spec *spec = &front->spec;
    struct cpu_picture *picture = &front->picture;
    if (!spec->net) return OK;
    picture->n_mels = spec->n_mels;
    picture->width = spec->width;
    picture->size = spec->net->input_size;
    picture->flip = spec->flip;
    TRY(open_places(&picture->rows, spec->n_mels, picture->size, spec->filter));
    TRY(open_places(&picture->columns, spec->width, picture->size, spec->filter));
    return open_palette(&picture->palette, spec->colormap);
}

static enum status open_scratch(struct cpu_front *front, struct scratch *scratch)
{
    const struct line_spec *spec = &front->spec;
    const size_t n_fft = (size_t)spec->n_fft, n_bins = (size_t)front->n_bins;
    const size_t width = (size_t)spec->width + LANES, row = 3 * (size_t)front->picture.size + 1;
    TRY(memory_check(scratch->wave = memory_new(LANES * n_fft, sizeof *scratch->wave)));
    TRY(memory_check(scratch->work = memory_new(LANES * n_fft, sizeof *scratch->work)));
    TRY(memory_check(scratch->power = memory_new(LANES * n_bins, sizeof *scratch->power)));
    TRY(memory_check(scratch->shades = memory_new(4 * width, sizeof *scratch->shades)));
    TRY(memory_check(scratch->stretched = memory_new(2 * row, sizeof *scratch->stretched)));
    return front->fft.n > 0 ? OK : cpu_kiss_open(&scratch->kiss, spec->n_fft);
}

static enum status open_all_scratch(struct cpu_front *front)
{
    const int threads = pool_threads(front->pool);
    TRY(memory_check(front->scratch = memory_new((size_t)threads, sizeof *front->scratch)));
    for (int i = 0; i < threads; i++) TRY(open_scratch(front, &front->scratch[i]));
    return OK;
}

static enum status fill(struct cpu_front *front)
{
    const struct line_spec *spec = &front->spec;
    const size_t n_blocks = (size_t)spec->max_frames / FRAMES_OF_A_TASK + (size_t)spec->max_clips;
    const size_t n_cells = (size_t)spec->max_frames * spec->n_mels + LANES;
    TRY(clips_init(&front->clips, spec));
    TRY(memory_check(front->blocks = memory_new(n_blocks, sizeof *front->blocks)));
    TRY(memory_check(front->decibel = memory_new(n_cells, sizeof *front->decibel)));
    TRY(memory_check(front->ranges = memory_new((size_t)spec->max_clips, sizeof *front->ranges)));
    TRY(open_bands(front));
    if (cpu_fft_takes(spec->n_fft)) TRY(cpu_fft_init(&front->fft, spec->n_fft));
    TRY(open_picture(front));
    return open_all_scratch(front);
}

enum status cpu_front_open(struct cpu_front **out, const struct line_spec *spec, struct pool *pool,
                           const struct cpu_front_kernels *kernels)
{
    struct cpu_front *front = memory_new(1, sizeof *front);
    *out = front;
    TRY(memory_check(front));
    front->spec = *spec;
    front->n_bins = spec->n_fft / 2 + 1;
    front->pool = pool;
    front->kernels = kernels;
    const enum status status = fill(front);
    if (status != OK) cpu_front_close(out);
    return status;
}

static void close_scratch(struct scratch *scratch)
{
    memory_free(scratch->wave);
    memory_free(scratch->work);
    memory_free(scratch->power);
    memory_free(scratch->shades);
    memory_free(scratch->stretched);
    cpu_kiss_close(&scratch->kiss);
}

void cpu_front_close(struct cpu_front **out)
{
    struct cpu_front *front = *out;
    if (!front) return;
    for (int i = 0; front->scratch && i < pool_threads(front->pool); i++) close_scratch(&front->scratch[i]);
    memory_free(front->scratch);
    clips_release(&front->clips);
    memory_free(front->blocks);
    memory_free(front->decibel);
    memory_free(front->ranges);
    memory_free(front->bands);
    cpu_fft_release(&front->fft);
    memory_free(front->picture.rows);
    memory_free(front->picture.columns);
    memory_free(front->picture.palette);
    memory_free(front);
    *out = NULL;
}

const struct clips *cpu_front_clips(const struct cpu_front *front)
{
    return &front->clips;
}

const float *cpu_front_decibel(const struct cpu_front *front)
{
    return front->decibel;
}

enum status cpu_front_upload(struct cpu_front *front, const struct clip *clips, int n_clips)
{
    TRY(clips_copy(&front->clips, clips, n_clips));
    front->n_blocks = 0;
    for (int i = 0; i < n_clips; i++) {
        const struct clip *clip = &front->clips.clip[i];
        for (int first = 0; first < clip->n_frames; first += FRAMES_OF_A_TASK) {
            const int left = clip->n_frames - first;
            const int n = left < FRAMES_OF_A_TASK ? left : FRAMES_OF_A_TASK;
            front->blocks[front->n_blocks++] = (struct block){ clip, first, n };
        }
    }
    return OK;
}

static float *cells_of(const struct cpu_front *front, const struct clip *clip)
{
    return front->decibel + (size_t)clip->first_frame * front->spec.n_mels;
}

/* Samples from … from + n - 1, all of them inside. */
static void inner_samples(const struct cpu_front *front, const struct clip *clip, int from, int n,
                          float *wave)
{
    if (clip->pcm)
        front->kernels->widen(clip->pcm + from, n, wave);
    else
        memcpy(wave, clip->wave + from, (size_t)n * sizeof *wave);
}

/* One sample beyond an end. Mirrored ends repeat after 2 (n_samples - 1). */
static float outer_sample(const struct cpu_front *front, const struct clip *clip, int i)
{
    const int last = clip->n_samples - 1;
    float sample = 0;
    if (front->spec.pad == PAD_ZERO) return sample;
    const int place = last > 0 ? abs(i) % (2 * last) : 0;
    inner_samples(front, clip, place > last ? 2 * last - place : place, 1, &sample);
    return sample;
}

/* Samples of the window that begins at `from`: the part before the recording, inside it, and after it. */
static void frame_samples(const struct cpu_front *front, const struct clip *clip, int from, float *wave)
{
    const int end = from + front->spec.n_fft;
    const int first_inside = from < 0 ? 0 : from, inside_end = end < clip->n_samples ? end : clip->n_samples;
    for (int i = from; i < first_inside && i < end; i++) wave[i - from] = outer_sample(front, clip, i);
    if (first_inside < inside_end)
        inner_samples(front, clip, first_inside, inside_end - first_inside, wave + first_inside - from);
    for (int i = inside_end > from ? inside_end : from; i < end; i++)
        wave[i - from] = outer_sample(front, clip, i);
}

/* Mel energies of the four frames from `first` on, of which n are there. */
static void mel_of_four(const struct cpu_front *front, const struct clip *clip, int first, int n,
                        struct scratch *scratch)
{
    const struct line_spec *spec = &front->spec;
    for (int lane = 0; lane < LANES; lane++) {
        float *wave = scratch->wave + (size_t)lane * spec->n_fft;
        if (lane < n)
            frame_samples(front, clip, (first + lane) * spec->hop - spec->n_fft / 2, wave);
        else
            memset(wave, 0, (size_t)spec->n_fft * sizeof *wave);
    }
    if (scratch->kiss)
        cpu_kiss_power(scratch->kiss, scratch->wave, spec->window, scratch->power);
    else
        front->kernels->power(&front->fft, scratch->wave, spec->window, scratch->work, scratch->power);
    front->kernels->mel(front->bands, spec->bank, spec->n_mels, front->n_bins, scratch->power, n,
                        cells_of(front, clip) + first, (size_t)clip->n_frames);
}

static void mel_task(void *context, int index, int thread)
{
    struct cpu_front *front = context;
    const struct block *block = &front->blocks[index];
    for (int i = 0; i < block->n; i += LANES) {
        const int left = block->n - i;
        mel_of_four(front, block->clip, block->first + i, left < LANES ? left : LANES,
                    &front->scratch[thread]);
    }
}

static void decibel_task(void *context, int index, int thread)
{
    (void)thread;
    struct cpu_front *front = context;
    const struct clip *clip = &front->clips.clip[index];
    struct cpu_decibel a = {
        .cells = cells_of(front, clip),
        .n = (size_t)clip->n_frames * front->spec.n_mels,
        .reference = front->spec.reference,
        .range_db = front->spec.range_db,
    };
    front->kernels->decibel(&a);
    front->ranges[index] = (struct range){ (double)a.low, (double)a.high };
}

void cpu_front_logmel(struct cpu_front *front)
{
    pool_run(front->pool, front->n_blocks, mel_task, front);
    pool_run(front->pool, front->clips.n, decibel_task, front);
}

static struct range range_of_patch(const struct cpu_front *front, const float *cells, int n_frames)
{
    struct range range = { HUGE_VAL, -HUGE_VAL };
    for (int m = 0; m < front->spec.n_mels; m++) {
        for (int x = 0; x < front->spec.width; x++) {
            const double cell = cells[(size_t)m * n_frames + x];
            range.low = cell < range.low ? cell : range.low;
            range.high = cell > range.high ? cell : range.high;
        }
    }
    return range;
}

/* What the colour map spans for the patch that begins at `cells`. */
static struct range color_range(const struct cpu_front *front, const struct clip *clip, const float *cells)
{
    const struct range all = front->ranges[clip - front->clips.clip];
    switch (front->spec.color_range) {
    case COLOR_RECORDING:
        return (struct range){ all.high - (double)front->spec.range_db, all.high };
    case COLOR_PATCH:
        return range_of_patch(front, cells, clip->n_frames);
    case COLOR_MINMAX:
        return all;
    }
    return all;
}

struct picture_job {
    struct cpu_front *front;
    const struct cpu_image *image;
    int first_patch;
};

static void picture_task(void *context, int index, int thread)
{
    const struct picture_job *job = context;
    struct cpu_front *front = job->front;
    const struct cpu_image *image = job->image;
    const int p = job->first_patch + index;
    const struct clip *clip = clips_of_patch(&front->clips, p);
    const float *cells = cells_of(front, clip) + (size_t)(p - clip->first_patch) * front->spec.offset;
    const struct range range = color_range(front, clip, cells);
    const struct cpu_patch patch = {
        .decibel = cells,
        .n_frames = (size_t)clip->n_frames,
        .low = range.low,
        .span = range.high > range.low ? range.high - range.low : 1, /* no cell is above low: all colour 0 */
        .image = image->data + index * image->patch + image->pad * image->row + (size_t)image->pad * 3,
        .row = image->row,
        .shades = front->scratch[thread].shades,
        .stretched = front->scratch[thread].stretched,
    };
    front->kernels->patch(&front->picture, &patch);
}

void cpu_front_picture(struct cpu_front *front, int first_patch, int n_patches, const struct cpu_image *image)
{
    pool_run(front->pool, n_patches, picture_task, &(struct picture_job){ front, image, first_patch });
}

void cpu_front_cells(struct cpu_front *front, int first_patch, int n_patches, float *features)
{
    const struct line_spec *spec = &front->spec;
    for (int p = first_patch; p < first_patch + n_patches; p++) {
        const struct clip *clip = clips_of_patch(&front->clips, p);
        const float *cells = cells_of(front, clip) + (size_t)(p - clip->first_patch) * spec->offset;
        for (int m = 0; m < spec->n_mels; m++, cells += clip->n_frames)
            for (int x = 0; x < spec->width; x++) *features++ = cells[x] / spec->range_db + 1;
    }
}
