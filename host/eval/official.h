/* The files that MIMII's baseline and DCASE's task 2 write and their public evaluators read, from plain tables
 * of scores. A number that is not defined (an AUC without abnormal recordings) is an empty cell, and so is
 * every mean of it. */
#ifndef OFFICIAL_H
#define OFFICIAL_H

#include "core/status.h"
#include "io/dataset.h"

#include <stddef.h>

struct official_recording {
    const char *file;   /* its name, without folders */
    const char *folder; /* official_folder() */
    const char *domain; /* "source", "target", "" */
    int is_abnormal;    /* -1: nobody knows; it is scored, not judged */
    double score;
    int is_called; /* the decision: 1 abnormal, 0 normal */
};

/* The tested recordings of one machine and id or section. */
struct official_section {
    const char *machine;  /* as the data set spells it */
    const char *id, *snr; /* "id_01", "section_00"; "-6dB" or "" */
    const struct official_recording *recordings;
    int n;
};

/* The machine as the recording's path spells it ("ToyCar"), or as it is. */
void official_machine(const struct recording *of, char machine[256]);

/* The folder that names the test set: "source_test" and "target_test" in 2021, "test" in other years. */
const char *official_folder(const struct recording *of);

/* Sections in any order. ERR_INPUT: two recordings of one section have the same name. ERR_OUTPUT.
 *
 * MIMII's baseline: result.yaml with one AUC for each machine, id and SNR. */
enum status official_write_mimii(const char *folder, const struct official_section *sections,
                                 int n) MUST_CHECK;
/* DCASE 2020: anomaly_score_<machine>_<id>.csv of every section; result.csv of those that have labels. */
enum status official_write_dcase2020(const char *folder, const struct official_section *sections,
                                     int n) MUST_CHECK;
/* DCASE 2021 to 2026: anomaly_score_ and decision_result_<machine>_<section>_<test set>.csv of every section;
 * result.csv as the evaluators write it, of those that have labels. */
enum status official_write_dcase(const char *folder, const struct official_section *sections,
                                 int n) MUST_CHECK;

#endif
