/* spectrum[t][k] = sum over i of frames[t][i] * exp(-2πi k i / n_fft), k = 0 … n_fft/2 */
#ifndef FFT_H
#define FFT_H

enum { FFT_MAX = 65536 }; /* the largest n_fft */

struct fft_args {
    const float *frames; /* in  [n_frames][n_fft]                         */
    float *spectrum;     /* out [n_frames][n_fft/2 + 1][real, imaginary]  */
    int n_frames, n_fft;
};

void fft_ref(const struct fft_args *a); /* a plain DFT, sums in double */

#endif
