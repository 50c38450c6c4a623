#include "eval/report_parts.h"

#include "core/memory.h"
#include "eval/png_file.h"
#include "eval/report_html.h"
#include "eval/report_svg.h"
#include "eval/svg_explained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void report_warnings(FILE *stream, int is_random, int is_shuffled)
{
    if (is_random)
        fputs("<p class=\"warning\"><b>RANDOM WEIGHTS.</b> The network was not trained: these numbers show "
              "that the line works, not how good the method is.</p>\n",
              stream);
    if (is_shuffled)
        fputs("<p class=\"warning\"><b>LABELS SHUFFLED.</b> Labels were permuted at random: an AUC far from "
              "0.5 would mean that something other than the labels makes it.</p>\n",
              stream);
}

void report_cell(FILE *stream, const char *text)
{
    fputs("<td>", stream);
    html_text(stream, text);
    fputs("</td>", stream);
}

void report_count(FILE *stream, int least, int most)
{
    char text[32];
    summary_count(least, most, text, sizeof text);
    fprintf(stream, "<td class=\"n\">%s</td>", text);
}

void report_heat(FILE *stream, double auc, const char *tag, const char *title)
{
    const double share = fmin(fmax(2 * auc - 1, 0), 1);
    if (isnan(auc))
        fputs("<td class=\"heat none\" title=\"", stream);
    else
        fprintf(stream, "<td class=\"heat\" style=\"--heat-share:%.0f%%\" title=\"", 85 * share);
    html_text(stream, title);
    if (isnan(auc))
        fputs("\">–", stream);
    else
        fprintf(stream, "\"><%s>%.1f</%s>", tag, 100 * auc, tag);
}

/* -------------------------------------------------------------------------------------------- pictures */

static int by_score(const void *a, const void *b)
{
    const double left = (*(const struct tested *const *)a)->score,
                 right = (*(const struct tested *const *)b)->score;
    return (left > right) - (left < right);
}

/* The tested recordings of one label, lowest score first; *sorted is owned by the caller. */
static enum status sort_tested(const struct split_result *split, int is_abnormal,
                               const struct tested ***sorted, int *n)
{
    *n = 0;
    TRY(memory_check(*sorted = memory_new((size_t)split->n_tested, sizeof **sorted)));
    for (int i = 0; i < split->n_tested; i++)
        if (split->tested[i].is_abnormal == is_abnormal) (*sorted)[(*n)++] = &split->tested[i];
    qsort(*sorted, (size_t)*n, sizeof **sorted, by_score);
    return OK;
}

/* A picture of a recording's frames. */
struct spectrogram {
    unsigned char *rgb; /* [height][width][3] */
    int width, height;
};

/* Frames first … first + width - 1 as a picture of their own. */
static enum status put_frames(FILE *stream, const struct spectrogram *from, int first, int width,
                              const char *description)
{
    const size_t row = (size_t)width * 3;
    uint8_t *png = NULL, *cut = memory_new((size_t)from->height, row);
    size_t size = 0;
    enum status status = memory_check(cut);
    for (int y = 0; status == OK && y < from->height; y++)
        memcpy(cut + (size_t)y * row, from->rgb + ((size_t)y * from->width + (size_t)first) * 3, row);
    if (status == OK) status = png_encode(cut, width, from->height, &png, &size);
    if (status == OK) html_picture(stream, png, size, description);
    memory_free(png);
    memory_free(cut);
    return status;
}

enum { SHOWN_PATCHES = 5 };

/* Some of the patches that the features are made of, evenly spread over the recording. */
static enum status put_patches(FILE *stream, const struct report_source *source, const struct spectrogram *of)
{
    const int patch = (int)attributes_integer(source->provenance, "patch", 64);
    const int offset = (int)attributes_integer(source->provenance, "offset", 32);
    const int n = of->width < patch ? 0 : 1 + (of->width - patch) / offset;
    const int shown = n < SHOWN_PATCHES ? n : SHOWN_PATCHES;
    fputs("<div class=\"patches\">\n", stream);
    for (int i = 0; i < shown; i++) {
        const int number = shown > 1 ? i * (n - 1) / (shown - 1) : 0;
        TRY(put_frames(stream, of, number * offset, patch, "a patch"));
    }
    fputs("</div>\n", stream);
    return OK;
}

static enum status put_image(FILE *stream, const struct report_source *source, const char *file)
{
    struct spectrogram all = { 0 };
    enum status status = source->picture(source->provenance, file, &all.rgb, &all.width, &all.height);
    if (status == OK) status = put_frames(stream, &all, 0, all.width, file);
    if (status == OK) status = put_patches(stream, source, &all);
    memory_free(all.rgb);
    return status;
}

void report_no_picture(FILE *stream)
{
    fputs("<p class=\"warning\">No picture: ", stream);
    html_text(stream, status_sentence());
    fputs("</p>\n", stream);
}

static void put_caption(FILE *stream, const char *what, double score, const char *path)
{
    fprintf(stream, "<figcaption><b>%s</b>, score %.4g<br/>", what, score);
    html_text(stream, path);
    fputs("</figcaption>\n</figure>\n", stream);
}

static enum status put_recording(FILE *stream, const struct report_source *source,
                                 const struct tested *tested, const char *what)
{
    const struct recording *of = &tested->subject->rows[0]->of;
    char *file = recording_file(of);
    TRY(memory_check(file));
    fputs("<figure>\n", stream);
    if (put_image(stream, source, file) != OK) {
        report_no_picture(stream);
    }
    put_caption(stream, what, tested->score, of->path);
    memory_free(file);
    return OK;
}

/* What the first split's typical normal recording and its most anomalous one look like. */
enum status report_pictures(FILE *stream, const struct report_source *source,
                            const struct split_result *split)
{
    const struct tested **normal = NULL, **abnormal = NULL;
    int n_normal = 0, n_abnormal = 0;
    enum status status;
    TRY_OR_DONE(sort_tested(split, 0, &normal, &n_normal));
    TRY_OR_DONE(sort_tested(split, 1, &abnormal, &n_abnormal));
    fputs("<div class=\"card\"><h3>Log-mel spectrograms and some of their patches, low bands at the "
          "bottom</h3>\n<div class=\"pair\">\n",
          stream);
    TRY_OR_DONE(put_recording(stream, source, normal[n_normal / 2], "Normal, in the middle of its scores"));
    TRY_OR_DONE(put_recording(stream, source, abnormal[n_abnormal - 1], "Abnormal, highest score"));
    fputs("</div></div>\n", stream);
done:
    memory_free(normal);
    memory_free(abnormal);
    return status;
}

/* ------------------------------------------------------------------------------------------- explained */

static const struct tested *highest_of(const struct split_result *split, int is_abnormal)
{
    for (int i = 0; i < split->n_tested; i++)
        if (split->tested[i].is_abnormal == is_abnormal && split->tested[i].patches) return &split->tested[i];
    return NULL;
}

/* The first channel and segment of the recording. */
static enum status draw_explained(FILE *stream, const struct report_source *source,
                                  const struct tested *tested, const char *file)
{
    const struct attributes *p = source->provenance;
    const double rate = (double)attributes_integer(p, "sample_rate", 16000);
    const double frame_s = (double)attributes_integer(p, "hop_length", 256) / rate;
    const double offset_s = (double)attributes_integer(p, "offset", 32) * frame_s;
    const int n_patches = tested->subject->rows[0]->n_patches;
    char score_name[64];
    struct spectrogram all = { 0 };
    double *start_s = memory_new((size_t)n_patches, sizeof *start_s);
    enum status status = memory_check(start_s);
    for (int i = 0; i < n_patches && status == OK; i++) start_s[i] = i * offset_s;
    snprintf(score_name, sizeof score_name, "score of a patch (%s)", source->detector);
    if (status == OK) status = source->picture(p, file, &all.rgb, &all.width, &all.height);
    if (status == OK)
        status = svg_explained(stream,
                               &(struct explained){ .rgb = all.rgb,
                                                    .width = all.width,
                                                    .height = all.height,
                                                    .seconds_per_frame = frame_s,
                                                    .patch_frames = (int)attributes_integer(p, "patch", 64),
                                                    .start_s = start_s,
                                                    .score = tested->patches,
                                                    .n_patches = n_patches,
                                                    .recording_score = tested->score,
                                                    .score_name = score_name,
                                                    .description = file });
    memory_free(all.rgb);
    memory_free(start_s);
    return status;
}

static enum status put_explained(FILE *stream, const struct report_source *source,
                                 const struct tested *tested, const char *what)
{
    const struct recording *of = &tested->subject->rows[0]->of;
    char *file = recording_file(of);
    TRY(memory_check(file));
    fputs("<figure>\n", stream);
    if (draw_explained(stream, source, tested, file) != OK) report_no_picture(stream);
    put_caption(stream, what, tested->score, of->path);
    memory_free(file);
    return OK;
}

enum status report_explained(FILE *stream, const struct report_source *source,
                             const struct split_result *split)
{
    const struct tested *abnormal = highest_of(split, 1), *normal = highest_of(split, 0);
    if (!abnormal || !normal) return OK;
    fprintf(stream,
            "<div class=\"card\"><h3>When the highest scores sounded unusual (%s)</h3>\n<div "
            "class=\"pair\">\n",
            source->detector);
    TRY(put_explained(stream, source, abnormal, "Abnormal, highest score"));
    TRY(put_explained(stream, source, normal, "Normal, highest score"));
    fputs("</div></div>\n", stream);
    return OK;
}

/* ---------------------------------------------------------------------------------------------- charts */

enum status report_charts(FILE *stream, const struct summary *summary)
{
    fprintf(stream,
            "<div class=\"card\"><h3>%s: ROC curves and scores, %d splits</h3>\n<div class=\"pair\">\n",
            summary->detector->name, summary->n_splits);
    fputs("<figure>\n", stream);
    svg_roc(stream, summary);
    fputs("</figure>\n<figure>\n", stream);
    TRY(svg_histogram(stream, summary));
    fputs(
        "<figcaption>The outermost bars also hold what lies beyond.</figcaption>\n</figure>\n</div></div>\n",
        stream);
    return OK;
}

/* ---------------------------------------------------------------------------------------------- recipe */

static void put_row(FILE *stream, const char *name, const char *value)
{
    fputs("<tr>", stream);
    report_cell(stream, name);
    report_cell(stream, value);
    fputs("</tr>\n", stream);
}

void report_attributes(FILE *stream, const char *heading, const struct attributes *attributes)
{
    html_element(stream, "h3", heading);
    fputs("<table class=\"recipe\">\n", stream);
    for (size_t i = 0; i < attributes->count; i++) {
        char value[512];
        attribute_print(&attributes->items[i], value, sizeof value);
        put_row(stream, attributes->items[i].name, value);
    }
    fputs("</table>\n", stream);
}

enum status report_detector(FILE *stream, const struct contender *contender)
{
    /* options_record only reads the settings; the set's pointer is not const because others fill it. */
    const struct option_set set = { contender->detector->options, (void *)(uintptr_t)contender->settings,
                                    NULL };
    struct attributes attributes = { 0 };
    const enum status status = options_record(&set, &attributes);
    if (status == OK) report_attributes(stream, contender->detector->name, &attributes);
    attributes_release(&attributes);
    return status;
}

static void put_split(FILE *stream, const struct evaluate_options *options)
{
    const struct protocol *protocol = evaluate_protocol(options);
    const int last_seed = options->seed + options->n_seeds - 1;
    if (protocol == &protocol_paper)
        fprintf(
            stream,
            "Protocol of the paper (Müller et al. 2020): for each of the seeds %d to %d, at most %d normal "
            "recordings (never more than there are abnormal ones, or half of the normal ones) are held out "
            "at random and as many abnormal ones are drawn; all other normal ones train. All channels, "
            "segments and byte-identical copies of a recording stay on one side.",
            options->seed, last_seed, options->held_out);
    else
        fprintf(stream, "Protocol %s: %s The split is one; seeds %d to %d are the detectors'.",
                protocol->name, protocol->recipe, options->seed, last_seed);
}

/* Between features and detector, and between patches and recording. */
static void put_between(FILE *stream, const struct evaluate_options *options)
{
    struct attributes told = { 0 };
    char pool[POOLER_TEXT];
    pooler_print(&options->pooler, pool);
    fputs(" Rows are standardised", stream);
    if (preparation_record(&options->preparation, &told) == OK) {
        const struct attribute *floor = attributes_find(&told, "scale_floor");
        if (floor && floor->real > 0)
            fprintf(stream, ", scales no less than %g of their median", floor->real);
        const char *reduce = attributes_text(&told, "reduce", "none");
        if (strcmp(reduce, "none") != 0) fprintf(stream, ", reduced by %s", reduce);
    }
    fprintf(stream, "; a recording's score is the %s over its patches.", pool);
    attributes_release(&told);
}

void report_protocol(FILE *stream, const struct evaluate_options *options, const char *backend)
{
    fputs("<p>", stream);
    put_split(stream, options);
    fputs(" What prepares rows, and the detector, see training rows only.", stream);
    put_between(stream, options);
    fputs(" Detectors were fitted on the backend ", stream);
    html_text(stream, backend);
    fputs(".</p>\n", stream);
}
