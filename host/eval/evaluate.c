#include "eval/evaluate.h"

#include "core/log.h"
#include "core/scaler.h"

#include <limits.h>
#include <string.h>

/* A group's rows: those of subject s are first[s] … first[s] + n_patches - 1. */
struct group_rows {
    struct matrix raw; /* [n_patches][D], not standardised */
    int *first;        /* [n_subjects] */
};

/* What one split needs besides the group's rows. */
struct trial {
    int *is_abnormal;        /* [n_units] as the split takes it */
    enum side *side;         /* [n_subjects] */
    struct scaler scaler;    /* of the training rows */
    struct rows train, test; /* standardised, subjects in order */
    void *settings, *model;
    double *score; /* [rows of test] */
};

/* -------------------------------------------------------------------------------------- a group's rows */

static void group_rows_release(struct group_rows *rows)
{
    matrix_release(&rows->raw);
    memory_free(rows->first);
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

static enum status group_rows_init(struct group_rows *rows, struct features *features,
                                   const struct group *group)
{
    *rows = (struct group_rows){ 0 };
    REQUIRE(group->n_patches <= INT_MAX, ERR_INPUT, "%lld patches found, at most %d can be learned at once",
            group->n_patches, INT_MAX);
    TRY(matrix_init(&rows->raw, (int)group->n_patches, features_columns(features)));
    TRY(memory_check(rows->first = memory_new((size_t)group->n_subjects, sizeof *rows->first)));
    for (int s = 0, next = 0; s < group->n_subjects; s++) {
        rows->first[s] = next;
        TRY(read_subject(features, &group->subjects[s], matrix_row(&rows->raw, next)));
        next += group->subjects[s].n_patches;
    }
    return OK;
}

/* ------------------------------------------------------------------------------------- a split's sides */

static enum status draw_sides(const struct group *group, const struct evaluate_options *options, int seed,
                              struct trial *trial, struct split_counts *counts)
{
    const size_t n_units = (size_t)group->n_units;
    TRY(memory_check(trial->is_abnormal = memory_new(n_units, sizeof *trial->is_abnormal)));
    TRY(memory_check(trial->side = memory_new((size_t)group->n_subjects, sizeof *trial->side)));
    if (options->is_shuffled)
        TRY(split_shuffle_labels(group->is_abnormal, group->n_units, (uint64_t)seed, trial->is_abnormal));
    else
        memcpy(trial->is_abnormal, group->is_abnormal, n_units * sizeof *trial->is_abnormal);
    const struct split_set set = { group->unit, group->n_subjects, trial->is_abnormal, group->n_units };
    return split_paper(&set, options->held_out, (uint64_t)seed, trial->side, counts);
}

static int count_rows(const struct group *group, const enum side *sides, enum side side)
{
    int rows = 0;
    for (int s = 0; s < group->n_subjects; s++)
        if (sides[s] == side) rows += group->subjects[s].n_patches;
    return rows;
}

/* The mean and scale of the training rows alone: what is tested must not shape how it is looked at. Cells stay
 * as they are. */
static enum status fit_scaler(const struct group *group, const struct group_rows *rows,
                              const struct detector *detector, struct trial *trial)
{
    TRY(scaler_init(&trial->scaler, rows->raw.columns));
    for (int s = 0; s < group->n_subjects && !detector->takes_cells; s++)
        if (trial->side[s] == SIDE_TRAIN)
            scaler_add(&trial->scaler, matrix_row(&rows->raw, rows->first[s]), group->subjects[s].n_patches);
    scaler_finish(&trial->scaler);
    return OK;
}

static enum status gather(const struct group *group, const struct group_rows *rows, const struct trial *trial,
                          enum side side, struct rows *out)
{
    TRY(rows_init(out, count_rows(group, trial->side, side), rows->raw.columns));
    for (int s = 0, next = 0, number = 0; s < group->n_subjects; s++) {
        const struct subject *subject = &group->subjects[s];
        if (trial->side[s] != side) continue;
        scaler_apply(&trial->scaler, matrix_row(&rows->raw, rows->first[s]), subject->n_patches,
                     matrix_row(&out->x, next));
        for (int r = 0; r < subject->n_rows; r++) {
            rows_tell(out, next, subject->rows[r]->n_patches, number, subject->rows[r]->level.rms_dbfs);
            next += subject->rows[r]->n_patches;
        }
        number++;
    }
    return OK;
}

/* --------------------------------------------------------------------------------------------- a trial */

static void trial_release(struct trial *trial, const struct detector *detector)
{
    if (trial->model) detector->release(trial->model);
    memory_free(trial->model);
    memory_free(trial->settings);
    memory_free(trial->score);
    rows_release(&trial->train);
    rows_release(&trial->test);
    scaler_release(&trial->scaler);
    memory_free(trial->side);
    memory_free(trial->is_abnormal);
}

static enum status fit_and_score(struct backend *backend, const struct contender *contender, int seed,
                                 struct trial *trial)
{
    const struct detector *detector = contender->detector;
    TRY(detector_seeded(detector, contender->settings, seed, &trial->settings));
    TRY(detector->check(trial->settings, trial->train.x.rows, trial->train.x.columns));
    TRY(memory_check(trial->model = memory_new(1, detector->model_size)));
    TRY(detector->fit(backend, trial->settings, &trial->train, trial->model));
    TRY(memory_check(trial->score = memory_new((size_t)trial->test.x.rows, sizeof *trial->score)));
    return detector->score(backend, trial->model, &trial->test, trial->score);
}

/* A recording's score is the mean of its patches' scores. */
static enum status pool_scores(const struct group *group, const struct trial *trial,
                               struct split_result *result)
{
    const int n = result->counts.n_normal + result->counts.n_abnormal;
    TRY(memory_check(result->tested = memory_new((size_t)n, sizeof *result->tested)));
    const double *score = trial->score;
    for (int s = 0; s < group->n_subjects; s++) {
        if (trial->side[s] != SIDE_TEST) continue;
        const struct subject *subject = &group->subjects[s];
        double sum = 0;
        for (int p = 0; p < subject->n_patches; p++) sum += *score++;
        const int is_abnormal = trial->is_abnormal[group->unit[s]];
        result->tested[result->n_tested++] =
            (struct tested){ subject, is_abnormal, sum / subject->n_patches };
    }
    return OK;
}

static enum status judge(struct split_result *result)
{
    const int n = result->n_tested;
    double *score = memory_new((size_t)n, sizeof *score);
    int *is_abnormal = memory_new((size_t)n, sizeof *is_abnormal);
    enum status status = score && is_abnormal ? OK : ERR_MEMORY;
    for (int i = 0; i < n && status == OK; i++) {
        score[i] = result->tested[i].score;
        is_abnormal[i] = result->tested[i].is_abnormal;
    }
    if (status == OK) status = roc_auc(score, is_abnormal, n, &result->auc);
    if (status == OK) status = roc_pauc(score, is_abnormal, n, PAUC_MAX_FPR, &result->pauc);
    if (status == OK) status = roc_curve_init(&result->curve, score, is_abnormal, n);
    memory_free(is_abnormal);
    memory_free(score);
    return status;
}

static enum status run_split(struct backend *backend, const struct contender *contender,
                             const struct group_rows *rows, const struct evaluate_options *options,
                             struct split_result *result)
{
    const struct group *group = result->group;
    struct trial trial = { 0 };
    enum status status;
    TRY_OR_DONE(draw_sides(group, options, result->seed, &trial, &result->counts));
    TRY_OR_DONE(fit_scaler(group, rows, contender->detector, &trial));
    TRY_OR_DONE(gather(group, rows, &trial, SIDE_TRAIN, &trial.train));
    TRY_OR_DONE(gather(group, rows, &trial, SIDE_TEST, &trial.test));
    TRY_OR_DONE(fit_and_score(backend, contender, result->seed, &trial));
    TRY_OR_DONE(pool_scores(group, &trial, result));
    TRY_OR_DONE(judge(result));
done:
    trial_release(&trial, contender->detector);
    return status;
}

/* ---------------------------------------------------------------------------------------------- groups */

static enum status leave_out(struct evaluation *evaluation, const struct group *group,
                             const struct detector *detector)
{
    struct left_out left_out = { group, detector, memory_text(status_sentence()) };
    TRY(memory_check(left_out.reason));
    const enum status status = memory_grow((void **)&evaluation->left_out, &evaluation->left_out_capacity,
                                           evaluation->n_left_out, sizeof *evaluation->left_out);
    if (status == OK)
        evaluation->left_out[evaluation->n_left_out++] = left_out;
    else
        memory_free(left_out.reason);
    return status;
}

static void drop_results(struct evaluation *evaluation, size_t n_kept)
{
    while (evaluation->n_results > n_kept) {
        struct split_result *result = &evaluation->results[--evaluation->n_results];
        memory_free(result->tested);
        roc_curve_release(&result->curve);
    }
}

static enum status run_splits(struct backend *backend, const struct contender *contender,
                              const struct group *group, const struct group_rows *rows,
                              const struct evaluate_options *options, struct evaluation *evaluation)
{
    for (int i = 0; i < options->n_seeds; i++) {
        TRY(memory_grow((void **)&evaluation->results, &evaluation->results_capacity, evaluation->n_results,
                        sizeof *evaluation->results));
        struct split_result *result = &evaluation->results[evaluation->n_results++];
        *result = (struct split_result){ .group = group,
                                         .detector = contender->detector,
                                         .seed = options->seed + i };
        TRY(run_split(backend, contender, rows, options, result));
        log_debug("%s, %s, seed %d: AUC %.4f", group->name, contender->detector->name, result->seed,
                  result->auc);
    }
    return OK;
}

/* Whether the group has enough recordings, before any of its rows is read. */
static enum status check_group(const struct group *group, const struct evaluate_options *options)
{
    struct trial trial = { 0 };
    struct split_counts counts;
    const enum status status = draw_sides(group, options, options->seed, &trial, &counts);
    memory_free(trial.side);
    memory_free(trial.is_abnormal);
    return status;
}

static enum status evaluate_group(struct backend *backend, struct features *features,
                                  const struct group *group, const struct evaluate_options *options,
                                  struct evaluation *evaluation)
{
    enum status status = check_group(group, options);
    if (status == ERR_INPUT) return leave_out(evaluation, group, NULL);
    TRY(status);
    struct group_rows rows;
    TRY_OR_DONE(group_rows_init(&rows, features, group));
    for (int i = 0; i < options->n_contenders; i++) {
        const size_t n_before = evaluation->n_results;
        status = detector_takes(options->contenders[i].detector, features_provenance(features));
        if (status == OK)
            status = run_splits(backend, &options->contenders[i], group, &rows, options, evaluation);
        if (status != ERR_INPUT) TRY_OR_DONE(status);
        if (status == OK) continue;
        drop_results(evaluation, n_before);
        TRY_OR_DONE(leave_out(evaluation, group, options->contenders[i].detector));
    }
done:
    group_rows_release(&rows);
    return status;
}

static void tell_left_out(const struct groups_left_out *left_out)
{
    if (left_out->n_failed) log_warning("%d failed recordings are left out", left_out->n_failed);
    if (left_out->n_unlabeled)
        log_warning("%d recordings that are labelled neither normal nor abnormal are left out",
                    left_out->n_unlabeled);
    if (left_out->n_both)
        log_warning("%d recordings whose very samples are found under both labels are left out",
                    left_out->n_both);
}

enum status evaluate(struct backend *backend, struct features *features,
                     const struct evaluate_options *options, struct evaluation *evaluation)
{
    *evaluation = (struct evaluation){ 0 };
    REQUIRE(options->seed <= INT_MAX - options->n_seeds, ERR_USAGE, "--seed %d: too large for %d splits",
            options->seed, options->n_seeds);
    TRY(groups_init(&evaluation->groups, features_recordings(features)));
    tell_left_out(&evaluation->groups.left_out);
    for (int g = 0; g < evaluation->groups.count; g++) {
        const struct group *group = &evaluation->groups.items[g];
        log_info("%s: %d recordings (%d of %d)", group->name, group->n_subjects, g + 1,
                 evaluation->groups.count);
        TRY(evaluate_group(backend, features, group, options, evaluation));
    }
    return OK;
}

void evaluation_release(struct evaluation *evaluation)
{
    drop_results(evaluation, 0);
    memory_free(evaluation->results);
    for (size_t i = 0; i < evaluation->n_left_out; i++) memory_free(evaluation->left_out[i].reason);
    memory_free(evaluation->left_out);
    groups_release(&evaluation->groups);
    *evaluation = (struct evaluation){ 0 };
}

static int count_groups_left_out(const struct evaluation *evaluation)
{
    int n = 0;
    for (size_t i = 0; i < evaluation->n_left_out; i++)
        n += i == 0 || evaluation->left_out[i].group != evaluation->left_out[i - 1].group;
    return n;
}

enum status evaluation_verdict(const struct evaluation *evaluation)
{
    if (evaluation->n_left_out == 0) return OK;
    const struct left_out *first = &evaluation->left_out[0];
    const int n = count_groups_left_out(evaluation);
    return fail(evaluation->n_results ? ERR_PARTIAL : ERR_INPUT,
                "%d of %d groups %s left out; the first: %s%s%s: %s", n, evaluation->groups.count,
                n == 1 ? "was" : "were", first->group->name, first->detector ? " with " : "",
                first->detector ? first->detector->name : "", first->reason);
}
