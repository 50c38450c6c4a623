#include "eval/sweep_report.h"

#include "core/output.h"
#include "eval/report_html.h"
#include "eval/report_parts.h"

#include <math.h>
#include <string.h>

enum { MOST_BEST = 20, MOST_HEAT = 200 };

/* ------------------------------------------------------------------------------------------------- head */

static void put_number_tile(FILE *stream, long number, const char *name)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", number);
    html_tile(stream, text, name);
}

static void put_head(FILE *stream, const struct sweep_table *table)
{
    const int is_random = sweep_is_random(table->sweep);
    char title[128], auc[32];
    snprintf(title, sizeof title, "earshot: a sweep of %d settings%s", table->n_rows,
             is_random ? " (RANDOM WEIGHTS)" : "");
    html_open(stream, title);
    html_element(stream, "h1", title);
    report_warnings(stream, is_random, table->sweep->input.options->is_shuffled);
    fputs("<div class=\"tiles\">\n", stream);
    snprintf(auc, sizeof auc, "%.1f", 100 * table->rows[0].auc);
    html_tile(stream, auc, "AUC in % of the best");
    put_number_tile(stream, table->n_alike, "settings as good, for all that is known");
    put_number_tile(stream, table->rows[0].n_splits, "splits of each group");
    put_number_tile(stream, table->rows[0].n_groups, "groups");
    put_number_tile(stream, (long)table->sweep->n_features, "feature files");
    fputs("</div>\n", stream);
}

/* -------------------------------------------------------------------------------------------- the best */

static void put_interval(FILE *stream, struct interval interval, const char *sign)
{
    if (isfinite(interval.low))
        fprintf(stream, "<td class=\"n\">%s%.1f to %.1f</td>", sign, 100 * interval.low, 100 * interval.high);
    else
        fputs("<td class=\"n\">–</td>", stream);
}

static void put_best_row(FILE *stream, const struct sweep_row *row)
{
    fputs("<tr>", stream);
    report_cell(stream, row->label);
    fprintf(stream, "<td class=\"n\"><b>%.1f</b></td>", 100 * row->auc);
    put_interval(stream, row->over_splits, "");
    put_interval(stream, row->over_recordings, "");
    if (isfinite(row->behind))
        fprintf(stream, "<td class=\"n\">%.1f</td>", 100 * row->behind);
    else
        fputs("<td class=\"n\">–</td>", stream);
    put_interval(stream, row->behind_over_splits, "");
    fprintf(stream, "<td class=\"n\">%.1f</td><td>%s</td></tr>\n", 100 * row->pauc,
            row->is_apart ? "behind" : "as good");
}

static void put_best(FILE *stream, const struct sweep_table *table)
{
    char sentence[256];
    const int n = table->n_rows < MOST_BEST ? table->n_rows : MOST_BEST;
    sweep_sentence(table, sentence, sizeof sentence);
    fputs("<h2>The best settings</h2>\n", stream);
    html_element(stream, "p", sentence);
    fputs("<div class=\"card scroll\"><table>\n<tr><th>setting</th><th class=\"n\">AUC</th>"
          "<th class=\"n\">over splits</th><th class=\"n\">over recordings</th>"
          "<th class=\"n\">behind</th><th class=\"n\">over splits</th><th class=\"n\">pAUC</th>"
          "<th>beside the best</th></tr>\n",
          stream);
    for (int r = 0; r < n; r++) put_best_row(stream, &table->rows[r]);
    fputs(
        "</table></div>\n<p class=\"soft\">AUC in %, the mean over the groups. Intervals are of 95 %. “Over "
        "splits”: other recordings held out and other starts, on these recordings. “Over recordings”: other "
        "recordings of the same machines tested. “Behind” is the mean difference to the best on the same "
        "splits, so it is known better than either number. The best of many was picked for being highest: "
        "expect a little less of it on recordings that took no part.</p>\n",
        stream);
}

/* -------------------------------------------------------------------------------------------- each choice */

static void put_value(FILE *stream, const struct sweep_table *table, int axis, const char *value)
{
    double sum = 0, best = 0;
    int n = 0;
    for (int r = 0; r < table->n_rows; r++) {
        const struct sweep_row *row = &table->rows[r];
        if (strcmp(row->setting->values[axis], value) != 0) continue;
        sum += row->auc;
        if (n++ == 0 || row->auc > best) best = row->auc;
    }
    fputs("<tr>", stream);
    report_cell(stream, table->sweep->input.axes[axis]);
    report_cell(stream, value);
    fprintf(stream, "<td class=\"n\">%d</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td></tr>\n", n,
            100 * sum / n, 100 * best);
}

static int is_first_of_value(const struct sweep_table *table, int row, int axis)
{
    const char *value = table->rows[row].setting->values[axis];
    for (int before = 0; before < row; before++)
        if (strcmp(table->rows[before].setting->values[axis], value) == 0) return 0;
    return *value != '\0';
}

static void put_choices(FILE *stream, const struct sweep_table *table)
{
    if (table->sweep->input.n_axes == 0) return;
    fputs("<h2>What each choice does</h2>\n<div class=\"card "
          "scroll\"><table>\n<tr><th>option</th><th>value</th>"
          "<th class=\"n\">settings</th><th class=\"n\">mean AUC</th><th class=\"n\">best AUC</th></tr>\n",
          stream);
    for (int a = 0; a < table->sweep->input.n_axes; a++)
        for (int r = 0; r < table->n_rows; r++)
            if (is_first_of_value(table, r, a))
                put_value(stream, table, a, table->rows[r].setting->values[a]);
    fputs("</table></div>\n<p class=\"soft\">Over all settings that have the value.</p>\n", stream);
}

/* -------------------------------------------------------------------------------------------- heat map */

static const struct summary *summary_of(const struct sweep_row *row, const char *group)
{
    const struct summaries *summaries = &row->setting->summaries;
    for (size_t i = 0; i < summaries->count; i++)
        if (strcmp(summaries->items[i].group->name, group) == 0) return &summaries->items[i];
    return NULL;
}

/* The first row's groups, and others' that it lacks would be rare: those of the row that has most. */
static const struct summaries *widest(const struct sweep_table *table)
{
    const struct summaries *most = &table->rows[0].setting->summaries;
    for (int r = 1; r < table->n_rows; r++)
        if (table->rows[r].setting->summaries.count > most->count) most = &table->rows[r].setting->summaries;
    return most;
}

static double best_of_group(const struct sweep_table *table, const char *group)
{
    double best = 0;
    for (int r = 0; r < table->n_rows; r++) {
        const struct summary *s = summary_of(&table->rows[r], group);
        if (s && s->auc.mean > best) best = s->auc.mean;
    }
    return best;
}

static void put_heat_row(FILE *stream, const struct sweep_table *table, const struct sweep_row *row,
                         const struct summaries *groups)
{
    fputs("<tr>", stream);
    report_cell(stream, row->label);
    for (size_t g = 0; g < groups->count; g++) {
        const char *name = groups->items[g].group->name;
        const struct summary *s = summary_of(row, name);
        char title[64] = "";
        if (s) snprintf(title, sizeof title, "± %.1f over the seeds", 100 * s->auc.deviation);
        report_heat(stream, s ? s->auc.mean : (double)NAN,
                    s && s->auc.mean == best_of_group(table, name) ? "b" : "span", title);
        fputs("</td>", stream);
    }
    report_heat(stream, row->auc, "span", "mean over the groups");
    fputs("</td></tr>\n", stream);
}

static void put_heat_map(FILE *stream, const struct sweep_table *table)
{
    const struct summaries *groups = widest(table);
    const int n = table->n_rows < MOST_HEAT ? table->n_rows : MOST_HEAT;
    fputs("<h2>AUC in %, setting by setting</h2>\n<div class=\"card scroll\"><table class=\"heatmap\">\n"
          "<tr><th>setting</th>",
          stream);
    for (size_t g = 0; g < groups->count; g++) {
        fputs("<th class=\"n\">", stream);
        html_text(stream, groups->items[g].group->name);
        fputs("</th>", stream);
    }
    fputs("<th class=\"n\">mean</th></tr>\n", stream);
    for (int r = 0; r < n; r++) put_heat_row(stream, table, &table->rows[r], groups);
    fputs("</table></div>\n<p class=\"soft\">The mean over the splits; bold is the best of a group.", stream);
    if (n < table->n_rows) fprintf(stream, " %d more settings stand in summary.csv.", table->n_rows - n);
    fputs("</p>\n", stream);
}

/* ------------------------------------------------------------------------------------- missing, and how made */

static void put_gap(FILE *stream, const char *label, const char *group, const char *reason)
{
    fputs("<li><b>", stream);
    html_text(stream, label);
    fputs("</b> ", stream);
    html_text(stream, group);
    fputs(": ", stream);
    html_text(stream, reason);
    fputs("</li>\n", stream);
}

static void put_gaps(FILE *stream, const struct sweep *sweep, const struct sweep_setting *setting)
{
    char label[SWEEP_LABEL];
    sweep_label(sweep, setting, label);
    if (setting->features->reason) put_gap(stream, label, "", setting->features->reason);
    for (size_t i = 0; i < setting->evaluation.n_left_out; i++)
        put_gap(stream, label, setting->evaluation.left_out[i].group->name,
                setting->evaluation.left_out[i].reason);
}

static void put_missing(FILE *stream, const struct sweep *sweep)
{
    size_t n = 0;
    for (size_t i = 0; i < sweep->n_settings; i++)
        n += sweep->settings[i]->evaluation.n_left_out + (sweep->settings[i]->features->reason != NULL);
    if (n == 0) return;
    fputs("<h2>What could not be computed</h2>\n<ul>\n", stream);
    for (size_t i = 0; i < sweep->n_settings; i++) put_gaps(stream, sweep, sweep->settings[i]);
    fputs("</ul>\n", stream);
}

static void put_files(FILE *stream, const struct sweep *sweep)
{
    fputs("<h2>Feature files</h2>\n", stream);
    for (size_t i = 0; i < sweep->n_features; i++) {
        const struct sweep_features *f = sweep->features[i];
        fputs("<details><summary>", stream);
        html_text(stream, f->name);
        fputs(".h5</summary>\n", stream);
        if (f->features) report_attributes(stream, "How it was made", features_provenance(f->features));
        fputs("</details>\n", stream);
    }
}

enum status sweep_report_write(const char *path, const struct sweep_table *table)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    FILE *stream = output_stream(output);
    put_head(stream, table);
    put_best(stream, table);
    put_choices(stream, table);
    put_heat_map(stream, table);
    put_missing(stream, table->sweep);
    report_protocol(stream, table->sweep->input.options, table->sweep->crew.whole->ops->name);
    put_files(stream, table->sweep);
    html_close(stream);
    return output_commit(&output);
}
