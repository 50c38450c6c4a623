/* The loops of the CPU's front end, compiled once per instruction set. */
#include "backend/cpu_front.h"
#include "backend/cpu_vec.h"

#include <math.h>
#include <string.h>

enum { LANES = CPU_FFT_LANES };

typedef int64_t lvec __attribute__((vector_size(32)));
typedef uint64_t uvec __attribute__((vector_size(32)));
typedef int32_t index4 __attribute__((vector_size(16)));

VEC_INLINE quad dvec_narrow(dvec v)
{
    return __builtin_convertvector(v, quad);
}

VEC_INLINE dvec dvec_select(lvec mask, dvec a, dvec b)
{
    return (dvec)((mask & (lvec)a) | (~mask & (lvec)b));
}

VEC_INLINE dvec dvec_max(dvec a, dvec b)
{
    return dvec_select(a > b, a, b);
}

VEC_INLINE dvec dvec_min(dvec a, dvec b)
{
    return dvec_select(a < b, a, b);
}

static void widen(const int16_t *pcm, int n, float *wave)
{
    for (int i = 0; i < n; i++) wave[i] = (float)pcm[i] * (1.0F / 32768);
}

/* FFT: four frames at a time, radix 4, decimation in frequency, in place. Point j of the four is re, im. */

struct point {
    dvec re, im;
};

VEC_INLINE struct point add(struct point a, struct point b)
{
    return (struct point){ a.re + b.re, a.im + b.im };
}

VEC_INLINE struct point subtract(struct point a, struct point b)
{
    return (struct point){ a.re - b.re, a.im - b.im };
}

/* times w = [real, imaginary] */
VEC_INLINE struct point turn(struct point a, const double *w)
{
    const dvec re = dvec_all(w[0]), im = dvec_all(w[1]);
    return (struct point){ a.re * re - a.im * im, a.re * im + a.im * re };
}

VEC_INLINE struct point turn_right(struct point a) /* times -i */
{
    return (struct point){ a.im, -a.re };
}

/* One sample of each of four frames: rows[lane][i] → columns[i][lane]. */
VEC_INLINE void transpose(const dvec rows[LANES], dvec columns[LANES])
{
    const dvec a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 2, 6);
    const dvec b = __builtin_shufflevector(rows[0], rows[1], 1, 5, 3, 7);
    const dvec c = __builtin_shufflevector(rows[2], rows[3], 0, 4, 2, 6);
    const dvec d = __builtin_shufflevector(rows[2], rows[3], 1, 5, 3, 7);
    columns[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    columns[1] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    columns[2] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    columns[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

/* Even samples become real parts, odd ones imaginary parts: the order that they have in memory anyway. */
static void window_frames(const float *wave, const float *window, int n_fft, dvec *samples)
{
    for (int i = 0; i < n_fft; i += LANES) {
        dvec rows[LANES];
        for (int lane = 0; lane < LANES; lane++)
            rows[lane] = dvec_widen(wave + (size_t)lane * n_fft + i) * dvec_widen(window + i);
        transpose(rows, samples + i);
    }
}

VEC_INLINE void butterfly(struct point *z, int quarter, const double *w1, const double *w2, const double *w3)
{
    const struct point a = z[0], b = z[quarter], c = z[2 * quarter], d = z[3 * quarter];
    const struct point ac = add(a, c), bd = add(b, d);
    const struct point a_c = subtract(a, c), b_d = turn_right(subtract(b, d));
    z[0] = add(ac, bd);
    z[quarter] = turn(add(a_c, b_d), w1);
    z[2 * quarter] = turn(subtract(ac, bd), w2);
    z[3 * quarter] = turn(subtract(a_c, b_d), w3);
}

/* All blocks of `span` points become four of span / 4. */
static void pass(struct point *z, const struct cpu_fft *fft, int span)
{
    const int quarter = span / 4;
    const size_t step = (size_t)(2 * fft->n / span) * 2;
    for (int j = 0; j < quarter; j++) {
        const double *w1 = fft->circle + j * step, *w2 = w1 + j * step, *w3 = w2 + j * step;
        for (int block = j; block < fft->n; block += span) butterfly(z + block, quarter, w1, w2, w3);
    }
}

static void last_pass_of_two(struct point *z, int n)
{
    for (int i = 0; i < n; i += 2) {
        const struct point a = z[i], b = z[i + 1];
        z[i] = add(a, b);
        z[i + 1] = subtract(a, b);
    }
}

/* Power of the 2n real samples from the spectrum of the n points: with E and O the spectra of even and odd
 * samples, X[k] = E[k] + w^k O[k] and X[n - k] = the conjugate of E[k] - w^k O[k]. */
static void untangle(const struct point *z, const struct cpu_fft *fft, dvec *power)
{
    const dvec half = dvec_all(0.5);
    for (int k = 0; k <= fft->n / 2; k++) {
        const struct point a = z[fft->place[k]], b = z[fft->place[k ? fft->n - k : 0]];
        const struct point even = { half * (a.re + b.re), half * (a.im - b.im) };
        const struct point odd =
            turn((struct point){ half * (a.im + b.im), half * (b.re - a.re) }, fft->circle + 2 * k);
        const struct point low = add(even, odd), high = subtract(even, odd);
        power[k] = low.re * low.re + low.im * low.im;
        power[fft->n - k] = high.re * high.re + high.im * high.im;
    }
}

static void power_of_frames(const struct cpu_fft *fft, const float *wave, const float *window, double *work,
                            double *power)
{
    struct point *z = (struct point *)work;
    window_frames(wave, window, 2 * fft->n, (dvec *)work);
    int span = fft->n;
    for (; span >= 4; span /= 4) pass(z, fft, span);
    if (span == 2) last_pass_of_two(z, fft->n);
    untangle(z, fft, (dvec *)power);
}

static void mel(const struct cpu_band *bands, const float *bank, int n_mels, int n_bins, const double *power,
                int n_lanes, float *out, size_t stride)
{
    const dvec *bins = (const dvec *)power;
    for (int m = 0; m < n_mels; m++, bank += n_bins, out += stride) {
        dvec sum = dvec_all(0);
        for (int k = bands[m].first; k < bands[m].end; k++) sum += bins[k] * dvec_all((double)bank[k]);
        const quad energies = dvec_narrow(sum);
        memcpy(out, &energies, (size_t)n_lanes * sizeof *out);
    }
}

/* 10 log10(max(x, 1e-10)) by x = 2^e m, √½ <= m < √2, and ln m = 2 (s + s³/3 + … + s^17/17),
 * s = (m - 1) / (m + 1). Zero counts as 2^-1023, and so ends at the limit of -100 dB. */
VEC_INLINE dvec to_db(dvec x)
{
    const uvec bias = (uvec){ 1023, 1023, 1023, 1023 };
    const uvec root_half = (uvec)dvec_all(0.70710678118654752440);
    const uvec two_to_52 = (uvec)dvec_all(0x1p52);
    const uvec exponent = ((uvec)x - root_half + (bias << 52)) >> 52; /* e + 1023 */
    const dvec m = (dvec)((uvec)x - ((exponent - bias) << 52));
    const dvec e = (dvec)(exponent | two_to_52) - dvec_all(0x1p52 + 1023);
    const dvec s = (m - dvec_all(1)) / (m + dvec_all(1)), square = s * s;
    dvec series = dvec_all(1.0 / 17);
    for (int odd = 15; odd > 0; odd -= 2) series = series * square + dvec_all(1.0 / odd);
    const dvec db = e * dvec_all(3.01029995663981195214) + s * series * dvec_all(8.68588963806503655302);
    return dvec_max(db, dvec_all(-100));
}

static double to_db_one(float x)
{
    return to_db(dvec_all((double)x))[0];
}

struct extremes {
    float least, most;
};

static struct extremes extremes_of(const float *values, size_t n)
{
    vec least = vec_all(values[0]), most = least;
    size_t i = 0;
    for (; i + VEC <= n; i += VEC) {
        const vec v = vec_load_anywhere(values + i);
        least = vec_min(v, least);
        most = vec_max(v, most);
    }
    struct extremes found = { least[0], most[0] };
    for (int lane = 1; lane < VEC; lane++) {
        found.least = least[lane] < found.least ? least[lane] : found.least;
        found.most = most[lane] > found.most ? most[lane] : found.most;
    }
    for (; i < n; i++) {
        found.least = values[i] < found.least ? values[i] : found.least;
        found.most = values[i] > found.most ? values[i] : found.most;
    }
    return found;
}

static void decibel(struct cpu_decibel *a)
{
    const double most = to_db_one(extremes_of(a->cells, a->n).most);
    const double zero = a->reference == DECIBEL_MAX ? most : 0;
    const double floor = a->range_db > 0 ? most - zero - (double)a->range_db : -HUGE_VAL;
    for (size_t i = 0; i < a->n; i += LANES) {
        float four[LANES] = { 0 };
        const size_t n = a->n - i < LANES ? a->n - i : LANES;
        memcpy(four, a->cells + i, n * sizeof *four);
        quad_store(four, dvec_narrow(dvec_max(to_db(dvec_widen(four)) - dvec_all(zero), dvec_all(floor))));
        memcpy(a->cells + i, four, n * sizeof *four);
    }
    const struct extremes extremes = extremes_of(a->cells, a->n);
    a->low = extremes.least;
    a->high = extremes.most;
}

/* Colours of one band's cells, four floats each. */
static void shade(const struct cpu_picture *picture, const struct cpu_patch *patch, int band)
{
    const float *row = patch->decibel + band * patch->n_frames;
    for (int x = 0; x < picture->width; x += LANES) {
        dvec v = (dvec_widen(row + x) - dvec_all(patch->low)) / dvec_all(patch->span);
        v = dvec_min(dvec_max(v, dvec_all(0)), dvec_all(1));
        const index4 index = __builtin_convertvector(v * dvec_all(256), index4);
        for (int i = 0; i < LANES; i++) {
            const int entry = index[i] < 255 ? index[i] : 255; /* v = 1 is the last colour */
            quad_store(patch->shades + (x + i) * 4, quad_load(picture->palette + entry * 4));
        }
    }
}

/* One row of cells stretched to the picture's width. Each pixel writes a fourth float, which the next pixel
 * overwrites. */
static void stretch(const struct cpu_picture *picture, const float *shades, float *out)
{
    for (int x = 0; x < picture->size; x++) {
        const struct cpu_place place = picture->columns[x];
        const quad a = quad_load(shades + place.first * 4), b = quad_load(shades + place.second * 4);
        quad_store(out + x * 3, a + (b - a) * place.part);
    }
}

static void blend(const float *a, const float *b, float part, int n, float *out)
{
    int i = 0;
    for (; i + VEC <= n; i += VEC) {
        const vec upper = vec_load_anywhere(a + i), lower = vec_load_anywhere(b + i);
        vec_store_anywhere(out + i, upper + (lower - upper) * vec_all(part));
    }
    for (; i < n; i++) out[i] = a[i] + (b[i] - a[i]) * part;
}

/* Rows of cells are stretched when a row of the picture first needs them: neighbours are kept in two places,
 * even and odd ones. */
static void patch_picture(const struct cpu_picture *picture, const struct cpu_patch *patch)
{
    const int n = 3 * picture->size;
    int held[2] = { -1, -1 };
    float *const stretched[2] = { patch->stretched, patch->stretched + n + 1 };
    for (int y = 0; y < picture->size; y++) {
        const struct cpu_place place = picture->rows[y];
        for (int row = place.first; row <= place.second; row++) {
            if (held[row % 2] == row) continue;
            held[row % 2] = row;
            shade(picture, patch, picture->flip ? picture->n_mels - 1 - row : row);
            stretch(picture, patch->shades, stretched[row % 2]);
        }
        blend(stretched[place.first % 2], stretched[place.second % 2], place.part, n,
              patch->image + y * patch->row);
    }
}

const struct cpu_front_kernels CPU_TABLE(cpu_front_kernels) = {
    .widen = widen,
    .power = power_of_frames,
    .mel = mel,
    .decibel = decibel,
    .patch = patch_picture,
};
