#include "patch.h"

void patch_ref(const struct patch_args *a)
{
    float *feature = a->features;
    for (int p = 0; p < a->n_patches; p++)
        for (int m = 0; m < a->n_mels; m++)
            for (int x = 0; x < a->width; x++)
                *feature++ =
                    a->decibel[(size_t)m * a->n_frames + (size_t)p * a->offset + x] / a->range_db + 1;
}
