#include "pipeline/trace.h"

#include "colorize.h"
#include "fft.h"
#include "mel.h"
#include "pipeline/batch.h"
#include "pipeline/lines.h"
#include "power.h"
#include "resize.h"

#include <string.h>

void trace_release(struct trace *trace)
{
    float **const arrays[] = { &trace->wave,  &trace->power, &trace->mel,    &trace->decibel,
                               &trace->patch, &trace->image, &trace->feature };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) memory_free(*arrays[i]);
    samples_release(&trace->samples);
    *trace = (struct trace){ 0 };
}

static enum status allocate(float **array, int a, int b, int c)
{
    return memory_check(*array = memory_new((size_t)a * (size_t)b * (size_t)c, sizeof **array));
}

static enum status read_samples(struct trace *trace, const struct extract_settings *settings,
                                const char *file)
{
    struct wav *wav = NULL;
    int channel = 0;
    TRY(extract_settings_channel(settings, &channel));
    TRY(wav_open(&wav, file));
    enum status status = wav_read(wav, channel == CHANNEL_ALL ? 0 : channel, &trace->samples);
    wav_close(&wav);
    TRY(status);
    REQUIRE(trace->samples.sample_rate == settings->sample_rate || settings->resample, ERR_INPUT,
            "%s: %d Hz found, %d Hz expected; --resample converts", file, trace->samples.sample_rate,
            settings->sample_rate);
    TRY(samples_resample(&trace->samples, settings->sample_rate));
    const long long longest = (long long)(settings->segment * settings->sample_rate);
    trace->n_samples = (int)(trace->samples.n_samples < longest ? trace->samples.n_samples : longest);
    return OK;
}

static enum status trace_wave(struct trace *trace)
{
    TRY(allocate(&trace->wave, trace->n_samples, 1, 1));
    const int is_pcm = trace->samples.format == SAMPLE_INT16;
    for (int i = 0; i < trace->n_samples; i++)
        trace->wave[i] = is_pcm ? (float)trace->samples.pcm[i] / 32768.0f : trace->samples.wave[i];
    return OK;
}

/* frame, fft, power: one frame at a time, since frames and spectra are large and nobody looks at them. */
static enum status trace_power(struct trace *trace, const struct extract_settings *s, const float *window)
{
    float *frames = NULL, *spectrum = NULL;
    TRY(allocate(&trace->power, trace->n_frames, trace->n_bins, 1));
    enum status status = allocate(&frames, trace->n_frames, s->n_fft, 1);
    if (status == OK) status = allocate(&spectrum, trace->n_bins, 2, 1);
    if (status == OK)
        frame_ref(&(struct frame_args){ .wave = trace->wave,
                                        .window = window,
                                        .frames = frames,
                                        .n_fft = s->n_fft,
                                        .n_samples = trace->n_samples,
                                        .hop = s->hop_length,
                                        .n_frames = trace->n_frames,
                                        .pad = s->pad_mode });
    for (int t = 0; status == OK && t < trace->n_frames; t++) {
        fft_ref(&(struct fft_args){ frames + (size_t)t * s->n_fft, spectrum, 1, s->n_fft });
        power_ref(
            &(struct power_args){ spectrum, trace->power + (size_t)t * trace->n_bins, 1, trace->n_bins });
    }
    memory_free(frames);
    memory_free(spectrum);
    return status;
}

static enum status trace_decibel(struct trace *trace, const struct extract_settings *s, const float *bank)
{
    TRY(allocate(&trace->mel, trace->n_frames, s->n_mels, 1));
    TRY(allocate(&trace->decibel, trace->n_frames, s->n_mels, 1));
    mel_ref(&(struct mel_args){ trace->power, bank, trace->mel, trace->n_frames, trace->n_bins, s->n_mels });
    decibel_ref(&(struct decibel_args){ trace->mel, trace->decibel, trace->n_frames, s->n_mels, s->db_ref,
                                        (float)s->db_range });
    return OK;
}

static enum status trace_patches(struct trace *trace, const struct extract_settings *s, const float *colormap)
{
    TRY(allocate(&trace->patch, trace->n_patches * s->n_mels, s->patch, 3));
    colorize_ref(&(struct colorize_args){ .decibel = trace->decibel,
                                          .colormap = colormap,
                                          .rgb = trace->patch,
                                          .n_frames = trace->n_frames,
                                          .n_mels = s->n_mels,
                                          .n_patches = trace->n_patches,
                                          .width = s->patch,
                                          .offset = s->offset,
                                          .range = s->color_range,
                                          .range_db = (float)s->db_range,
                                          .flip = s->flip });
    return OK;
}

static enum status trace_images(struct trace *trace, const struct extract_settings *s, int size)
{
    struct resize_args args = { .rgb = trace->patch,
                                .n_patches = trace->n_patches,
                                .height = s->n_mels,
                                .width = s->patch,
                                .size = size,
                                .filter = s->resize,
                                .mean = IMAGENET_MEAN,
                                .deviation = IMAGENET_DEVIATION };
    trace->image_size = size;
    TRY(allocate(&trace->image, trace->n_patches * 3, size, size));
    args.image = trace->image;
    resize_ref(&args);
    return OK;
}

/* The stages up to the coloured patches. */
static enum status trace_front(struct trace *trace, const struct extract_settings *s, const char *file)
{
    struct tables tables = { 0 };
    TRY(read_samples(trace, s, file));
    trace->n_frames = frame_count(trace->n_samples, s->hop_length);
    trace->n_patches = patch_count(trace->n_frames, s->patch, s->offset);
    trace->n_bins = s->n_fft / 2 + 1;
    trace->n_mels = s->n_mels;
    trace->width = s->patch;
    REQUIRE(trace->n_patches > 0, ERR_INPUT, "%s: %.3f s found, too short for one patch of %d frames", file,
            (double)trace->n_samples / s->sample_rate, s->patch);
    TRY(trace_wave(trace));
    TRY(tables_init(&tables, s));
    enum status status = trace_power(trace, s, tables.window);
    if (status == OK) status = trace_decibel(trace, s, tables.bank);
    if (status == OK) status = trace_patches(trace, s, tables.colormap);
    tables_release(&tables);
    return status;
}

static enum status trace_features(struct trace *trace, struct setup *setup)
{
    const struct clip clip = { .wave = trace->wave,
                               .n_samples = trace->n_samples,
                               .n_frames = trace->n_frames,
                               .n_patches = trace->n_patches };
    struct lines lines;
    trace->n_columns = setup->columns;
    snprintf(trace->backend, sizeof trace->backend, "%s", setup->backend->ops->name);
    TRY(allocate(&trace->feature, trace->n_patches, setup->columns, 1));
    enum status status = lines_init(&lines, setup, &setup->backend, 1);
    if (status == OK)
        status = extract_batch(lines.line[0], &lines.spec, &clip, 1, clip.n_patches, trace->feature);
    lines_release(&lines);
    return status;
}

static enum status build(struct trace *trace, const struct extract_settings *settings,
                         const struct compute_options *compute, const char *file)
{
    const struct net *net = net_find(settings->network);
    struct setup setup;
    TRY(trace_front(trace, settings, file));
    if (net) TRY(trace_images(trace, settings, net->input_size));
    if (!compute) return OK;
    TRY(setup_init(&setup, settings, compute));
    const enum status status = trace_features(trace, &setup);
    setup_release(&setup);
    return status;
}

enum status trace_init(struct trace *trace, const struct extract_settings *settings,
                       const struct compute_options *compute, const char *file)
{
    *trace = (struct trace){ 0 };
    const enum status status = build(trace, settings, compute, file);
    if (status != OK) trace_release(trace);
    return status;
}

/* -------------------------------------------------------------------------------- a picture for people */

static void draw_column(const struct trace *trace, const float *colormap, float low, float high, int t,
                        unsigned char *rgb)
{
    for (int m = 0; m < trace->n_mels; m++) {
        const float v =
            (trace->decibel[(size_t)m * trace->n_frames + t] - low) / (high > low ? high - low : 1.0f);
        const int entry = v <= 0 ? 0 : v >= 1 ? 255 : (int)(v * 256.0f);
        unsigned char *pixel = rgb + ((size_t)(trace->n_mels - 1 - m) * trace->n_frames + t) * 3;
        for (int c = 0; c < 3; c++) pixel[c] = (unsigned char)(colormap[entry * 3 + c] * 255.0f + 0.5f);
    }
}

/* The colour map spans range_db below the loudest value, or all values where there is no floor. */
static void draw(const struct trace *trace, const float *colormap, float range_db, unsigned char *rgb)
{
    float low = trace->decibel[0], high = low;
    for (size_t i = 0; i < (size_t)trace->n_mels * trace->n_frames; i++) {
        if (trace->decibel[i] < low) low = trace->decibel[i];
        if (trace->decibel[i] > high) high = trace->decibel[i];
    }
    if (range_db > 0) low = high - range_db;
    for (int t = 0; t < trace->n_frames; t++) draw_column(trace, colormap, low, high, t, rgb);
}

enum status trace_picture(const struct attributes *provenance, const char *file, unsigned char **rgb,
                          int *width, int *height)
{
    struct extract_settings settings;
    struct trace trace;
    struct tables tables = { 0 };
    *rgb = NULL;
    TRY(extract_settings_restore(&settings, provenance));
    TRY(trace_init(&trace, &settings, NULL, file));
    enum status status = tables_init(&tables, &settings);
    if (status == OK) status = memory_check(*rgb = memory_new((size_t)trace.n_mels * trace.n_frames, 3));
    if (status == OK) draw(&trace, tables.colormap, (float)settings.db_range, *rgb);
    *width = trace.n_frames;
    *height = trace.n_mels;
    tables_release(&tables);
    trace_release(&trace);
    return status;
}
