/* A block a frame, a thread a band, over the bins that the band's filter reaches.
 *
 * Why not a matrix product: 64 triangles over 513 bins have some 1,000 entries that are not zero, out of 32,832. A
 * product by cuBLAS would do 32 times the work and would have to read the power spectrum from memory, which here
 * never gets there: the kernel reads the spectrum once and is as fast as memory. */
#include "kernel.h"
#include "mel.h"

enum { MOST_THREADS = 256, BINS = 1024 }; /* bins whose power a block holds at once */

DEVICE float power_of(const float *bin)
{
    return bin[0] * bin[0] + bin[1] * bin[1];
}

KERNEL(mel_spectrum, mel_spectrum_args)
{
    SHARED float power[BINS];
    const int m = (int)(blockIdx.y * blockDim.x + threadIdx.x);
    const float *spectrum = a.spectrum + (size_t)blockIdx.x * a.n_bins * 2;
    const float *filter = a.bank + (size_t)(m < a.n_mels ? m : 0) * a.n_bins;
    struct mel_band band = { 0, 0 };
    if (m < a.n_mels) band = a.bands[m];

    float sum = 0;
    for (int start = 0; start < a.n_bins; start += BINS) {
        const int n = a.n_bins - start < BINS ? a.n_bins - start : BINS;
        for (int k = (int)threadIdx.x; k < n; k += (int)blockDim.x)
            power[k] = power_of(spectrum + (size_t)(start + k) * 2);
        __syncthreads();
        const int first = band.first > start ? band.first : start;
        const int end = band.end < start + n ? band.end : start + n;
        for (int k = first; k < end; k++) sum += power[k - start] * filter[k];
        __syncthreads();
    }
    if (m < a.n_mels) a.mel[(size_t)blockIdx.x * a.n_mels + m] = sum;
}

SHAPE(mel_spectrum, mel_spectrum_args)
{
    const unsigned warps = blocks_of((size_t)a->n_mels, WARP), most = MOST_THREADS / WARP;
    const unsigned threads = (warps < most ? warps : most) * WARP;
    const unsigned groups = threads ? blocks_of((size_t)a->n_mels, threads) : 0;
    const struct kernel_shape shape = { { (unsigned)a->n_frames, groups, 1 }, { threads, 1, 1 }, 0 };
    return shape;
}
