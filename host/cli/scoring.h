/* What `score` does with an open model and an open feature file. */
#ifndef SCORING_H
#define SCORING_H

#include "detect/model.h"

#include <stdio.h>

/* A row of the recordings' table and the scores of its patches; channels and segments of one path follow each
 * other. */
struct scored {
    const struct feature_recording *row; /* borrowed from the features */
    const struct model_group *group; /* NULL: it has no features, or no group of the model is its machine */
    double *scores, *starts_s;       /* [row->n_patches], owned */
    double pooled;                   /* of all patches of the path; in the first of its rows */
    int n_pooled;                    /* patches of the path; 0 in all but the first */
};

struct scoring {
    struct scored *items;
    size_t count;
    int n_failed;     /* paths and channels that could not be scored; each was told */
    int decides;      /* set before: scores are those of which the model's thresholds were made */
    int is_extracted; /* set before a run whose features were made just now: extraction told what failed */
};

/* ERR_USAGE where --as (NULL: not given) does not name one group of the model. */
enum status scoring_check(const struct model *model, const char *as) MUST_CHECK;

/* Patch scores are pooled as the model says. `features` must outlive `scoring`, which is released by the caller
 * whatever comes. ERR_USAGE: a recording's path does not tell its group. */
enum status scoring_run(struct scoring *scoring, const struct model *model, struct features *features,
                        struct backend *backend, const char *as) MUST_CHECK;
void scoring_release(struct scoring *scoring);

/* The score of the path whose first row this is; 0 where it is another row, or was not scored. */
int scored_pooled(const struct scored *scored, double *score);

/* Whether two rows are channels of one path. */
int scored_same_path(const struct scored *a, const struct scored *b);

/* Percentile and verdict of a path's score; 0 where there is no threshold for it. */
int scored_verdict(const struct scoring *scoring, const struct scored *scored, double *percentile,
                   const char **verdict);

/* recording,machine,id,snr,label,score, and percentile,verdict where the scoring decides: one line a path */
void scoring_print(const struct scoring *scoring, FILE *stream);
/* recording,start_s,score: one line a patch */
void scoring_print_patches(const struct scoring *scoring, FILE *stream);

/* OK; ERR_PARTIAL where some were not scored; ERR_INPUT where none was. */
enum status scoring_verdict(const struct scoring *scoring) MUST_CHECK;

#endif
