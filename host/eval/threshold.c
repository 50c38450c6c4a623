#include "eval/threshold.h"

#include "core/memory.h"
#include "detect/crossfit.h"
#include "eval/gamma.h"

static int count_recordings(const struct rows *rows)
{
    int most = -1;
    for (int r = 0; r < rows->x.rows; r++)
        if (rows->recording[r] > most) most = rows->recording[r];
    return most + 1;
}

/* The mean score of each recording. */
static enum status pool(const struct rows *rows, const double *score, int n, double *mean)
{
    int *n_rows = memory_new((size_t)n, sizeof *n_rows);
    TRY(memory_check(n_rows));
    for (int r = 0; r < rows->x.rows; r++) {
        mean[rows->recording[r]] += score[r];
        n_rows[rows->recording[r]]++;
    }
    for (int i = 0; i < n; i++) mean[i] /= n_rows[i];
    memory_free(n_rows);
    return OK;
}

enum status threshold_of_train(struct backend *backend, const struct detector *detector, const void *settings,
                               const struct rows *train, uint64_t seed, double *threshold)
{
    const int n = count_recordings(train);
    double *score = memory_new((size_t)train->x.rows, sizeof *score);
    double *mean = memory_new((size_t)n, sizeof *mean);
    struct gamma_distribution fitted;
    enum status status;
    TRY_OR_DONE(memory_check(score));
    TRY_OR_DONE(memory_check(mean));
    TRY_OR_DONE(crossfit_scores(backend, detector, settings, train, THRESHOLD_FOLDS, seed, score));
    TRY_OR_DONE(pool(train, score, n, mean));
    TRY_OR_DONE(gamma_fit(mean, n, &fitted));
    *threshold = gamma_quantile(&fitted, THRESHOLD_QUANTILE);
done:
    memory_free(mean);
    memory_free(score);
    return status;
}
