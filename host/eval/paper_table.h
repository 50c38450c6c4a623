/* Table 1 of Müller et al. 2020 (arXiv:2006.03429): the AUC in % of each feature extractor with each detector
 * on MIMII's machines at -6 dB, the mean over five seeds. The numbers are the paper's. */
#ifndef PAPER_TABLE_H
#define PAPER_TABLE_H

enum { PAPER_ROWS = 22, PAPER_COLUMNS = 16 };

#define PAPER_SNR "-6dB"

struct paper_column {
    const char *machine, *id, *heading; /* "fan", "id_00", "M0" */
};
extern const struct paper_column paper_columns[PAPER_COLUMNS];

struct paper_row {
    const char *extractor, *detector;   /* as it prints them; detector "" of the autoencoders */
    const char *network, *our_detector; /* in our words; SqueezeNet's version is not told: "squeezenet" */
    double auc[PAPER_COLUMNS];          /* % */
};
extern const struct paper_row paper_rows[PAPER_ROWS];

/* How often an extractor or a detector is best or second best of a column, as the paper's text counts (section
 * 6); the counts of its own table differ in places, which ranking.h shows. NULL-terminated. */
struct paper_count {
    const char *name;
    int first, second;
};
extern const struct paper_count paper_extractor_counts[], paper_detector_counts[];

/* The row of a network's features with a detector, the column of a machine; -1: the paper has none. */
int paper_row_of(const char *network, const char *detector);
int paper_column_of(const char *machine, const char *id);

#endif
