/* From scores to verdicts: what normal recordings score that a detector has not learned from, and from where on a
 * score is called not normal. The scores are those of the training recordings by cross-fitting (crossfit.h), so a
 * rate of false alarms that is asked for holds on normal recordings that nobody has heard yet. */
#ifndef CALIBRATION_H
#define CALIBRATION_H

#include "detect/detector.h"
#include "detect/gamma.h"
#include "detect/pooler.h"

/* The more, the less do fits of a fold differ from that of all; each costs one. */
enum { CALIBRATION_FOLDS = 5 };

/* auto is quantile, where there are enough recordings for the rate, else gamma; and none for a detector that is
 * trained in epochs, whose five more trainings must be asked for. */
enum calibration_method { CALIBRATION_AUTO, CALIBRATION_QUANTILE, CALIBRATION_GAMMA, CALIBRATION_NONE };

struct calibration_settings {
    int method;          /* enum calibration_method */
    double false_alarms; /* 0 … 1; 0: there is no threshold */
};

extern const struct option calibration_options[]; /* of struct calibration_settings */

struct calibration {
    double *scores;                  /* [n] of recordings, rising; owned */
    int n;                           /* 0: there is none */
    enum calibration_method method;  /* quantile or gamma */
    double false_alarms, threshold;  /* a score above the threshold is not normal */
    struct gamma_distribution gamma; /* of method gamma */
};

/* score [recordings]: each recording's, as if it were new. The rows of a recording follow each other. ERR_INPUT as
 * crossfit_scores. */
enum status calibration_scores(struct backend *backend, const struct detector *detector, const void *settings,
                               const struct rows *rows, const struct pooler *pooler, int n_folds,
                               uint64_t seed, double *score) MUST_CHECK;

/* `calibration` is zeroed; release it whatever came. It stays empty where none is asked for. ERR_INPUT: no threshold can
 * be had, because recordings are too few or all score alike. */
enum status calibration_fit(struct calibration *calibration, struct backend *backend,
                            const struct detector *detector, const void *settings,
                            const struct calibration_settings *how, const struct rows *rows,
                            const struct pooler *pooler) MUST_CHECK;
void calibration_release(struct calibration *calibration);

/* Method and threshold from scores, which are sorted, and rate. ERR_INPUT. */
enum status calibration_set(struct calibration *calibration) MUST_CHECK;

/* Of a calibration that is there: how high the score is among normal ones, 0 … 1, and whether it is called not
 * normal. */
double calibration_percentile(const struct calibration *calibration, double score);
int calibration_is_abnormal(const struct calibration *calibration, double score);

/* "threshold"; NaN where there is none. */
enum status calibration_describe(const struct calibration *calibration, struct attributes *told) MUST_CHECK;

/* The group `calibration` in the group `name` of a store; none is saved as nothing. Files are hostile: ERR_INPUT. */
enum status calibration_save(const struct calibration *calibration, struct store *store,
                             const char *name) MUST_CHECK;
enum status calibration_load(struct calibration *calibration, struct store *store,
                             const char *name) MUST_CHECK;

#endif
