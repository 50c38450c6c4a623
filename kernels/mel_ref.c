#include "mel.h"

#include <stddef.h>

void mel_ref(const struct mel_args *a)
{
    for (int t = 0; t < a->n_frames; t++) {
        for (int m = 0; m < a->n_mels; m++) {
            double sum = 0;
            for (int k = 0; k < a->n_bins; k++) {
                const double power = a->power[(size_t)t * a->n_bins + k];
                sum += power * (double)a->bank[(size_t)m * a->n_bins + k];
            }
            a->mel[(size_t)t * a->n_mels + m] = (float)sum;
        }
    }
}

void mel_bands(const float *bank, int n_mels, int n_bins, struct mel_band *bands)
{
    for (int m = 0; m < n_mels; m++) {
        const float *filter = bank + (size_t)m * n_bins;
        int first = 0, end = n_bins;
        while (first < end && filter[first] == 0) first++;
        while (end > first && filter[end - 1] == 0) end--;
        bands[m] = (struct mel_band){ first, end };
    }
}
