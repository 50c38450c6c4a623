#include "decibel.h"

#include <math.h>
#include <stddef.h>

static double to_db(double energy)
{
    return 10 * log10(fmax(energy, 1e-10));
}

static double largest(const float *values, size_t n)
{
    double most = 0; /* energies are not negative */
    for (size_t i = 0; i < n; i++) most = fmax(most, (double)values[i]);
    return most;
}

void decibel_ref(const struct decibel_args *a)
{
    const double most = largest(a->mel, (size_t)a->n_frames * a->n_mels);
    const double zero = a->reference == DECIBEL_MAX ? to_db(most) : 0;
    const double highest = to_db(most) - zero;
    const double floor = a->range_db > 0 ? highest - (double)a->range_db : -HUGE_VAL;
    for (int t = 0; t < a->n_frames; t++)
        for (int m = 0; m < a->n_mels; m++)
            a->decibel[(size_t)m * a->n_frames + t] =
                (float)fmax(to_db(a->mel[(size_t)t * a->n_mels + m]) - zero, floor);
}
