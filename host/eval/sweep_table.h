/* What a sweep found: the settings, best first, and how sure one can be of that.
 *
 * A setting's number is the mean AUC over its groups. Two things make it uncertain, and each has an interval that
 * would hold the true value 19 times in 20:
 *   over splits: other recordings held out, other starts. Student's t over the seeds' means; splits of one corpus
 *     share recordings, so it says how far other splits of these recordings would move the mean, no more;
 *   over recordings: other recordings of the same machines tested (bootstrap.h), each machine by itself.
 * All settings are judged on the same splits, so how far one is behind the best is a mean of paired differences,
 * which is known better than either. The best of many settings was picked for being highest, so its own number
 * flatters it; recordings that took no part would tell. */
#ifndef SWEEP_TABLE_H
#define SWEEP_TABLE_H

#include "eval/sweep.h"

/* NaN where it cannot be known. */
struct interval {
    double low, high;
};

struct sweep_row {
    const struct sweep_setting *setting;
    char label[SWEEP_LABEL];
    int n_groups, n_splits;
    double auc, pauc;            /* means over the groups */
    struct interval over_splits; /* NaN where there is one split */
    struct interval over_recordings;
    double behind; /* the best's AUC less its own; NaN: other groups than the best's */
    struct interval behind_over_splits;
    int is_apart; /* 1: the interval lies above 0: it is behind whatever the split */
};

struct sweep_table {
    const struct sweep *sweep;
    struct sweep_row *rows; /* [n_rows] settings with any result, best first; owned */
    int n_rows;
    int n_alike; /* rows that cannot be told apart from the best by these splits, itself among them */
};

/* `sweep` was judged and must outlive the table. */
enum status sweep_table_init(struct sweep_table *table, const struct sweep *sweep) MUST_CHECK;
void sweep_table_release(struct sweep_table *table);

/* Student's t: the 97.5th percentile of that many degrees of freedom. */
double student_975(int degrees);

/* results.csv: a row a setting, group and seed, results.h's columns behind setting, features and the axes.
 * summary.csv: a row a setting. ERR_OUTPUT. */
enum status sweep_write_results(const char *path, const struct sweep_table *table) MUST_CHECK;
enum status sweep_write_summary(const char *path, const struct sweep_table *table) MUST_CHECK;

/* The `most` best rows (0: all), and a sentence about how many are as good. */
void sweep_table_print(FILE *stream, const struct sweep_table *table, int most);
/* "3 of 12 settings cannot be told apart from the best by 5 splits" */
void sweep_sentence(const struct sweep_table *table, char *text, size_t size);

#endif
