#include "golden_inject.h"

#include "core/memory.h"
#include "pipeline/colormap.h"

static const double PI = 3.14159265358979323846, RANGE_DB = 80.0;

static double amplitude(int index)
{
    const double decibel = index == 255 ? 0.0 : RANGE_DB * ((index + 0.5) / 256.0 - 1.0);
    return pow(10.0, decibel / 20.0);
}

/* One frame of n_fft samples around its middle, from the amplitudes of bins 1 … n_fft/2; bin 0 is empty. */
static void fill_frame(float *frame, int n_fft, const double *amplitudes)
{
    const int half = n_fft / 2;
    for (int i = 0; i < n_fft; i++) {
        double sum = 0;
        for (int k = 1; k < half; k++) sum += 2.0 * amplitudes[k] * cos(2.0 * PI * k * (i - half) / n_fft);
        sum += amplitudes[half] * cos(PI * (i - half));
        frame[i] = (float)(sum / n_fft);
    }
}

/* The recording begins with the second half of frame 0, whose first half is its mirror: frames are even about
 * their middle, and their first sample is repeated behind the last. */
static void place_frame(float *wave, int n_samples, int middle, const float *frame, int n_fft)
{
    for (int i = 0; i <= n_fft; i++) {
        const int at = middle - n_fft / 2 + i;
        if (at >= 0 && at < n_samples) wave[at] = frame[i % n_fft];
    }
}

static void fill_wave(struct injected *injected, const int *index, int height, int width)
{
    const struct line_spec *spec = &injected->spec;
    float *frame = memory_new((size_t)spec->n_fft, sizeof *frame);
    double *amplitudes = memory_new((size_t)height + 1, sizeof *amplitudes);
    assert_true(frame && amplitudes);
    for (int t = 0; t < injected->clip.n_frames; t++) {
        const int *patch = index + (size_t)(t / width) * height * width;
        for (int y = 0; y < height; y++) amplitudes[y + 1] = amplitude(patch[y * width + t % width]);
        fill_frame(frame, spec->n_fft, amplitudes);
        place_frame(injected->wave, injected->clip.n_samples, t * spec->hop, frame, spec->n_fft);
    }
    memory_free(frame);
    memory_free(amplitudes);
}

void inject_init(struct injected *injected, const int *index, int n_patches, int height, int width)
{
    const int n_fft = 2 * height, hop = n_fft + 2, n_frames = n_patches * width;
    const int n_samples = (n_frames - 1) * hop + n_fft;
    *injected = (struct injected){ .wave = memory_new((size_t)n_samples, sizeof(float)),
                                   .window = memory_new((size_t)n_fft, sizeof(float)),
                                   .bank = memory_new((size_t)height * ((size_t)height + 1), sizeof(float)) };
    assert_true(injected->wave && injected->window && injected->bank);
    for (int i = 0; i < n_fft; i++) injected->window[i] = 1;
    for (int m = 0; m < height; m++) injected->bank[m * (height + 1) + m + 1] = 1;
    injected->clip = (struct clip){
        .wave = injected->wave, .n_samples = n_samples, .n_frames = n_frames, .n_patches = n_patches
    };
    injected->spec = (struct line_spec){ .n_fft = n_fft,
                                         .hop = hop,
                                         .n_mels = height,
                                         .pad = PAD_REFLECT,
                                         .window = injected->window,
                                         .bank = injected->bank,
                                         .reference = DECIBEL_MAX,
                                         .range_db = (float)RANGE_DB,
                                         .width = width,
                                         .offset = width,
                                         .color_range = COLOR_RECORDING,
                                         .colormap = colormap_viridis[0],
                                         .filter = RESIZE_BILINEAR,
                                         .max_clips = 1,
                                         .max_samples = n_samples,
                                         .max_frames = n_frames,
                                         .max_patches = n_patches,
                                         .chunk = n_patches };
    fill_wave(injected, index, height, width);
}

void inject_release(struct injected *injected)
{
    memory_free(injected->wave);
    memory_free(injected->window);
    memory_free(injected->bank);
}
