/* From features to AUCs: for each group, detector and seed a split, a scaler and a detector that have seen
 * training rows only, and the scores of the tested recordings. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "detect/detector.h"
#include "eval/groups.h"
#include "eval/roc.h"

#define PAUC_MAX_FPR 0.1

/* A detector and its settings (of detector->settings_size; their seed is replaced by each split's). */
struct contender {
    const struct detector *detector;
    const void *settings;
};

struct evaluate_options {
    const struct contender *contenders;
    int n_contenders;
    int n_seeds;     /* splits of each group: seeds seed … seed + n_seeds - 1 */
    int seed;        /* 0 or more */
    int held_out;    /* normal recordings at most (split.h) */
    int is_shuffled; /* 1: labels are permuted, so the AUC must come out near 0.5 */
};

struct tested {
    const struct subject *subject;
    int is_abnormal; /* as the split took it: after shuffling */
    double score;    /* mean over all its patches; higher is more anomalous */
};

/* One split of one group by one detector. */
struct split_result {
    const struct group *group;
    const struct detector *detector;
    int seed;
    struct split_counts counts;
    double auc, pauc;
    struct roc_curve curve; /* owned */
    struct tested *tested;  /* [n_tested] by path, owned */
    int n_tested;
};

/* A group that could not be evaluated, at all (detector NULL) or by one detector. */
struct left_out {
    const struct group *group;
    const struct detector *detector;
    char *reason; /* owned */
};

struct evaluation {
    struct groups groups;
    struct split_result *results; /* by group, detector, seed */
    size_t n_results, results_capacity;
    struct left_out *left_out;
    size_t n_left_out, left_out_capacity;
};

/* Groups that cannot be evaluated are listed and the others go on; only what ends the whole run (memory,
 * device, no usable recording) is returned. `features` must outlive `evaluation`, which is released by the
 * caller whatever comes. One group's rows are in memory at a time. */
enum status evaluate(struct backend *backend, struct features *features,
                     const struct evaluate_options *options, struct evaluation *evaluation) MUST_CHECK;
void evaluation_release(struct evaluation *evaluation);

/* What the program ends with: OK; ERR_PARTIAL where some group was left out; ERR_INPUT where all were. */
enum status evaluation_verdict(const struct evaluation *evaluation) MUST_CHECK;

#endif
