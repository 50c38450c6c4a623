/* The cases that every implementation of log-mel is run on, and how near it must come to `ref`. */
#ifndef FRONT_CASES_H
#define FRONT_CASES_H

#include "check_front.h"

/* Settings and a recording of a sound, to be compared with `ref`. */
typedef void front_check(struct settings *settings, enum sound sound, int n_samples);

/* The definition rounds frames, spectrum, power and mel to float, kissfft's sums are float: about 1e-4 dB. */
static const double tolerance_db = 1e-3;

static inline void assert_near_definition(struct answer answer, struct answer expected,
                                          const struct line_spec *spec, const char *what)
{
    for (size_t i = 0; i < expected.decibel.n; i++)
        if (!(fabs((double)answer.decibel.values[i] - (double)expected.decibel.values[i]) <= tolerance_db))
            fail_msg("%s: cell %zu is %.9g dB, expected %.9g", what, i, (double)answer.decibel.values[i],
                     (double)expected.decibel.values[i]);
    for (size_t i = 0; i < expected.cells.n; i++)
        assert_near((double)answer.cells.values[i], (double)expected.cells.values[i],
                    tolerance_db / (double)spec->range_db);
}

/* The last three go through kissfft; 8 is the smallest window of our own FFT, with one pass of radix 4; 512
 * and 2048 end with a pass of radix 4, 1024 with one of radix 2. */
static inline void front_windows(front_check *check)
{
    static const int windows[] = { 8, 16, 512, 1024, 2048, 2, 1000, 1023 };
    static const int samples[] = { 1, 31, 33, 1009, 5003 };
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        struct settings s =
            settings_new(windows[w], windows[w] < 64 ? 7 : 256, windows[w] < 64 ? 3 : 64, 5, 2);
        for (size_t n = 0; n < sizeof samples / sizeof *samples; n++) check(&s, NOISE, samples[n]);
        settings_free(&s);
    }
}

static inline void front_sounds(front_check *check)
{
    struct settings s = settings_new(1024, 256, 64, 16, 8);
    for (enum sound sound = 0; sound < N_SOUNDS; sound++) check(&s, sound, 16384);
    s.spec.reference = DECIBEL_ONE;
    check(&s, SILENCE, 16384);
    check(&s, CLICK, 16384);
    settings_free(&s);
}

/* Frames 1, 31 … 33, primes; hops longer than the window; recordings shorter than half a window, on both
 * kinds of padding. */
static inline void front_frames(front_check *check)
{
    static const int hops[] = { 31, 128, 131, 500 };
    static const int samples[] = { 1, 2, 3, 40, 130, 31 * 31, 31 * 33 - 1, 128 * 31, 131 * 36, 6007 };
    for (size_t h = 0; h < sizeof hops / sizeof *hops; h++) {
        struct settings s = settings_new(256, hops[h], 13, 7, 3);
        for (size_t n = 0; n < sizeof samples / sizeof *samples; n++) {
            s.spec.pad = n % 2 ? PAD_ZERO : PAD_REFLECT;
            check(&s, n % 3 ? NOISE : FLOAT_NOISE, samples[n]);
        }
        settings_free(&s);
    }
}

/* -------------------------------------------------------------------------------------------- pictures */

/* Palette and fractions are rounded to float, and a bilinear sum has three roundings more: about 2e-6 at
 * colours of up to 2.7 deviations. */
static const double tolerance_picture = 1e-5;

/* The definition's pictures of `decibel`: of one recording, all patches. */
static inline struct floats expected_pictures(const struct line_spec *spec, const struct clip *clip,
                                              const float *decibel)
{
    const size_t size = (size_t)spec->net->input_size;
    const struct floats rgb = floats_new((size_t)clip->n_patches * spec->n_mels * spec->width * 3);
    const struct floats image = floats_new((size_t)clip->n_patches * 3 * size * size);
    colorize_ref(&(struct colorize_args){ decibel, spec->colormap, rgb.values, clip->n_frames, spec->n_mels,
                                          clip->n_patches, spec->width, spec->offset, spec->color_range,
                                          spec->range_db, spec->flip });
    resize_ref(&(struct resize_args){ rgb.values, image.values, IMAGENET_MEAN, IMAGENET_DEVIATION,
                                      clip->n_patches, spec->n_mels, spec->width, spec->net->input_size,
                                      spec->filter });
    assert_guards(rgb);
    assert_guards(image);
    floats_free(rgb);
    return image;
}

/* The paper's 64 × 64 → 224, up and down, and sizes that no vector divides. */
struct picture_case {
    int n_mels, width, size;
    enum sound sound;
};
static const struct picture_case picture_cases[] = {
    { 64, 64, 224, NOISE }, { 40, 33, 31, NOISE }, { 13, 7, 33, CLICK },    { 64, 1, 37, QUIET_TONE },
    { 1, 64, 37, NOISE },   { 97, 31, 20, CLICK }, { 8, 8, 1, FULL_SCALE }, { 16, 16, 16, SILENCE },
};
enum { N_PICTURE_CASES = sizeof picture_cases / sizeof *picture_cases };

#endif
