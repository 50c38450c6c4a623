#include "eval/evaluate.h"

#include "core/log.h"
#include "eval/trial.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

/* ----------------------------------------------------------------------------------------------- cells */

/* A cell on its way, and how it ended. */
struct cell_visit {
    struct cell cell;
    struct group_visit *of;
    char *unfinished; /* folder; NULL: no fit is kept before it is finished */
    struct outcome outcome;
};

/* A group on its way through all contenders; its rows are read when the first one needs them. */
struct group_visit {
    const struct group *group;
    struct group_rows rows;
    struct outcome outcome;   /* of what is asked before any contender: whether it can be split */
    struct cell_visit *cells; /* [contenders] */
};

struct visit {
    struct crew *crew;
    struct features *features;
    const struct evaluate_options *options;
    struct evaluation *evaluation;
    struct group_visit *groups; /* [n_groups] */
    int n_groups;
    struct cell_visit **due; /* [n_groups] that a contender has to compute */
    int n_due;
};

static void note(struct outcome *outcome, enum status status)
{
    outcome->status = status;
    if (status != OK) snprintf(outcome->sentence, sizeof outcome->sentence, "%s", status_sentence());
}

static enum status cell_init(struct cell_visit *visit, struct group_visit *of,
                             const struct contender *contender, const struct evaluate_options *options)
{
    const int n = options->n_seeds;
    *visit = (struct cell_visit){ .cell = { of->group, contender, NULL, n }, .of = of };
    TRY(memory_check(visit->cell.splits = memory_new((size_t)n, sizeof *visit->cell.splits)));
    for (int i = 0; i < n; i++)
        visit->cell.splits[i] = (struct split_result){ .group = of->group,
                                                       .detector = contender->detector,
                                                       .seed = options->seed + i,
                                                       .threshold = (double)NAN };
    return OK;
}

static void cell_release(struct cell_visit *visit)
{
    for (int i = 0; visit->cell.splits && i < visit->cell.n_splits; i++)
        split_result_release(&visit->cell.splits[i]);
    memory_free(visit->cell.splits);
    memory_free(visit->unfinished);
}

static enum status check_stop(const struct evaluate_options *options)
{
    REQUIRE(!options->stop || !*options->stop, ERR_STOPPED, "stopped on a signal; run again to go on");
    return OK;
}

/* Tasks are the splits of all cells that are due, cell after cell. */
static enum status run_trial(void *context, int index, struct backend *backend)
{
    const struct visit *visit = context;
    const struct evaluate_options *options = visit->options;
    const struct cell_visit *at = visit->due[index / options->n_seeds];
    const int split = index % options->n_seeds;
    struct split_result *result = &at->cell.splits[split];
    TRY(check_stop(options));
    char *path = at->unfinished ? checkpoint_path(at->unfinished, split) : NULL;
    const struct checkpoint checkpoint = { path, options->stop, .stays = 1 };
    enum status status = at->unfinished ? memory_check(path) : OK;
    if (status == OK)
        status = trial_run(backend, at->cell.contender, &at->of->rows, options, &checkpoint, result);
    memory_free(path);
    TRY(status);
    log_debug("%s, %s, seed %d: AUC %.4f", result->group->name, result->detector->name, result->seed,
              result->auc);
    return OK;
}

static enum status open_unfinished(const struct keeper *keeper, const struct cell *cell, char **folder)
{
    const int keeps = keeper && keeper->unfinished && cell->contender->detector->fit_on;
    return keeps ? keeper->unfinished(keeper->context, cell, folder) : OK;
}

static enum status judge_all(struct cell *cell)
{
    for (int i = 0; i < cell->n_splits; i++) TRY(split_result_judge(&cell->splits[i]));
    return OK;
}

static const struct keeper *keeper_of(const struct evaluate_options *options)
{
    return evaluate_protocol(options) == &protocol_paper ? options->keeper : NULL;
}

/* From where it is kept; or it is due, and what its trials need is there. */
static enum status recall_or_prepare(struct visit *visit, struct cell_visit *at)
{
    const struct keeper *keeper = keeper_of(visit->options);
    struct cell *cell = &at->cell;
    int found = 0;
    TRY(detector_takes(cell->contender->detector, features_provenance(visit->features)));
    if (keeper) TRY(keeper->recall(keeper->context, cell, &found));
    if (found) return judge_all(cell);
    if (!at->of->rows.group) TRY(group_rows_init(&at->of->rows, visit->features, at->of->group));
    TRY(open_unfinished(visit->options->keeper, cell, &at->unfinished));
    visit->due[visit->n_due++] = at;
    return OK;
}

static enum status finish_cell(const struct visit *visit, struct cell_visit *at,
                               const struct outcome *outcomes)
{
    const struct keeper *keeper = keeper_of(visit->options);
    const enum status status = crew_verdict(outcomes, at->cell.n_splits);
    if (at->unfinished && status != ERR_STOPPED) checkpoint_remove_folder(at->unfinished);
    TRY(status);
    return keeper ? keeper->keep(keeper->context, &at->cell) : OK;
}

static enum status compute_due(struct visit *visit, const struct contender *contender)
{
    const int n_seeds = visit->options->n_seeds, n = visit->n_due * n_seeds;
    if (n == 0) return OK;
    struct outcome *outcomes = memory_new((size_t)n, sizeof *outcomes);
    TRY(memory_check(outcomes));
    crew_try(visit->crew, detector_is_gathered(contender->detector, contender->settings), n, run_trial, visit,
             outcomes);
    for (int i = 0; i < visit->n_due; i++)
        note(&visit->due[i]->outcome, finish_cell(visit, visit->due[i], outcomes + i * n_seeds));
    memory_free(outcomes);
    return OK;
}

/* What is left out is not the others' affair; anything else ends the visit. */
static enum status visit_contender(struct visit *visit, int number)
{
    const struct contender *contender = &visit->options->contenders[number];
    visit->n_due = 0;
    for (int g = 0; g < visit->n_groups; g++) {
        struct group_visit *group = &visit->groups[g];
        struct cell_visit *at = &group->cells[number];
        if (group->outcome.status != OK) continue;
        TRY(cell_init(at, group, contender, visit->options));
        note(&at->outcome, recall_or_prepare(visit, at));
    }
    TRY(compute_due(visit, contender));
    for (int g = 0; g < visit->n_groups; g++) {
        const struct outcome *outcome = &visit->groups[g].cells[number].outcome;
        if (outcome->status != ERR_INPUT) TRY(crew_verdict(outcome, 1));
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- groups */

static int is_left_out(const struct evaluation *evaluation, const struct group *group)
{
    for (size_t i = 0; i < evaluation->n_left_out; i++)
        if (evaluation->left_out[i].group == group && !evaluation->left_out[i].detector) return 1;
    return 0;
}

static enum status visit_init(struct visit *visit, int first_group)
{
    const size_t n = (size_t)visit->n_groups, n_contenders = (size_t)visit->options->n_contenders;
    TRY(memory_check(visit->groups = memory_new(n, sizeof *visit->groups)));
    TRY(memory_check(visit->due = memory_new(n, sizeof *visit->due)));
    for (size_t g = 0; g < n; g++) {
        struct group_visit *group = &visit->groups[g];
        group->group = &visit->evaluation->groups.items[first_group + (int)g];
        TRY(memory_check(group->cells = memory_new(n_contenders, sizeof *group->cells)));
        if (is_left_out(visit->evaluation, group->group))
            group->outcome.status = ERR_PARTIAL; /* and it is known why */
        else
            note(&group->outcome, trial_check(group->group, visit->options));
    }
    return OK;
}

static void visit_release(struct visit *visit)
{
    for (int g = 0; visit->groups && g < visit->n_groups; g++) {
        struct group_visit *group = &visit->groups[g];
        for (int c = 0; group->cells && c < visit->options->n_contenders; c++) cell_release(&group->cells[c]);
        memory_free(group->cells);
        group_rows_release(&group->rows);
    }
    memory_free(visit->groups);
    memory_free(visit->due);
}

/* The splits change hands. */
static enum status add_results(struct evaluation *evaluation, struct cell *cell)
{
    for (int i = 0; i < cell->n_splits; i++) {
        TRY(memory_grow((void **)&evaluation->results, &evaluation->results_capacity, evaluation->n_results,
                        sizeof *evaluation->results));
        evaluation->results[evaluation->n_results++] = cell->splits[i];
        cell->splits[i] = (struct split_result){ 0 };
    }
    return OK;
}

static enum status leave_out(struct evaluation *evaluation, const struct group *group,
                             const struct detector *detector, const char *reason)
{
    TRY(memory_grow((void **)&evaluation->left_out, &evaluation->left_out_capacity, evaluation->n_left_out,
                    sizeof *evaluation->left_out));
    struct left_out left_out = { group, detector, memory_text(reason) };
    TRY(memory_check(left_out.reason));
    evaluation->left_out[evaluation->n_left_out++] = left_out;
    return OK;
}

/* Results and what is left out, group after group. */
static enum status tell(struct visit *visit)
{
    for (int g = 0; g < visit->n_groups; g++) {
        struct group_visit *group = &visit->groups[g];
        if (group->outcome.status == ERR_INPUT)
            TRY(leave_out(visit->evaluation, group->group, NULL, group->outcome.sentence));
        for (int c = 0; c < visit->options->n_contenders && group->outcome.status == OK; c++) {
            struct cell_visit *at = &group->cells[c];
            if (at->outcome.status == OK)
                TRY(add_results(visit->evaluation, &at->cell));
            else
                TRY(leave_out(visit->evaluation, group->group, at->cell.contender->detector,
                              at->outcome.sentence));
        }
    }
    return OK;
}

static enum status visit_groups(struct visit *visit, int first_group)
{
    TRY(visit_init(visit, first_group));
    for (int g = 0; g < visit->n_groups; g++) {
        const struct outcome *outcome = &visit->groups[g].outcome;
        if (outcome->status != ERR_INPUT && outcome->status != ERR_PARTIAL) TRY(crew_verdict(outcome, 1));
    }
    for (int c = 0; c < visit->options->n_contenders; c++) TRY(visit_contender(visit, c));
    return tell(visit);
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

const struct protocol *evaluate_protocol(const struct evaluate_options *options)
{
    return options->protocol ? options->protocol : &protocol_paper;
}

enum status evaluation_init(struct evaluation *evaluation, struct features *features,
                            const struct protocol *protocol)
{
    const struct features_table *table = features_recordings(features);
    *evaluation = (struct evaluation){ 0 };
    TRY(protocol->is_official ? groups_init_official(&evaluation->groups, table)
                              : groups_init(&evaluation->groups, table));
    tell_left_out(&evaluation->groups.left_out);
    return OK;
}

enum status evaluation_visit(struct evaluation *evaluation, int first_group, int n_groups, struct crew *crew,
                             struct features *features, const struct evaluate_options *options)
{
    struct visit visit = { crew, features, options, evaluation, .n_groups = n_groups };
    TRY(check_seeds(options));
    const enum status status = visit_groups(&visit, first_group);
    visit_release(&visit);
    return status;
}

/* Rows in memory: a group's, and those that each of its trials prepares. */
static double rows_bytes(const struct group *group, int columns, int n_seeds)
{
    return (double)group->n_patches * columns * sizeof(float) * (1 + n_seeds);
}

int evaluation_abreast(const struct evaluation *evaluation, int first_group, const struct crew *crew,
                       struct features *features, const struct evaluate_options *options)
{
    const int most = crew ? crew->n_members / options->n_seeds : 1;
    double bytes = 0;
    int n = 0, can_gather = 0;
    for (int c = 0; c < options->n_contenders; c++)
        can_gather |= detector_is_gathered(options->contenders[c].detector, options->contenders[c].settings);
    if (!crew || !can_gather || crew->n_members == crew->n_by_threads) return 1;
    for (; n < most && first_group + n < evaluation->groups.count; n++) {
        bytes += rows_bytes(&evaluation->groups.items[first_group + n], features_columns(features),
                            options->n_seeds);
        if (bytes > CREW_MOST_BYTES) break;
    }
    return n > 1 ? n : 1;
}

enum status evaluate(struct crew *crew, struct features *features, const struct evaluate_options *options,
                     struct evaluation *evaluation)
{
    *evaluation = (struct evaluation){ 0 };
    TRY(check_seeds(options));
    TRY(evaluation_init(evaluation, features, evaluate_protocol(options)));
    const int count = evaluation->groups.count;
    for (int g = 0, n; g < count; g += n) {
        n = evaluation_abreast(evaluation, g, crew, features, options);
        for (int i = g; i < g + n; i++)
            log_info("%s: %d recordings (%d of %d)", evaluation->groups.items[i].name,
                     evaluation->groups.items[i].n_subjects, i + 1, count);
        TRY(evaluation_visit(evaluation, g, n, crew, features, options));
    }
    return OK;
}

void evaluation_release(struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->n_results; i++) split_result_release(&evaluation->results[i]);
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
