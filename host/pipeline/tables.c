#include "pipeline/tables.h"

#include "core/memory.h"
#include "pipeline/colormap.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static void fill_window(float *window, int n_fft, int win_length)
{
    const int first = (n_fft - win_length) / 2;
    for (int i = 0; i < win_length; i++)
        window[first + i] = (float)(0.5 - 0.5 * cos(2.0 * PI * i / win_length));
}

/* Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above; HTK: 2595 log10(1 + f/700). */
static const double SLANEY_STEP = 200.0 / 3.0, SLANEY_CORNER_HZ = 1000.0, SLANEY_CORNER_MEL = 15.0;

static double hz_to_mel(double hz, enum mel_scale scale)
{
    if (scale == MEL_HTK) return 2595.0 * log10(1.0 + hz / 700.0);
    if (hz < SLANEY_CORNER_HZ) return hz / SLANEY_STEP;
    return SLANEY_CORNER_MEL + 27.0 * log(hz / SLANEY_CORNER_HZ) / log(6.4);
}

static double mel_to_hz(double mel, enum mel_scale scale)
{
    if (scale == MEL_HTK) return 700.0 * (pow(10.0, mel / 2595.0) - 1.0);
    if (mel < SLANEY_CORNER_MEL) return mel * SLANEY_STEP;
    return SLANEY_CORNER_HZ * exp((mel - SLANEY_CORNER_MEL) * log(6.4) / 27.0);
}

/* A triangle from `left` over `centre` to `right`, all in Hz. */
static void fill_band(float *band, int n_bins, double bin_hz, double left, double centre, double right,
                      enum mel_norm norm)
{
    const double height = norm == MEL_AREA ? 2.0 / (right - left) : 1.0;
    for (int k = 0; k < n_bins; k++) {
        const double hz = k * bin_hz, up = (hz - left) / (centre - left),
                     down = (right - hz) / (right - centre);
        band[k] = (float)(height * fmax(0.0, fmin(up, down)));
    }
}

static void fill_bank(float *bank, const struct extract_settings *s)
{
    const int n_bins = s->n_fft / 2 + 1;
    const double low = hz_to_mel(s->fmin, s->mel_scale), high = hz_to_mel(s->fmax, s->mel_scale);
    for (int m = 0; m < s->n_mels; m++) {
        double edge[3];
        for (int e = 0; e < 3; e++)
            edge[e] = mel_to_hz(low + (high - low) * (m + e) / (s->n_mels + 1), s->mel_scale);
        fill_band(bank + (size_t)m * n_bins, n_bins, (double)s->sample_rate / s->n_fft, edge[0], edge[1],
                  edge[2], s->mel_norm);
    }
}

static void fill_colormap(float *colormap, enum colormap kind)
{
    if (kind == COLORMAP_VIRIDIS)
        memcpy(colormap, colormap_viridis, sizeof colormap_viridis);
    else
        for (int i = 0; i < 256 * 3; i++) colormap[i] = (float)(i / 3) / 255.0f;
}

enum status tables_init(struct tables *tables, const struct extract_settings *settings)
{
    *tables = (struct tables){
        .window = memory_new((size_t)settings->n_fft, sizeof(float)),
        .bank = memory_new((size_t)settings->n_mels * (settings->n_fft / 2 + 1), sizeof(float)),
        .colormap = memory_new(256 * 3, sizeof(float)),
    };
    if (!tables->window || !tables->bank || !tables->colormap) {
        tables_release(tables);
        return ERR_MEMORY;
    }
    fill_window(tables->window, settings->n_fft, settings->win_length);
    fill_bank(tables->bank, settings);
    fill_colormap(tables->colormap, settings->colormap);
    return OK;
}

void tables_release(struct tables *tables)
{
    memory_free(tables->window);
    memory_free(tables->bank);
    memory_free(tables->colormap);
    *tables = (struct tables){ 0 };
}
