#include "fft.h"

#include <math.h>
#include <stddef.h>

struct circle {
    double cosine[FFT_MAX], sine[FFT_MAX]; /* of 2π i / n, i = 0 … n - 1 */
};

static void fill_circle(struct circle *circle, int n)
{
    for (int i = 0; i < n; i++) {
        circle->cosine[i] = cos(2 * M_PI * i / n);
        circle->sine[i] = sin(2 * M_PI * i / n);
    }
}

static void one_bin(const float *frame, int n, int k, const struct circle *circle, float *bin)
{
    double real = 0, imaginary = 0;
    int place = 0; /* k i mod n */
    for (int i = 0; i < n; i++) {
        real += (double)frame[i] * circle->cosine[place];
        imaginary -= (double)frame[i] * circle->sine[place];
        place = place + k < n ? place + k : place + k - n;
    }
    bin[0] = (float)real;
    bin[1] = (float)imaginary;
}

void fft_ref(const struct fft_args *a)
{
    struct circle circle;
    fill_circle(&circle, a->n_fft);
    const int n_bins = a->n_fft / 2 + 1;
    for (int t = 0; t < a->n_frames; t++)
        for (int k = 0; k < n_bins; k++)
            one_bin(a->frames + (size_t)t * a->n_fft, a->n_fft, k, &circle,
                    a->spectrum + ((size_t)t * n_bins + k) * 2);
}
