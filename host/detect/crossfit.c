#include "detect/crossfit.h"

#include "core/rng.h"
#include "core/sorting.h"

#include <math.h>
#include <string.h>

/* Which rows are of the fold. */
struct fold {
    char *is_in; /* [rows] */
    int n_in;
};

/* fold_of [n_recordings] */
static void choose(const struct rows *rows, const int *fold_of, int number, struct fold *fold)
{
    fold->n_in = 0;
    for (int r = 0; r < rows->x.rows; r++) {
        fold->is_in[r] = fold_of[rows->recording[r]] == number;
        fold->n_in += fold->is_in[r];
    }
}

/* The rows of the fold, or all others, in their order. */
static enum status take(const struct rows *from, const struct fold *fold, int is_in, struct rows *out)
{
    const int n = is_in ? fold->n_in : from->x.rows - fold->n_in;
    const size_t bytes = (size_t)from->x.columns * sizeof(float);
    TRY(rows_init(out, n, from->x.columns));
    for (int r = 0, next = 0; r < from->x.rows; r++) {
        if (fold->is_in[r] != is_in) continue;
        memcpy(matrix_row(&out->x, next), matrix_row(&from->x, r), bytes);
        rows_tell(out, next++, 1, from->recording[r], from->level_dbfs[r]);
    }
    return OK;
}

static enum status score_fold(struct backend *backend, const struct detector *detector, const void *settings,
                              const struct rows *rows, const struct fold *fold, double *score)
{
    struct rows train = { 0 }, test = { 0 };
    double *found = memory_new((size_t)fold->n_in, sizeof *found);
    enum status status;
    TRY_OR_DONE(memory_check(found));
    TRY_OR_DONE(take(rows, fold, 0, &train));
    TRY_OR_DONE(take(rows, fold, 1, &test));
    TRY_OR_DONE(detector_fit_and_score(detector, backend, settings, &train, &test, found));
    for (int r = 0, next = 0; r < rows->x.rows; r++)
        if (fold->is_in[r]) score[r] = found[next++];
done:
    rows_release(&train);
    rows_release(&test);
    memory_free(found);
    return status;
}

enum status crossfit_scores(struct backend *backend, const struct detector *detector, const void *settings,
                            const struct rows *rows, int n_folds, uint64_t seed, double *score)
{
    const int n_recordings = rows_recordings(rows), n = n_folds < n_recordings ? n_folds : n_recordings;
    struct fold fold = { .is_in = memory_new((size_t)rows->x.rows, 1) };
    int *order = memory_new((size_t)n_recordings, sizeof *order);
    int *fold_of = memory_new((size_t)n_recordings, sizeof *fold_of);
    struct rng rng = rng_seeded(seed, 0xf01d);
    enum status status = fold.is_in && order && fold_of ? OK : ERR_MEMORY;
    if (status == OK && n < 2)
        status = fail(ERR_INPUT,
                      "%d recording in %d folds: at least 2 of each are needed to score some by the others",
                      n_recordings, n_folds);
    if (status == OK) rng_permutation(&rng, n_recordings, order);
    for (int i = 0; status == OK && i < n_recordings; i++) fold_of[order[i]] = i % n;
    for (int number = 0; status == OK && number < n; number++) {
        choose(rows, fold_of, number, &fold);
        status = score_fold(backend, detector, settings, rows, &fold, score);
    }
    memory_free(fold.is_in);
    memory_free(order);
    memory_free(fold_of);
    return status;
}

double crossfit_threshold(double *scores, int n, double rate)
{
    const double k = ceil((n + 1) * (1 - rate));
    sorting_sort(scores, n);
    return k <= n ? scores[k < 1 ? 0 : (int)k - 1] : (double)INFINITY;
}
