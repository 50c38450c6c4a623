#include "eval/threshold.h"

#include "core/memory.h"
#include "detect/crossfit.h"
#include "eval/gamma.h"

/* The score of each recording, whose rows follow each other. */
static void pool(const struct rows *rows, const struct pooler *pooler, double *score, double *pooled)
{
    for (int first = 0, end; first < rows->x.rows; first = end) {
        for (end = first + 1; end < rows->x.rows; end++)
            if (rows->recording[end] != rows->recording[first]) break;
        pooled[rows->recording[first]] = pooler_score(pooler, score + first, end - first);
    }
}

enum status threshold_of_train(struct backend *backend, const struct detector *detector, const void *settings,
                               const struct rows *train, const struct pooler *pooler, uint64_t seed,
                               double *threshold)
{
    const int n = rows_recordings(train);
    double *score = memory_new((size_t)train->x.rows, sizeof *score);
    double *pooled = memory_new((size_t)n, sizeof *pooled);
    struct gamma_distribution fitted;
    enum status status;
    TRY_OR_DONE(memory_check(score));
    TRY_OR_DONE(memory_check(pooled));
    TRY_OR_DONE(crossfit_scores(backend, detector, settings, train, THRESHOLD_FOLDS, seed, score));
    pool(train, pooler, score, pooled);
    TRY_OR_DONE(gamma_fit(pooled, n, &fitted));
    *threshold = gamma_quantile(&fitted, THRESHOLD_QUANTILE);
done:
    memory_free(pooled);
    memory_free(score);
    return status;
}
