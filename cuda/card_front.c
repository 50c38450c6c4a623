#include "cuda/card_front.h"

#include "core/memory.h"
#include "cuda/device.h"
#include "mel.h"
#include "patch.h"

#include <cufft.h>
#include <string.h>

/* Numbers in the frames of one transform, 2 MiB of float. A plan is for a fixed number of frames: the last transform of
 * a batch also turns what was left of the one before, which nobody reads. */
enum { TILE_NUMBERS = 1 << 19 };

struct card_front {
    struct line_spec spec;
    cudaStream_t stream;
    int n_bins, tile_frames;

    int n_clips, n_frames, n_patches, most_frames; /* of the batch; of one of its clips */

    /* One piece goes up a batch: the clips' places, then int16 samples, then float samples. */
    struct batch_clip *staged; /* pinned */
    char *uploaded;            /* on the card, as all that follows */
    size_t places_bytes;
    const int16_t *pcm;
    const float *wave;
    cudaEvent_t is_uploaded;
    int was_uploaded; /* the event was recorded */

    float *window, *bank, *palette;
    struct mel_band *bands;
    float *frames, *spectrum; /* of one tile */
    float *mel, *decibel;     /* [max_frames × n_mels] */
    struct decibel_range *ranges;
    uint8_t *entries;     /* of one chunk's patches */
    float *decibel_below; /* pinned */

    cufftHandle transform;
    int has_transform;
};

/* --------------------------------------------------------------------------------------------- opening */

static size_t sample_bytes(const struct line_spec *spec)
{
    return (size_t)spec->max_samples * sizeof(float) + 16; /* 16: float samples begin aligned */
}

static enum status take_memory(struct card_front *front, struct region *region)
{
    const struct line_spec *spec = &front->spec;
    const size_t tile = (size_t)front->tile_frames, cells = (size_t)spec->max_frames * spec->n_mels;
    const size_t upload = front->places_bytes + sample_bytes(spec);
    TRY(region_pinned(region, upload, (void **)&front->staged));
    TRY(region_card(region, upload, (void **)&front->uploaded));
    TRY(region_card(region, tile * spec->n_fft * sizeof(float), (void **)&front->frames));
    TRY(region_card(region, tile * front->n_bins * 2 * sizeof(float), (void **)&front->spectrum));
    TRY(region_card(region, cells * sizeof(float), (void **)&front->mel));
    TRY(region_card(region, cells * sizeof(float), (void **)&front->decibel));
    TRY(region_pinned(region, cells * sizeof(float), (void **)&front->decibel_below));
    TRY(region_card(region, (size_t)spec->max_clips * sizeof *front->ranges, (void **)&front->ranges));
    return region_card(region, (size_t)spec->chunk * spec->n_mels * spec->width, (void **)&front->entries);
}

/* A constant table on the card. `values` may be let go of when the call returns: it is not pinned. */
static enum status put_table(struct card_front *front, struct region *region, const void *values,
                             size_t bytes, void **out)
{
    TRY(region_card(region, bytes, out));
    return device_check(cudaMemcpyAsync(*out, values, bytes, cudaMemcpyHostToDevice, front->stream),
                        "copying a table to the card");
}

static enum status put_bands(struct card_front *front, struct region *region)
{
    const struct line_spec *spec = &front->spec;
    struct mel_band *bands = memory_new((size_t)spec->n_mels, sizeof *bands);
    TRY(memory_check(bands));
    mel_bands(spec->bank, spec->n_mels, front->n_bins, bands);
    const enum status status =
        put_table(front, region, bands, (size_t)spec->n_mels * sizeof *bands, (void **)&front->bands);
    memory_free(bands);
    return status;
}

static enum status put_palette(struct card_front *front, struct region *region)
{
    float *colormap;
    TRY(put_table(front, region, front->spec.colormap, 256 * 3 * sizeof(float), (void **)&colormap));
    TRY(region_card(region, 256 * 4 * sizeof(float), (void **)&front->palette));
    const struct resize_palette_args args = { .colormap = colormap,
                                              .palette = front->palette,
                                              .mean = IMAGENET_MEAN,
                                              .deviation = IMAGENET_DEVIATION };
    return device_launch(resize_palette, &args, front->stream);
}

static enum status put_tables(struct card_front *front, struct region *region)
{
    const struct line_spec *spec = &front->spec;
    const size_t bank = (size_t)spec->n_mels * front->n_bins;
    TRY(put_table(front, region, spec->window, (size_t)spec->n_fft * sizeof(float), (void **)&front->window));
    TRY(put_table(front, region, spec->bank, bank * sizeof(float), (void **)&front->bank));
    TRY(put_bands(front, region));
    return spec->net ? put_palette(front, region) : OK;
}

static enum status fft_check(cufftResult result, const char *what)
{
    if (result == CUFFT_SUCCESS) return OK;
    return fail(result == CUFFT_ALLOC_FAILED ? ERR_MEMORY : ERR_DEVICE, "%s: cuFFT answers %d (cufftResult)",
                what, (int)result);
}

/* Its work area is a piece of the region, so that cuFFT takes no memory of its own. */
static enum status plan_transform(struct card_front *front, struct region *region)
{
    int n_fft = front->spec.n_fft;
    size_t work_bytes = 0;
    void *work;
    TRY(fft_check(cufftCreate(&front->transform), "a plan for the FFT"));
    front->has_transform = 1;
    TRY(fft_check(cufftSetAutoAllocation(front->transform, 0), "a plan for the FFT"));
    TRY(fft_check(cufftMakePlanMany(front->transform, 1, &n_fft, NULL, 1, n_fft, NULL, 1, front->n_bins,
                                    CUFFT_R2C, front->tile_frames, &work_bytes),
                  "a plan for the FFT"));
    TRY(region_card(region, work_bytes, &work));
    TRY(fft_check(cufftSetWorkArea(front->transform, work), "the work area of the FFT"));
    return fft_check(cufftSetStream(front->transform, front->stream), "the stream of the FFT");
}

static enum status fill(struct card_front *front, struct region *region)
{
    TRY(device_check(cudaEventCreateWithFlags(&front->is_uploaded, cudaEventDisableTiming), "an event"));
    TRY(take_memory(front, region));
    TRY(put_tables(front, region));
    return plan_transform(front, region);
}

static int tile_of(const struct line_spec *spec)
{
    const int frames = TILE_NUMBERS / spec->n_fft;
    return frames < spec->max_frames ? frames : spec->max_frames;
}

enum status card_front_open(struct card_front **out, const struct line_spec *spec, struct region *region,
                            cudaStream_t stream)
{
    struct card_front *front = *out = memory_new(1, sizeof *front);
    TRY(memory_check(front));
    *front = (struct card_front){ .spec = *spec,
                                  .stream = stream,
                                  .n_bins = spec->n_fft / 2 + 1,
                                  .tile_frames = tile_of(spec),
                                  .places_bytes =
                                      ((size_t)spec->max_clips * sizeof(struct batch_clip) + 15) / 16 * 16 };
    const enum status status = fill(front, region);
    if (status != OK) card_front_close(out);
    return status;
}

void card_front_close(struct card_front **out)
{
    struct card_front *front = *out;
    if (!front) return;
    if (front->has_transform) cufftDestroy(front->transform);
    if (front->is_uploaded) cudaEventDestroy(front->is_uploaded);
    memory_free(front);
    *out = NULL;
}

/* ------------------------------------------------------------------------------------------- uploading */

static enum status check_batch(const struct line_spec *spec, const struct clip *clips, int n)
{
    REQUIRE(n > 0 && n <= spec->max_clips, ERR_INTERNAL, "a batch of %d recordings, the line takes 1 to %d",
            n, spec->max_clips);
    long long samples = 0, frames = 0, patches = 0;
    for (int i = 0; i < n; i++) {
        REQUIRE(clips[i].n_samples > 0 && clips[i].first_frame == frames && clips[i].first_patch == patches,
                ERR_INTERNAL,
                "recording %d of a batch: frame %d and patch %d are its first, expected %lld and %lld", i,
                clips[i].first_frame, clips[i].first_patch, frames, patches);
        samples += clips[i].n_samples;
        frames += clips[i].n_frames;
        patches += clips[i].n_patches;
    }
    REQUIRE(samples <= spec->max_samples && frames <= spec->max_frames && patches <= spec->max_patches,
            ERR_INTERNAL,
            "a batch of %lld samples, %lld frames and %lld patches, the line takes %d, %d and %d", samples,
            frames, patches, spec->max_samples, spec->max_frames, spec->max_patches);
    return OK;
}

static long long count_pcm(const struct clip *clips, int n)
{
    long long samples = 0;
    for (int i = 0; i < n; i++)
        if (clips[i].pcm) samples += clips[i].n_samples;
    return samples;
}

/* Fills the pinned piece; how many bytes of it are to go up. */
static size_t stage(struct card_front *front, const struct clip *clips, int n)
{
    char *const samples = (char *)front->staged + front->places_bytes;
    const size_t pcm_bytes = ((size_t)count_pcm(clips, n) * sizeof(int16_t) + 15) / 16 * 16;
    int16_t *pcm = (int16_t *)samples;
    float *wave = (float *)(samples + pcm_bytes);
    long long n_pcm = 0, n_wave = 0;
    for (int i = 0; i < n; i++) {
        const struct clip *clip = &clips[i];
        const size_t count = (size_t)clip->n_samples;
        front->staged[i] = (struct batch_clip){
            clip->pcm ? n_pcm : n_wave, clip->n_samples,   clip->n_frames,    clip->n_patches,
            clip->first_frame,          clip->first_patch, clip->wave != NULL
        };
        if (clip->pcm)
            memcpy(pcm + n_pcm, clip->pcm, count * sizeof *pcm), n_pcm += clip->n_samples;
        else
            memcpy(wave + n_wave, clip->wave, count * sizeof *wave), n_wave += clip->n_samples;
    }
    front->pcm = (const int16_t *)(front->uploaded + front->places_bytes);
    front->wave = (const float *)(front->uploaded + front->places_bytes + pcm_bytes);
    if (n_wave) return front->places_bytes + pcm_bytes + (size_t)n_wave * sizeof *wave;
    return front->places_bytes + (size_t)n_pcm * sizeof *pcm;
}

static void count_batch(struct card_front *front, const struct clip *clips, int n)
{
    const struct clip *last = &clips[n - 1];
    front->n_clips = n;
    front->n_frames = last->first_frame + last->n_frames;
    front->n_patches = last->first_patch + last->n_patches;
    front->most_frames = 0;
    for (int i = 0; i < n; i++)
        if (clips[i].n_frames > front->most_frames) front->most_frames = clips[i].n_frames;
}

/* Whoever has waited for the batch before does not wait here: its copy has long run. */
enum status card_front_upload(struct card_front *front, const struct clip *clips, int n)
{
    TRY(check_batch(&front->spec, clips, n));
    if (front->was_uploaded && cudaEventQuery(front->is_uploaded) != cudaSuccess)
        TRY(device_check(cudaEventSynchronize(front->is_uploaded), "waiting for the upload before"));
    const size_t bytes = stage(front, clips, n);
    count_batch(front, clips, n);
    TRY(device_check(
        cudaMemcpyAsync(front->uploaded, front->staged, bytes, cudaMemcpyHostToDevice, front->stream),
        "copying samples to the card"));
    TRY(device_check(cudaEventRecord(front->is_uploaded, front->stream), "marking the upload"));
    front->was_uploaded = 1;
    return OK;
}

/* --------------------------------------------------------------------------------------------- log-mel */

static const struct batch_clip *places(const struct card_front *front)
{
    return (const struct batch_clip *)front->uploaded;
}

/* Frames `first` … first + n - 1: samples → mel energies. */
static enum status turn_tile(struct card_front *front, int first, int n)
{
    const struct line_spec *spec = &front->spec;
    const struct frame_batch_args frame = { .clips = places(front),
                                            .pcm = front->pcm,
                                            .wave = front->wave,
                                            .window = front->window,
                                            .frames = front->frames,
                                            .n_clips = front->n_clips,
                                            .n_fft = spec->n_fft,
                                            .hop = spec->hop,
                                            .first_frame = first,
                                            .n_frames = n,
                                            .pad = spec->pad };
    const struct mel_spectrum_args mel = { .spectrum = front->spectrum,
                                           .bank = front->bank,
                                           .bands = front->bands,
                                           .mel = front->mel + (size_t)first * spec->n_mels,
                                           .n_frames = n,
                                           .n_bins = front->n_bins,
                                           .n_mels = spec->n_mels };
    TRY(device_launch(frame_batch, &frame, front->stream));
    TRY(fft_check(cufftExecR2C(front->transform, front->frames, (cufftComplex *)front->spectrum), "the FFT"));
    return device_launch(mel_spectrum, &mel, front->stream);
}

enum status card_front_logmel(struct card_front *front)
{
    for (int first = 0; first < front->n_frames; first += front->tile_frames) {
        const int left = front->n_frames - first;
        TRY(turn_tile(front, first, left < front->tile_frames ? left : front->tile_frames));
    }
    const struct decibel_batch_args args = { .clips = places(front),
                                             .mel = front->mel,
                                             .ranges = front->ranges,
                                             .decibel = front->decibel,
                                             .n_clips = front->n_clips,
                                             .n_mels = front->spec.n_mels,
                                             .most_frames = front->most_frames,
                                             .reference = front->spec.reference,
                                             .range_db = front->spec.range_db };
    TRY(device_launch(decibel_range, &args, front->stream));
    return device_launch(decibel_batch, &args, front->stream);
}

/* -------------------------------------------------------------------------------------------- pictures */

enum status card_front_picture(struct card_front *front, int first_patch, int n_patches, void *image,
                               enum number number)
{
    const struct line_spec *spec = &front->spec;
    const struct colorize_batch_args colorize = { .clips = places(front),
                                                  .ranges = front->ranges,
                                                  .decibel = front->decibel,
                                                  .entries = front->entries,
                                                  .n_clips = front->n_clips,
                                                  .n_mels = spec->n_mels,
                                                  .width = spec->width,
                                                  .offset = spec->offset,
                                                  .first_patch = first_patch,
                                                  .n_patches = n_patches,
                                                  .range = spec->color_range,
                                                  .range_db = spec->range_db,
                                                  .flip = spec->flip };
    const struct resize_batch_args resize = { .entries = front->entries,
                                              .palette = front->palette,
                                              .image = image,
                                              .number = number,
                                              .n_patches = n_patches,
                                              .height = spec->n_mels,
                                              .width = spec->width,
                                              .size = spec->net->input_size,
                                              .filter = spec->filter };
    TRY(device_launch(colorize_batch, &colorize, front->stream));
    return device_launch(resize_batch, &resize, front->stream);
}

enum status card_front_cells(struct card_front *front, int first_patch, int n_patches, float *features)
{
    const struct line_spec *spec = &front->spec;
    const struct patch_batch_args args = { .clips = places(front),
                                           .decibel = front->decibel,
                                           .features = features,
                                           .n_clips = front->n_clips,
                                           .n_mels = spec->n_mels,
                                           .width = spec->width,
                                           .offset = spec->offset,
                                           .first_patch = first_patch,
                                           .n_patches = n_patches,
                                           .range_db = spec->range_db };
    return device_launch(patch_batch, &args, front->stream);
}

int card_front_patches(const struct card_front *front)
{
    return front->n_patches;
}

enum status card_front_decibel(struct card_front *front, const float **decibel, size_t *n)
{
    *decibel = front->decibel_below;
    *n = (size_t)front->n_frames * front->spec.n_mels;
    return device_check(cudaMemcpyAsync(front->decibel_below, front->decibel, *n * sizeof **decibel,
                                        cudaMemcpyDeviceToHost, front->stream),
                        "copying dB from the card");
}
