/* The front end on the emulator: what cuda/ does with the kernels, but for the FFT, which is the definition's. */
#ifndef EMU_FRONT_H
#define EMU_FRONT_H

#include "../kernels/check_front.h"
#include "emulated.h"
#include "fft.h"
#include "mel.h"
#include "patch.h"

struct emu_front {
    struct line_spec spec;
    struct batch_clip *clips; /* on the device, as all that follows */
    struct decibel_range *ranges;
    float *decibel;
    int n_clips, most_frames;
};

static inline size_t emu_bins(const struct line_spec *spec)
{
    return (size_t)spec->n_fft / 2 + 1;
}

/* Fills pcm and wave as an upload would, and tells where each clip went. */
static inline void emu_places(const struct clip *clips, int n, struct batch_clip *places, int16_t *pcm,
                              float *wave)
{
    long long n_pcm = 0, n_wave = 0;
    for (int i = 0; i < n; i++) {
        const size_t n_samples = (size_t)clips[i].n_samples;
        places[i] = (struct batch_clip){ .first_sample = clips[i].pcm ? n_pcm : n_wave,
                                         .n_samples = clips[i].n_samples,
                                         .n_frames = clips[i].n_frames,
                                         .n_patches = clips[i].n_patches,
                                         .first_frame = clips[i].first_frame,
                                         .first_patch = clips[i].first_patch,
                                         .is_wave = clips[i].wave != NULL };
        if (clips[i].pcm) {
            memcpy(pcm + n_pcm, clips[i].pcm, n_samples * sizeof *pcm);
            n_pcm += clips[i].n_samples;
        } else {
            memcpy(wave + n_wave, clips[i].wave, n_samples * sizeof *wave);
            n_wave += clips[i].n_samples;
        }
    }
}

/* Samples → windowed frames first … first + n - 1, on the device. */
static inline float *emu_frames(const struct emu_front *front, const struct clip *clips, int first, int n)
{
    const struct line_spec *spec = &front->spec;
    const size_t samples = (size_t)spec->max_samples;
    int16_t *pcm = calloc(samples, sizeof *pcm);
    float *wave = calloc(samples, sizeof *wave);
    struct batch_clip *places = calloc((size_t)front->n_clips, sizeof *places);
    assert_true(pcm && wave && places);
    emu_places(clips, front->n_clips, places, pcm, wave);
    emu_copy(front->clips, places, (size_t)front->n_clips * sizeof *places);
    const struct frame_batch_args args = {
        .clips = front->clips,
        .pcm = device_of(pcm, samples * sizeof *pcm),
        .wave = device_of(wave, samples * sizeof *wave),
        .window = device_of(spec->window, (size_t)spec->n_fft * sizeof(float)),
        .frames = device_new((size_t)n * spec->n_fft * sizeof(float)),
        .n_clips = front->n_clips,
        .n_fft = spec->n_fft,
        .hop = spec->hop,
        .first_frame = first,
        .n_frames = n,
        .pad = spec->pad,
    };
    emu_run(frame_batch, &args);
    emu_free((void *)(uintptr_t)args.pcm);
    emu_free((void *)(uintptr_t)args.wave);
    emu_free((void *)(uintptr_t)args.window);
    free(pcm);
    free(wave);
    free(places);
    return args.frames;
}

/* Frames on the device, freed → their spectrum there. */
static inline float *emu_spectrum(const struct line_spec *spec, float *frames, int n)
{
    const size_t n_frames = (size_t)n * spec->n_fft, n_spectrum = (size_t)n * emu_bins(spec) * 2;
    float *of_frames = malloc(n_frames * sizeof *of_frames),
          *of_spectrum = malloc(n_spectrum * sizeof *of_spectrum);
    assert_true(of_frames && of_spectrum);
    device_take(of_frames, frames, n_frames * sizeof *of_frames);
    fft_ref(&(struct fft_args){ of_frames, of_spectrum, n, spec->n_fft });
    float *spectrum = device_of(of_spectrum, n_spectrum * sizeof *of_spectrum);
    free(of_frames);
    free(of_spectrum);
    return spectrum;
}

/* Spectrum on the device, freed → mel energies [n][n_mels] there. */
static inline void emu_mel(const struct line_spec *spec, float *spectrum, int n, float *mel)
{
    const size_t n_bins = emu_bins(spec), n_mels = (size_t)spec->n_mels;
    struct mel_band *bands = malloc(n_mels * sizeof *bands);
    assert_non_null(bands);
    mel_bands(spec->bank, spec->n_mels, (int)n_bins, bands);
    const struct mel_spectrum_args args = {
        .spectrum = spectrum,
        .bank = device_of(spec->bank, n_mels * n_bins * sizeof(float)),
        .bands = device_of(bands, n_mels * sizeof *bands),
        .mel = mel,
        .n_frames = n,
        .n_bins = (int)n_bins,
        .n_mels = spec->n_mels,
    };
    emu_run(mel_spectrum, &args);
    emu_free(spectrum);
    emu_free((void *)(uintptr_t)args.bank);
    emu_free((void *)(uintptr_t)args.bands);
    free(bands);
}

/* mel energies of the batch, on the device, freed → ranges and dB. */
static inline void emu_decibel(struct emu_front *front, float *mel)
{
    const struct decibel_batch_args args = {
        .clips = front->clips,
        .mel = mel,
        .ranges = front->ranges,
        .decibel = front->decibel,
        .n_clips = front->n_clips,
        .n_mels = front->spec.n_mels,
        .most_frames = front->most_frames,
        .reference = front->spec.reference,
        .range_db = front->spec.range_db,
    };
    emu_run(decibel_range, &args);
    emu_run(decibel_batch, &args);
    emu_free(mel);
}

/* The batch in slices of at most `slice` frames, as cuda/ does to save memory. */
static inline struct emu_front emu_front_new(const struct line_spec *spec, const struct clip *clips, int n,
                                             int slice)
{
    const size_t n_cells = (size_t)spec->max_frames * spec->n_mels;
    struct emu_front front = {
        .spec = *spec,
        .clips = device_new((size_t)n * sizeof(struct batch_clip)),
        .ranges = device_new((size_t)n * sizeof(struct decibel_range)),
        .decibel = device_new(n_cells * sizeof(float)),
        .n_clips = n,
    };
    float *mel = device_new(n_cells * sizeof *mel);
    for (int i = 0; i < n; i++)
        front.most_frames = clips[i].n_frames > front.most_frames ? clips[i].n_frames : front.most_frames;
    for (int first = 0; first < spec->max_frames; first += slice) {
        const int left = spec->max_frames - first, n_frames = left < slice ? left : slice;
        float *spectrum = emu_spectrum(spec, emu_frames(&front, clips, first, n_frames), n_frames);
        emu_mel(spec, spectrum, n_frames, mel + (size_t)first * spec->n_mels);
    }
    emu_decibel(&front, mel);
    return front;
}

static inline void emu_front_free(struct emu_front *front)
{
    emu_free(front->clips);
    emu_free(front->ranges);
    emu_free(front->decibel);
}

/* Patches from … from + n - 1 as features. */
static inline void emu_cells(const struct emu_front *front, int from, int n, float *features)
{
    const struct line_spec *spec = &front->spec;
    const size_t bytes = (size_t)n * spec->n_mels * spec->width * sizeof(float);
    if (n == 0) return;
    const struct patch_batch_args args = {
        .clips = front->clips,
        .decibel = front->decibel,
        .features = device_new(bytes),
        .n_clips = front->n_clips,
        .n_mels = spec->n_mels,
        .width = spec->width,
        .offset = spec->offset,
        .first_patch = from,
        .n_patches = n,
        .range_db = spec->range_db,
    };
    emu_run(patch_batch, &args);
    device_take(features, args.features, bytes);
}

/* Colours of patches from … from + n - 1, on the device. */
static inline uint8_t *emu_entries(const struct emu_front *front, int from, int n)
{
    const struct line_spec *spec = &front->spec;
    const struct colorize_batch_args args = {
        .clips = front->clips,
        .ranges = front->ranges,
        .decibel = front->decibel,
        .entries = device_new((size_t)n * spec->n_mels * spec->width),
        .n_clips = front->n_clips,
        .n_mels = spec->n_mels,
        .width = spec->width,
        .offset = spec->offset,
        .first_patch = from,
        .n_patches = n,
        .range = spec->color_range,
        .range_db = spec->range_db,
        .flip = spec->flip,
    };
    emu_run(colorize_batch, &args);
    return args.entries;
}

static inline struct answer emu_answer_of(const struct line_spec *spec, const struct clip *clips, int n,
                                          int slice)
{
    struct answer answer = { floats_new((size_t)spec->max_frames * spec->n_mels),
                             floats_new((size_t)spec->max_patches * spec->n_mels * spec->width) };
    struct emu_front front = emu_front_new(spec, clips, n, slice);
    emu_copy(answer.decibel.values, front.decibel, answer.decibel.n * sizeof(float));
    const int first_half = spec->max_patches / 2;
    emu_cells(&front, 0, first_half, answer.cells.values);
    emu_cells(&front, first_half, spec->max_patches - first_half,
              answer.cells.values + (size_t)first_half * spec->n_mels * spec->width);
    emu_front_free(&front);
    assert_guards(answer.decibel);
    assert_guards(answer.cells);
    return answer;
}

#endif
