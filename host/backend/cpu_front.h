/* The front end on the CPU: recordings → dB → pictures, the stages fused.
 *
 * Four frames stand side by side, one in each lane of a vector of doubles, and go through window, FFT, power
 * and mel together. Windows that are a power of two (8 or more) have an FFT of their own
 * (cpu_front_kernels.c); other sizes go through kissfft, in float.
 *
 * Why double: what is left is then the rounding of dB to float, 4e-6 dB at most. Against a front end in
 * numpy's float64, on 80 recordings of MIMII and DCASE 2020 (1,440 patches of 4,096 cells), 1.3 % of the
 * patches have a cell of another colour; with numpy's float FFT it would be 1.7 %, with kissfft's (window
 * 1000; MIMII alone) 1.9 %. A float FFT errs by a part of the frame's loudest bin, so it is worse where a
 * sound has few loud bins: a tone with noise 80 dB below it is off by 4e-4 dB in float, 4e-6 dB here.
 *
 * One recording of 10 s on one core of an AMD EPYC takes 0.7 ms to dB and 0.7 ms to 18 pictures of 224 × 224
 * with AVX2, 3.6 and 2 ms without (bench/stages). */
#ifndef CPU_FRONT_H
#define CPU_FRONT_H

#include "backend/backend.h"
#include "backend/cpu_fft.h"
#include "backend/cpu_net.h"
#include "core/pool.h"

struct cpu_front;

/* `spec` is copied; what it points to, and the pool, must outlive the front end. */
enum status cpu_front_open(struct cpu_front **out, const struct line_spec *spec, struct pool *pool,
                           const struct cpu_front_kernels *kernels) MUST_CHECK;
void cpu_front_close(struct cpu_front **front); /* NULL and half-open are fine */

/* The steps of backend.h, in this order. The bits of a clip's cells and pictures depend neither on its
 * neighbours nor on the threads. */
enum status cpu_front_upload(struct cpu_front *front, const struct clip *clips, int n_clips) MUST_CHECK;
void cpu_front_logmel(struct cpu_front *front);
void cpu_front_picture(struct cpu_front *front, int first_patch, int n_patches,
                       const struct cpu_image *image);
/* [n_patches][n_mels][width] dB / range + 1: the patches as features. */
void cpu_front_cells(struct cpu_front *front, int first_patch, int n_patches, float *features);

const struct clips *cpu_front_clips(const struct cpu_front *front);
const float *cpu_front_decibel(const struct cpu_front *front); /* clip after clip [n_mels][n_frames] */

/* What follows is between cpu_front.c and cpu_front_kernels.c. */

/* One filter of the bank: bank[first … end - 1] is what is not zero of it. */
struct cpu_band {
    int first, end;
};

/* Where one row or column of a picture comes from: `part` of the way from `first` to `second`. */
struct cpu_place {
    int first, second;
    float part;
};

/* What all pictures of a line have in common. */
struct cpu_picture {
    int n_mels, width, size, flip;
    struct cpu_place *rows, *columns; /* [size] */
    float *palette;                   /* [256][4] normalised colours; the fourth is not used */
};

struct cpu_patch {
    const float *decibel; /* first cell of the lowest band; CPU_FFT_LANES floats beyond a row are readable */
    size_t n_frames;      /* from band to band */
    double low, span;     /* dB of colour 0; dB of all colours, more than 0 */
    float *image;         /* first pixel [size][row] */
    size_t row;           /* floats from row to row of the image */
    float *shades;        /* scratch [width + CPU_FFT_LANES][4] */
    float *stretched;     /* scratch [2][3 * size + 1] */
};

/* dB of a recording's cells, in place. */
struct cpu_decibel {
    float *cells; /* in: mel energies, out: dB */
    size_t n;
    enum decibel_reference reference;
    float range_db;
    float low, high; /* out: the least and the largest dB */
};

struct cpu_front_kernels {
    /* Full scale 32768 → full scale 1. */
    void (*widen)(const int16_t *pcm, int n, float *wave);
    /* wave [4][2n] times window [2n] → power [n + 1][4]; work [2n][4] */
    void (*power)(const struct cpu_fft *fft, const float *wave, const float *window, double *work,
                  double *power);
    /* power [n_bins][4] → the first n_lanes of four in each row of mel [n_mels][stride] */
    void (*mel)(const struct cpu_band *bands, const float *bank, int n_mels, int n_bins, const double *power,
                int n_lanes, float *mel, size_t stride);
    void (*decibel)(struct cpu_decibel *a);
    void (*patch)(const struct cpu_picture *picture, const struct cpu_patch *patch);
};

#endif
