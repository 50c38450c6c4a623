#include "eval/report.h"

#include "core/memory.h"
#include "core/output.h"
#include "eval/png_file.h"
#include "eval/report_html.h"
#include "eval/report_svg.h"

#include <stdlib.h>
#include <string.h>

int has_random_weights(const struct attributes *provenance)
{
    return attributes_integer(provenance, "random_weights", 0) != 0;
}

/* ------------------------------------------------------------------------------------------------ head */

static void put_title(FILE *stream, const struct report *report, char *title, size_t size)
{
    snprintf(title, size, "earshot evaluation: %s%s", report->features,
             has_random_weights(report->provenance) ? " (RANDOM WEIGHTS)" : "");
    html_open(stream, title);
    html_element(stream, "h1", title);
}

static void put_warnings(FILE *stream, const struct report *report)
{
    if (has_random_weights(report->provenance))
        fputs("<p class=\"warning\"><b>RANDOM WEIGHTS.</b> The network was not trained: these numbers show "
              "that the line works, not how good the method is.</p>\n",
              stream);
    if (report->options->is_shuffled)
        fputs("<p class=\"warning\"><b>LABELS SHUFFLED.</b> Labels were permuted at random: an AUC far from "
              "0.5 would mean that something other than the labels makes it.</p>\n",
              stream);
}

static void put_tile(FILE *stream, const char *value, const char *name)
{
    fputs("<div class=\"tile\"><b>", stream);
    html_text(stream, value);
    fputs("</b><span>", stream);
    html_text(stream, name);
    fputs("</span></div>\n", stream);
}

static void put_tiles(FILE *stream, const struct report *report)
{
    char text[64];
    const struct mean_aucs mean = summaries_mean(report->summaries, NULL);
    fputs("<div class=\"tiles\">\n", stream);
    snprintf(text, sizeof text, "%.3f", mean.auc);
    put_tile(stream, text, "mean AUC");
    snprintf(text, sizeof text, "%.3f", mean.pauc);
    put_tile(stream, text, "mean pAUC (0.1)");
    snprintf(text, sizeof text, "%d", report->evaluation->groups.count);
    put_tile(stream, text, "groups found");
    snprintf(text, sizeof text, "%d", report->options->n_seeds);
    put_tile(stream, text, "splits of each");
    put_tile(stream, attributes_text(report->provenance, "network", "unknown"), "network");
    fputs("</div>\n", stream);
}

/* -------------------------------------------------------------------------------------------- overview */

static void put_cell(FILE *stream, const char *text)
{
    fputs("<td>", stream);
    html_text(stream, text);
    fputs("</td>", stream);
}

static void put_count(FILE *stream, int least, int most)
{
    char text[32];
    summary_count(least, most, text, sizeof text);
    fprintf(stream, "<td class=\"n\">%s</td>", text);
}

static void put_summary(FILE *stream, const struct summary *summary)
{
    fputs("<tr>", stream);
    put_cell(stream, summary->group->name);
    put_cell(stream, summary->detector->name);
    fprintf(stream, "<td class=\"n\"><b>%.3f</b> ± %.3f</td><td>", summary->auc.mean, summary->auc.deviation);
    svg_strip(stream, summary);
    fprintf(stream, "</td><td class=\"n\">%.3f ± %.3f</td>", summary->pauc.mean, summary->pauc.deviation);
    put_count(stream, summary->least.n_train, summary->most.n_train);
    put_count(stream, summary->least.n_normal, summary->most.n_normal);
    put_count(stream, summary->least.n_abnormal, summary->most.n_abnormal);
    fputs("</tr>\n", stream);
}

static void put_overview(FILE *stream, const struct report *report)
{
    fputs("<h2>AUC of each group</h2>\n<div class=\"card scroll\"><table>\n"
          "<tr><th>group</th><th>detector</th><th class=\"n\">AUC</th><th>each split, 0 to 1</th>"
          "<th class=\"n\">pAUC</th><th class=\"n\">trained on</th><th class=\"n\">normal held out</th>"
          "<th class=\"n\">abnormal</th></tr>\n",
          stream);
    for (size_t i = 0; i < report->summaries->count; i++) put_summary(stream, &report->summaries->items[i]);
    fputs("</table></div>\n<p class=\"soft\">Counts are recordings. ± is the standard deviation over the "
          "splits; pAUC is the area up to a false positive rate of 0.1, scaled so that chance is 0.5.</p>\n",
          stream);
}

static void put_left_out(FILE *stream, const struct report *report)
{
    const struct evaluation *evaluation = report->evaluation;
    const struct groups_left_out *counts = &evaluation->groups.left_out;
    if (evaluation->n_left_out) fputs("<h2>Left out</h2>\n<ul>\n", stream);
    for (size_t i = 0; i < evaluation->n_left_out; i++) {
        const struct left_out *left_out = &evaluation->left_out[i];
        fputs("<li><b>", stream);
        html_text(stream, left_out->group->name);
        if (left_out->detector) fprintf(stream, " with %s", left_out->detector->name);
        fputs("</b>: ", stream);
        html_text(stream, left_out->reason);
        fputs("</li>\n", stream);
    }
    if (evaluation->n_left_out) fputs("</ul>\n", stream);
    if (counts->n_failed || counts->n_unlabeled || counts->n_both)
        fprintf(
            stream,
            "<p class=\"soft\">Recordings left out: %d failed, %d with neither label, %d whose very samples "
            "are found under both labels.</p>\n",
            counts->n_failed, counts->n_unlabeled, counts->n_both);
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
static enum status put_patches(FILE *stream, const struct report *report, const struct spectrogram *of)
{
    const int patch = (int)attributes_integer(report->provenance, "patch", 64);
    const int offset = (int)attributes_integer(report->provenance, "offset", 32);
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

static enum status put_image(FILE *stream, const struct report *report, const char *file)
{
    struct spectrogram all = { 0 };
    enum status status = report->picture(report->provenance, file, &all.rgb, &all.width, &all.height);
    if (status == OK) status = put_frames(stream, &all, 0, all.width, file);
    if (status == OK) status = put_patches(stream, report, &all);
    memory_free(all.rgb);
    return status;
}

static enum status put_recording(FILE *stream, const struct report *report, const struct tested *tested,
                                 const char *what)
{
    const struct recording *of = &tested->subject->rows[0]->of;
    char *file = recording_file(of);
    TRY(memory_check(file));
    fputs("<figure>\n", stream);
    if (put_image(stream, report, file) != OK) {
        fputs("<p class=\"warning\">No picture: ", stream);
        html_text(stream, status_sentence());
        fputs("</p>\n", stream);
    }
    fprintf(stream, "<figcaption><b>%s</b>, score %.4g<br/>", what, tested->score);
    html_text(stream, of->path);
    fputs("</figcaption>\n</figure>\n", stream);
    memory_free(file);
    return OK;
}

/* What the first split's typical normal recording and its most anomalous one look like. */
static enum status put_pictures(FILE *stream, const struct report *report, const struct split_result *split)
{
    const struct tested **normal = NULL, **abnormal = NULL;
    int n_normal = 0, n_abnormal = 0;
    enum status status;
    TRY_OR_DONE(sort_tested(split, 0, &normal, &n_normal));
    TRY_OR_DONE(sort_tested(split, 1, &abnormal, &n_abnormal));
    fputs("<div class=\"card\"><h3>Log-mel spectrograms and some of their patches, low bands at the "
          "bottom</h3>\n<div class=\"pair\">\n",
          stream);
    TRY_OR_DONE(put_recording(stream, report, normal[n_normal / 2], "Normal, in the middle of its scores"));
    TRY_OR_DONE(put_recording(stream, report, abnormal[n_abnormal - 1], "Abnormal, highest score"));
    fputs("</div></div>\n", stream);
done:
    memory_free(normal);
    memory_free(abnormal);
    return status;
}

/* ---------------------------------------------------------------------------------------------- groups */

static enum status put_charts(FILE *stream, const struct summary *summary)
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

static enum status put_groups(FILE *stream, const struct report *report)
{
    const struct summaries *summaries = report->summaries;
    for (size_t i = 0; i < summaries->count; i++) {
        const struct summary *summary = &summaries->items[i];
        const int is_first = i == 0 || summary[-1].group != summary->group;
        const int is_last = i + 1 == summaries->count || summary[1].group != summary->group;
        if (is_first) html_element(stream, "h2", summary->group->name);
        TRY(put_charts(stream, summary));
        if (is_last) TRY(put_pictures(stream, report, &summary->splits[0]));
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- recipe */

static void put_row(FILE *stream, const char *name, const char *value)
{
    fputs("<tr>", stream);
    put_cell(stream, name);
    put_cell(stream, value);
    fputs("</tr>\n", stream);
}

static void put_attributes(FILE *stream, const char *heading, const struct attributes *attributes)
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

static enum status put_detector(FILE *stream, const struct contender *contender)
{
    /* options_record only reads the settings; the set's pointer is not const because others fill it. */
    const struct option_set set = { contender->detector->options, (void *)(uintptr_t)contender->settings,
                                    NULL };
    struct attributes attributes = { 0 };
    const enum status status = options_record(&set, &attributes);
    if (status == OK) put_attributes(stream, contender->detector->name, &attributes);
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

static void put_protocol(FILE *stream, const struct report *report)
{
    fputs("<p>", stream);
    put_split(stream, report->options);
    fputs(" Scaler and detector see training rows only. A recording's score is the mean over its patches. "
          "Detectors were fitted on the backend ",
          stream);
    html_text(stream, report->backend);
    fputs(".</p>\n", stream);
}

static enum status put_recipe(FILE *stream, const struct report *report)
{
    fputs("<h2>Recipe</h2>\n<div class=\"card\">\n", stream);
    put_protocol(stream, report);
    fputs("</div>\n<div class=\"card\">\n", stream);
    for (int i = 0; i < report->options->n_contenders; i++)
        TRY(put_detector(stream, &report->options->contenders[i]));
    fputs("</div>\n<div class=\"card\">\n", stream);
    put_attributes(stream, "features", report->provenance);
    fputs("</div>\n", stream);
    return OK;
}

static enum status put_report(FILE *stream, const struct report *report)
{
    char title[512];
    put_title(stream, report, title, sizeof title);
    put_warnings(stream, report);
    put_tiles(stream, report);
    put_overview(stream, report);
    put_left_out(stream, report);
    TRY(put_groups(stream, report));
    TRY(put_recipe(stream, report));
    html_close(stream);
    return OK;
}

enum status report_write(const char *path, const struct report *report)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    const enum status status = put_report(output_stream(output), report);
    if (status == OK) return output_commit(&output);
    output_close(&output);
    return status;
}
