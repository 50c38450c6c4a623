/* The trivial baseline: how far a recording's loudness is from what is usual, in standard deviations over
 * recordings; features are not looked at. Where it does well, the gain of the data set gives the answer away,
 * and other detectors' results are to be read with that in mind. */
#include "detect/detector.h"
#include "detect/saved.h"

#include <math.h>

/* Silence has no level in dB; recordings that are all as loud have no deviation. */
static const double FLOOR_DBFS = -120, LEAST_DEVIATION_DB = 0.01;

struct level_model {
    double mean_dbfs, deviation_db; /* over recordings */
};

static const struct option no_options[] = { { 0 } };

static enum status check(const void *settings, int rows, int columns)
{
    (void)settings, (void)columns;
    REQUIRE(rows >= 1, ERR_INPUT, "no patch to learn from");
    return OK;
}

/* NaN (silence, or unknown) and minus infinity are the floor. */
static double floored(double level_dbfs)
{
    return fmax(level_dbfs, FLOOR_DBFS);
}

/* The mean level of the run of rows of one recording that begins at *row, which moves to the next one. */
static double recording_level(const struct rows *rows, int *row)
{
    const int first = *row;
    double sum = 0;
    while (*row < rows->x.rows && rows->recording[*row] == rows->recording[first])
        sum += floored(rows->level_dbfs[(*row)++]);
    return sum / (*row - first);
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *out)
{
    struct level_model *model = out;
    double sum = 0, squares = 0;
    int n_recordings = 0;
    (void)backend, (void)settings;
    for (int row = 0; row < rows->x.rows; n_recordings++) sum += recording_level(rows, &row);
    model->mean_dbfs = sum / n_recordings;
    for (int row = 0; row < rows->x.rows;) {
        const double away = recording_level(rows, &row) - model->mean_dbfs;
        squares += away * away;
    }
    model->deviation_db = fmax(sqrt(squares / n_recordings), LEAST_DEVIATION_DB);
    return OK;
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct level_model *level = model;
    (void)backend;
    for (int n = 0; n < rows->x.rows; n++)
        score[n] = fabs(floored(rows->level_dbfs[n]) - level->mean_dbfs) / level->deviation_db;
    return OK;
}

static enum status describe(const void *model, struct attributes *told)
{
    const struct level_model *level = model;
    TRY(attributes_set_real(told, "mean_dbfs", level->mean_dbfs));
    return attributes_set_real(told, "deviation_db", level->deviation_db);
}

static enum status save(const void *model, struct store *store, const char *name)
{
    return saved_told(store, name, model, describe);
}

static double number(const struct attributes *told, const char *name)
{
    const struct attribute *found = attributes_find(told, name);
    return found && found->type == ATTRIBUTE_REAL ? found->real : (double)NAN;
}

static enum status load(void *model, struct store *store, const char *group)
{
    struct level_model *level = model;
    struct attributes told = { 0 };
    const enum status status = store_get(store, group, &told);
    level->mean_dbfs = number(&told, "mean_dbfs");
    level->deviation_db = number(&told, "deviation_db");
    attributes_release(&told);
    if (status != OK) return status;
    REQUIRE(isfinite(level->mean_dbfs) && isfinite(level->deviation_db) && level->deviation_db > 0, ERR_INPUT,
            "%s: %s: levels of %g ± %g dB", store_path(store), group, level->mean_dbfs, level->deviation_db);
    return OK;
}

static void release(void *model)
{
    *(struct level_model *)model = (struct level_model){ 0 };
}

const struct detector detector_level = {
    .name = "level",
    .summary = "how unusual the loudness alone is: tells when a data set's gain gives the answer away",
    .options = no_options,
    .model_size = sizeof(struct level_model),
    .fit_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = save,
    .load = load,
    .release = release,
    .describe = describe,
};
