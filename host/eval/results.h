/* What an evaluation found, as rows for programs (results.csv) and as a table for people. */
#ifndef RESULTS_H
#define RESULTS_H

#include "eval/evaluate.h"

#include <stdio.h>

struct mean_and_deviation {
    double mean, deviation; /* population, as numpy's std */
};

/* All splits of one group by one detector. */
struct summary {
    const struct group *group;
    const struct detector *detector;
    const struct split_result *splits; /* [n_splits] */
    int n_splits;
    struct split_counts least, most; /* they differ only where duplicates make the splits uneven */
    struct mean_and_deviation auc, pauc;
};

struct summaries {
    struct summary *items; /* [count] by group, detector; owned */
    size_t count;
};
/* `evaluation` must outlive them. */
enum status summaries_init(struct summaries *summaries, const struct evaluation *evaluation) MUST_CHECK;
void summaries_release(struct summaries *summaries);

/* The means over the groups, of one detector's summaries (NULL: of all). NaN where there is none. */
struct mean_aucs {
    double auc, pauc;
};
struct mean_aucs summaries_mean(const struct summaries *summaries, const struct detector *detector);

/* "12", or "11-12" where the splits differ. */
void summary_count(int least, int most, char *text, size_t size);

/* machine,id,snr,network,detector,seed,n_train,n_normal,n_abnormal,auc,pauc: one row a split. ERR_OUTPUT. */
enum status results_write_csv(const char *path, const struct evaluation *evaluation,
                              const char *network) MUST_CHECK;

/* The same into a stream, for who writes the rows of several evaluations. */
void results_put_head(FILE *stream);
void results_put_row(FILE *stream, const struct split_result *split, const char *network);

void results_print_table(FILE *stream, const struct summaries *summaries, const char *network);

#endif
