/* Patches to what the network reads, emulated: colours and resizing against their definitions, in float and half. */
#include "emu_front.h"

#include "../kernels/front_cases.h"
#include "core/log.h"
#include "half.h"

/* half has 11 bits: 2⁻¹¹ of values of up to 2.7 deviations. */
static const double tolerance_half = 2.8 / 2048;

static size_t number_bytes(enum number number)
{
    return number == NUMBER_HALF ? sizeof(uint16_t) : sizeof(float);
}

static float *palette_new(const float *colormap)
{
    struct resize_palette_args args = {
        .colormap = device_of(colormap, 256 * 3 * sizeof(float)),
        .palette = device_new(256 * 4 * sizeof(float)),
        .mean = IMAGENET_MEAN,
        .deviation = IMAGENET_DEVIATION,
    };
    emu_run(resize_palette, &args);
    emu_free((void *)(uintptr_t)args.colormap);
    return args.palette;
}

/* Pictures of patches from … from + n - 1: [n][size][size][8], on the host. The caller frees them. */
static void *pictures_of(const struct emu_front *front, int from, int n, enum number number)
{
    const struct line_spec *spec = &front->spec;
    const size_t size = (size_t)spec->net->input_size;
    const size_t bytes = (size_t)n * size * size * RESIZE_CHANNELS * number_bytes(number);
    void *pictures = malloc(bytes);
    assert_non_null(pictures);
    const struct resize_batch_args args = {
        .entries = emu_entries(front, from, n),
        .palette = palette_new(spec->colormap),
        .image = device_new(bytes),
        .number = number,
        .n_patches = n,
        .height = spec->n_mels,
        .width = spec->width,
        .size = spec->net->input_size,
        .filter = spec->filter,
    };
    emu_run(resize_batch, &args);
    device_take(pictures, args.image, bytes);
    emu_free((void *)(uintptr_t)args.entries);
    emu_free((void *)(uintptr_t)args.palette);
    return pictures;
}

static float number_at(const void *numbers, size_t i, enum number number)
{
    return number == NUMBER_HALF ? float_of_half(((const uint16_t *)numbers)[i])
                                 : ((const float *)numbers)[i];
}

/* Against expected [n][3][size][size]. */
static void assert_pictures(const void *pictures, const float *expected, int n, int size, enum number number)
{
    const double tolerance = number == NUMBER_HALF ? tolerance_half : tolerance_picture;
    for (int i = 0; i < n * size * size; i++) {
        const int p = i / (size * size), pixel = i % (size * size);
        for (int c = 0; c < RESIZE_CHANNELS; c++) {
            const double value = (double)number_at(pictures, (size_t)i * RESIZE_CHANNELS + c, number);
            const double right = c < 3 ? (double)expected[(p * 3 + c) * size * size + pixel] : 0;
            assert_near(value, right, tolerance);
        }
    }
}

/* Of the emulated dB, so that colours are equal and only the resizing is compared; all patches but the first. */
static void check_options(struct emu_front *front, const struct clip *clip, const float *decibel, int options)
{
    struct line_spec *spec = &front->spec;
    const enum number number = (options + (int)emu_options.order) % 2 ? NUMBER_HALF : NUMBER_FLOAT;
    const int size = spec->net->input_size, n = clip->n_patches - 1;
    spec->color_range = (enum color_range)(options % 3);
    spec->flip = options / 3 % 2;
    spec->filter = options / 6 ? RESIZE_NEAREST : RESIZE_BILINEAR;
    const struct floats expected = expected_pictures(spec, clip, decibel);
    void *pictures = pictures_of(front, 1, n, number);
    assert_pictures(pictures, expected.values + (size_t)3 * size * size, n, size, number);
    free(pictures);
    floats_free(expected);
}

/* Large pictures take every third of the options in each order of threads. */
static void check_case(const struct picture_case *picture)
{
    struct settings s = settings_new(512, 128, picture->n_mels, picture->width, 5);
    const struct net net = { .name = "none", .input_size = picture->size };
    struct clip clip = clip_new(&s.spec, picture->sound, 128 * (picture->width + 8));
    s.spec.net = &net;
    line_up(&s.spec, &clip, 1);
    const struct floats decibel = floats_new((size_t)clip.n_frames * picture->n_mels);
    struct emu_front front = emu_front_new(&s.spec, &clip, 1, 1000);
    emu_copy(decibel.values, front.decibel, decibel.n * sizeof(float));
    const int step = picture->size > 100 ? 3 : 1;
    for (int i = step > 1 ? (int)emu_options.order : 0; i < 3 * 2 * 2; i += step)
        check_options(&front, &clip, decibel.values, step > 1 ? (i + i / 3) % 12 : i);
    emu_front_free(&front);
    floats_free(decibel);
    clip_free(&clip);
    settings_free(&s);
}

static void check_cases(void)
{
    for (int i = 0; i < N_PICTURE_CASES; i++) check_case(&picture_cases[i]);
}

static void test_pictures(void **state)
{
    (void)state;
    in_every_order(check_cases);
}

/* Each patch of a batch has the bytes that it has alone, whose recording ever it belongs to. */
static void check_batch(void)
{
    static const int samples[] = { 4001, 1, 3000, 2, 5000, 7 };
    enum { N = sizeof samples / sizeof *samples };
    struct settings s = settings_new(64, 100, 10, 9, 4);
    const struct net net = { .name = "none", .input_size = 23 };
    const size_t bytes = 23 * 23 * RESIZE_CHANNELS * sizeof(uint16_t);
    struct clip clips[N];
    s.spec.net = &net;
    s.spec.color_range = COLOR_MINMAX;
    for (int i = 0; i < N; i++) clips[i] = clip_new(&s.spec, NOISE, samples[i]);
    line_up(&s.spec, clips, N);
    struct emu_front batch = emu_front_new(&s.spec, clips, N, 17);
    char *all = pictures_of(&batch, 0, s.spec.max_patches, NUMBER_HALF);
    for (int i = 0; i < N; i++) {
        const int first = clips[i].first_patch, n = clips[i].n_patches;
        if (n == 0) continue;
        line_up(&s.spec, &clips[i], 1);
        struct emu_front alone = emu_front_new(&s.spec, &clips[i], 1, 1000);
        void *pictures = pictures_of(&alone, 0, n, NUMBER_HALF);
        assert_memory_equal(all + first * bytes, pictures, n * bytes);
        free(pictures);
        emu_front_free(&alone);
    }
    free(all);
    emu_front_free(&batch);
    for (int i = 0; i < N; i++) clip_free(&clips[i]);
    settings_free(&s);
}

static void test_patches_of_a_batch(void **state)
{
    (void)state;
    in_every_order(check_batch);
}

int main(void)
{
    log_set_level(LOG_WARNING);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_patches_of_a_batch),
    };
    return cmocka_run_group_tests_name("emu.picture", tests, NULL, NULL);
}
