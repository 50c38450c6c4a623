/* From features to AUCs: for each group, detector and seed one trial (trial.h). */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "detect/crew.h"
#include "detect/detector.h"
#include "detect/pooler.h"
#include "detect/preparation.h"

#include "eval/protocol.h"
#include "eval/roc.h"

#include <stdatomic.h>

/* A detector and its settings (of detector->settings_size; their seed is replaced by each split's). */
struct contender {
    const struct detector *detector;
    const void *settings;
};

struct evaluate_options {
    const struct contender *contenders;
    int n_contenders;
    const struct protocol *protocol;         /* NULL: protocol_paper */
    int n_seeds;                             /* splits of each group: seeds seed … seed + n_seeds - 1 */
    int seed;                                /* 0 or more */
    int held_out;                            /* normal recordings at most (protocol.h) */
    int is_shuffled;                         /* 1: labels are permuted, so the AUC must come out near 0.5 */
    struct preparation_settings preparation; /* of rows, before a detector sees them */
    struct pooler pooler;                    /* of a recording's patches' scores */
    const atomic_int *stop;                  /* non-zero: no other trial is begun; NULL: never */
    const struct keeper *keeper; /* NULL: every cell is computed; asked about the paper's protocol alone */
};

struct tested {
    const struct subject *subject;
    int is_abnormal; /* as the split took it: after shuffling */
    double score;    /* of all its patches, pooled; higher is more anomalous */
    double *patches; /* [subject->n_patches] their scores, owned; only of the highest score of each label */
};

/* One split of one group by one detector. */
struct split_result {
    const struct group *group;
    const struct detector *detector;
    int seed;
    struct split_counts counts;
    double auc, pauc;         /* NaN: not judged, because recordings of one label are missing */
    struct roc_curve curve;   /* owned; empty where not judged */
    struct tested *tested;    /* [n_tested] by path, owned */
    struct tested *unlabeled; /* [n_unlabeled] scored, not judged; owned */
    int n_tested, n_unlabeled;
    double threshold;      /* scores above it are called abnormal; NaN where the protocol decides nothing */
    double fit_s, score_s; /* that it took, beside its neighbours */
};

/* All splits of one group by one detector. */
struct cell {
    const struct group *group;
    const struct contender *contender;
    struct split_result *splits; /* [n_splits] seeds in order */
    int n_splits;
};

/* Where finished cells are kept, so that they need not be computed again. */
struct keeper {
    void *context;
    /* Fills the splits (tested, counts, times; seeds are set) where the cell is kept: *found. */
    enum status (*recall)(void *context, struct cell *cell, int *found) MUST_CHECK;
    enum status (*keep)(void *context, const struct cell *cell) MUST_CHECK;
    /* A folder for the cell's unfinished fits, of a detector that keeps them; owned by the caller, who removes
     * it with all in it when the cell is finished. Optional: NULL. */
    enum status (*unfinished)(void *context, const struct cell *cell, char **folder) MUST_CHECK;
};

/* A group that could not be evaluated, at all (detector NULL) or by one detector. */
struct left_out {
    const struct group *group;
    const struct detector *detector;
    char *reason; /* owned */
};

struct evaluation {
    struct groups groups;
    struct split_result *results; /* cell after cell, seeds in order */
    size_t n_results, results_capacity;
    struct left_out *left_out;
    size_t n_left_out, left_out_capacity;
};

/* Groups that cannot be evaluated are listed and the others go on; only what ends the whole run (memory,
 * device, no usable recording, ERR_STOPPED) is returned. `features` must outlive `evaluation`, which is
 * released by the caller whatever comes. The raw rows of one group are in memory at a time, and what the
 * crew's members make of them: seeds run side by side. */
enum status evaluate(struct crew *crew, struct features *features, const struct evaluate_options *options,
                     struct evaluation *evaluation) MUST_CHECK;
/* The same step by step, for who goes on adding contenders: first the groups, then the contenders of `options`
 * in some of them. */
enum status evaluation_init(struct evaluation *evaluation, struct features *features,
                            const struct protocol *protocol) MUST_CHECK;
enum status evaluation_visit(struct evaluation *evaluation, int first_group, int n_groups, struct crew *crew,
                             struct features *features, const struct evaluate_options *options) MUST_CHECK;
/* How many groups from first_group on are worth visiting at once: where a card gathers fits, as many as its crew has
 * members for and 4 GB of rows hold; else one. */
int evaluation_abreast(const struct evaluation *evaluation, int first_group, const struct crew *crew,
                       struct features *features, const struct evaluate_options *options);
void evaluation_release(struct evaluation *evaluation);

const struct protocol *evaluate_protocol(const struct evaluate_options *options);

/* AUC, pAUC and curve of the tested recordings, where they have both labels. */
enum status split_result_judge(struct split_result *result) MUST_CHECK;
int split_result_is_judged(const struct split_result *result);
void split_result_release(struct split_result *result);

/* What the program ends with: OK; ERR_PARTIAL where some group was left out; ERR_INPUT where all were. */
enum status evaluation_verdict(const struct evaluation *evaluation) MUST_CHECK;

#endif
