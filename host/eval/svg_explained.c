#include "eval/svg_explained.h"

#include "core/memory.h"
#include "eval/png_file.h"
#include "eval/report_html.h"
#include "eval/svg_frame.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* In units of the viewBox. The letters are larger on a phone (report_html.c), so rows leave room for both. */
enum {
    WIDTH = 480,
    HEIGHT = 368,
    RIGHT = 468, /* of both panels */
    SCORES_TOP = 62,
    SCORES_HEIGHT = 110,
    BANDS_TOP = 197,
    BANDS_HEIGHT = 130,
    LETTER = 8
};

/* A time in which the same patches sound. */
struct step {
    double from_s, to_s, mean;
    int n; /* patches; 0: mean is nothing */
};

struct drawing {
    const struct explained *of;
    double patch_s, total_s;
    int n_patches;       /* that lie in the picture */
    int highest, lowest; /* the first patch of that score */
    struct frame scores;
    struct ticks times, values;
    struct step *steps; /* from 0 to total_s without a gap, owned */
    int n_steps;
};

/* ------------------------------------------------------------------------------------ what is to be drawn */

static double mean_of(const double *scores, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += scores[i] / n;
    return sum;
}

/* Borders of patches lie on frames; what is shorter than half a frame is rounding. */
static void add_step(struct drawing *d, double to_s, int first, int n)
{
    const double from_s = d->n_steps > 0 ? d->steps[d->n_steps - 1].to_s : 0;
    if (to_s - from_s < d->of->seconds_per_frame / 2) return;
    d->steps[d->n_steps++] = (struct step){ from_s, to_s, mean_of(d->of->score + first, n), n };
}

/* Patches are equally long and in order, so those of a moment follow each other: first … next - 1. */
static enum status cut_steps(struct drawing *d)
{
    int first = 0, next = 0;
    TRY(memory_check(d->steps = memory_new(2 * (size_t)d->n_patches + 1, sizeof *d->steps)));
    while (first < d->n_patches) {
        const double starts = next < d->n_patches ? d->of->start_s[next] : DBL_MAX;
        const double ends = d->of->start_s[first] + d->patch_s;
        const int is_start = starts < ends;
        add_step(d, is_start ? starts : ends, first, next - first);
        next += is_start;
        first += !is_start;
    }
    add_step(d, d->total_s, 0, 0);
    return OK;
}

static enum status look_at_patches(struct drawing *d)
{
    const struct explained *of = d->of;
    const double end_s = d->total_s + of->seconds_per_frame / 2;
    while (d->n_patches < of->n_patches && of->start_s[d->n_patches] + d->patch_s <= end_s) d->n_patches++;
    REQUIRE(d->n_patches > 0, ERR_INPUT, "none of %d patches lies in a picture of %.3f s", of->n_patches,
            d->total_s);
    for (int i = 0; i < d->n_patches; i++) {
        REQUIRE(isfinite(of->score[i]), ERR_INPUT, "the score of patch %d is not finite", i);
        if (of->score[i] > of->score[d->highest]) d->highest = i;
        if (of->score[i] < of->score[d->lowest]) d->lowest = i;
    }
    REQUIRE(isfinite(of->recording_score), ERR_INPUT, "the recording's score is not finite");
    return OK;
}

static double bounded(double score)
{
    return fmax(-DBL_MAX, fmin(DBL_MAX, score));
}

/* The range of all scores and a margin; equal ones lie in the middle. */
static void choose_range(struct drawing *d)
{
    const double low = fmin(d->of->recording_score, d->of->score[d->lowest]);
    const double high = fmax(d->of->recording_score, d->of->score[d->highest]);
    const double size = fmax(fabs(low), fabs(high)), difference = high / 2 - low / 2;
    const int is_flat = difference < 1e-9 * size + 1e-300;
    const double margin = is_flat ? fmax(1, size / 10) : difference / 6;
    d->scores.y_low = bounded(low - margin);
    d->scores.y_high = bounded(high + margin);
}

static int label_length(const struct ticks *ticks)
{
    int longest = 0;
    for (long long i = ticks->first; i <= ticks->last; i++) {
        const int length = snprintf(NULL, 0, "%.10g", ticks_value(ticks, i));
        if (length > longest) longest = length;
    }
    return longest;
}

static void lay_out(struct drawing *d)
{
    choose_range(d);
    d->values = ticks_within(d->scores.y_low, d->scores.y_high, 5);
    d->times = ticks_within(0, d->total_s, 10);
    const double left = 12 + LETTER * label_length(&d->values);
    d->scores.left = left;
    d->scores.top = SCORES_TOP;
    d->scores.width = RIGHT - left;
    d->scores.height = SCORES_HEIGHT;
    d->scores.x_high = d->total_s;
}

static enum status prepare(struct drawing *d)
{
    d->patch_s = d->of->patch_frames * d->of->seconds_per_frame;
    d->total_s = d->of->width * d->of->seconds_per_frame;
    TRY(look_at_patches(d));
    lay_out(d);
    return cut_steps(d);
}

/* ------------------------------------------------------------------------------------------------- pieces */

static void put_text(FILE *stream, double x, double y, const char *anchor, const char *text)
{
    fprintf(stream, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">", x, y, anchor);
    html_text(stream, text);
    fputs("</text>\n", stream);
}

static void put_number(FILE *stream, double x, double y, const char *anchor, double number)
{
    fprintf(stream, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">%.10g</text>\n", x, y, anchor, number);
}

static void put_box(FILE *stream, const char *class, double x, double y, double width, double height)
{
    fprintf(stream, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n", class, x,
            y, width, height);
}

/* Where all are equal none is the highest. */
static int has_highest(const struct drawing *d)
{
    return d->of->score[d->highest] > d->of->score[d->lowest];
}

static void put_legend(FILE *stream, const struct drawing *d)
{
    char text[96];
    const double from_s = d->of->start_s[d->highest];
    svg_line(stream, "patch", 4, 10, 20, 10);
    put_text(stream, 26, 14, "start", "each patch");
    svg_line(stream, "moment", 130, 10, 146, 10);
    put_text(stream, 152, 14, "start", "mean of the patches at each moment");
    svg_line(stream, "recording", 4, 28, 20, 28);
    snprintf(text, sizeof text, "recording: %.4g", d->of->recording_score);
    put_text(stream, 26, 32, "start", text);
    if (!has_highest(d)) return;
    put_box(stream, "highest", 190, 22, 16, 12);
    snprintf(text, sizeof text, "highest: %.4g, %.2f to %.2f s", d->of->score[d->highest], from_s,
             from_s + d->patch_s);
    put_text(stream, 212, 32, "start", text);
}

static void put_grid(FILE *stream, const struct drawing *d)
{
    const struct frame *f = &d->scores;
    const double bottom = f->top + f->height;
    for (long long i = d->values.first; i <= d->values.last; i++) {
        const double value = ticks_value(&d->values, i), y = frame_y(f, value);
        svg_line(stream, "grid", f->left, y, RIGHT, y);
        put_number(stream, f->left - 6, y + 4, "end", value);
    }
    for (long long i = d->times.first; i <= d->times.last; i++) {
        const double x = frame_x(f, ticks_value(&d->times, i));
        svg_line(stream, "grid", x, f->top, x, bottom);
    }
    svg_line(stream, "axis", f->left, bottom, RIGHT, bottom);
    put_text(stream, 4, f->top - 8, "start", d->of->score_name);
}

static void put_times(FILE *stream, const struct drawing *d)
{
    const double bottom = BANDS_TOP + BANDS_HEIGHT;
    for (long long i = d->times.first; i <= d->times.last; i++) {
        const double value = ticks_value(&d->times, i), x = frame_x(&d->scores, value);
        svg_line(stream, "axis", x, bottom, x, bottom + 4);
        put_number(stream, x, bottom + 18, "middle", value);
    }
    put_text(stream, d->scores.left + d->scores.width / 2, bottom + 35, "middle", "time, s");
}

static void put_patches(FILE *stream, const struct drawing *d)
{
    for (int i = 0; i < d->n_patches; i++) {
        const double from_s = d->of->start_s[i], y = frame_y(&d->scores, d->of->score[i]);
        svg_line(stream, "patch", frame_x(&d->scores, from_s), y, frame_x(&d->scores, from_s + d->patch_s),
                 y);
    }
}

static void put_moments(FILE *stream, const struct drawing *d)
{
    fputs("<path class=\"moment\" d=\"", stream);
    for (int i = 0; i < d->n_steps; i++) {
        const struct step *step = &d->steps[i];
        const int goes_on = i > 0 && step[-1].n > 0;
        if (step->n == 0) continue;
        if (!goes_on) fprintf(stream, "M%.2f ", frame_x(&d->scores, step->from_s));
        fprintf(stream, "%s%.2f H%.2f ", goes_on ? "V" : "", frame_y(&d->scores, step->mean),
                frame_x(&d->scores, step->to_s));
    }
    fputs("\"/>\n", stream);
}

static void put_scores(FILE *stream, const struct drawing *d)
{
    const double y = frame_y(&d->scores, d->of->recording_score);
    put_patches(stream, d);
    svg_line(stream, "recording", d->scores.left, y, RIGHT, y);
    put_moments(stream, d);
}

/* --------------------------------------------------------------------------------------------- both panels */

static void put_highest(FILE *stream, const struct drawing *d)
{
    const double from_s = d->of->start_s[d->highest], x = frame_x(&d->scores, from_s);
    const double width = frame_x(&d->scores, from_s + d->patch_s) - x;
    put_box(stream, "highest", x, d->scores.top, width, d->scores.height);
    put_box(stream, "edge", x, BANDS_TOP, width, BANDS_HEIGHT);
    put_box(stream, "edge light", x, BANDS_TOP, width, BANDS_HEIGHT);
}

static void put_unheard(FILE *stream, const struct drawing *d)
{
    for (int i = 0; i < d->n_steps; i++) {
        const double x = frame_x(&d->scores, d->steps[i].from_s);
        if (d->steps[i].n > 0) continue;
        put_box(stream, "unheard", x, BANDS_TOP, frame_x(&d->scores, d->steps[i].to_s) - x, BANDS_HEIGHT);
    }
}

static void put_spectrogram(FILE *stream, const struct drawing *d, const uint8_t *png, size_t size)
{
    put_text(stream, 4, BANDS_TOP - 7, "start", "mel bands, low ones at the bottom");
    fprintf(stream,
            "<image x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" preserveAspectRatio=\"none\" href=\"",
            d->scores.left, BANDS_TOP, d->scores.width, BANDS_HEIGHT);
    html_png(stream, png, size);
    fputs("\"/>\n", stream);
    put_unheard(stream, d);
}

static void draw(FILE *stream, const struct drawing *d, const uint8_t *png, size_t size)
{
    fprintf(stream, "<svg class=\"explained\" viewBox=\"0 0 %d %d\" role=\"img\">\n", WIDTH, HEIGHT);
    html_element(stream, "title", d->of->description);
    put_legend(stream, d);
    put_grid(stream, d);
    put_spectrogram(stream, d, png, size);
    if (has_highest(d)) put_highest(stream, d);
    put_scores(stream, d);
    put_times(stream, d);
    fputs("</svg>\n", stream);
}

enum status svg_explained(FILE *stream, const struct explained *explained)
{
    struct drawing d = { .of = explained };
    uint8_t *png = NULL;
    size_t size = 0;
    enum status status;
    TRY_OR_DONE(prepare(&d));
    TRY_OR_DONE(png_encode(explained->rgb, explained->width, explained->height, &png, &size));
    draw(stream, &d, png, size);
done:
    memory_free(png);
    memory_free(d.steps);
    return status;
}
