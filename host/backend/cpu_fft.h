/* Power spectra of four frames at a time: the tables of our own FFT, and kissfft for the sizes that it does
 * not take. */
#ifndef CPU_FFT_H
#define CPU_FFT_H

#include "core/status.h"

enum { CPU_FFT_LANES = 4 };

/* FFT of 2n real samples by one of n complex points, n a power of two (cpu_front_kernels.c). */
struct cpu_fft {
    int n;
    double *circle; /* [2n][cos, -sin] of 2πj / 2n */
    int *place;     /* [n] where the passes leave frequency k */
};

/* A power of two, 8 or more. */
int cpu_fft_takes(int n_fft);

/* Fills a struct the caller owns; empty it with cpu_fft_release. */
enum status cpu_fft_init(struct cpu_fft *fft, int n_fft) MUST_CHECK;
void cpu_fft_release(struct cpu_fft *fft);

/* Any size of 2 or more, in float, frame by frame. Belongs to one thread at a time. */
struct cpu_kiss;
enum status cpu_kiss_open(struct cpu_kiss **out, int n_fft) MUST_CHECK;
void cpu_kiss_close(struct cpu_kiss **kiss); /* NULL and half-open are fine */

/* wave [4][n_fft] times window [n_fft] → power [n_fft/2 + 1][4] */
void cpu_kiss_power(struct cpu_kiss *kiss, const float *wave, const float *window, double *power);

#endif
