/* A thread a pixel. What it writes, 16 or 32 bytes, is all that matters for its speed: the entries and the palette
 * stay in the nearest cache. */
#include "kernel.h"
#include "resize.h"

enum { PALETTE_THREADS = 256, WIDTH = 32, HEIGHT = 8 }; /* pixels of a block */

KERNEL(resize_palette, resize_palette_args)
{
    const int i = (int)threadIdx.x;
    for (int c = 0; c < 3; c++) a.palette[4 * i + c] = (a.colormap[3 * i + c] - a.mean[c]) / a.deviation[c];
    a.palette[4 * i + 3] = 0;
}

SHAPE(resize_palette, resize_palette_args)
{
    (void)a;
    const struct kernel_shape shape = { { 1, 1, 1 }, { PALETTE_THREADS, 1, 1 }, 0 };
    return shape;
}

/* Where output place i of `size` lies among `n` sources: between `first` and `second`, `part` of the way. */
struct place {
    int first, second;
    float part;
};

/* In integers, so that only the quotient is rounded: the source is ((2i + 1) n - size) / (2 size). */
DEVICE struct place place_of(int i, int n, int size, enum resize_filter filter)
{
    struct place place = { 0, 0, 0 };
    if (filter == RESIZE_NEAREST) {
        place.first = place.second = (int)((unsigned)i * (unsigned)n / (unsigned)size);
        return place;
    }
    const unsigned twice = 2 * (unsigned)size, numerator = (2 * (unsigned)i + 1) * (unsigned)n;
    const unsigned above = numerator > (unsigned)size ? numerator - (unsigned)size : 0;
    const int first = (int)(above / twice);
    place.first = first < n - 1 ? first : n - 1;
    place.second = first < n - 1 ? first + 1 : n - 1;
    place.part = first < n - 1 ? (float)(above % twice) / (float)twice : 0;
    return place;
}

DEVICE struct quad_floats between(struct quad_floats a, struct quad_floats b, float part)
{
    for (int c = 0; c < 3; c++) a.v[c] += (b.v[c] - a.v[c]) * part;
    return a;
}

DEVICE struct quad_floats pixel_of(const struct quad_floats *palette, const uint8_t *upper,
                                   const uint8_t *lower, struct place x, float part)
{
    return between(between(palette[upper[x.first]], palette[upper[x.second]], x.part),
                   between(palette[lower[x.first]], palette[lower[x.second]], x.part), part);
}

DEVICE void store_pixel(void *image, size_t pixel, enum number number, struct quad_floats color)
{
    if (number == NUMBER_HALF) {
        const struct quad_words words = { { half_of(color.v[0]) | (uint32_t)half_of(color.v[1]) << 16,
                                            half_of(color.v[2]), 0, 0 } };
        ((struct quad_words *)image)[pixel] = words;
        return;
    }
    const struct quad_floats zeros = { { 0, 0, 0, 0 } };
    ((struct quad_floats *)image)[2 * pixel] = color;
    ((struct quad_floats *)image)[2 * pixel + 1] = zeros;
}

KERNEL(resize_batch, resize_batch_args)
{
    const int x = (int)(blockIdx.x * WIDTH + threadIdx.x), y = (int)(blockIdx.y * HEIGHT + threadIdx.y);
    if (x >= a.size || y >= a.size) return;
    const uint8_t *entries = a.entries + (size_t)blockIdx.z * a.height * a.width;
    const struct place row = place_of(y, a.height, a.size, a.filter);
    const struct place column = place_of(x, a.width, a.size, a.filter);
    const struct quad_floats color =
        pixel_of((const struct quad_floats *)a.palette, entries + row.first * a.width,
                 entries + row.second * a.width, column, row.part);
    store_pixel(a.image, ((size_t)blockIdx.z * a.size + y) * a.size + x, a.number, color);
}

SHAPE(resize_batch, resize_batch_args)
{
    const struct kernel_shape shape = {
        { blocks_of((size_t)a->size, WIDTH), blocks_of((size_t)a->size, HEIGHT), (unsigned)a->n_patches },
        { WIDTH, HEIGHT, 1 },
        0,
    };
    return shape;
}
