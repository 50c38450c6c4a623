#include "backend/cpu_fft.h"

#include "core/memory.h"

#include <kiss_fftr.h>
#include <math.h>

int cpu_fft_takes(int n_fft)
{
    return n_fft >= 8 && (n_fft & (n_fft - 1)) == 0;
}

/* Each pass of radix r sends the frequencies with k mod r = q to the q-th part of their block. */
static int place_of(int k, int n)
{
    int place = 0;
    while (n > 1) {
        const int radix = n >= 4 ? 4 : 2;
        n /= radix;
        place += k % radix * n;
        k /= radix;
    }
    return place;
}

enum status cpu_fft_init(struct cpu_fft *fft, int n_fft)
{
    *fft = (struct cpu_fft){ .n = n_fft / 2 };
    TRY(memory_check(fft->circle = memory_new((size_t)n_fft, 2 * sizeof *fft->circle)));
    TRY(memory_check(fft->place = memory_new((size_t)fft->n, sizeof *fft->place)));
    for (int j = 0; j < n_fft; j++) {
        fft->circle[2 * j] = cos(2 * M_PI * j / n_fft);
        fft->circle[2 * j + 1] = -sin(2 * M_PI * j / n_fft);
    }
    for (int k = 0; k < fft->n; k++) fft->place[k] = place_of(k, fft->n);
    return OK;
}

void cpu_fft_release(struct cpu_fft *fft)
{
    memory_free(fft->circle);
    memory_free(fft->place);
    *fft = (struct cpu_fft){ 0 };
}

struct cpu_kiss {
    int n_fft;
    kiss_fftr_cfg real;     /* even sizes */
    kiss_fft_cfg complex;   /* odd ones   */
    float *frame;           /* [n_fft] */
    kiss_fft_cpx *points;   /* [n_fft] the frame as complex numbers, of odd sizes */
    kiss_fft_cpx *spectrum; /* [n_fft] */
};

static enum status fill(struct cpu_kiss *kiss, int n_fft)
{
    const size_t n = (size_t)n_fft;
    kiss->n_fft = n_fft;
    TRY(memory_check(kiss->frame = memory_new(n, sizeof *kiss->frame)));
    TRY(memory_check(kiss->points = memory_new(n, sizeof *kiss->points)));
    TRY(memory_check(kiss->spectrum = memory_new(n, sizeof *kiss->spectrum)));
    if (n_fft % 2 == 0)
        kiss->real = kiss_fftr_alloc(n_fft, 0, NULL, NULL);
    else
        kiss->complex = kiss_fft_alloc(n_fft, 0, NULL, NULL);
    REQUIRE(kiss->real || kiss->complex, ERR_MEMORY, "kissfft has no plan for %d samples", n_fft);
    return OK;
}

enum status cpu_kiss_open(struct cpu_kiss **out, int n_fft)
{
    *out = memory_new(1, sizeof **out);
    TRY(memory_check(*out));
    const enum status status = fill(*out, n_fft);
    if (status != OK) cpu_kiss_close(out);
    return status;
}

void cpu_kiss_close(struct cpu_kiss **out)
{
    struct cpu_kiss *kiss = *out;
    if (!kiss) return;
    kiss_fftr_free(kiss->real);
    kiss_fft_free(kiss->complex);
    memory_free(kiss->frame);
    memory_free(kiss->points);
    memory_free(kiss->spectrum);
    memory_free(kiss);
    *out = NULL;
}

static void transform(struct cpu_kiss *kiss)
{
    if (kiss->real) {
        kiss_fftr(kiss->real, kiss->frame, kiss->spectrum);
        return;
    }
    for (int i = 0; i < kiss->n_fft; i++) kiss->points[i] = (kiss_fft_cpx){ kiss->frame[i], 0 };
    kiss_fft(kiss->complex, kiss->points, kiss->spectrum);
}

void cpu_kiss_power(struct cpu_kiss *kiss, const float *wave, const float *window, double *power)
{
    for (int lane = 0; lane < CPU_FFT_LANES; lane++, wave += kiss->n_fft) {
        for (int i = 0; i < kiss->n_fft; i++) kiss->frame[i] = wave[i] * window[i];
        transform(kiss);
        for (int k = 0; k <= kiss->n_fft / 2; k++) {
            const double re = kiss->spectrum[k].r, im = kiss->spectrum[k].i;
            power[k * CPU_FFT_LANES + lane] = re * re + im * im;
        }
    }
}
