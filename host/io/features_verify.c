/* Checks that need no recordings. */
#include "io/features_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Standardised rows are rounded to float32, each by at most 2^-24 of its value. Rows that were counted have a
 * mean square of 1, so their mean and mean square move by less than this. */
#define ROUNDING_OF_ROWS 1e-6

struct verification {
    struct features *features;
    const char *path;
    struct scaler *counted; /* [n_groups] of the rows that statistics were taken over, as stored */
    int block_rows;
    float *block;        /* [block_rows][columns] */
    double *start_s;     /* [block_rows] */
    int32_t *recordings; /* [block_rows] */
    double last_start_s; /* of the recording that is looked at */
};

static enum status verification_init(struct verification *v, struct features *features)
{
    const size_t columns = (size_t)features->columns;
    *v = (struct verification){ .features = features, .path = store_path(features->store) };
    v->block_rows = features_chunk_rows(features->columns);
    const size_t rows = (size_t)v->block_rows;
    TRY(memory_check(v->block = memory_new(rows * columns, sizeof *v->block)));
    TRY(memory_check(v->start_s = memory_new(rows, sizeof *v->start_s)));
    TRY(memory_check(v->recordings = memory_new(rows, sizeof *v->recordings)));
    TRY(memory_check(v->counted = memory_new(features->n_groups, sizeof *v->counted)));
    for (size_t g = 0; g < features->n_groups; g++) TRY(scaler_init(&v->counted[g], features->columns));
    return OK;
}

static void verification_release(struct verification *v)
{
    for (size_t g = 0; v->counted && g < v->features->n_groups; g++) scaler_release(&v->counted[g]);
    memory_free(v->counted);
    memory_free(v->block);
    memory_free(v->start_s);
    memory_free(v->recordings);
}

/* ------------------------------------------------------------------------------------------------ rows */

static enum status check_patches(struct verification *v, size_t recording, long long first, int n)
{
    for (int p = 0; p < n; p++) {
        REQUIRE(v->recordings[p] == (int32_t)recording, ERR_VERIFY,
                "%s: patch %lld is of recording %d, expected %zu", v->path, first + p, v->recordings[p],
                recording);
        REQUIRE(v->start_s[p] >= v->last_start_s, ERR_VERIFY,
                "%s: patch %lld of recording %zu starts at %g s, expected %g s or later", v->path, first + p,
                recording, v->start_s[p], v->last_start_s);
        v->last_start_s = v->start_s[p];
    }
    return OK;
}

static enum status check_finite(struct verification *v, long long first, int n)
{
    const size_t columns = (size_t)v->features->columns, size = (size_t)n * columns;
    for (size_t i = 0; i < size; i++)
        REQUIRE(isfinite(v->block[i]), ERR_VERIFY, "%s: row %lld, column %zu is %g", v->path,
                first + (long long)(i / columns), i % columns, (double)v->block[i]);
    return OK;
}

static enum status check_block(struct verification *v, size_t recording, long long first, int n)
{
    struct features *features = v->features;
    const int g = features->group_of[recording];
    const char *label = features->table.rows[recording].of.label;
    TRY(features_read_stored(features, first, n, v->block));
    TRY(features_read_starts(features, first, n, v->start_s));
    TRY(store_read_column(features->store, "/patches/recording", STORE_INT32, (size_t)first, (size_t)n,
                          v->recordings));
    TRY(check_patches(v, recording, first, n));
    TRY(check_finite(v, first, n));
    if (strcmp(features->groups[g].basis, "all") == 0 || strcmp(label, "normal") == 0)
        scaler_add(&v->counted[g], v->block, n);
    return OK;
}

static enum status check_rows(struct verification *v)
{
    const struct features_table *table = &v->features->table;
    for (size_t i = 0; i < table->count; i++) {
        const struct feature_recording *row = &table->rows[i];
        v->last_start_s = 0;
        for (int done = 0, n; done < row->n_patches; done += n) {
            n = row->n_patches - done < v->block_rows ? row->n_patches - done : v->block_rows;
            TRY(check_block(v, i, row->first_patch + done, n));
        }
    }
    return OK;
}

/* ------------------------------------------------------------------------------------------ statistics */

/* How far the mean and the deviation of a standardised column may be off: its rows were rounded, and adding
 * up n values in double rounded the mean, which shows where the deviation is tiny beside it. */
static double tolerance(const struct scaler *scaler, int column)
{
    const double rounding_of_mean = (double)scaler->n * fabs(scaler->mean[column]) * DBL_EPSILON;
    return ROUNDING_OF_ROWS + rounding_of_mean / scaler->scale[column];
}

/* Mean 0 and deviation 1, or a column that was constant: all but 0, under a scale of 1. */
static enum status check_column(const struct verification *v, size_t g, int column)
{
    const struct features_group *group = &v->features->groups[g];
    const struct scaler *counted =
        &v->counted[g]; /* not finished: its scale is a sum of squared deviations */
    const double mean = counted->mean[column], limit = tolerance(&group->scaler, column);
    const double deviation = sqrt(counted->scale[column] / (double)counted->n);
    const int is_constant = group->scaler.scale[column] == 1.0 && deviation <= limit;
    REQUIRE(fabs(mean) <= limit && (is_constant || fabs(deviation - 1) <= limit), ERR_VERIFY,
            "%s: /standardization/%s: column %d has mean %g and deviation %g, expected 0 and 1", v->path,
            group->name, column, mean, deviation);
    return OK;
}

static enum status check_group(const struct verification *v, size_t g)
{
    const struct features_group *group = &v->features->groups[g];
    REQUIRE(v->counted[g].n == group->scaler.n, ERR_VERIFY,
            "%s: /standardization/%s/n is %lld, %lld rows found", v->path, group->name, group->scaler.n,
            v->counted[g].n);
    for (int j = 0; j < v->features->columns; j++) TRY(check_column(v, g, j));
    return OK;
}

/* Every recording tells how it went: a reason where it failed, none where it did not. */
static enum status check_reasons(const struct verification *v)
{
    const struct features_table *table = &v->features->table;
    for (size_t i = 0; i < table->count; i++) {
        const struct feature_recording *row = &table->rows[i];
        const int is_failed = row->status == RECORDING_FAILED;
        REQUIRE(is_failed == (*row->error != '\0') && !(is_failed && row->n_patches > 0), ERR_VERIFY,
                "%s: recording %zu (%s): status %s, error \"%s\" and %d patches do not agree", v->path, i,
                row->of.path, is_failed ? "failed" : "ok", row->error, row->n_patches);
    }
    return OK;
}

static enum status check_contents(struct features *features)
{
    struct verification v;
    enum status status = verification_init(&v, features);
    if (status == OK) status = check_reasons(&v);
    if (status == OK) status = check_rows(&v);
    for (size_t g = 0; status == OK && g < features->n_groups; g++) status = check_group(&v, g);
    verification_release(&v);
    return status;
}

enum status features_verify(const char *path)
{
    struct features *features = NULL;
    int is_sealed;
    enum status status = store_verify(path, &is_sealed);
    if (status == ERR_INPUT || (status != OK && is_sealed)) return status;
    TRY(features_identify(&features, path, FEATURES_FORMAT));
    if (!is_sealed)
        status = fail(ERR_VERIFY, "%s lost its checksum: it was not written by earshot alone", path);
    if (status == OK) status = features_load(features);
    if (status == OK) status = check_contents(features);
    features_close(&features);
    return status == ERR_INPUT ? ERR_VERIFY : status; /* it is ours, but not as it was written */
}
