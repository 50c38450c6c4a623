#include "power.h"

#include <stddef.h>

void power_ref(const struct power_args *a)
{
    for (size_t i = 0; i < (size_t)a->n_frames * a->n_bins; i++) {
        const double real = a->spectrum[2 * i], imaginary = a->spectrum[2 * i + 1];
        a->power[i] = (float)(real * real + imaginary * imaginary);
    }
}
