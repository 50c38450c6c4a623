#include "eval/report.h"

#include "core/memory.h"
#include "core/output.h"
#include "eval/report_html.h"
#include "eval/report_parts.h"
#include "eval/report_svg.h"
#include "pipeline/setup.h"

/* ------------------------------------------------------------------------------------------------ head */

static void put_title(FILE *stream, const struct report *report, char *title, size_t size)
{
    snprintf(title, size, "earshot evaluation: %s%s", report->features,
             provenance_has_random_weights(report->provenance) ? " (RANDOM WEIGHTS)" : "");
    html_open(stream, title);
    html_element(stream, "h1", title);
}

static void put_tiles(FILE *stream, const struct report *report)
{
    char text[64];
    const struct mean_aucs mean = summaries_mean(report->summaries, NULL);
    fputs("<div class=\"tiles\">\n", stream);
    snprintf(text, sizeof text, "%.3f", mean.auc);
    html_tile(stream, text, "mean AUC");
    snprintf(text, sizeof text, "%.3f", mean.pauc);
    html_tile(stream, text, "mean pAUC (0.1)");
    snprintf(text, sizeof text, "%d", report->evaluation->groups.count);
    html_tile(stream, text, "groups found");
    snprintf(text, sizeof text, "%d", report->options->n_seeds);
    html_tile(stream, text, "splits of each");
    html_tile(stream, attributes_text(report->provenance, "network", "unknown"), "network");
    fputs("</div>\n", stream);
}

/* -------------------------------------------------------------------------------------------- overview */

static void put_summary(FILE *stream, const struct summary *summary)
{
    fputs("<tr>", stream);
    report_cell(stream, summary->group->name);
    report_cell(stream, summary->detector->name);
    fprintf(stream, "<td class=\"n\"><b>%.3f</b> ± %.3f</td><td>", summary->auc.mean, summary->auc.deviation);
    svg_strip(stream, summary);
    fprintf(stream, "</td><td class=\"n\">%.3f ± %.3f</td>", summary->pauc.mean, summary->pauc.deviation);
    report_count(stream, summary->least.n_train, summary->most.n_train);
    report_count(stream, summary->least.n_normal, summary->most.n_normal);
    report_count(stream, summary->least.n_abnormal, summary->most.n_abnormal);
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

static void put_item(FILE *stream, const char *text)
{
    fputs("<li>", stream);
    html_text(stream, text);
    fputs("</li>\n", stream);
}

/* Whose recordings they are is the feature file's, so all of them are listed, up to a length that a page can have. */
static void put_failures(FILE *stream, const struct features *file)
{
    enum { MOST = 200 };
    const struct features_table *table = features_recordings(file);
    int n = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].status != RECORDING_FAILED) continue;
        if (n++ == 0) fputs("<h2>Recordings that failed</h2>\n<ul>\n", stream);
        if (n <= MOST) put_item(stream, table->rows[i].error);
    }
    if (n > MOST) fprintf(stream, "<li>and %d more, which earshot show lists</li>\n", n - MOST);
    if (n > 0) fputs("</ul>\n", stream);
}

static void put_warnings(FILE *stream, const struct features *file)
{
    const struct guards *guards = &features_counts(file)->guards;
    char words[GUARD_EXAMPLE + 128];
    int n = 0;
    for (int g = 0; g < N_GUARDS; g++) {
        if (!guard_words(guards, (enum guard)g, words, sizeof words)) continue;
        if (n++ == 0) fputs("<h2>Warnings about the data set</h2>\n<ul>\n", stream);
        put_item(stream, words);
    }
    if (n > 0) fputs("</ul>\n", stream);
}

/* ---------------------------------------------------------------------------------------------- groups */

/* How the highest scores of the first split came about. */
static enum status put_pictures(FILE *stream, const struct report *report, const struct summary *summary)
{
    const struct report_source source = { report->provenance, report->picture, summary->detector->name };
    TRY(report_pictures(stream, &source, &summary->splits[0]));
    return report_explained(stream, &source, &summary->splits[0]);
}

static enum status put_groups(FILE *stream, const struct report *report)
{
    const struct summaries *summaries = report->summaries;
    for (size_t i = 0; i < summaries->count; i++) {
        const struct summary *summary = &summaries->items[i];
        const int is_first = i == 0 || summary[-1].group != summary->group;
        const int is_last = i + 1 == summaries->count || summary[1].group != summary->group;
        if (is_first) html_element(stream, "h2", summary->group->name);
        TRY(report_charts(stream, summary));
        if (is_last) TRY(put_pictures(stream, report, summary));
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- recipe */

static enum status put_recipe(FILE *stream, const struct report *report)
{
    fputs("<h2>Recipe</h2>\n<div class=\"card\">\n", stream);
    report_protocol(stream, report->options, report->backend);
    fputs("</div>\n<div class=\"card\">\n", stream);
    for (int i = 0; i < report->options->n_contenders; i++)
        TRY(report_detector(stream, &report->options->contenders[i]));
    fputs("</div>\n<div class=\"card\">\n", stream);
    report_attributes(stream, "features", report->provenance);
    fputs("</div>\n", stream);
    return OK;
}

static enum status put_report(FILE *stream, const struct report *report)
{
    char title[512];
    put_title(stream, report, title, sizeof title);
    report_warnings(stream, provenance_has_random_weights(report->provenance), report->options->is_shuffled);
    put_tiles(stream, report);
    put_overview(stream, report);
    put_left_out(stream, report);
    if (report->file) put_warnings(stream, report->file);
    if (report->file) put_failures(stream, report->file);
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
