/* The recordings of a feature file as `eval` judges them: sorted into groups (machine, id, SNR), all channels
 * and segments of one path together, byte-identical recordings known as such. */
#ifndef GROUPS_H
#define GROUPS_H

#include "eval/split.h"
#include "io/features.h"

/* One path of a group. Everything pointed to belongs to the features' table. */
struct subject {
    const struct feature_recording *const *rows; /* [n_rows] its channels and segments */
    int n_rows;
    int is_abnormal;
    int n_patches; /* of all rows */
};

struct group {
    char name[256];             /* "fan/id_00/0dB" */
    const struct recording *of; /* whose machine, id and snr are the group's */
    struct subject *subjects;   /* [n_subjects] by path, owned */
    int n_subjects;
    int *unit;        /* [n_subjects] split.h, owned */
    int *is_abnormal; /* [n_units] owned */
    int n_units;
    long long n_patches;
};

/* What could not take part, and why. */
struct groups_left_out {
    int n_failed;    /* rows of the table without features */
    int n_unlabeled; /* rows that are labelled neither normal nor abnormal */
    int n_both;      /* paths whose very bytes are found under both labels */
};

struct groups {
    struct group *items; /* [count] in byte order of their names, owned */
    int count;
    const struct feature_recording **rows; /* what the subjects point into, owned */
    struct groups_left_out left_out;
};

/* `table` must outlive `groups`. No usable recording: ERR_INPUT. */
enum status groups_init(struct groups *groups, const struct features_table *table) MUST_CHECK;
void groups_release(struct groups *groups);
void group_release(struct group *group); /* of one that is taken out */

#endif
