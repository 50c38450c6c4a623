#include "detect/calibration.h"

#include "core/memory.h"
#include "core/sorting.h"
#include "detect/crossfit.h"

#include <math.h>

const struct option calibration_options[] = {
    { .name = "threshold",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct calibration_settings, method),
      .standard = "auto",
      .choices = "auto|quantile|gamma|none",
      .metavar = "NAME",
      .help =
          "from where on a score is not normal, by training recordings scored as if they were new: a "
          "quantile "
          "of their scores, or of a Gamma distribution fitted to them, which needs fewer; auto: whichever "
          "fits, none for a detector that trains in epochs" },
    { .name = "false-alarms",
      .type = OPTION_REAL,
      .offset = offsetof(struct calibration_settings, false_alarms),
      .standard = "0.05",
      .low = 0.0001,
      .high = 0.9999,
      .metavar = "RATE",
      .help = "of normal recordings that are called not normal" },
    { 0 },
};

/* ---------------------------------------------------------------------------------------------- scores */

/* The score of each recording, whose rows follow each other. */
static void pool(const struct rows *rows, const struct pooler *pooler, double *score, double *pooled)
{
    for (int first = 0, end; first < rows->x.rows; first = end) {
        for (end = first + 1; end < rows->x.rows; end++)
            if (rows->recording[end] != rows->recording[first]) break;
        pooled[rows->recording[first]] = pooler_score(pooler, score + first, end - first);
    }
}

enum status calibration_scores(struct backend *backend, const struct detector *detector, const void *settings,
                               const struct rows *rows, const struct pooler *pooler, int n_folds,
                               uint64_t seed, double *score)
{
    double *of_rows = memory_new((size_t)rows->x.rows, sizeof *of_rows);
    TRY(memory_check(of_rows));
    const enum status status = crossfit_scores(backend, detector, settings, rows, n_folds, seed, of_rows);
    if (status == OK) pool(rows, pooler, of_rows, score);
    memory_free(of_rows);
    return status;
}

/* ------------------------------------------------------------------------------------------- threshold */

enum status calibration_set(struct calibration *c)
{
    const double quantile = crossfit_threshold(c->scores, c->n, c->false_alarms);
    if (c->method == CALIBRATION_AUTO) c->method = isinf(quantile) ? CALIBRATION_GAMMA : CALIBRATION_QUANTILE;
    if (c->method == CALIBRATION_GAMMA) {
        TRY(gamma_fit(c->scores, c->n, &c->gamma));
        c->threshold = gamma_quantile(&c->gamma, 1 - c->false_alarms);
        return OK;
    }
    REQUIRE(!isinf(quantile), ERR_INPUT,
            "%d recordings are too few for --threshold quantile --false-alarms %g, at least %.0f are needed",
            c->n, c->false_alarms, ceil(1 / c->false_alarms) - 1);
    c->threshold = quantile;
    return OK;
}

enum status calibration_fit(struct calibration *calibration, struct backend *backend,
                            const struct detector *detector, const void *settings,
                            const struct calibration_settings *how, const struct rows *rows,
                            const struct pooler *pooler)
{
    if (how->method == CALIBRATION_NONE || how->false_alarms <= 0) return OK;
    if (how->method == CALIBRATION_AUTO && detector->fit_on) return OK;
    calibration->n = rows_recordings(rows);
    calibration->method = (enum calibration_method)how->method;
    calibration->false_alarms = how->false_alarms;
    calibration->scores = memory_new((size_t)calibration->n, sizeof *calibration->scores);
    TRY(memory_check(calibration->scores));
    TRY(calibration_scores(backend, detector, settings, rows, pooler, CALIBRATION_FOLDS, 0,
                           calibration->scores));
    return calibration_set(calibration);
}

void calibration_release(struct calibration *calibration)
{
    memory_free(calibration->scores);
    *calibration = (struct calibration){ 0 };
}

/* ------------------------------------------------------------------------------------------- verdicts */

double calibration_percentile(const struct calibration *c, double score)
{
    int n_lower = 0;
    if (c->method == CALIBRATION_GAMMA) return gamma_cdf(&c->gamma, score);
    while (n_lower < c->n && c->scores[n_lower] <= score) n_lower++;
    return n_lower / (c->n + 1.0);
}

int calibration_is_abnormal(const struct calibration *calibration, double score)
{
    return score > calibration->threshold;
}

enum status calibration_describe(const struct calibration *calibration, struct attributes *told)
{
    return attributes_set_real(told, "threshold", calibration->n > 0 ? calibration->threshold : (double)NAN);
}
