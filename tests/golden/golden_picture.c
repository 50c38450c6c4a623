/* Decibels → pictures against matplotlib and torch: the definitions on the golden file's own input, then
 * every backend's picture, seen through a network that does nothing. */
#include "golden_inject.h"

#include "core/memory.h"
#include "pipeline/colormap.h"

static const double TOLERANCE = 1e-5; /* colours are floats in 0 … 1, pictures in -3 … 3 */

static void test_viridis(void **state)
{
    (void)state;
    struct store *golden = golden_open("picture.h5");
    float *expected = golden_floats(golden, NULL, NULL, "/viridis");
    const struct worst worst = { largest_error(colormap_viridis[0], expected, 256 * 3) };
    memory_free(expected);
    store_close(&golden);
    golden_report("viridis", &worst, 1e-7); /* printed with fewer digits than a double has */
}

/* -------------------------------------------------------------------------------------------- colorize */

static struct worst worst_colorize;

static enum color_range range_named(const char *name)
{
    if (strcmp(name, "recording") == 0) return COLOR_RECORDING;
    return strcmp(name, "patch") == 0 ? COLOR_PATCH : COLOR_MINMAX;
}

static void each_colorize(struct store *golden, const char *name)
{
    struct attributes a = golden_attributes(golden, "/colorize/%s", name);
    int n_mels, n_frames, n_patches, cells;
    float *decibel = golden_floats(golden, &n_mels, &n_frames, "/colorize/%s/decibel", name);
    float *expected = golden_floats(golden, &n_patches, &cells, "/colorize/%s/rgb", name);
    float *rgb = memory_new((size_t)n_patches * (size_t)cells, sizeof *rgb);
    assert_non_null(rgb);
    const struct colorize_args args = { .decibel = decibel,
                                        .colormap = colormap_viridis[0],
                                        .rgb = rgb,
                                        .n_frames = n_frames,
                                        .n_mels = n_mels,
                                        .n_patches = n_patches,
                                        .width = (int)attributes_integer(&a, "width", 0),
                                        .offset = (int)attributes_integer(&a, "offset", 0),
                                        .range = range_named(attributes_text(&a, "range", "")),
                                        .range_db = (float)attributes_find(&a, "range_db")->real,
                                        .flip = (int)attributes_integer(&a, "flip", 0) };
    assert_int_equal(n_patches, patch_count(n_frames, args.width, args.offset));
    assert_int_equal(cells, n_mels * args.width * 3);
    colorize_ref(&args);
    const double error = largest_error(rgb, expected, (size_t)n_patches * (size_t)cells);
    if (!(error <= TOLERANCE)) printf("colorize %s: %.3g\n", name, error);
    worst_add(&worst_colorize, error);
    memory_free(rgb);
    memory_free(expected);
    memory_free(decibel);
    attributes_release(&a);
}

static void test_colorize(void **state)
{
    (void)state;
    struct store *golden = golden_open("picture.h5");
    golden_each(golden, "/colorize", each_colorize);
    store_close(&golden);
    golden_report("colorize", &worst_colorize, TOLERANCE);
}

/* ---------------------------------------------------------------------------------------------- resize */

/* One group /resize/<name>. */
struct resize_case {
    int height, width, size, n_patches, n_pixels;
    enum resize_filter filter;
    int *index, *pixels;
    float *image; /* [n_patches * 3][n_pixels * n_pixels] */
};

static struct resize_case resize_case_read(struct store *golden, const char *name)
{
    struct attributes a = golden_attributes(golden, "/resize/%s", name);
    struct resize_case c = { .height = (int)attributes_integer(&a, "height", 0),
                             .width = (int)attributes_integer(&a, "width", 0),
                             .size = (int)attributes_integer(&a, "size", 0) };
    c.filter = strcmp(attributes_text(&a, "filter", ""), "nearest") == 0 ? RESIZE_NEAREST : RESIZE_BILINEAR;
    c.index = golden_integers(golden, &c.n_patches, NULL, "/resize/%s/index", name);
    c.pixels = golden_integers(golden, &c.n_pixels, NULL, "/resize/%s/pixels", name);
    c.image = golden_floats(golden, NULL, NULL, "/resize/%s/image", name);
    attributes_release(&a);
    return c;
}

static void resize_case_release(struct resize_case *c)
{
    memory_free(c->index);
    memory_free(c->pixels);
    memory_free(c->image);
}

/* image [n_patches][channels][size][size], of which the first three channels are looked at. */
static double picture_error(const struct resize_case *c, const float *image, int channels)
{
    const float *expected = c->image;
    double error = 0;
    for (int p = 0; p < c->n_patches; p++)
        for (int colour = 0; colour < 3; colour++) {
            const float *plane = image + ((size_t)p * channels + colour) * c->size * c->size;
            for (int y = 0; y < c->n_pixels; y++)
                for (int x = 0; x < c->n_pixels; x++, expected++) {
                    const float found = plane[(size_t)c->pixels[y] * c->size + c->pixels[x]];
                    error = fmax(error, largest_error(&found, expected, 1));
                }
        }
    return error;
}

static double definition_error(const struct resize_case *c)
{
    const size_t cells = (size_t)c->n_patches * c->height * c->width;
    struct resize_args args = { .n_patches = c->n_patches,
                                .height = c->height,
                                .width = c->width,
                                .size = c->size,
                                .mean = IMAGENET_MEAN,
                                .deviation = IMAGENET_DEVIATION,
                                .filter = c->filter };
    float *rgb = memory_new(cells * 3, sizeof *rgb);
    args.image = memory_new((size_t)c->n_patches * 3 * c->size * c->size, sizeof *args.image);
    assert_true(rgb && args.image);
    for (size_t i = 0; i < cells; i++) memcpy(rgb + 3 * i, colormap_viridis[c->index[i]], 3 * sizeof *rgb);
    args.rgb = rgb;
    resize_ref(&args);
    const double error = picture_error(c, args.image, 3);
    memory_free(rgb);
    memory_free(args.image);
    return error;
}

static double backend_error(const struct resize_case *c, struct backend *backend)
{
    struct copy_net copy;
    struct injected injected;
    inject_init(&injected, c->index, c->n_patches, c->height, c->width);
    copy_net_init(&copy, c->size);
    injected.spec.net = &copy.net;
    injected.spec.weights = &copy.weights;
    injected.spec.filter = c->filter;
    float *image = line_features(backend, &injected.spec, &injected.clip, 1, NULL);
    const double error = picture_error(c, image, COPY_CHANNELS);
    memory_free(image);
    inject_release(&injected);
    return error;
}

static struct worst worst_resize;
static struct backend *opened; /* NULL: the definition */

static void each_resize(struct store *golden, const char *name)
{
    struct resize_case c = resize_case_read(golden, name);
    const double error = opened ? backend_error(&c, opened) : definition_error(&c);
    if (!(error <= TOLERANCE)) printf("resize %s: %.3g\n", name, error);
    worst_add(&worst_resize, error);
    resize_case_release(&c);
}

static void test_resize(void **state)
{
    (void)state;
    struct store *golden = golden_open("picture.h5");
    golden_each(golden, "/resize", each_resize);
    store_close(&golden);
    golden_report("resize", &worst_resize, TOLERANCE);
}

static void test_backends(void **state)
{
    (void)state;
    struct store *golden = golden_open("picture.h5");
    for (int version = 0; version < N_VERSIONS; version++) {
        char what[64];
        snprintf(what, sizeof what, "picture %s", version_names[version]);
        worst_resize = (struct worst){ 0 };
        opened = version_open(version);
        golden_each(golden, "/resize", each_resize);
        opened->ops->close(&opened);
        golden_report(what, &worst_resize, TOLERANCE);
    }
    store_close(&golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_viridis),
        cmocka_unit_test(test_colorize),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_backends),
    };
    return cmocka_run_group_tests_name("golden.picture", tests, NULL, NULL);
}
