/* Running a sweep: features pass by pass, then the cells of each setting, split by split. */
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/output.h"
#include "eval/cell_file.h"
#include "eval/crew_place.h"
#include "eval/sweep.h"
#include "pipeline/pass.h"

#include <string.h>

/* -------------------------------------------------------------------------------------------- features */

/* What came of a pass. */
static enum status take_output(struct sweep *sweep, struct sweep_features *f,
                               const struct pass_output *output)
{
    if (output->status != OK) {
        log_warning("%s: %s", f->name, output->reason);
        return memory_replace(&f->reason, output->reason);
    }
    return output->result.is_merged ? sweep_open_features(sweep, f) : OK;
}

static enum status run_pass(struct sweep *sweep, int pass, struct pass_output *outputs)
{
    const struct sweep_settings *s = sweep->input.settings;
    const struct run_options options = { .shard = s->shard,
                                         .devices = s->devices,
                                         .shard_size = s->shard_size,
                                         .batch = s->batch,
                                         .overwrite = s->overwrite,
                                         .max_failures = -1,
                                         .progress = s->progress };
    int n = 0;
    for (size_t i = 0; i < sweep->n_features; i++)
        if (sweep->features[i]->pass == pass)
            outputs[n++] =
                (struct pass_output){ .setup = &sweep->features[i]->setup, .path = sweep->features[i]->path };
    log_info("pass %d of %d: %zu recordings, %d feature file%s", pass + 1, sweep->n_passes,
             sweep->dataset.count, n, n == 1 ? "" : "s");
    TRY(pass_run(outputs, n, &options, &sweep->dataset, &(struct pass_watch){ .stop = sweep->input.stop }));
    n = 0;
    for (size_t i = 0; i < sweep->n_features; i++)
        if (sweep->features[i]->pass == pass) TRY(take_output(sweep, sweep->features[i], &outputs[n++]));
    return OK;
}

static enum status make_folder(const struct sweep *sweep)
{
    char *folder = memory_print("%s/features", sweep->input.settings->output);
    enum status status = memory_check(folder);
    if (status == OK) status = output_folder(folder);
    memory_free(folder);
    return status;
}

enum status sweep_make_features(struct sweep *sweep)
{
    const double started_s = clock_seconds();
    struct pass_output *outputs = memory_new(sweep->n_features, sizeof *outputs);
    enum status status = memory_check(outputs);
    if (status == OK) status = make_folder(sweep);
    for (int pass = 0; pass < sweep->n_passes && status == OK; pass++)
        status = run_pass(sweep, pass, outputs);
    memory_free(outputs);
    sweep->extract_s = clock_seconds() - started_s;
    if (status == OK && !sweep->input.settings->shard)
        for (size_t i = sweep->n_features; i-- > 0;) setup_release(&sweep->features[i]->setup);
    return status;
}

/* ------------------------------------------------------------------------------------------------ cells */

struct keeping {
    struct sweep *sweep;
    struct sweep_setting *setting;
    const struct evaluate_options *options;
};

/* One split of a cell, and where it is kept. */
struct kept {
    struct cell cell;
    json_t *recipe;
    char *path;
};

static enum status kept_init(struct kept *kept, const struct keeping *keeping, const struct cell *cell,
                             int split)
{
    struct evaluate_options options = *keeping->options;
    options.seed = cell->splits[split].seed;
    options.n_seeds = 1;
    kept->cell = (struct cell){ cell->group, cell->contender, &cell->splits[split], 1 };
    kept->recipe =
        cell_recipe(&kept->cell, &options, features_provenance(keeping->setting->features->features));
    kept->path = sweep_cell_path(keeping->sweep, keeping->setting, cell->group->name, options.seed);
    return kept->recipe && kept->path ? OK : ERR_MEMORY;
}

static void kept_release(struct kept *kept)
{
    json_decref(kept->recipe);
    memory_free(kept->path);
}

static enum status recall(void *context, struct cell *cell, int *found)
{
    struct keeping *keeping = context;
    enum status status = OK;
    *found = 1;
    for (int i = 0; i < cell->n_splits && *found && status == OK; i++) {
        struct kept kept;
        status = kept_init(&kept, keeping, cell, i);
        if (status == OK) status = cell_load(&kept.cell, kept.recipe, kept.path, found);
        kept_release(&kept);
    }
    if (*found) keeping->setting->n_reused += cell->n_splits;
    for (int i = 0; i < cell->n_splits && !*found; i++) split_result_release(&cell->splits[i]);
    return status;
}

static enum status keep(void *context, const struct cell *cell)
{
    struct keeping *keeping = context;
    for (int i = 0; i < cell->n_splits; i++) {
        struct kept kept;
        enum status status = kept_init(&kept, keeping, cell, i);
        if (status == OK) status = cell_save(&kept.cell, kept.recipe, kept.path);
        kept_release(&kept);
        TRY(status);
    }
    keeping->setting->n_computed += cell->n_splits;
    return OK;
}

/* Under the name of the first seed's file. */
static enum status unfinished(void *context, const struct cell *cell, char **folder)
{
    const struct keeping *keeping = context;
    char *path = sweep_cell_path(keeping->sweep, keeping->setting, cell->group->name, cell->splits[0].seed);
    TRY(memory_check(path));
    const enum status status = cell_unfinished(path, folder);
    memory_free(path);
    return status;
}

/* ---------------------------------------------------------------------------------------------- settings */

/* Groups that are not wanted are taken out. */
static void narrow(const struct sweep *sweep, struct groups *groups)
{
    int kept = 0;
    for (int g = 0; g < groups->count; g++) {
        const struct group *group = &groups->items[g];
        if (sweep_is_wanted(sweep, group->of, group->name))
            groups->items[kept++] = *group;
        else
            group_release(&groups->items[g]);
    }
    groups->count = kept;
}

static int is_kept(const struct keeping *keeping, int group, int split)
{
    const struct group *of = &keeping->setting->evaluation.groups.items[group];
    return sweep_is_kept(keeping->sweep, keeping->setting, of->name,
                         keeping->sweep->input.options->seed + split);
}

static int has_any_kept(const struct keeping *keeping, int group)
{
    for (int i = 0; i < keeping->sweep->input.options->n_seeds; i++)
        if (is_kept(keeping, group, i)) return 1;
    return 0;
}

/* The group's splits in runs of those that are kept and those that are not. */
static enum status judge_group(struct keeping *keeping, struct evaluate_options *options, int group)
{
    struct sweep *sweep = keeping->sweep;
    const struct evaluate_options *all = sweep->input.options;
    for (int first = 0, end; first < all->n_seeds; first = end) {
        const int kept = is_kept(keeping, group, first);
        for (end = first + 1; end < all->n_seeds && is_kept(keeping, group, end) == kept;) end++;
        options->seed = all->seed + first;
        options->n_seeds = end - first;
        TRY(evaluation_visit(&keeping->setting->evaluation, group, 1, &sweep->crew,
                             keeping->setting->features->features, options));
    }
    options->seed = all->seed;
    options->n_seeds = all->n_seeds;
    return OK;
}

/* How many groups from the first on are visited at once: those of which nothing is kept. */
static int count_abreast(const struct keeping *keeping, const struct evaluate_options *options, int first)
{
    const struct sweep_setting *setting = keeping->setting;
    const int most = evaluation_abreast(&setting->evaluation, first, &keeping->sweep->crew,
                                        setting->features->features, options);
    int n = 0;
    while (n < most && !has_any_kept(keeping, first + n)) n++;
    return n;
}

static enum status judge_groups(struct keeping *keeping, struct evaluate_options *options)
{
    struct sweep_setting *setting = keeping->setting;
    for (int g = 0, n; g<setting->evaluation.groups.count; g += n> 0 ? n : 1) {
        n = count_abreast(keeping, options, g);
        if (n == 0)
            TRY(judge_group(keeping, options, g));
        else
            TRY(evaluation_visit(&setting->evaluation, g, n, &keeping->sweep->crew,
                                 setting->features->features, options));
    }
    return OK;
}

static enum status judge_setting(struct sweep *sweep, struct sweep_setting *setting)
{
    struct evaluate_options options = *sweep->input.options;
    struct keeping keeping = { sweep, setting, &options };
    const struct keeper keeper = { &keeping, recall, keep, unfinished };
    const double started_s = clock_seconds();
    options.contenders = &setting->contender;
    options.n_contenders = 1;
    options.preparation = setting->preparation;
    options.pooler = setting->pooler;
    options.keeper = &keeper;
    options.stop = sweep->input.stop;
    TRY(evaluation_init(&setting->evaluation, setting->features->features, &protocol_paper));
    narrow(sweep, &setting->evaluation.groups);
    TRY(judge_groups(&keeping, &options));
    setting->seconds = clock_seconds() - started_s;
    return summaries_init(&setting->summaries, &setting->evaluation);
}

static void tell_setting(const struct sweep *sweep, const struct sweep_setting *setting, size_t number)
{
    char label[SWEEP_LABEL];
    sweep_label(sweep, setting, label);
    log_info("%zu of %zu: %s: AUC %.4f; %d splits computed, %d there already", number + 1, sweep->n_settings,
             label, summaries_mean(&setting->summaries, NULL).auc, setting->n_computed, setting->n_reused);
}

static enum status judge_if_possible(struct sweep *sweep, size_t number)
{
    struct sweep_setting *setting = sweep->settings[number];
    if (!setting->features->features) return OK; /* and it is known why */
    const enum status status = judge_setting(sweep, setting);
    if (status == ERR_INPUT) { /* no usable recording */
        log_warning("%s: %s", setting->features->name, status_sentence());
        return memory_replace(&setting->features->reason, status_sentence());
    }
    if (status == OK) tell_setting(sweep, setting, number);
    return status;
}

enum status sweep_judge(struct sweep *sweep)
{
    if (!sweep->crew.whole)
        TRY(crew_open_at(&sweep->crew, &sweep->input.compute->place, sweep->input.options->n_seeds));
    for (size_t i = 0; i < sweep->n_settings; i++) TRY(judge_if_possible(sweep, i));
    return OK;
}

/* ----------------------------------------------------------------------------------------------- verdict */

/* Why the setting lacks a group, or all of them; NULL: it lacks none. */
static const char *gap_of(const struct sweep_setting *setting, const char **group)
{
    *group = "";
    if (setting->features->reason) return setting->features->reason;
    if (setting->evaluation.n_left_out == 0) return setting->summaries.count > 0 ? NULL : "one label only";
    *group = setting->evaluation.left_out[0].group->name;
    return setting->evaluation.left_out[0].reason;
}

enum status sweep_verdict(const struct sweep *sweep)
{
    size_t n_judged = 0, n_whole = 0;
    const char *first = NULL, *of = "";
    for (size_t i = 0; i < sweep->n_settings; i++) {
        const char *group, *gap = gap_of(sweep->settings[i], &group);
        n_judged += sweep->settings[i]->summaries.count > 0;
        n_whole += gap == NULL;
        if (first || !gap) continue;
        first = gap;
        of = group;
    }
    REQUIRE(n_judged > 0, ERR_INPUT, "no setting could be judged; the first reason: %s%s%s", of,
            *of ? ": " : "", first);
    REQUIRE(!first, ERR_PARTIAL, "%zu of %zu settings have results of all groups; the first gap: %s%s%s",
            n_whole, sweep->n_settings, of, *of ? ": " : "", first);
    REQUIRE(sweep->n_failed == 0, ERR_PARTIAL, "%d recordings could not be used", sweep->n_failed);
    return OK;
}
