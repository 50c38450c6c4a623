#include "eval/reproduce_report.h"

#include "core/memory.h"
#include "core/output.h"
#include "eval/png_file.h"
#include "eval/report_html.h"
#include "eval/report_parts.h"
#include "eval/reproduce_heatmap.h"

#include <math.h>
#include <string.h>

struct page {
    FILE *stream;
    const struct table *table;
    report_picture *picture;
};

/* ------------------------------------------------------------------------------------------------- head */

static void put_number_tile(FILE *stream, int number, const char *name)
{
    char text[32];
    snprintf(text, sizeof text, "%d", number);
    html_tile(stream, text, name);
}

static int count_computed(const struct table *table)
{
    int n = 0;
    for (int i = 0; i < table->n_rows * table->n_columns; i++) n += table->cells[i].summary != NULL;
    return n;
}

static void put_head(const struct page *page)
{
    const struct table *table = page->table;
    const int is_random = table->is_random;
    char title[128];
    snprintf(title, sizeof title, "earshot: Table 1 of Müller et al. 2020%s",
             is_random ? " (RANDOM WEIGHTS)" : ", the paper's and ours");
    html_open(page->stream, title);
    html_element(page->stream, "h1", title);
    report_warnings(page->stream, is_random, table->study->options.is_shuffled);
    fputs("<div class=\"tiles\">\n", page->stream);
    put_number_tile(page->stream, count_computed(table), "cells computed");
    put_number_tile(page->stream, table->n_rows * table->n_columns - count_computed(table), "cells missing");
    put_number_tile(page->stream, table->n_columns, "machines");
    put_number_tile(page->stream, table->study->options.n_seeds, "splits of each");
    fputs("</div>\n", page->stream);
}

/* ------------------------------------------------------------------------------------------- one machine */

/* The row that did best on the column; -1: none was computed. */
static int best_row(const struct table *table, int column)
{
    int best = -1;
    for (int r = 0; r < table->n_rows; r++) {
        const struct summary *s = table_at(table, r, column)->summary;
        if (s && (best < 0 || s->auc.mean > table_at(table, best, column)->summary->auc.mean)) best = r;
    }
    return best;
}

static void put_machine_row(const struct page *page, int row, int column)
{
    const struct table_cell *cell = table_at(page->table, row, column);
    const struct summary *s = cell->summary;
    FILE *stream = page->stream;
    if (!s) return;
    fputs("<tr>", stream);
    report_cell(stream, page->table->rows[row].extractor);
    report_cell(stream, page->table->rows[row].detector);
    fprintf(stream,
            "<td class=\"n\"><b>%.1f</b></td><td class=\"n\">± %.1f</td><td class=\"n\">± %.1f</td>"
            "<td class=\"n\">%.1f to %.1f</td><td class=\"n\">%.1f</td>",
            100 * s->auc.mean, 100 * s->auc.deviation, 100 * cell->bootstrap.deviation,
            100 * cell->bootstrap.low, 100 * cell->bootstrap.high, 100 * s->pauc.mean);
    if (isfinite(cell->paper))
        fprintf(stream, "<td class=\"n\">%.1f</td><td class=\"n\">%+.1f</td>", cell->paper,
                100 * s->auc.mean - cell->paper);
    else if (!page->table->is_random)
        fputs("<td class=\"n\">–</td><td class=\"n\">–</td>", stream);
    fputs("</tr>\n", stream);
}

static void put_machine_table(const struct page *page, int column)
{
    fprintf(
        page->stream,
        "<div class=\"card scroll\"><table>\n<tr><th>extractor</th><th>detector</th><th class=\"n\">AUC</th>"
        "<th class=\"n\">over seeds</th><th class=\"n\">over recordings</th><th class=\"n\">95 %% of "
        "them</th><th class=\"n\">pAUC</th>%s</tr>\n",
        page->table->is_random ? "" : "<th class=\"n\">paper</th><th class=\"n\">difference</th>");
    for (int r = 0; r < page->table->n_rows; r++) put_machine_row(page, r, column);
    fputs("</table></div>\n", page->stream);
}

/* The features' provenance of a cell; they are open as long as the study is. */
static const struct attributes *provenance_of(const struct table *table, int row, int column)
{
    const struct study_network *network = table->rows[row].network;
    const struct group *group = table_at(table, row, column)->summary->group;
    for (size_t i = 0; i < network->n_files; i++) {
        const struct study_file *file = &network->files[i];
        for (int g = 0; file->features && g < file->evaluation.groups.count; g++)
            if (&file->evaluation.groups.items[g] == group) return features_provenance(file->features);
    }
    return NULL;
}

static enum status put_other_charts(const struct page *page, int best, int column)
{
    for (int r = 0; r < page->table->n_rows; r++) {
        const struct summary *s = table_at(page->table, r, column)->summary;
        if (!s || r == best) continue;
        fputs("<details><summary>", page->stream);
        html_text(page->stream, page->table->rows[r].extractor);
        fputs(" ", page->stream);
        html_text(page->stream, page->table->rows[r].detector);
        fputs("</summary>\n", page->stream);
        TRY(report_charts(page->stream, s));
        fputs("</details>\n", page->stream);
    }
    return OK;
}

static enum status put_machine(const struct page *page, int column)
{
    const int best = best_row(page->table, column);
    char group[256];
    if (best < 0) return OK;
    const struct summary *s = table_at(page->table, best, column)->summary;
    const struct report_source source = { provenance_of(page->table, best, column), page->picture,
                                          s->detector->name };
    recording_group(page->table->columns[column].of, group);
    fputs("<details class=\"machine\"><summary><b>", page->stream);
    html_text(page->stream, group);
    fputs("</b>: best is ", page->stream);
    html_text(page->stream, page->table->rows[best].extractor);
    fprintf(page->stream, " %s, %.1f</summary>\n", page->table->rows[best].detector, 100 * s->auc.mean);
    put_machine_table(page, column);
    TRY(report_charts(page->stream, s));
    TRY(report_explained(page->stream, &source, &s->splits[0]));
    TRY(put_other_charts(page, best, column));
    fputs("</details>\n", page->stream);
    return OK;
}

static enum status put_machines(const struct page *page)
{
    fputs("<h2>Machine by machine</h2>\n<p class=\"soft\">AUC in %. “Over seeds” is the standard deviation "
          "over "
          "the splits: other recordings held out, other starts. “Over recordings” is that of a stratified "
          "bootstrap over the tested recordings: how far other recordings of the same machine might move "
          "it.</p>\n",
          page->stream);
    for (int c = 0; c < page->table->n_columns; c++) TRY(put_machine(page, c));
    return OK;
}

/* ------------------------------------------------------------------------------------------------ figure 2 */

/* The tested recording of the label that is drawn: the highest-scoring abnormal one, the lowest-scoring normal
 * one. */
static const struct tested *choose_tested(const struct split_result *split, int is_abnormal)
{
    const struct tested *chosen = NULL;
    for (int i = 0; i < split->n_tested; i++) {
        const struct tested *tested = &split->tested[i];
        if (tested->is_abnormal != is_abnormal) continue;
        if (!chosen || (is_abnormal ? tested->score > chosen->score : tested->score < chosen->score))
            chosen = tested;
    }
    return chosen;
}

static enum status put_spectrogram(const struct page *page, const struct attributes *provenance,
                                   const struct tested *tested, const char *what)
{
    const struct recording *of = &tested->subject->rows[0]->of;
    char *file = recording_file(of);
    unsigned char *rgb = NULL;
    uint8_t *png = NULL;
    int width = 0, height = 0;
    size_t size = 0;
    TRY(memory_check(file));
    enum status status = page->picture(provenance, file, &rgb, &width, &height);
    if (status == OK) status = png_encode(rgb, width, height, &png, &size);
    fputs("<figure>\n", page->stream);
    if (status == OK)
        html_picture(page->stream, png, size, file);
    else
        html_element(page->stream, "p", status_sentence());
    fprintf(page->stream, "<figcaption><b>%s</b> ", what);
    html_text(page->stream, of->machine);
    fputs(" ", page->stream);
    html_text(page->stream, of->id);
    fputs("</figcaption>\n</figure>\n", page->stream);
    memory_free(png);
    memory_free(rgb);
    memory_free(file);
    return OK;
}

/* The first machine of each kind, normal above abnormal. */
static enum status put_figure(const struct page *page)
{
    const struct table *table = page->table;
    fputs("<h2>Figure 2: log-mel spectrograms</h2>\n<p class=\"soft\">As the paper's, of these recordings: "
          "of each "
          "kind of machine a normal recording (the one of the lowest score) and an abnormal one (of the "
          "highest), low bands at the bottom.</p>\n<div class=\"card figure2\">\n",
          page->stream);
    for (int c = 0; c < table->n_columns; c++) {
        const int best = best_row(table, c);
        if (best < 0 || (c > 0 && table_is_same_machine(table, c - 1, c))) continue;
        const struct split_result *split = &table_at(table, best, c)->summary->splits[0];
        const struct attributes *provenance = provenance_of(table, best, c);
        fputs("<div>\n", page->stream);
        TRY(put_spectrogram(page, provenance, choose_tested(split, 0), "Normal"));
        TRY(put_spectrogram(page, provenance, choose_tested(split, 1), "Abnormal"));
        fputs("</div>\n", page->stream);
    }
    fputs("</div>\n", page->stream);
    return OK;
}

/* -------------------------------------------------------------------------------------- missing and times */

/* Each reason once. */
static void put_missing(const struct page *page)
{
    const struct table *table = page->table;
    const int n = table->n_rows * table->n_columns;
    if (count_computed(table) == n) return;
    fputs("<h2>Cells that could not be computed</h2>\n<ul>\n", page->stream);
    for (int i = 0, n_alike; i < n; i++) {
        const struct table_row *row = &table->rows[i / table->n_columns];
        char group[256];
        if (!table_tells_reason(table, i, &n_alike)) continue;
        recording_group(table->columns[i % table->n_columns].of, group);
        fputs("<li><b>", page->stream);
        html_text(page->stream, row->extractor);
        fputs(" ", page->stream);
        html_text(page->stream, row->detector);
        fputs(" on ", page->stream);
        html_text(page->stream, group);
        fprintf(page->stream, "</b>%s: ", n_alike > 1 ? " and others" : "");
        html_text(page->stream, table->cells[i].reason);
        fprintf(page->stream, " (%d cell%s)</li>\n", n_alike, n_alike == 1 ? "" : "s");
    }
    fputs("</ul>\n", page->stream);
}

static void put_duration(FILE *stream, double seconds)
{
    char text[64];
    study_duration(seconds, text, sizeof text);
    fprintf(stream, "<td class=\"n\">%s</td>", text);
}

static void put_times(const struct page *page)
{
    const struct study *study = page->table->study;
    FILE *stream = page->stream;
    fputs("<h2>Run time of each stage</h2>\n<div class=\"card "
          "scroll\"><table>\n<tr><th>network</th><th>stage</th>"
          "<th class=\"n\">this run</th><th class=\"n\">estimated</th><th class=\"n\">cells computed</th>"
          "<th class=\"n\">there already</th></tr>\n",
          stream);
    for (int n = 0; n < study->n_networks; n++) {
        const struct study_network *network = &study->networks[n];
        fputs("<tr>", stream);
        report_cell(stream, network->name);
        report_cell(stream, "features");
        put_duration(stream, network->extract_s);
        put_duration(stream, network->estimated_s);
        fputs("<td></td><td></td></tr>\n", stream);
        for (int r = 0; r < network->n_rows; r++) {
            const struct study_row *row = &network->rows[r];
            fputs("<tr>", stream);
            report_cell(stream, network->name);
            report_cell(stream, row->contender->detector->name);
            put_duration(stream, row->seconds);
            put_duration(stream, row->estimated_s);
            fprintf(stream, "<td class=\"n\">%d</td><td class=\"n\">%d</td></tr>\n", row->n_computed,
                    row->n_reused);
        }
    }
    fputs("</table></div>\n", stream);
}

/* ----------------------------------------------------------------------------------------------- recipe */

static enum status put_recipe(const struct page *page)
{
    const struct study *study = page->table->study;
    fputs("<h2>Recipe</h2>\n<div class=\"card\">\n", page->stream);
    report_protocol(page->stream, &study->options, study->crew.whole->ops->name);
    fputs("</div>\n<div class=\"card\">\n", page->stream);
    for (int i = 0; i < study->input.n_contenders; i++)
        TRY(report_detector(page->stream, &study->input.contenders[i]));
    fputs("</div>\n", page->stream);
    for (int n = 0; n < study->n_networks; n++)
        for (size_t i = 0; i < study->networks[n].n_files; i++) {
            const struct study_file *file = &study->networks[n].files[i];
            if (!file->features) continue;
            fputs("<div class=\"card\">\n", page->stream);
            report_attributes(page->stream, study->networks[n].name, features_provenance(file->features));
            fputs("</div>\n", page->stream);
            break; /* all files of a network are made alike */
        }
    return OK;
}

/* -------------------------------------------------------------------------------------------------- page */

static enum status put_page(const struct page *page)
{
    put_head(page);
    reproduce_heat_maps(page->stream, page->table);
    reproduce_ranking(page->stream, page->table);
    put_missing(page);
    TRY(put_machines(page));
    TRY(put_figure(page));
    put_times(page);
    TRY(put_recipe(page));
    html_close(page->stream);
    return OK;
}

enum status reproduce_report_write(const char *path, const struct table *table, report_picture *picture)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    const struct page page = { output_stream(output), table, picture };
    const enum status status = put_page(&page);
    if (status == OK) return output_commit(&output);
    output_close(&output);
    return status;
}
