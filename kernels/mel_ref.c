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
