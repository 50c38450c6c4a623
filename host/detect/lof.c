#include "detect/lof.h"

#include "core/log.h"
#include "core/memory.h"
#include "detect/kept.h"
#include "detect/neighbours.h"
#include "detect/saved.h"

#include <float.h>
#include <math.h>

/* Added to a mean distance before it is inverted, as scikit-learn does: copies of one row have a density. */
static const double TINY_DISTANCE = 1e-10;

static const struct option options[] = {
    { .name = "k",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct lof_settings, k),
      .standard = "20",
      .low = 1,
      .high = NEIGHBOURS_MOST,
      .alias = "n-neighbors",
      .metavar = "K",
      .help = "neighbours that tell how dense it is around a patch",
      .shapes = 1 },
    { 0 },
};

static void release(void *model)
{
    struct lof_model *lof = model;
    matrix_release(&lof->rows);
    memory_free(lof->radius);
    memory_free(lof->density);
    *lof = (struct lof_model){ 0 };
}

static enum status check(const void *settings, int rows, int columns)
{
    (void)settings;
    (void)columns;
    REQUIRE(rows >= 2, ERR_INPUT, "%d patch%s to learn from, at least 2 are needed", rows,
            rows == 1 ? "" : "es");
    return OK;
}

/* Local reachability density of row n (Breunig et al., definition 6): one over the mean distance to its
 * neighbours, each taken as no nearer than that neighbour's own k-th one. */
static double density_of(const struct lof_model *lof, const struct neighbours *nearest, int n)
{
    double sum = 0;
    for (int i = 0; i < lof->k; i++) {
        const size_t at = (size_t)n * lof->k + i;
        sum += fmax(nearest->distance[at], lof->radius[nearest->index[at]]);
    }
    return 1 / (sum / lof->k + TINY_DISTANCE);
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *model)
{
    const struct lof_settings *s = settings;
    struct lof_model *lof = model;
    struct neighbours nearest = { 0 };
    const int n_rows = rows->x.rows;
    enum status status;
    lof->k = s->k < n_rows ? s->k : n_rows - 1;
    if (lof->k < s->k) log_warning("--k %d: %d patches have only %d neighbours", s->k, n_rows, lof->k);
    TRY_OR_DONE(kept_copy(&rows->x, &lof->rows));
    TRY_OR_DONE(memory_check(lof->radius = memory_new((size_t)n_rows, sizeof *lof->radius)));
    TRY_OR_DONE(memory_check(lof->density = memory_new((size_t)n_rows, sizeof *lof->density)));
    TRY_OR_DONE(neighbours_find(backend, &lof->rows, &lof->rows, lof->k, METRIC_EUCLIDEAN, 1, &nearest));
    for (int n = 0; n < n_rows; n++) lof->radius[n] = nearest.distance[(size_t)(n + 1) * lof->k - 1];
    for (int n = 0; n < n_rows; n++) lof->density[n] = density_of(lof, &nearest, n);
done:
    neighbours_release(&nearest);
    return status;
}

/* The mean density of a row's neighbours over its own (definition 7). */
static double factor_of(const struct lof_model *lof, const struct neighbours *nearest, int n)
{
    double sum = 0;
    for (int i = 0; i < lof->k; i++) sum += lof->density[nearest->index[(size_t)n * lof->k + i]];
    return sum / lof->k / density_of(lof, nearest, n);
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct lof_model *lof = model;
    struct neighbours nearest = { 0 };
    TRY(kept_check(&lof->rows, &rows->x));
    const enum status status =
        neighbours_find(backend, &rows->x, &lof->rows, lof->k, METRIC_EUCLIDEAN, 0, &nearest);
    for (int n = 0; status == OK && n < rows->x.rows; n++) score[n] = factor_of(lof, &nearest, n);
    neighbours_release(&nearest);
    return status;
}

/* ----------------------------------------------------------------------------------------------- files */

static enum status describe(const void *model, struct attributes *told)
{
    return attributes_set_integer(told, "k", ((const struct lof_model *)model)->k);
}

static enum status save(const void *model, struct store *store, const char *name)
{
    const struct lof_model *lof = model;
    TRY(kept_save(&lof->rows, store, name));
    TRY(kept_save_numbers(lof->radius, lof->rows.rows, store, name, "radius"));
    TRY(kept_save_numbers(lof->density, lof->rows.rows, store, name, "density"));
    return saved_told(store, name, model, describe);
}

static enum status load(void *model, struct store *store, const char *name)
{
    struct lof_model *lof = model;
    struct attributes told = { 0 };
    double k;
    enum status status;
    TRY_OR_DONE(kept_load(&lof->rows, store, name));
    const int n = lof->rows.rows;
    TRY_OR_DONE(kept_load_numbers(&lof->radius, n, 0, DBL_MAX, store, name, "radius"));
    TRY_OR_DONE(kept_load_numbers(&lof->density, n, DBL_MIN, 1 / TINY_DISTANCE, store, name, "density"));
    TRY_OR_DONE(store_get(store, name, &told));
    TRY_OR_DONE(kept_number(store, name, &told, "k", 1, n - 1, &k));
    lof->k = (int)k;
done:
    attributes_release(&told);
    return status;
}

const struct detector detector_lof = {
    .name = "lof",
    .summary = "local outlier factor; a patch's score is how much sparser it lies than its neighbours",
    .options = options,
    .settings_size = sizeof(struct lof_settings),
    .model_size = sizeof(struct lof_model),
    .fit_power = 2,
    .score_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = save,
    .load = load,
    .release = release,
    .describe = describe,
};
