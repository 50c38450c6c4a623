/* fit() learns what normal looks like from rows of features; score() says how far from it each row is.
 * Higher always means more anomalous. The same seed gives the same scores on the same backend, whatever the
 * threads. */
#ifndef DETECTOR_H
#define DETECTOR_H

#include "backend/backend.h"
#include "core/options.h"
#include "detect/checkpoint.h"
#include "detect/rows.h"
#include "io/store.h"

#include <limits.h>
#include <stddef.h>

struct detector {
    const char *name, *summary;   /* "gmm", one line for --help and `detectors` */
    const struct option *options; /* ends with { 0 }; read by the CLI, saved in the model */
    size_t settings_size, model_size;
    int takes_cells; /* 1: takes features of --network patch alone, and not standardised */
    /* See detector_is_gathered; NULL: never. */
    int (*is_gathered)(const void *settings);
    /* For estimates: seconds grow as rows to the fit_power, and as tested rows times learned rows to the
     * score_power. */
    int fit_power, score_power;

    /* OK, or ERR_INPUT with the sentence why these rows cannot be learned with these settings, and the
     * advice. */
    enum status (*check)(const void *settings, int rows, int columns) MUST_CHECK;
    /* `model` is zeroed memory of model_size; release it whatever fit returned. */
    enum status (*fit)(struct backend *backend, const void *settings, const struct rows *rows,
                       void *model) MUST_CHECK;
    /* As fit, but what is done is kept in checkpoint->path, and goes on from there where the file is of the
     * same training; ERR_STOPPED once *checkpoint->stop is set. Optional: NULL. */
    enum status (*fit_on)(struct backend *backend, const void *settings, const struct rows *rows,
                          const struct checkpoint *checkpoint, void *model) MUST_CHECK;
    enum status (*score)(struct backend *backend, const void *model, const struct rows *rows,
                         double *score) MUST_CHECK;
    /* Into the group `name` of the store ("/models/fan/id_00/0dB/detector"), which holds nothing else. */
    enum status (*save)(const void *model, struct store *store, const char *name) MUST_CHECK;
    enum status (*load)(void *model, struct store *store,
                        const char *name) MUST_CHECK; /* hostile files: ERR_INPUT */
    void (*release)(void *model);                     /* zeroed and half-filled models are fine */
    /* What fit has to tell, as named numbers ("iterations", "lower_bound"). Optional: NULL. */
    enum status (*describe)(const void *model, struct attributes *told) MUST_CHECK;
};

extern const struct detector detector_gmm;
extern const struct detector detector_bgmm;
extern const struct detector detector_knn;
extern const struct detector detector_kde;
extern const struct detector detector_lof;
extern const struct detector detector_ocsvm;
extern const struct detector detector_iforest;
extern const struct detector detector_mahalanobis;
extern const struct detector detector_pca;
extern const struct detector detector_level;
extern const struct detector detector_lenet_dcae;
extern const struct detector detector_small_dcae;

/* The option --seed of a detector that draws, in its table; `settings` is its struct, with an int seed. */
#define DETECTOR_SEED(settings)                                                                              \
    {                                                                                                        \
        .name = "seed", .type = OPTION_INTEGER, .offset = offsetof(settings, seed), .standard = "0",         \
        .low = 0, .high = INT_MAX, .alias = "random-state", .metavar = "N", .help = "of all that is random", \
        .shapes = 1                                                                                          \
    }

const struct detector *detector_number(int i); /* NULL at the end */
enum status detector_require(const char *name,
                             const struct detector **out) MUST_CHECK; /* ERR_USAGE: nearest one */

/* fit_on where there is one and a checkpoint (NULL: none), else fit. The checkpoint of rows that cannot be
 * learned is removed, and that of a fit that succeeded unless it stays. */
enum status detector_fit(const struct detector *detector, struct backend *backend, const void *settings,
                         const struct rows *rows, const struct checkpoint *checkpoint,
                         void *model) MUST_CHECK;

/* Whether fits with these settings are mixtures, many of which a card does at once (crew.h). */
int detector_is_gathered(const struct detector *detector, const void *settings);

/* A copy of the detector's settings with that seed, if it has one; owned by the caller (memory_free). */
enum status detector_seeded(const struct detector *detector, const void *settings, int seed,
                            void **out) MUST_CHECK;
/* Whether the detector can learn from features that were made so; ERR_INPUT says what was found, and the
 * command that makes the right ones. */
enum status detector_takes(const struct detector *detector, const struct attributes *provenance) MUST_CHECK;

/* Fits to train and scores test, score [rows of test], with a model that is then forgotten. */
enum status detector_fit_and_score(const struct detector *detector, struct backend *backend,
                                   const void *settings, const struct rows *train, const struct rows *test,
                                   double *score) MUST_CHECK;

#endif
