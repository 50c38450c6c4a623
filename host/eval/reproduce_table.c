/* Which cells there are, what the paper has in their place, and who is best. */
#include "eval/reproduce_table.h"

#include "core/memory.h"
#include "eval/paper_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICATES = 1000 };

/* ---------------------------------------------------------------------------------------------- columns */

/* Machines that the paper does not have come behind its own. */
static int place_of(const struct table_column *column)
{
    return column->paper < 0 ? PAPER_COLUMNS : column->paper;
}

static int compare_columns(const void *a, const void *b)
{
    const struct table_column *left = a, *right = b;
    int order = strcmp(left->of->snr, right->of->snr);
    if (!order) order = place_of(left) - place_of(right);
    if (!order) order = strcmp(left->of->machine, right->of->machine);
    return order ? order : strcmp(left->of->id, right->of->id);
}

static int is_same_group(const struct recording *a, const struct recording *b)
{
    return strcmp(a->machine, b->machine) == 0 && strcmp(a->id, b->id) == 0 && strcmp(a->snr, b->snr) == 0;
}

static void add_column(struct table *table, const struct recording *of)
{
    for (int c = 0; c < table->n_columns; c++)
        if (is_same_group(table->columns[c].of, of)) return;
    table->columns[table->n_columns++] = (struct table_column){ of, paper_column_of(of->machine, of->id) };
}

static int count_groups(const struct study_file *file)
{
    return file->features ? file->evaluation.groups.count : 1;
}

static void add_columns(struct table *table, const struct study_file *file)
{
    if (!file->features) add_column(table, &file->slice.recordings[0]);
    for (int g = 0; file->features && g < file->evaluation.groups.count; g++)
        add_column(table, file->evaluation.groups.items[g].of);
}

static enum status find_columns(struct table *table)
{
    const struct study *study = table->study;
    size_t most = 0;
    for (int n = 0; n < study->n_networks; n++)
        for (size_t i = 0; i < study->networks[n].n_files; i++)
            most += (size_t)count_groups(&study->networks[n].files[i]);
    TRY(memory_check(table->columns = memory_new(most, sizeof *table->columns)));
    for (int n = 0; n < study->n_networks; n++)
        for (size_t i = 0; i < study->networks[n].n_files; i++)
            add_columns(table, &study->networks[n].files[i]);
    qsort(table->columns, (size_t)table->n_columns, sizeof *table->columns, compare_columns);
    return OK;
}

/* ------------------------------------------------------------------------------------------------- rows */

static int compare_rows(const void *a, const void *b)
{
    const struct table_row *left = a, *right = b;
    const int left_place = left->paper < 0 ? PAPER_ROWS : left->paper;
    const int right_place = right->paper < 0 ? PAPER_ROWS : right->paper;
    int order = left_place - right_place;
    if (!order) order = strcmp(left->extractor, right->extractor);
    return order ? order : strcmp(left->detector, right->detector);
}

/* The paper does not tell which SqueezeNet it has, so ours is told. */
static void name_row(struct table_row *row)
{
    const char *network = row->network->name, *detector = row->row->contender->detector->name;
    const struct paper_row *paper = row->paper < 0 ? NULL : &paper_rows[row->paper];
    snprintf(row->extractor, sizeof row->extractor, "%s", paper ? paper->extractor : network);
    snprintf(row->detector, sizeof row->detector, "%s", paper ? paper->detector : detector);
    if (paper && strcmp(paper->network, "squeezenet") == 0)
        snprintf(row->extractor, sizeof row->extractor, "%s %c.%c", paper->extractor,
                 network[strlen(network) - 3], network[strlen(network) - 1]);
}

static enum status find_rows(struct table *table)
{
    const struct study *study = table->study;
    size_t most = 0;
    for (int n = 0; n < study->n_networks; n++) most += (size_t)study->networks[n].n_rows;
    TRY(memory_check(table->rows = memory_new(most, sizeof *table->rows)));
    for (int n = 0; n < study->n_networks; n++)
        for (int r = 0; r < study->networks[n].n_rows; r++) {
            struct table_row *row = &table->rows[table->n_rows++];
            row->network = &study->networks[n];
            row->row = &study->networks[n].rows[r];
            row->paper = paper_row_of(row->network->name, row->row->contender->detector->name);
            name_row(row);
        }
    qsort(table->rows, (size_t)table->n_rows, sizeof *table->rows, compare_rows);
    return OK;
}

/* ------------------------------------------------------------------------------------------------ cells */

const struct table_cell *table_at(const struct table *table, int row, int column)
{
    return &table->cells[(size_t)row * (size_t)table->n_columns + (size_t)column];
}

static const char *reason_in(const struct evaluation *evaluation, const struct detector *detector,
                             const struct recording *of)
{
    for (size_t i = 0; i < evaluation->n_left_out; i++) {
        const struct left_out *left_out = &evaluation->left_out[i];
        if (is_same_group(left_out->group->of, of) && (!left_out->detector || left_out->detector == detector))
            return left_out->reason;
    }
    return NULL;
}

static void look_into_file(const struct study_file *file, const struct detector *detector,
                           const struct recording *of, struct table_cell *cell)
{
    if (!file->features) {
        if (is_same_group(&file->slice.recordings[0], of)) cell->reason = file->reason;
        return;
    }
    for (size_t i = 0; i < file->summaries.count; i++) {
        const struct summary *summary = &file->summaries.items[i];
        if (summary->detector == detector && is_same_group(summary->group->of, of)) cell->summary = summary;
    }
    const char *reason = reason_in(&file->evaluation, detector, of);
    if (reason) cell->reason = reason;
}

static enum status fill_cell(const struct table *table, const struct table_row *row,
                             const struct table_column *column, struct table_cell *cell)
{
    const int has_paper = row->paper >= 0 && column->paper >= 0 && !table->is_random;
    cell->reason = row->network->reason ? row->network->reason : "there are no features of this machine";
    cell->paper = has_paper ? paper_rows[row->paper].auc[column->paper] : (double)NAN;
    for (size_t i = 0; i < row->network->n_files; i++)
        look_into_file(&row->network->files[i], row->row->contender->detector, column->of, cell);
    if (!cell->summary) return OK;
    return bootstrap_auc(cell->summary->splits, cell->summary->n_splits, REPLICATES, 0, &cell->bootstrap);
}

static enum status fill_cells(struct table *table)
{
    const size_t n = (size_t)table->n_rows * (size_t)table->n_columns;
    TRY(memory_check(table->cells = memory_new(n, sizeof *table->cells)));
    for (int r = 0; r < table->n_rows; r++)
        for (int c = 0; c < table->n_columns; c++)
            TRY(fill_cell(table, &table->rows[r], &table->columns[c],
                          &table->cells[(size_t)r * (size_t)table->n_columns + (size_t)c]));
    return OK;
}

int table_tells_reason(const struct table *table, int cell, int *n_alike)
{
    const struct table_cell *this = &table->cells[cell];
    *n_alike = 0;
    if (this->summary) return 0;
    for (int i = 0; i < table->n_rows * table->n_columns; i++) {
        const struct table_cell *other = &table->cells[i];
        if (other->summary || strcmp(other->reason, this->reason) != 0) continue;
        if (i < cell) return 0;
        ++*n_alike;
    }
    return 1;
}

/* ----------------------------------------------------------------------------------------------- places */

/* The highest value below `limit`, of a column's rows. */
static double highest_below(const double *values, int n, double limit)
{
    double highest = -INFINITY;
    for (int r = 0; r < n; r++)
        if (values[r] < limit && values[r] > highest) highest = values[r];
    return highest;
}

/* Places of values, NaN where there is none. */
static void find_places(const double *values, int n, int *places)
{
    const double first = highest_below(values, n, INFINITY), second = highest_below(values, n, first);
    for (int r = 0; r < n; r++)
        places[r] = !isfinite(values[r]) ? 0 : values[r] >= first ? 1 : values[r] >= second ? 2 : 0;
}

/* Among the paper's rows; a column of which a single row was computed has no best one. */
static void place_column(struct table *table, int column, double *values, int *places)
{
    int n_computed = 0;
    for (int r = 0; r < table->n_rows; r++) {
        const struct table_cell *cell = table_at(table, r, column);
        values[r] = cell->summary && table->rows[r].paper >= 0 ? cell->summary->auc.mean : (double)NAN;
        n_computed += isfinite(values[r]) != 0;
    }
    find_places(values, table->n_rows, places);
    for (int r = 0; r < table->n_rows; r++)
        table->cells[(size_t)r * (size_t)table->n_columns + (size_t)column].place =
            n_computed > 1 ? places[r] : 0;
}

static const char *extractor_of(int paper_row)
{
    return *paper_rows[paper_row].detector ? paper_rows[paper_row].extractor : "Autoencoders";
}

static const char *detector_of(int paper_row)
{
    return *paper_rows[paper_row].detector ? paper_rows[paper_row].detector : "Autoencoders";
}

static void count_ours(const struct table *table, const char *(*name_of)(int), struct table_rank *rank)
{
    for (int r = 0; r < table->n_rows; r++) {
        if (table->rows[r].paper < 0 || strcmp(name_of(table->rows[r].paper), rank->name) != 0) continue;
        for (int c = 0; c < table->n_columns; c++) {
            rank->first += table_at(table, r, c)->place == 1;
            rank->second += table_at(table, r, c)->place == 2;
        }
    }
}

static void count_papers(const char *(*name_of)(int), struct table_rank *rank)
{
    for (int c = 0; c < PAPER_COLUMNS; c++) {
        double values[PAPER_ROWS];
        int places[PAPER_ROWS];
        for (int r = 0; r < PAPER_ROWS; r++) values[r] = paper_rows[r].auc[c];
        find_places(values, PAPER_ROWS, places);
        for (int r = 0; r < PAPER_ROWS; r++) {
            if (strcmp(name_of(r), rank->name) != 0) continue;
            rank->paper_first += places[r] == 1;
            rank->paper_second += places[r] == 2;
        }
    }
}

static enum status rank(const struct table *table, const struct paper_count *text,
                        const char *(*name_of)(int), struct table_rank **out, int *n)
{
    for (*n = 0; text[*n].name;) (*n)++;
    TRY(memory_check(*out = memory_new((size_t)*n, sizeof **out)));
    for (int i = 0; i < *n; i++) {
        struct table_rank *one = &(*out)[i];
        snprintf(one->name, sizeof one->name, "%s", text[i].name);
        one->text_first = text[i].first;
        one->text_second = text[i].second;
        count_ours(table, name_of, one);
        count_papers(name_of, one);
    }
    return OK;
}

static enum status find_ranks(struct table *table)
{
    const size_t n = (size_t)table->n_rows;
    double *values = memory_new(n, sizeof *values);
    int *places = memory_new(n, sizeof *places);
    enum status status = values && places ? OK : ERR_MEMORY;
    for (int c = 0; c < table->n_columns && status == OK; c++) place_column(table, c, values, places);
    memory_free(values);
    memory_free(places);
    TRY(status);
    TRY(rank(table, paper_extractor_counts, extractor_of, &table->extractors, &table->n_extractors));
    return rank(table, paper_detector_counts, detector_of, &table->detectors, &table->n_detectors);
}

/* ------------------------------------------------------------------------------------------------- table */

enum status table_init(struct table *table, const struct study *study)
{
    *table = (struct table){ .study = study, .is_random = study_is_random(study) };
    TRY(find_columns(table));
    TRY(find_rows(table));
    TRY(fill_cells(table));
    return find_ranks(table);
}

void table_release(struct table *table)
{
    memory_free(table->columns);
    memory_free(table->rows);
    memory_free(table->cells);
    memory_free(table->extractors);
    memory_free(table->detectors);
    *table = (struct table){ 0 };
}
