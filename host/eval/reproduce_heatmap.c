#include "eval/reproduce_heatmap.h"

#include "eval/report_html.h"
#include "eval/report_parts.h"

#include <math.h>
#include <string.h>

/* --------------------------------------------------------------------------------------------- heat map */

static int run_end(const struct table *table, int first, int end,
                   int (*same)(const struct table *table, int a, int b))
{
    int c = first + 1;
    while (c < end && same(table, first, c)) c++;
    return c;
}

static void put_heat(FILE *stream, const struct table_cell *cell)
{
    const struct summary *s = cell->summary;
    char title[128];
    if (!s)
        report_heat(stream, (double)NAN, "span", cell->reason);
    else {
        snprintf(title, sizeof title, "± %.1f over the seeds, ± %.1f over the tested recordings",
                 100 * s->auc.deviation, 100 * cell->bootstrap.deviation);
        report_heat(stream, s->auc.mean, cell->place == 1 ? "b" : cell->place == 2 ? "u" : "span", title);
    }
    if (isfinite(cell->paper)) fprintf(stream, "<small>%.1f</small>", cell->paper);
    fputs("</td>", stream);
}

static void put_heat_heads(FILE *stream, const struct table *table, int first, int end)
{
    fputs("<tr><th></th><th></th>", stream);
    for (int c = first, next; c < end; c = next) {
        next = run_end(table, c, end, table_is_same_machine);
        fprintf(stream, "<th class=\"machine\" colspan=\"%d\">", next - c);
        html_text(stream, table->columns[c].of->machine);
        fputs("</th>", stream);
    }
    fputs("</tr>\n<tr><th>extractor</th><th>detector</th>", stream);
    for (int c = first; c < end; c++) {
        fputs("<th class=\"n\">", stream);
        html_text(stream, *table->columns[c].of->id ? table->columns[c].of->id : "all");
        fputs("</th>", stream);
    }
    fputs("</tr>\n", stream);
}

static void put_heat_map(FILE *stream, const struct table *table, int first, int end)
{
    fputs("<h2>AUC in %", stream);
    if (*table->columns[first].of->snr) fputs(", ", stream);
    html_text(stream, table->columns[first].of->snr);
    fputs("</h2>\n<div class=\"card scroll\"><table class=\"heatmap\">\n", stream);
    put_heat_heads(stream, table, first, end);
    for (int r = 0; r < table->n_rows; r++) {
        fputs("<tr>", stream);
        report_cell(stream, table->rows[r].extractor);
        report_cell(stream, table->rows[r].detector);
        for (int c = first; c < end; c++) put_heat(stream, table_at(table, r, c));
        fputs("</tr>\n", stream);
    }
    fputs("</table></div>\n", stream);
}

void reproduce_heat_maps(FILE *stream, const struct table *table)
{
    for (int c = 0, end; c < table->n_columns; c = end) {
        end = run_end(table, c, table->n_columns, table_is_same_snr);
        put_heat_map(stream, table, c, end);
    }
    fprintf(
        stream,
        "<p class=\"soft\">Ours, the mean over the seeds; %s bold is the best of a machine, underlined the "
        "second best. Spreads stand in each cell's title and below.</p>\n",
        table->is_random ? "the paper's numbers are left out beside random weights;"
                         : "small below it the paper's, which are of recordings at -6 dB;");
}

/* ---------------------------------------------------------------------------------------------- ranking */

static void put_ranks(FILE *stream, int is_random, const char *title, const struct table_rank *ranks, int n)
{
    fputs("<div class=\"card scroll\"><table>\n<tr><th>", stream);
    html_text(stream, title);
    fprintf(stream, "</th><th class=\"n\">ours</th>%s</tr>\n",
            is_random ? "" : "<th class=\"n\">paper's table</th><th class=\"n\">paper's text</th>");
    for (int i = 0; i < n; i++) {
        fputs("<tr>", stream);
        report_cell(stream, ranks[i].name);
        fprintf(stream, "<td class=\"n\">%d, %d</td>", ranks[i].first, ranks[i].second);
        if (!is_random)
            fprintf(stream, "<td class=\"n\">%d, %d</td><td class=\"n\">%d, %d</td>", ranks[i].paper_first,
                    ranks[i].paper_second, ranks[i].text_first, ranks[i].text_second);
        fputs("</tr>\n", stream);
    }
    fputs("</table></div>\n", stream);
}

void reproduce_ranking(FILE *stream, const struct table *table)
{
    fputs("<h2>How often best, second best of a machine</h2>\n<div class=\"pair\">\n", stream);
    put_ranks(stream, table->is_random, "extractor", table->extractors, table->n_extractors);
    put_ranks(stream, table->is_random, "detector", table->detectors, table->n_detectors);
    fputs(
        "</div>\n<p class=\"soft\">Equal values share a place. The counts in the paper's text are not in all "
        "places those of its table.</p>\n",
        stream);
}
