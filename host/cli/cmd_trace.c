#include "cli/cmd.h"

#include "core/output.h"
#include "eval/png_file.h"
#include "io/json_text.h"
#include "io/store.h"
#include "pipeline/trace.h"

#include <stddef.h>
#include <string.h>

struct trace_settings {
    const char *output, *png;
    int overwrite;
};

static const struct option trace_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      .offset = offsetof(struct trace_settings, output),
      .letter = 'o',
      .metavar = "T.h5",
      .help = "file for the arrays /samples /power /mel /decibel /patch /image /feature" },
    { .name = "png",
      .type = OPTION_TEXT,
      .offset = offsetof(struct trace_settings, png),
      .metavar = "DIR",
      .help = "folder for spectrogram.png, patch-00.png …, image-00.png …; alone, without -o, it needs no "
              "weights" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      .offset = offsetof(struct trace_settings, overwrite),
      .standard = "0",
      .help = "replace a T.h5 that exists" },
    { 0 },
};

struct trace_job {
    struct trace_settings settings;
    struct extract_settings extract;
    struct compute_options compute;
    struct command_line line;
    struct attributes provenance;
    const char *recording;
    struct trace trace;
    int n_pictures;
};

static void release(struct trace_job *job)
{
    trace_release(&job->trace);
    attributes_release(&job->provenance);
    command_release(&job->line);
}

static enum status parse(const struct command *command, struct trace_job *job, int argc, char **argv,
                         int *done)
{
    const struct option_set sets[] = {
        { trace_options, &job->settings, "Options of trace" },
        { weights_options, &job->compute, "Weights" },
        { place_options, &job->compute.place, "Where to compute" },
        { front_options, &job->extract, "From samples to pictures" },
        { network_options, &job->extract, "From pictures to features" },
    };
    return command_parse(command, &job->line, sets, sizeof sets / sizeof *sets, argc, argv, done);
}

static enum status check(const struct command *command, struct trace_job *job)
{
    TRY(command_words(command, &job->line, 1, 1));
    REQUIRE(job->settings.output || job->settings.png, ERR_USAGE,
            "no output was named: -o T.h5, --png DIR or both");
    if (job->settings.output) TRY(command_output(&job->line, job->settings.output, job->settings.overwrite));
    job->recording = job->line.options.words[0];
    return extract_settings_resolve(&job->extract);
}

/* Features are asked for, and the network that makes them was never trained. */
static int has_random_weights(const struct trace_job *job)
{
    return job->settings.output && strcmp(job->extract.network, "patch") != 0 &&
           strncmp(job->compute.weights, "seeded:", strlen("seeded:")) == 0;
}

static enum status record(struct trace_job *job)
{
    const struct option_set front = { front_options, &job->extract, NULL };
    const struct option_set network = { network_options, &job->extract, NULL };
    struct attributes *p = &job->provenance;
    TRY(attributes_set_text(p, "format", "earshot-trace"));
    TRY(attributes_set_integer(p, "format_version", 1));
    TRY(attributes_set_text(p, "program_version", EARSHOT_VERSION));
    TRY(attributes_set_text(p, "recording", job->recording));
    TRY(options_record(&front, p));
    TRY(options_record(&network, p));
    TRY(attributes_set_text(p, "weights", job->compute.weights));
    return attributes_set_integer(p, "random_weights", has_random_weights(job));
}

/* ---------------------------------------------------------------------------------------------- arrays */

/* A dataset of a store has two dimensions at most: [first][all others]. What they stand for is its attribute
 * `shape`. */
struct array {
    const char *name, *shape;
    const float *data;
    size_t rows, columns; /* 0: a vector */
};

static enum status write_array(struct store *store, const struct array *array)
{
    struct attributes attributes = { 0 };
    enum status status;
    if (!array->data) return OK; /* /image and /feature need a network */
    TRY_OR_DONE(store_new(store, array->name, STORE_FLOAT, array->rows, array->columns, 0));
    TRY_OR_DONE(store_write(store, array->name, 0, array->rows, array->data));
    TRY_OR_DONE(attributes_set_text(&attributes, "shape", array->shape));
    TRY_OR_DONE(store_set(store, array->name, &attributes));
done:
    attributes_release(&attributes);
    return status;
}

static enum status write_arrays(struct store *store, const struct trace *t)
{
    const size_t frames = (size_t)t->n_frames, bins = (size_t)t->n_bins, mels = (size_t)t->n_mels;
    const size_t patches = (size_t)t->n_patches, width = (size_t)t->width, size = (size_t)t->image_size;
    const struct array arrays[] = {
        { "/samples", "samples", t->wave, (size_t)t->n_samples, 0 },
        { "/power", "frames, bins", t->power, frames, bins },
        { "/mel", "frames, mels", t->mel, frames, mels },
        { "/decibel", "mels, frames", t->decibel, mels, frames },
        { "/patch", "patches, mels * patch * (red, green, blue)", t->patch, patches, mels * width * 3 },
        { "/image", "patches, (red, green, blue) * height * width", t->image, patches, 3 * size * size },
        { "/feature", "patches, columns", t->feature, patches, (size_t)t->n_columns },
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) TRY(write_array(store, &arrays[i]));
    return OK;
}

static enum status write_store(struct trace_job *job)
{
    struct store *store = NULL;
    enum status status;
    TRY_OR_DONE(attributes_set_text(&job->provenance, "backend", job->trace.backend));
    TRY_OR_DONE(store_create(&store, job->settings.output));
    TRY_OR_DONE(store_set(store, "/", &job->provenance));
    TRY_OR_DONE(write_arrays(store, &job->trace));
    TRY_OR_DONE(store_commit(store));
done:
    store_close(&store);
    return status;
}

/* -------------------------------------------------------------------------------------------- pictures */

enum { PATCH_ZOOM = 4 };

static uint8_t to_byte(float value)
{
    return value <= 0 ? 0 : value >= 1 ? 255 : (uint8_t)(value * 255.0f + 0.5f);
}

static enum status write_picture(struct trace_job *job, const char *kind, int number, const uint8_t *rgb,
                                 int width, int height)
{
    char *path = memory_print("%s/%s-%02d.png", job->settings.png, kind, number);
    TRY(memory_check(path));
    const enum status status = png_write(path, rgb, width, height);
    memory_free(path);
    if (status == OK) job->n_pictures++;
    return status;
}

/* Patch p as it is coloured, each cell PATCH_ZOOM pixels wide and high. */
static void draw_patch(const struct trace *t, int p, uint8_t *rgb)
{
    const float *patch = t->patch + (size_t)p * t->n_mels * t->width * 3;
    const int width = t->width * PATCH_ZOOM, height = t->n_mels * PATCH_ZOOM;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const float *cell = patch + ((size_t)(y / PATCH_ZOOM) * t->width + x / PATCH_ZOOM) * 3;
            uint8_t *pixel = rgb + ((size_t)y * width + x) * 3;
            for (int c = 0; c < 3; c++) pixel[c] = to_byte(cell[c]);
        }
}

/* Picture p as the network sees it, ImageNet's normalisation undone. */
static void draw_image(const struct trace *t, int p, uint8_t *rgb)
{
    static const float mean[3] = IMAGENET_MEAN, deviation[3] = IMAGENET_DEVIATION;
    const size_t n_pixels = (size_t)t->image_size * t->image_size;
    for (int c = 0; c < 3; c++) {
        const float *plane = t->image + ((size_t)p * 3 + (size_t)c) * n_pixels;
        for (size_t i = 0; i < n_pixels; i++)
            rgb[i * 3 + (size_t)c] = to_byte(plane[i] * deviation[c] + mean[c]);
    }
}

static enum status draw_all(struct trace_job *job, uint8_t *rgb)
{
    const struct trace *t = &job->trace;
    for (int p = 0; p < t->n_patches; p++) {
        draw_patch(t, p, rgb);
        TRY(write_picture(job, "patch", p, rgb, t->width * PATCH_ZOOM, t->n_mels * PATCH_ZOOM));
        if (!t->image) continue;
        draw_image(t, p, rgb);
        TRY(write_picture(job, "image", p, rgb, t->image_size, t->image_size));
    }
    return OK;
}

static enum status draw_spectrogram(struct trace_job *job)
{
    uint8_t *rgb = NULL;
    int width = 0, height = 0;
    char *path = NULL;
    enum status status;
    TRY_OR_DONE(trace_picture(&job->provenance, job->recording, &rgb, &width, &height));
    TRY_OR_DONE(memory_check(path = memory_print("%s/spectrogram.png", job->settings.png)));
    TRY_OR_DONE(png_write(path, rgb, width, height));
    job->n_pictures++;
done:
    memory_free(path);
    memory_free(rgb);
    return status;
}

static enum status write_pictures(struct trace_job *job)
{
    const struct trace *t = &job->trace;
    const size_t patch = (size_t)t->n_mels * t->width * PATCH_ZOOM * PATCH_ZOOM;
    const size_t image = (size_t)t->image_size * t->image_size;
    TRY(output_folder(job->settings.png));
    TRY(draw_spectrogram(job));
    uint8_t *rgb = memory_new(patch > image ? patch : image, 3);
    TRY(memory_check(rgb));
    const enum status status = draw_all(job, rgb);
    memory_free(rgb);
    return status;
}

/* ----------------------------------------------------------------------------------------- the command */

static enum status print_result(const struct trace_job *job)
{
    const struct trace *t = &job->trace;
    if (job->line.common.json)
        return command_json(json_pack(
            "{s:o, s:i, s:i, s:i, s:i, s:o, s:o, s:i}", "recording", json_text(job->recording), "samples",
            t->n_samples, "frames", t->n_frames, "patches", t->n_patches, "columns", t->n_columns, "output",
            job->settings.output ? json_text(job->settings.output) : json_null(), "png",
            job->settings.png ? json_text(job->settings.png) : json_null(), "pictures", job->n_pictures));
    printf("%s: %d samples, %d frames, %d patches of %d × %d", job->recording, t->n_samples, t->n_frames,
           t->n_patches, t->n_mels, t->width);
    if (t->feature) printf(", %d features each", t->n_columns);
    putchar('\n');
    if (has_random_weights(job))
        printf("RANDOM WEIGHTS: the network that made the features was not trained\n");
    if (job->settings.output) printf("%s\n", job->settings.output);
    if (job->settings.png) printf("%s: %d pictures\n", job->settings.png, job->n_pictures);
    return OK;
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct trace_job job = { 0 };
    int done = 0;
    enum status status;
    TRY_OR_DONE(parse(command, &job, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(check(command, &job));
    TRY_OR_DONE(record(&job));
    TRY_OR_DONE(
        trace_init(&job.trace, &job.extract, job.settings.output ? &job.compute : NULL, job.recording));
    if (job.settings.output) TRY_OR_DONE(write_store(&job));
    if (job.settings.png) TRY_OR_DONE(write_pictures(&job));
    status = print_result(&job);
done:
    release(&job);
    return status;
}

const struct command command_trace = {
    .name = "trace",
    .summary = "every intermediate array of one recording, and pictures of what the network sees",
    .usage = "trace WAV -o T.h5 [--png DIR] [extract's options]",
    .about =
        "Runs one recording through the line, one plain stage after the other, and keeps what each of them\n"
        "made: samples, power, mel energies, decibels, coloured patches, the network's pictures, features.",
    .example = "  earshot synth corpus\n"
               "  earshot trace corpus/0dB/fan/id_00/normal/00000000.wav --png pictures",
    .run = run,
};
