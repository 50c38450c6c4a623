/* What the tests of detectors against scikit-learn share: rows and scores of a golden file, a fit and its
 * scores. */
#ifndef GOLDEN_DETECT_H
#define GOLDEN_DETECT_H

#include "golden.h"

#include "core/memory.h"
#include "detect/detector.h"

/* Rows in which only the features are set; release x.data. */
static inline struct rows golden_rows(struct store *golden, const char *group, const char *array)
{
    struct rows rows = { 0 };
    rows.x.data = golden_floats(golden, &rows.x.rows, &rows.x.columns, "%s/%s", group, array);
    return rows;
}

/* The detector's standard settings, into zeroed memory of settings_size. */
static inline void golden_settings(const struct detector *detector, void *settings)
{
    const struct option_set set = { detector->options, settings, detector->name };
    assert_ok(options_standard(&set));
}

/* Learns from `learned` of the group and scores `scored`; the scores [n] are owned by the caller, and so is the
 * model, zeroed memory of model_size. */
static inline double *golden_fit_score(const struct detector *detector, struct backend *backend,
                                       const void *settings, struct store *golden, const char *group,
                                       void *model, int *n)
{
    struct rows learned = golden_rows(golden, group, "learned"),
                scored = golden_rows(golden, group, "scored");
    double *score = memory_new((size_t)scored.x.rows, sizeof *score);
    assert_ok(detector->check(settings, learned.x.rows, learned.x.columns));
    assert_ok(detector->fit(backend, settings, &learned, model));
    assert_ok(detector->score(backend, model, &scored, score));
    *n = scored.x.rows;
    memory_free(learned.x.data);
    memory_free(scored.x.data);
    return score;
}

#endif
