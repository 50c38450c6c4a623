/* What the official files have in common: numbers as Python prints them, sections in the official order, one
 * line a recording, and what a section's recordings are worth. */
#ifndef OFFICIAL_TABLE_H
#define OFFICIAL_TABLE_H

#include "core/output.h"
#include "eval/official.h"
#include "eval/rates.h"

/* The shortest decimals that read back as the same number, with a point; nothing for NaN. */
void official_put_number(FILE *stream, double value);

/* A row: texts, then numbers. */
void official_put_row(FILE *stream, const char *const *texts, int n_texts, const double *values,
                      int n_values);

/* Copies by machine, id and SNR in byte order; memory_free. */
enum status official_sort(const struct official_section *sections, int n,
                          struct official_section **sorted) MUST_CHECK;

/* "id_01" → "01" */
const char *official_number(const struct official_section *section);

/* Which of a section's recordings; NULL stands for any. */
struct official_choice {
    const char *folder, *domain;
    int with_all_abnormal; /* 1: abnormal ones of every domain */
};
int official_takes(const struct official_choice *choice, const struct official_recording *recording);

/* <folder>/<what>_<machine>_<id><ending>.csv with one line (name, score) a recording, by name; or its decision
 * instead of the score. Nothing where the choice is empty. */
struct official_lines {
    const char *what, *ending;
    int is_decision;
    struct official_choice choice;
};
enum status official_write_lines(const char *folder, const struct official_section *section,
                                 const struct official_lines *lines) MUST_CHECK;

/* Of the chosen recordings that have labels. AUCs need one of each label, rates one recording, else NaN. */
struct official_verdict {
    int n;
    double auc, pauc; /* up to a false positive rate of 0.1, McClish's scale */
    struct rates rates;
};
enum status official_judge(const struct official_section *section, const struct official_choice *choice,
                           struct official_verdict *verdict) MUST_CHECK;

/* <folder>/result.csv, filled by `put` from the sorted sections; nothing where no recording has a label. */
enum status official_write_result(const char *folder, const struct official_section *sections, int n,
                                  enum status (*put)(FILE *stream, const struct official_section *sections,
                                                     int n)) MUST_CHECK;

#endif
