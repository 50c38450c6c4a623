/* POST /v1/spectrogram.png */
#include "http/plain_sound.h"
#include "http/routes.h"

#include "core/memory.h"
#include "eval/png_file.h"
#include "pipeline/colormap.h"

enum { SCALE = 2, MOST_SCALE = 8, MOST_PIXELS = 64 << 20, MOST_SIDE = 65500 };

enum status plain_spectrogram_begin(struct exchange *x)
{
    const char *scale = request_query(&x->request, "scale");
    long long number = SCALE;
    if (scale) TRY(request_number(scale, "scale", MOST_SCALE, &number));
    REQUIRE(number >= 1, ERR_USAGE, "scale 0 found, 1 … %d expected", MOST_SCALE);
    x->scale = (int)number;
    return plain_ask(x, ASK_SPECTROGRAM);
}

/* As `trace --png`: the colour map spans range_db below the loudest value, or all values where there is no floor. */
static void find_range(const struct heard *heard, double range_db, float *low, float *high)
{
    const size_t n = (size_t)heard->n_mels * (size_t)heard->n_frames;
    *low = *high = heard->decibel[0];
    for (size_t i = 0; i < n; i++) {
        if (heard->decibel[i] < *low) *low = heard->decibel[i];
        if (heard->decibel[i] > *high) *high = heard->decibel[i];
    }
    if (range_db > 0) *low = *high - (float)range_db;
    if (*high <= *low) *high = *low + 1;
}

/* Row y of the picture, the highest band first. */
static void draw_row(const struct heard *heard, int scale, int y, float low, float high, uint8_t *rgb)
{
    const float *band = heard->decibel + (size_t)(heard->n_mels - 1 - y / scale) * (size_t)heard->n_frames;
    for (int x = 0; x < heard->n_frames * scale; x++, rgb += 3) {
        const float v = (band[x / scale] - low) / (high - low);
        const int entry = !(v > 0) ? 0 : v >= 1 ? 255 : (int)(v * 256.0f);
        for (int c = 0; c < 3; c++) rgb[c] = (uint8_t)(colormap_viridis[entry][c] * 255.0f + 0.5f);
    }
}

static enum status encode(const struct exchange *x, const struct heard *heard, uint8_t **png, size_t *size)
{
    const int width = heard->n_frames * x->scale, height = heard->n_mels * x->scale;
    float low, high;
    uint8_t *rgb = memory_new_unset((size_t)width * (size_t)height, 3);
    TRY(memory_check(rgb));
    find_range(heard, x->ask.served->settings->db_range, &low, &high);
    for (int y = 0; y < height; y++)
        draw_row(heard, x->scale, y, low, high, rgb + (size_t)y * (size_t)width * 3);
    const enum status status = png_encode(rgb, width, height, png, size);
    memory_free(rgb);
    return status;
}

enum status plain_spectrogram_finish(struct exchange *x)
{
    const struct heard *heard = x->ask.heard;
    const double pixels = (double)heard->n_frames * heard->n_mels * x->scale * x->scale;
    uint8_t *png = NULL;
    size_t size = 0;
    REQUIRE(pixels >= 1 && pixels <= MOST_PIXELS && heard->n_frames <= MOST_SIDE / x->scale, ERR_USAGE,
            "%d frames of %d bands at scale %d make too large a picture", heard->n_frames, heard->n_mels,
            x->scale);
    TRY(encode(x, heard, &png, &size));
    text_add(&x->answer.body, png, size);
    memory_free(png);
    return answer_body(&x->answer, "image/png");
}
