/* The table of a study in the paper's layout: a row an extractor and detector, a column a machine; ours, the
 * paper's, and the difference, in % of AUC as the paper gives it.
 *
 * Two spreads stand beside ours and are not the same: over the seeds (other splits and starts: how much one run
 * tells), and over the tested recordings (bootstrap.h: how much these recordings tell of the machine). */
#ifndef REPRODUCE_TABLE_H
#define REPRODUCE_TABLE_H

#include "eval/bootstrap.h"
#include "eval/reproduce.h"

struct table_column {
    const struct recording *of; /* whose machine, id and snr are the column's */
    int paper;                  /* its column in the paper's table; -1: none */
};

struct table_row {
    const struct study_network *network;
    const struct study_row *row;
    char extractor[48], detector[32]; /* as the paper prints them, where it has the row */
    int paper;                        /* -1: none */
};

struct table_cell {
    const struct summary *summary; /* NULL: not computed */
    const char *reason;            /* why not */
    struct bootstrap bootstrap;    /* shares of 1, as summary->auc */
    double paper;                  /* %; NaN: the paper has none, or weights are random */
    int place; /* of its column: 1 best, 2 second best, 0 neither or not the paper's row */
};

/* First and second places of a name. Equal values share a place. */
struct table_rank {
    char name[48];
    int first, second;             /* ours */
    int paper_first, paper_second; /* counted in the paper's table */
    int text_first, text_second;   /* as its text says */
};

struct table {
    const struct study *study;
    struct table_column *columns; /* [n_columns] by SNR, then in the paper's order, then by name */
    struct table_row *rows;       /* [n_rows] the paper's in its order, then others */
    struct table_cell *cells;     /* [n_rows][n_columns] */
    int n_columns, n_rows;
    struct table_rank *extractors, *detectors; /* [n_extractors], [n_detectors] */
    int n_extractors, n_detectors;
    int is_random;
};

/* `study` has run and must outlive the table, which is released whatever came. */
enum status table_init(struct table *table, const struct study *study) MUST_CHECK;
void table_release(struct table *table);

const struct table_cell *table_at(const struct table *table, int row, int column);

/* Whether two columns are of one SNR, and of one kind of machine as well. */
int table_is_same_snr(const struct table *table, int a, int b);
int table_is_same_machine(const struct table *table, int a, int b);

/* Whether the cell (row × n_columns + column) is missing, and is the first for its reason; *n_alike: how many are
 * missing for it. */
int table_tells_reason(const struct table *table, int cell, int *n_alike);

/* One block a machine and SNR, for a terminal. */
void table_print(FILE *stream, const struct table *table);

/* The paper's layout for programs: extractor, detector, snr, then for each machine ours, its two spreads, the
 * paper's and the difference. */
enum status table_write_csv(const char *path, const struct table *table) MUST_CHECK;

/* Every split of every cell, as `eval` writes them. */
enum status table_write_results(const char *path, const struct table *table) MUST_CHECK;

#endif
