#include "eval/evaluate.h"

#include "core/log.h"
#include "eval/trial.h"

#include <limits.h>

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
    while (evaluation->n_results > n_kept)
        split_result_release(&evaluation->results[--evaluation->n_results]);
}

/* ----------------------------------------------------------------------------------------------- cells */

/* Empty results of the next cell. */
static enum status add_cell(struct evaluation *evaluation, const struct evaluate_options *options,
                            struct cell *cell)
{
    for (int i = 0; i < options->n_seeds; i++) {
        TRY(memory_grow((void **)&evaluation->results, &evaluation->results_capacity, evaluation->n_results,
                        sizeof *evaluation->results));
        evaluation->results[evaluation->n_results++] = (struct split_result){
            .group = cell->group, .detector = cell->contender->detector, .seed = options->seed + i
        };
    }
    cell->n_splits = options->n_seeds;
    cell->splits = &evaluation->results[evaluation->n_results - (size_t)options->n_seeds];
    return OK;
}

struct round {
    const struct cell *cell;
    const struct group_rows *rows;
    const struct evaluate_options *options;
    char *unfinished; /* folder; NULL: no fit is kept before it is finished */
};

static enum status run_trial(void *context, int index, struct backend *backend)
{
    const struct round *round = context;
    struct split_result *result = &round->cell->splits[index];
    char *path = round->unfinished ? checkpoint_path(round->unfinished, index) : NULL;
    const struct checkpoint checkpoint = { path, round->options->stop, .stays = 1 };
    enum status status = round->unfinished ? memory_check(path) : OK;
    if (status == OK)
        status = trial_run(backend, round->cell->contender, round->rows, round->options, &checkpoint, result);
    memory_free(path);
    TRY(status);
    log_debug("%s, %s, seed %d: AUC %.4f", result->group->name, result->detector->name, result->seed,
              result->auc);
    return OK;
}

/* A group on its way through all contenders; its rows are read when the first one needs them. */
struct visit {
    struct crew *crew;
    struct features *features;
    const struct evaluate_options *options;
    const struct group *group;
    struct group_rows rows;
};

static enum status open_unfinished(const struct keeper *keeper, const struct cell *cell, char **folder)
{
    const int keeps = keeper && keeper->unfinished && cell->contender->detector->fit_on;
    return keeps ? keeper->unfinished(keeper->context, cell, folder) : OK;
}

static enum status compute_cell(struct visit *visit, struct cell *cell)
{
    struct round round = { cell, &visit->rows, visit->options, NULL };
    if (!visit->rows.group) TRY(group_rows_init(&visit->rows, visit->features, visit->group));
    TRY(open_unfinished(visit->options->keeper, cell, &round.unfinished));
    const enum status status = crew_run(visit->crew, cell->n_splits, run_trial, &round);
    if (round.unfinished && status != ERR_STOPPED) checkpoint_remove_folder(round.unfinished);
    memory_free(round.unfinished);
    return status;
}

static enum status judge_all(struct cell *cell)
{
    for (int i = 0; i < cell->n_splits; i++) TRY(split_result_judge(&cell->splits[i]));
    return OK;
}

static enum status fill_cell(struct visit *visit, struct cell *cell)
{
    const struct keeper *keeper = visit->options->keeper;
    int found = 0;
    TRY(detector_takes(cell->contender->detector, features_provenance(visit->features)));
    if (keeper) TRY(keeper->recall(keeper->context, cell, &found));
    if (found) return judge_all(cell);
    REQUIRE(!visit->options->stop || !*visit->options->stop, ERR_STOPPED,
            "stopped on a signal; run again to go on");
    TRY(compute_cell(visit, cell));
    return keeper ? keeper->keep(keeper->context, cell) : OK;
}

/* ---------------------------------------------------------------------------------------------- groups */

static enum status visit_contender(struct visit *visit, const struct contender *contender,
                                   struct evaluation *evaluation)
{
    struct cell cell = { .group = visit->group, .contender = contender };
    const size_t n_before = evaluation->n_results;
    TRY(add_cell(evaluation, visit->options, &cell));
    const enum status status = fill_cell(visit, &cell);
    if (status == OK) return OK;
    drop_results(evaluation, n_before);
    return status == ERR_INPUT ? leave_out(evaluation, visit->group, contender->detector) : status;
}

static int is_left_out(const struct evaluation *evaluation, const struct group *group)
{
    for (size_t i = 0; i < evaluation->n_left_out; i++)
        if (evaluation->left_out[i].group == group && !evaluation->left_out[i].detector) return 1;
    return 0;
}

static enum status visit_group(struct visit *visit, struct evaluation *evaluation)
{
    if (is_left_out(evaluation, visit->group)) return OK;
    enum status status = trial_check(visit->group, visit->options);
    if (status == ERR_INPUT) return leave_out(evaluation, visit->group, NULL);
    for (int i = 0; i < visit->options->n_contenders && status == OK; i++)
        status = visit_contender(visit, &visit->options->contenders[i], evaluation);
    group_rows_release(&visit->rows);
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

static enum status check_seeds(const struct evaluate_options *options)
{
    REQUIRE(options->seed <= INT_MAX - options->n_seeds, ERR_USAGE, "--seed %d: too large for %d splits",
            options->seed, options->n_seeds);
    return OK;
}

enum status evaluation_init(struct evaluation *evaluation, struct features *features)
{
    *evaluation = (struct evaluation){ 0 };
    TRY(groups_init(&evaluation->groups, features_recordings(features)));
    tell_left_out(&evaluation->groups.left_out);
    return OK;
}

enum status evaluation_visit(struct evaluation *evaluation, int group, struct crew *crew,
                             struct features *features, const struct evaluate_options *options)
{
    struct visit visit = { crew, features, options, &evaluation->groups.items[group], { 0 } };
    TRY(check_seeds(options));
    return visit_group(&visit, evaluation);
}

enum status evaluate(struct crew *crew, struct features *features, const struct evaluate_options *options,
                     struct evaluation *evaluation)
{
    *evaluation = (struct evaluation){ 0 };
    TRY(check_seeds(options));
    TRY(evaluation_init(evaluation, features));
    for (int g = 0; g < evaluation->groups.count; g++) {
        const struct group *group = &evaluation->groups.items[g];
        log_info("%s: %d recordings (%d of %d)", group->name, group->n_subjects, g + 1,
                 evaluation->groups.count);
        TRY(evaluation_visit(evaluation, g, crew, features, options));
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
