#include "eval/threshold.h"

#include "core/memory.h"
#include "detect/calibration.h"

enum status threshold_of_train(struct backend *backend, const struct detector *detector, const void *settings,
                               const struct rows *train, const struct pooler *pooler, uint64_t seed,
                               double *threshold)
{
    const int n = rows_recordings(train);
    double *score = memory_new((size_t)n, sizeof *score);
    struct gamma_distribution fitted;
    enum status status;
    TRY_OR_DONE(memory_check(score));
    TRY_OR_DONE(calibration_scores(backend, detector, settings, train, pooler, THRESHOLD_FOLDS, seed, score));
    TRY_OR_DONE(gamma_fit(score, n, &fitted));
    *threshold = gamma_quantile(&fitted, THRESHOLD_QUANTILE);
done:
    memory_free(score);
    return status;
}
