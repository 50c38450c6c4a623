#include "resize.h"

#include <math.h>
#include <stddef.h>

/* Where output place i of `size` lies among `n` sources: between `first` and `second`, `part` of the way. */
struct place {
    int first, second;
    double part;
};

static struct place place_of(int i, int n, int size, enum resize_filter filter)
{
    if (filter == RESIZE_NEAREST) {
        const int nearest = (int)((long long)i * n / size);
        return (struct place){ nearest, nearest, 0 };
    }
    const double source = fmin(fmax((i + 0.5) * n / size - 0.5, 0), n - 1);
    const int first = (int)floor(source);
    return (struct place){ first, first < n - 1 ? first + 1 : first, source - first };
}

static double between(double a, double b, double part)
{
    return a + (b - a) * part;
}

static double pixel(const struct resize_args *a, const float *rgb, struct place y, struct place x)
{
    const float *upper = rgb + (size_t)y.first * a->width * 3, *lower = rgb + (size_t)y.second * a->width * 3;
    return between(between(upper[3 * x.first], upper[3 * x.second], x.part),
                   between(lower[3 * x.first], lower[3 * x.second], x.part), y.part);
}

void resize_ref(const struct resize_args *a)
{
    float *image = a->image;
    for (int p = 0; p < a->n_patches; p++) {
        const float *rgb = a->rgb + (size_t)p * a->height * a->width * 3;
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < a->size; y++) {
                const struct place row = place_of(y, a->height, a->size, a->filter);
                for (int x = 0; x < a->size; x++, image++) {
                    const struct place column = place_of(x, a->width, a->size, a->filter);
                    const double s = pixel(a, rgb + c, row, column);
                    *image = (float)((s - (double)a->mean[c]) / (double)a->deviation[c]);
                }
            }
        }
    }
}
