/* The table as text and as CSV. */
#include "core/csv.h"
#include "core/output.h"
#include "eval/paper_table.h"
#include "eval/reproduce_table.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------- text */

/* Whether any row of the column was computed; others are not shown. */
static int is_computed(const struct table *table, int column)
{
    for (int r = 0; r < table->n_rows; r++)
        if (table_at(table, r, column)->summary) return 1;
    return 0;
}

static int machine_end(const struct table *table, int first)
{
    const struct recording *of = table->columns[first].of;
    int end = first + 1;
    while (end < table->n_columns && strcmp(table->columns[end].of->machine, of->machine) == 0 &&
           strcmp(table->columns[end].of->snr, of->snr) == 0)
        end++;
    return end;
}

static const char *mark(int place)
{
    return place == 1 ? "*" : place == 2 ? "+" : " ";
}

/* " 81.0*±3.1|8.2  62.6 +18.4" */
static void print_cell(FILE *stream, const struct table *table, const struct table_cell *cell)
{
    char ours[64] = "    –         ", paper[16] = "   –", difference[16] = "    –";
    const struct summary *s = cell->summary;
    if (s)
        snprintf(ours, sizeof ours, "%5.1f%s±%4.1f|%4.1f", 100 * s->auc.mean, mark(cell->place),
                 100 * s->auc.deviation, 100 * cell->bootstrap.deviation);
    if (isfinite(cell->paper)) snprintf(paper, sizeof paper, "%4.1f", cell->paper);
    if (isfinite(cell->paper) && s)
        snprintf(difference, sizeof difference, "%+5.1f", 100 * s->auc.mean - cell->paper);
    fprintf(stream, "  %s", ours);
    if (!s) fputs("  ", stream);
    if (!table->is_random) fprintf(stream, " %s %s", paper, difference);
}

enum { SIDE_BY_SIDE = 4 }; /* MIMII's four of a machine; what has more goes on below */

/* Columns that stand side by side. */
struct block {
    int columns[SIDE_BY_SIDE];
    int n_columns;
};

static void print_head(FILE *stream, const struct table *table, const struct block *block)
{
    const struct recording *of = table->columns[block->columns[0]].of;
    fprintf(stream, "\n%-15s %-12s", of->machine, of->snr);
    for (int i = 0; i < block->n_columns; i++)
        fprintf(stream, "  %-*s", table->is_random ? 16 : 27, table->columns[block->columns[i]].of->id);
    fprintf(stream, "\n%-28s", "");
    for (int i = 0; i < block->n_columns; i++)
        fprintf(stream, "  %-16s%s", " ours", table->is_random ? "" : "paper  diff");
    fputc('\n', stream);
}

static void print_block(FILE *stream, const struct table *table, const struct block *block)
{
    if (block->n_columns == 0) return;
    print_head(stream, table, block);
    for (int r = 0; r < table->n_rows; r++) {
        fprintf(stream, "%-15s %-12s", table->rows[r].extractor, table->rows[r].detector);
        for (int i = 0; i < block->n_columns; i++)
            print_cell(stream, table, table_at(table, r, block->columns[i]));
        fputc('\n', stream);
    }
}

/* One machine at one SNR. */
static void print_machine(FILE *stream, const struct table *table, int first, int end)
{
    struct block block = { .n_columns = 0 };
    for (int c = first; c < end; c++) {
        if (!is_computed(table, c)) continue;
        block.columns[block.n_columns++] = c;
        if (block.n_columns < SIDE_BY_SIDE) continue;
        print_block(stream, table, &block);
        block.n_columns = 0;
    }
    print_block(stream, table, &block);
}

static int is_at_other_snr(const struct table *table)
{
    for (int c = 0; c < table->n_columns; c++)
        if (strcmp(table->columns[c].of->snr, PAPER_SNR) != 0) return 1;
    return 0;
}

static void print_ranks(FILE *stream, const struct table *table, const struct table_rank *ranks, int n)
{
    for (int i = 0; i < n; i++) {
        const struct table_rank *r = &ranks[i];
        fprintf(stream, "%-15s %2d, %2d", r->name, r->first, r->second);
        if (!table->is_random)
            fprintf(stream, "        %2d, %2d        (%d, %d)", r->paper_first, r->paper_second,
                    r->text_first, r->text_second);
        fputc('\n', stream);
    }
}

/* Each reason once, with the first cell that it holds for and how many others. */
static void print_reasons(FILE *stream, const struct table *table)
{
    const int n = table->n_rows * table->n_columns;
    for (int i = 0, n_alike; i < n; i++) {
        const struct table_row *row = &table->rows[i / table->n_columns];
        char group[256];
        if (!table_tells_reason(table, i, &n_alike)) continue;
        recording_group(table->columns[i % table->n_columns].of, group);
        fprintf(stream, "– %s%s%s on %s%s: %s (%d cell%s)\n", row->extractor, *row->detector ? " " : "",
                row->detector, group, n_alike > 1 ? " and others" : "", table->cells[i].reason, n_alike,
                n_alike == 1 ? "" : "s");
    }
}

void table_print(FILE *stream, const struct table *table)
{
    for (int c = 0, end; c < table->n_columns; c = end) {
        end = machine_end(table, c);
        print_machine(stream, table, c, end);
    }
    fputs("\nAUC in %, mean of the seeds; ± standard deviation over the seeds | over the tested recordings "
          "(bootstrap)\n* best, + second best of a machine\n",
          stream);
    if (!table->is_random && is_at_other_snr(table))
        fputs("the paper's numbers are of recordings at " PAPER_SNR "\n", stream);
    fputs("\nhow often best, second best of a machine\n", stream);
    if (!table->is_random) fprintf(stream, "%-15s %s\n", "", "ours    paper's table    (its text)");
    print_ranks(stream, table, table->extractors, table->n_extractors);
    fputc('\n', stream);
    print_ranks(stream, table, table->detectors, table->n_detectors);
    fputc('\n', stream);
    print_reasons(stream, table);
}

/* -------------------------------------------------------------------------------------------------- CSV */

/* Machines of all SNRs, each once, named as the paper's columns. */
static int is_first_of_machine(const struct table *table, int column)
{
    const struct recording *of = table->columns[column].of;
    for (int c = 0; c < column; c++)
        if (strcmp(table->columns[c].of->machine, of->machine) == 0 &&
            strcmp(table->columns[c].of->id, of->id) == 0)
            return 0;
    return 1;
}

static void put_heads(FILE *stream, const struct table *table)
{
    static const char *const parts[] = { "", "_sd_seeds", "_sd_bootstrap", "_paper", "_difference" };
    fputs("extractor,detector,snr", stream);
    for (int c = 0; c < table->n_columns; c++) {
        const struct recording *of = table->columns[c].of;
        char name[256];
        if (!is_first_of_machine(table, c)) continue;
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            snprintf(name, sizeof name, "%s%s%s%s", of->machine, *of->id ? "_" : "", of->id, parts[p]);
            fputc(',', stream);
            csv_put(stream, name);
        }
    }
    fputc('\n', stream);
}

static void put_number(FILE *stream, double value)
{
    fputc(',', stream);
    if (isfinite(value)) fprintf(stream, "%.4g", value);
}

static void put_cell(FILE *stream, const struct table_cell *cell)
{
    const struct summary *s = cell ? cell->summary : NULL;
    const double ours = s ? 100 * s->auc.mean : (double)NAN, paper = cell ? cell->paper : (double)NAN;
    put_number(stream, ours);
    put_number(stream, s ? 100 * s->auc.deviation : (double)NAN);
    put_number(stream, s ? 100 * cell->bootstrap.deviation : (double)NAN);
    put_number(stream, paper);
    put_number(stream, ours - paper);
}

/* The column of a machine at an SNR; NULL: it is not there. */
static const struct table_cell *find_cell(const struct table *table, int row, const struct recording *machine,
                                          const char *snr)
{
    for (int c = 0; c < table->n_columns; c++) {
        const struct recording *of = table->columns[c].of;
        if (strcmp(of->machine, machine->machine) == 0 && strcmp(of->id, machine->id) == 0 &&
            strcmp(of->snr, snr) == 0)
            return table_at(table, row, c);
    }
    return NULL;
}

static void put_rows(FILE *stream, const struct table *table, const char *snr)
{
    for (int r = 0; r < table->n_rows; r++) {
        const char *const words[] = { table->rows[r].extractor, table->rows[r].detector, snr };
        for (int w = 0; w < 3; w++) {
            if (w > 0) fputc(',', stream);
            csv_put(stream, words[w]);
        }
        for (int c = 0; c < table->n_columns; c++)
            if (is_first_of_machine(table, c))
                put_cell(stream, find_cell(table, r, table->columns[c].of, snr));
        fputc('\n', stream);
    }
}

enum status table_write_csv(const char *path, const struct table *table)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    FILE *stream = output_stream(output);
    put_heads(stream, table);
    for (int c = 0; c < table->n_columns; c++)
        if (c == 0 || strcmp(table->columns[c - 1].of->snr, table->columns[c].of->snr) != 0)
            put_rows(stream, table, table->columns[c].of->snr);
    return output_commit(&output);
}

enum status table_write_results(const char *path, const struct table *table)
{
    struct output *output = NULL;
    TRY(output_open(&output, path));
    FILE *stream = output_stream(output);
    results_put_head(stream);
    for (int c = 0; c < table->n_columns; c++)
        for (int r = 0; r < table->n_rows; r++) {
            const struct summary *summary = table_at(table, r, c)->summary;
            for (int s = 0; summary && s < summary->n_splits; s++)
                results_put_row(stream, &summary->splits[s], table->rows[r].network->name);
        }
    return output_commit(&output);
}
