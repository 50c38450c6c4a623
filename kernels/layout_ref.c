#include "layout.h"

#include "half.h"

static float load(const void *numbers, size_t i, enum number number)
{
    return number == NUMBER_HALF ? float_of_half(((const uint16_t *)numbers)[i])
                                 : ((const float *)numbers)[i];
}

static void store(void *numbers, size_t i, enum number number, float value)
{
    if (number == NUMBER_HALF)
        ((uint16_t *)numbers)[i] = half_of_float(value);
    else
        ((float *)numbers)[i] = value;
}

void layout_weights_ref(const struct layout_weights_args *a)
{
    const int window = a->size * a->size;
    size_t at = 0;
    for (int o = 0; o < a->filters; o++)
        for (int i = 0; i < window; i++)
            for (int c = 0; c < a->padded_channels; c++, at++) {
                const size_t from = ((size_t)o * a->channels + c) * window + i;
                store(a->out, at, a->number, c < a->channels ? a->in[from] : 0);
            }
}

void layout_join_ref(const struct layout_join_args *a)
{
    for (size_t pixel = 0; pixel < a->n_pixels; pixel++)
        for (int c = 0; c < a->channels; c++)
            store(a->out, pixel * a->out_channels + a->first + c, a->number,
                  load(a->in, pixel * a->channels + c, a->number));
}

void layout_features_ref(const struct layout_features_args *a)
{
    const int area = a->height * a->width;
    for (int p = 0; p < a->n_patches; p++)
        for (int c = 0; c < a->channels; c++)
            for (int i = 0; i < area; i++)
                a->out[((size_t)p * a->channels + c) * area + i] =
                    load(a->in, ((size_t)p * area + i) * a->channels + c, a->number);
}
