#include "eval/trial.h"

#include "core/clock.h"
#include "eval/threshold.h"

#include <limits.h>
#include <math.h>
#include <string.h>

struct trial {
    const struct group *group;
    const struct contender *contender;
    const struct evaluate_options *options;
    const struct checkpoint *checkpoint;
    int *is_abnormal;               /* [n_units] as the split takes it */
    enum side *side;                /* [n_subjects] */
    struct preparation preparation; /* of the training rows */
    struct rows train, test;        /* prepared, subjects in order */
    int *train_index, *test_index;  /* which of the group's rows they are */
    void *settings, *model;
    double *score;  /* [rows of test] */
    double *pooled; /* [rows of test] for a recording's at a time */
};

/* -------------------------------------------------------------------------------------- a group's rows */

void group_rows_release(struct group_rows *rows)
{
    matrix_release(&rows->raw);
    memory_free(rows->first);
    *rows = (struct group_rows){ 0 };
}

static enum status read_subject(struct features *features, const struct subject *subject, float *raw)
{
    const size_t columns = (size_t)features_columns(features);
    for (int r = 0; r < subject->n_rows; r++) {
        const struct feature_recording *row = subject->rows[r];
        TRY(features_read(features, row->first_patch, row->n_patches, raw));
        raw += (size_t)row->n_patches * columns;
    }
    return OK;
}

enum status group_rows_init(struct group_rows *rows, struct features *features, const struct group *group)
{
    group_rows_release(rows);
    REQUIRE(group->n_patches <= INT_MAX, ERR_INPUT, "%lld patches found, at most %d can be learned at once",
            group->n_patches, INT_MAX);
    TRY(matrix_init(&rows->raw, (int)group->n_patches, features_columns(features)));
    TRY(memory_check(rows->first = memory_new((size_t)group->n_subjects, sizeof *rows->first)));
    for (int s = 0, next = 0; s < group->n_subjects; s++) {
        rows->first[s] = next;
        TRY(read_subject(features, &group->subjects[s], matrix_row(&rows->raw, next)));
        next += group->subjects[s].n_patches;
    }
    rows->group = group;
    return OK;
}

/* ------------------------------------------------------------------------------------- a split's sides */

static enum status draw_sides(struct trial *trial, int seed, struct split_counts *counts)
{
    const struct group *group = trial->group;
    const size_t n_units = (size_t)group->n_units;
    TRY(memory_check(trial->is_abnormal = memory_new(n_units, sizeof *trial->is_abnormal)));
    TRY(memory_check(trial->side = memory_new((size_t)group->n_subjects, sizeof *trial->side)));
    if (trial->options->is_shuffled)
        TRY(split_shuffle_labels(group->is_abnormal, group->n_units, (uint64_t)seed, trial->is_abnormal));
    else
        memcpy(trial->is_abnormal, group->is_abnormal, n_units * sizeof *trial->is_abnormal);
    const struct split_request request = { trial->is_abnormal, trial->options->held_out, (uint64_t)seed };
    return evaluate_protocol(trial->options)->split(group, &request, trial->side, counts);
}

static int count_rows(const struct trial *trial, enum side side)
{
    int rows = 0;
    for (int s = 0; s < trial->group->n_subjects; s++)
        if (trial->side[s] == side) rows += trial->group->subjects[s].n_patches;
    return rows;
}

static enum status gather(const struct trial *trial, const struct group_rows *rows, enum side side,
                          struct rows *out, int **index)
{
    TRY(rows_init(out, count_rows(trial, side), rows->raw.columns));
    TRY(memory_check(*index = memory_new((size_t)out->x.rows, sizeof **index)));
    for (int s = 0, next = 0, number = 0; s < trial->group->n_subjects; s++) {
        const struct subject *subject = &trial->group->subjects[s];
        if (trial->side[s] != side) continue;
        for (int r = 0; r < subject->n_patches; r++) (*index)[next + r] = rows->first[s] + r;
        memcpy(matrix_row(&out->x, next), matrix_row(&rows->raw, rows->first[s]),
               (size_t)subject->n_patches * (size_t)rows->raw.columns * sizeof(float));
        for (int r = 0; r < subject->n_rows; r++) {
            rows_tell(out, next, subject->rows[r]->n_patches, number, subject->rows[r]->level.rms_dbfs);
            next += subject->rows[r]->n_patches;
        }
        number++;
    }
    return OK;
}

/* All seeds' rows are the group's, where they keep their columns. */
static void tell_selection(const struct trial *trial, const struct group_rows *rows, const int *index,
                           struct rows *out)
{
    const struct scaler *scaler = &trial->preparation.scaler;
    if (trial->preparation.plane.kept) return;
    out->selection = (struct selection){ &rows->raw, index, scaler->mean, scaler->scale };
}

/* What is tested must not shape how it is looked at: the training rows alone say how rows are prepared. */
static enum status prepare(struct backend *backend, struct trial *trial, const struct group_rows *rows)
{
    const struct preparation_settings *settings = &trial->options->preparation;
    TRY(gather(trial, rows, SIDE_TRAIN, &trial->train, &trial->train_index));
    TRY(gather(trial, rows, SIDE_TEST, &trial->test, &trial->test_index));
    TRY(preparation_fit(&trial->preparation, backend, settings, &trial->train,
                        trial->contender->detector->takes_cells));
    TRY(preparation_apply(&trial->preparation, &trial->train));
    TRY(preparation_apply(&trial->preparation, &trial->test));
    tell_selection(trial, rows, trial->train_index, &trial->train);
    tell_selection(trial, rows, trial->test_index, &trial->test);
    return OK;
}

/* -------------------------------------------------------------------------------------- fit and score */

static void trial_release(struct trial *trial)
{
    if (trial->model) trial->contender->detector->release(trial->model);
    memory_free(trial->model);
    memory_free(trial->settings);
    memory_free(trial->score);
    memory_free(trial->pooled);
    rows_release(&trial->train);
    rows_release(&trial->test);
    memory_free(trial->train_index);
    memory_free(trial->test_index);
    preparation_release(&trial->preparation);
    memory_free(trial->side);
    memory_free(trial->is_abnormal);
}

static enum status fit(struct backend *backend, struct trial *trial, struct split_result *result)
{
    const double started_s = clock_seconds();
    const struct detector *detector = trial->contender->detector;
    TRY(detector_seeded(detector, trial->contender->settings, result->seed, &trial->settings));
    TRY(detector->check(trial->settings, trial->train.x.rows, trial->train.x.columns));
    TRY(memory_check(trial->model = memory_new(1, detector->model_size)));
    TRY(detector_fit(detector, backend, trial->settings, &trial->train, trial->checkpoint, trial->model));
    if (evaluate_protocol(trial->options)->decides)
        TRY(threshold_of_train(backend, detector, trial->settings, &trial->train, &trial->options->pooler,
                               (uint64_t)result->seed, &result->threshold));
    result->fit_s = clock_seconds() - started_s;
    return OK;
}

static enum status score(struct backend *backend, struct trial *trial, struct split_result *result)
{
    const double started_s = clock_seconds();
    TRY(memory_check(trial->score = memory_new((size_t)trial->test.x.rows, sizeof *trial->score)));
    TRY(trial->contender->detector->score(backend, trial->model, &trial->test, trial->score));
    result->score_s = clock_seconds() - started_s;
    return OK;
}

/* ---------------------------------------------------------------------------------------- what came out */

/* The highest score of a label, and where its patches' scores begin. */
struct highest {
    struct tested *tested;
    const double *patches;
};

static enum status keep_patches(const struct highest *highest)
{
    struct tested *tested = highest->tested;
    if (!tested) return OK;
    const size_t n = (size_t)tested->subject->n_patches;
    TRY(memory_check(tested->patches = memory_new(n, sizeof *tested->patches)));
    memcpy(tested->patches, highest->patches, n * sizeof *tested->patches);
    return OK;
}

/* A recording's score; the pooler may put the scores into another order, so it is given a copy. */
static double pool(const struct trial *trial, const double *score, int n)
{
    memcpy(trial->pooled, score, (size_t)n * sizeof *score);
    return pooler_score(&trial->options->pooler, trial->pooled, n);
}

static struct tested *add_tested(const struct trial *trial, int subject, double score,
                                 struct split_result *result)
{
    const int is_abnormal = trial->is_abnormal[trial->group->unit[subject]];
    struct tested *tested = is_abnormal == LABEL_UNKNOWN ? &result->unlabeled[result->n_unlabeled++]
                                                         : &result->tested[result->n_tested++];
    *tested = (struct tested){ &trial->group->subjects[subject], is_abnormal, score, NULL };
    return tested;
}

static void rise(struct highest *highest, struct tested *tested, const double *patches)
{
    if (highest->tested && tested->score <= highest->tested->score) return;
    *highest = (struct highest){ tested, patches };
}

static enum status pool_scores(struct trial *trial, struct split_result *result)
{
    const struct split_counts *counts = &result->counts;
    const size_t n = (size_t)counts->n_normal + (size_t)counts->n_abnormal;
    const size_t n_unlabeled = (size_t)counts->n_unlabeled;
    struct highest highest[2] = { { 0 } };
    TRY(memory_check(trial->pooled = memory_new((size_t)trial->test.x.rows, sizeof *trial->pooled)));
    TRY(memory_check(result->tested = memory_new(n, sizeof *result->tested)));
    TRY(memory_check(result->unlabeled = memory_new(n_unlabeled, sizeof *result->unlabeled)));
    const double *patches = trial->score;
    for (int s = 0; s < trial->group->n_subjects; s++) {
        if (trial->side[s] != SIDE_TEST) continue;
        const struct subject *subject = &trial->group->subjects[s];
        struct tested *tested = add_tested(trial, s, pool(trial, patches, subject->n_patches), result);
        if (tested->is_abnormal != LABEL_UNKNOWN) rise(&highest[tested->is_abnormal], tested, patches);
        patches += subject->n_patches;
    }
    TRY(keep_patches(&highest[0]));
    return keep_patches(&highest[1]);
}

static enum status judge(struct split_result *result, const double *score, const int *is_abnormal)
{
    const int n = result->n_tested;
    TRY(roc_auc(score, is_abnormal, n, &result->auc));
    TRY(roc_pauc(score, is_abnormal, n, PAUC_MAX_FPR, &result->pauc));
    return roc_curve_init(&result->curve, score, is_abnormal, n);
}

enum status split_result_judge(struct split_result *result)
{
    const int n = result->n_tested;
    int n_abnormal = 0;
    double *score = memory_new((size_t)n, sizeof *score);
    int *is_abnormal = memory_new((size_t)n, sizeof *is_abnormal);
    enum status status = score && is_abnormal ? OK : ERR_MEMORY;
    for (int i = 0; i < n && status == OK; i++) {
        score[i] = result->tested[i].score;
        is_abnormal[i] = result->tested[i].is_abnormal;
        n_abnormal += is_abnormal[i];
    }
    result->auc = result->pauc = (double)NAN;
    if (status == OK && n_abnormal > 0 && n_abnormal < n) status = judge(result, score, is_abnormal);
    memory_free(is_abnormal);
    memory_free(score);
    return status;
}

int split_result_is_judged(const struct split_result *result)
{
    return !isnan(result->auc);
}

void split_result_release(struct split_result *result)
{
    for (int i = 0; i < result->n_tested; i++) memory_free(result->tested[i].patches);
    memory_free(result->tested);
    memory_free(result->unlabeled);
    roc_curve_release(&result->curve);
    result->tested = result->unlabeled = NULL;
    result->n_tested = result->n_unlabeled = 0;
}

/* ----------------------------------------------------------------------------------------- the trial */

enum status trial_check(const struct group *group, const struct evaluate_options *options)
{
    struct trial trial = { .group = group, .options = options };
    struct split_counts counts;
    const enum status status = draw_sides(&trial, options->seed, &counts);
    memory_free(trial.side);
    memory_free(trial.is_abnormal);
    return status;
}

enum status trial_run(struct backend *backend, const struct contender *contender,
                      const struct group_rows *rows, const struct evaluate_options *options,
                      const struct checkpoint *checkpoint, struct split_result *result)
{
    struct trial trial = {
        .group = rows->group, .contender = contender, .options = options, .checkpoint = checkpoint
    };
    enum status status;
    TRY_OR_DONE(draw_sides(&trial, result->seed, &result->counts));
    TRY_OR_DONE(prepare(backend, &trial, rows));
    TRY_OR_DONE(fit(backend, &trial, result));
    TRY_OR_DONE(score(backend, &trial, result));
    TRY_OR_DONE(pool_scores(&trial, result));
    TRY_OR_DONE(split_result_judge(result));
done:
    trial_release(&trial);
    return status;
}
