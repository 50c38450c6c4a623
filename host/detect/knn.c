#include "detect/knn.h"

#include "detect/kept.h"

#include <string.h>

static const char METRICS[] = "euclidean|cosine";

static const struct option options[] = {
    { .name = "k",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct knn_settings, k),
      .standard = "1",
      .low = 1,
      .high = NEIGHBOURS_MOST,
      .alias = "n-neighbors",
      .metavar = "K",
      .help = "nearest training patches, over which distances are averaged",
      .shapes = 1 },
    { .name = "metric",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct knn_settings, metric),
      .standard = "euclidean",
      .choices = METRICS,
      .metavar = "NAME",
      .help = "what near means",
      .shapes = 1 },
    { 0 },
};

static void release(void *model)
{
    matrix_release(&((struct knn_model *)model)->rows);
}

static enum status check(const void *settings, int rows, int columns)
{
    const struct knn_settings *s = settings;
    (void)columns;
    REQUIRE(rows >= 1, ERR_INPUT, "%d patches to learn from, at least 1 is needed", rows);
    REQUIRE(rows >= s->k, ERR_INPUT, "%d patches have no %d nearest ones; --k %d is the most here", rows,
            s->k, rows);
    return OK;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *model)
{
    const struct knn_settings *s = settings;
    struct knn_model *knn = model;
    (void)backend;
    knn->k = s->k;
    knn->metric = (enum metric)s->metric;
    return kept_copy(&rows->x, &knn->rows);
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct knn_model *knn = model;
    struct neighbours nearest = { 0 };
    TRY(kept_check(&knn->rows, &rows->x));
    const enum status status =
        neighbours_find(backend, &rows->x, &knn->rows, knn->k, knn->metric, 0, &nearest);
    for (int n = 0; status == OK && n < rows->x.rows; n++) {
        double sum = 0;
        for (int i = 0; i < knn->k; i++) sum += nearest.distance[(size_t)n * knn->k + i];
        score[n] = sum / knn->k;
    }
    neighbours_release(&nearest);
    return status;
}

/* ----------------------------------------------------------------------------------------------- files */

static enum status save(const void *model, struct store *store, const char *name)
{
    const struct knn_model *knn = model;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(kept_save(&knn->rows, store, name));
    TRY_OR_DONE(attributes_set_integer(&told, "k", knn->k));
    TRY_OR_DONE(attributes_set_text(&told, "metric", knn->metric == METRIC_COSINE ? "cosine" : "euclidean"));
    TRY_OR_DONE(store_set(store, name, &told));
done:
    attributes_release(&told);
    return status;
}

static enum status load_told(struct knn_model *knn, struct store *store, const char *name,
                             const struct attributes *told)
{
    double k;
    const char *metric = attributes_text(told, "metric", "");
    TRY(kept_number(store, name, told, "k", 1, NEIGHBOURS_MOST, &k));
    REQUIRE(k <= knn->rows.rows, ERR_INPUT, "%s: %s: %g nearest of %d rows", store_path(store), name, k,
            knn->rows.rows);
    const int is_cosine = strcmp(metric, "cosine") == 0;
    REQUIRE(is_cosine || strcmp(metric, "euclidean") == 0, ERR_INPUT,
            "%s: metric of %s is \"%s\", expected one of %s", store_path(store), name, metric, METRICS);
    knn->k = (int)k;
    knn->metric = is_cosine ? METRIC_COSINE : METRIC_EUCLIDEAN;
    return OK;
}

static enum status load(void *model, struct store *store, const char *name)
{
    struct knn_model *knn = model;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(kept_load(&knn->rows, store, name));
    TRY_OR_DONE(store_get(store, name, &told));
    TRY_OR_DONE(load_told(knn, store, name, &told));
done:
    attributes_release(&told);
    return status;
}

const struct detector detector_knn = {
    .name = "knn",
    .summary = "nearest neighbours; a patch's score is its mean distance to the nearest training patches",
    .options = options,
    .settings_size = sizeof(struct knn_settings),
    .model_size = sizeof(struct knn_model),
    .fit_power = 1,
    .score_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = save,
    .load = load,
    .release = release,
};
