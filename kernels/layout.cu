/* A thread an output number. */
#include "kernel.h"
#include "layout.h"

enum { THREADS = 256 };

static struct kernel_shape shape_of(size_t n)
{
    const struct kernel_shape shape = { { blocks_of(n, THREADS), 1, 1 }, { THREADS, 1, 1 }, 0 };
    return shape;
}

KERNEL(layout_weights, layout_weights_args)
{
    const size_t at = thread_of_grid();
    const int window = a.size * a.size, c = (int)(at % a.padded_channels);
    const int i = (int)(at / a.padded_channels % window);
    const size_t o = at / a.padded_channels / window;
    if (o >= (size_t)a.filters) return;
    store_number(a.out, at, a.number, c < a.channels ? a.in[(o * a.channels + c) * window + i] : 0);
}

SHAPE(layout_weights, layout_weights_args)
{
    return shape_of((size_t)a->filters * a->size * a->size * a->padded_channels);
}

KERNEL(layout_join, layout_join_args)
{
    const size_t from = thread_of_grid(), pixel = from / a.channels;
    if (pixel >= a.n_pixels) return;
    const size_t to = pixel * a.out_channels + a.first + from % a.channels;
    store_number(a.out, to, a.number, load_number(a.in, from, a.number));
}

SHAPE(layout_join, layout_join_args)
{
    return shape_of(a->n_pixels * a->channels);
}

KERNEL(layout_features, layout_features_args)
{
    const size_t at = thread_of_grid(), area = (size_t)a.height * a.width, p = at / area / a.channels;
    if (p >= (size_t)a.n_patches) return;
    const size_t c = at / area % a.channels, i = at % area;
    a.out[at] = load_number(a.in, (p * area + i) * a.channels + c, a.number);
}

SHAPE(layout_features, layout_features_args)
{
    return shape_of((size_t)a->n_patches * a->height * a->width * a->channels);
}
