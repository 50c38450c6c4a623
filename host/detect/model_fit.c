/* From a feature file to a model: which recordings form a group, which of them are learned from, and one fit
 * a group. */
#include "detect/model.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "detect/train_list.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { LEVEL_MACHINE = 1, LEVEL_ID = 2, LEVEL_SNR = 4, ALL_LEVELS = 7 };

/* The recordings that can be used, in runs of the same group, and whether they are learned from. */
struct trainee {
    const struct feature_recording *row;
    int group; /* place in struct fitting.names */
    int is_learned;
};

struct fitting {
    struct features *features;
    struct trainee *trainees;
    size_t count, capacity;
    char **names; /* of groups, owned */
    size_t n_groups, groups_capacity;
    int levels;        /* LEVEL_… */
    const char *basis; /* "list", or NULL: by label */
    int n_passed_over; /* groups of which the list names no recording */
    int n_failed;      /* groups that could not be learned */
    int n_unused;      /* lines of the list that name no usable recording */
};

/* -------------------------------------------------------------------------------------------- grouping */

static enum status parse_levels(const char *words, int *levels)
{
    static const char *const names[] = { "machine", "id", "snr" };
    *levels = words ? 0 : ALL_LEVELS;
    while (words && *words) {
        const size_t length = strcspn(words, ",");
        int i = 0;
        while (i < 3 && (strlen(names[i]) != length || strncmp(names[i], words, length) != 0)) i++;
        REQUIRE(i < 3, ERR_USAGE, "--group %s: expected some of machine,id,snr", words);
        *levels |= 1 << i;
        words += length + (words[length] == ',');
    }
    return OK;
}

/* The recording with only those levels that form groups; borrows its strings. */
static struct recording levels_of(const struct recording *recording, int levels)
{
    static char none[] = "";
    struct recording of = *recording;
    if (!(levels & LEVEL_MACHINE)) of.machine = none;
    if (!(levels & LEVEL_ID)) of.id = none;
    if (!(levels & LEVEL_SNR)) of.snr = none;
    return of;
}

static enum status group_number(struct fitting *f, const struct recording *recording, int *number)
{
    char name[256];
    const struct recording of = levels_of(recording, f->levels);
    recording_group(&of, name);
    for (size_t i = f->n_groups; i-- > 0;) {
        *number = (int)i;
        if (strcmp(f->names[i], name) == 0) return OK;
    }
    TRY(memory_grow((void **)&f->names, &f->groups_capacity, f->n_groups, sizeof *f->names));
    TRY(memory_check(f->names[f->n_groups] = memory_text(name)));
    *number = (int)f->n_groups++;
    return OK;
}

static enum status add_trainee(struct fitting *f, const struct feature_recording *row,
                               struct train_list *list)
{
    TRY(memory_grow((void **)&f->trainees, &f->capacity, f->count, sizeof *f->trainees));
    struct trainee *trainee = &f->trainees[f->count++];
    *trainee = (struct trainee){ .row = row };
    TRY(group_number(f, &row->of, &trainee->group));
    if (list) return train_list_has(list, &row->of, &trainee->is_learned);
    trainee->is_learned = strcmp(row->of.label, "normal") == 0;
    return OK;
}

static enum status add_trainees(struct fitting *f, struct train_list *list)
{
    const struct features_table *table = features_recordings(f->features);
    for (size_t i = 0; i < table->count; i++) {
        const struct feature_recording *row = &table->rows[i];
        if (row->status == RECORDING_OK && row->n_patches > 0) TRY(add_trainee(f, row, list));
    }
    return OK;
}

static enum status add_listed(struct fitting *f, const char *path)
{
    struct train_list list;
    const char *first;
    enum status status = train_list_init(&list, path);
    if (status == OK) status = add_trainees(f, &list);
    if (status == OK) f->n_unused = train_list_unused(&list, &first);
    if (f->n_unused > 0)
        log_warning("%s: %d of %d lines name no usable recording of the feature file, the first is %s", path,
                    f->n_unused, list.n_lines, first);
    train_list_release(&list);
    return status;
}

/* ------------------------------------------------------------------------------------------- one group */

/* Where no recording of the group is labelled normal, all of them are learned from. */
static const char *choose_basis(struct fitting *f, int group)
{
    int n = 0, n_learned = 0;
    for (size_t i = 0; i < f->count; i++) {
        n += f->trainees[i].group == group;
        n_learned += f->trainees[i].group == group && f->trainees[i].is_learned;
    }
    if (f->basis) return f->basis;
    if (n_learned > 0) return "normal";
    log_warning("%s: no recording is labelled normal, so all %d are learned from", f->names[group], n);
    for (size_t i = 0; i < f->count; i++)
        if (f->trainees[i].group == group) f->trainees[i].is_learned = 1;
    return "all";
}

static int is_taken(const struct fitting *f, size_t i, int group)
{
    return f->trainees[i].group == group && f->trainees[i].is_learned;
}

static int is_same_recording(const struct recording *a, const struct recording *b)
{
    return strcmp(a->path, b->path) == 0 && strcmp(a->root, b->root) == 0;
}

/* Recordings and patches of the group that are learned from; channels of one path count once. */
static void count_rows(const struct fitting *f, int group, struct model_group *out)
{
    const struct recording *last = NULL;
    for (size_t i = 0; i < f->count; i++) {
        if (!is_taken(f, i, group)) continue;
        const struct recording *of = &f->trainees[i].row->of;
        out->n_recordings += !last || !is_same_recording(last, of);
        out->n_patches += f->trainees[i].row->n_patches;
        last = of;
    }
}

static enum status read_rows(const struct fitting *f, int group, struct rows *rows)
{
    const struct recording *last = NULL;
    int filled = 0, number = -1;
    for (size_t i = 0; i < f->count; i++) {
        if (!is_taken(f, i, group)) continue;
        const struct feature_recording *row = f->trainees[i].row;
        TRY(features_read(f->features, row->first_patch, row->n_patches, matrix_row(&rows->x, filled)));
        if (!last || !is_same_recording(last, &row->of)) number++;
        rows_tell(rows, filled, row->n_patches, number, row->level.rms_dbfs);
        last = &row->of;
        filled += row->n_patches;
    }
    return OK;
}

static enum status name_levels(const struct fitting *f, int group, struct model_group *out)
{
    size_t i = 0;
    while (f->trainees[i].group != group) i++;
    const struct recording of = levels_of(&f->trainees[i].row->of, f->levels);
    TRY(memory_check(out->machine = memory_text(of.machine)));
    TRY(memory_check(out->id = memory_text(of.id)));
    return memory_check(out->snr = memory_text(of.snr));
}

/* A group on its way to its model. */
struct group_fit {
    int number;   /* of fitting.names */
    size_t place; /* in the model's groups */
    struct rows rows;
};

/* Groups that are fitted side by side. */
struct fit_round {
    const struct model_fit_options *options;
    struct model *model;
    struct group_fit *fits;   /* [n] */
    struct outcome *outcomes; /* [n] */
    int n;
};

static enum status fit_rows(const struct model_fit_options *options, struct backend *backend, int group,
                            const struct rows *rows, void *fitted)
{
    char *path = options->checkpoints ? checkpoint_path(options->checkpoints, group) : NULL;
    const struct checkpoint checkpoint = { path, options->stop, .stays = 1 };
    enum status status = options->checkpoints ? memory_check(path) : OK;
    if (status == OK)
        status = detector_fit(options->detector, backend, options->settings, rows, &checkpoint, fitted);
    memory_free(path);
    return status;
}

/* A model without a threshold still scores. */
static enum status calibrate(const struct model_fit_options *options, struct backend *backend,
                             const struct rows *rows, struct model_group *out)
{
    const enum status status =
        calibration_fit(&out->calibration, backend, options->detector, options->settings,
                        &options->calibration, rows, &options->pooler);
    if (status != ERR_INPUT) return status;
    log_warning("%s: no threshold: %s", out->name, status_sentence());
    calibration_release(&out->calibration);
    return OK;
}

/* A task of the crew's. */
static enum status fit_group(void *context, int index, struct backend *backend)
{
    const struct fit_round *round = context;
    struct group_fit *fit = &round->fits[index];
    struct model_group *out = &round->model->groups[fit->place];
    const double started_s = clock_seconds();
    TRY(preparation_fit(&out->preparation, backend, &round->options->preparation, &fit->rows,
                        round->options->detector->takes_cells));
    TRY(preparation_apply(&out->preparation, &fit->rows));
    TRY(fit_rows(round->options, backend, fit->number, &fit->rows, out->fitted));
    TRY(calibrate(round->options, backend, &fit->rows, out));
    out->seconds = clock_seconds() - started_s;
    return OK;
}

/* What comes before a fit, and reads the file: one group after the other. */
static enum status prepare_group(struct fitting *f, const struct model_fit_options *options,
                                 struct group_fit *fit, struct model_group *out)
{
    const int columns = features_columns(f->features);
    TRY(name_levels(f, fit->number, out));
    out->basis = choose_basis(f, fit->number);
    count_rows(f, fit->number, out);
    REQUIRE(out->n_patches <= INT_MAX, ERR_INPUT, "%lld patches, at most %d can be learned from",
            out->n_patches, INT_MAX);
    TRY(options->detector->check(options->settings, (int)out->n_patches,
                                 preparation_columns(&options->preparation, columns)));
    TRY(rows_init(&fit->rows, (int)out->n_patches, columns));
    return read_rows(f, fit->number, &fit->rows);
}

/* ------------------------------------------------------------------------------------------ all groups */

static int is_passed_over(const struct fitting *f, int group)
{
    for (size_t i = 0; i < f->count; i++)
        if (is_taken(f, i, group)) return 0;
    return f->basis != NULL;
}

/* What cannot be learned is told and the others go on. */
static enum status leave_out(struct fitting *f, int group, enum status status)
{
    if (status == ERR_STOPPED) return fail_within(status, "%s", f->names[group]);
    if (status != ERR_INPUT) return status;
    log_warning("%s: not learned: %s", f->names[group], status_sentence());
    f->n_failed++;
    return OK;
}

static double rows_bytes(const struct rows *rows)
{
    return (double)rows->x.rows * rows->x.columns * sizeof(float);
}

/* The next groups that can be learned, from *next on, which goes beyond them. */
static enum status collect(struct fitting *f, struct fit_round *round, int most, int *next)
{
    double bytes = 0;
    for (round->n = 0; *next < (int)f->n_groups && round->n < most && bytes < CREW_MOST_BYTES; ++*next) {
        struct group_fit *fit = &round->fits[round->n];
        struct model_group *group;
        if (is_passed_over(f, *next)) {
            f->n_passed_over++;
            continue;
        }
        *fit = (struct group_fit){ .number = *next, .place = round->model->count };
        TRY(model_add_group(round->model, f->names[*next], &group));
        const enum status status = prepare_group(f, round->options, fit, group);
        bytes += rows_bytes(&fit->rows);
        if (status == OK) {
            round->n++;
            continue;
        }
        rows_release(&fit->rows);
        TRY(leave_out(f, fit->number, status));
        model_drop_group(round->model, fit->place);
    }
    return OK;
}

/* From the last one on, so that places stay. */
static enum status take_outcomes(struct fitting *f, const struct fit_round *round)
{
    for (int i = 0; i < round->n; i++) {
        const enum status status = crew_verdict(&round->outcomes[i], 1);
        if (status != OK) TRY(leave_out(f, round->fits[i].number, status));
    }
    for (int i = round->n - 1; i >= 0; i--)
        if (round->outcomes[i].status != OK) model_drop_group(round->model, round->fits[i].place);
    return OK;
}

static void release_rows(const struct fit_round *round)
{
    for (int i = 0; i < round->n; i++) rows_release(&round->fits[i].rows);
}

static enum status fit_some(struct fitting *f, struct crew *crew, struct fit_round *round, int most,
                            int *next)
{
    const int is_gathered = detector_is_gathered(round->options->detector, round->options->settings);
    enum status status = collect(f, round, most, next);
    if (status == OK) crew_try(crew, is_gathered, round->n, fit_group, round, round->outcomes);
    release_rows(round);
    return status == OK ? take_outcomes(f, round) : status;
}

static enum status fit_groups(struct fitting *f, struct crew *crew, const struct model_fit_options *options,
                              struct model *model)
{
    const int most = crew->n_members > 0 ? crew->n_members : 1;
    struct fit_round round = { options, model, NULL, NULL, 0 };
    enum status status = OK;
    round.fits = memory_new((size_t)most, sizeof *round.fits);
    round.outcomes = memory_new((size_t)most, sizeof *round.outcomes);
    if (!round.fits || !round.outcomes) status = ERR_MEMORY;
    for (int next = 0; status == OK && next < (int)f->n_groups;)
        status = fit_some(f, crew, &round, most, &next);
    memory_free(round.fits);
    memory_free(round.outcomes);
    return status;
}

static enum status verdict(const struct fitting *f, const struct model *model)
{
    REQUIRE(f->n_groups > 0, ERR_INPUT, "the feature file has no usable recording");
    REQUIRE(f->n_passed_over < (int)f->n_groups, ERR_INPUT,
            "--train-list names no usable recording of the feature file");
    REQUIRE(model->count > 0, ERR_INPUT, "no group could be learned: %s", status_sentence());
    REQUIRE(f->n_failed == 0, ERR_PARTIAL, "%d of %zu groups could not be learned", f->n_failed, f->n_groups);
    REQUIRE(f->n_unused == 0, ERR_PARTIAL, "%d lines of --train-list name no usable recording", f->n_unused);
    return OK;
}

static enum status describe_model(struct model *model, const struct features *features,
                                  const struct model_fit_options *options)
{
    const struct option_set set = { options->detector->options, (void *)(uintptr_t)options->settings, NULL };
    model->detector = options->detector;
    model->columns = features_columns(features);
    model->pooler = options->pooler;
    TRY(preparation_record(&options->preparation, &model->preparation));
    TRY(options_record(&set, &model->settings));
    return attributes_copy(&model->provenance, features_provenance(features));
}

enum status model_fit(struct model *model, struct crew *crew, struct features *features,
                      const struct model_fit_options *options)
{
    struct fitting f = { .features = features, .basis = options->train_list ? "list" : NULL };
    enum status status;
    *model = (struct model){ 0 };
    TRY_OR_DONE(detector_takes(options->detector, features_provenance(features)));
    TRY_OR_DONE(preparation_check(&options->preparation, options->detector->takes_cells));
    TRY_OR_DONE(parse_levels(options->levels, &f.levels));
    TRY_OR_DONE(describe_model(model, features, options));
    TRY_OR_DONE(options->train_list ? add_listed(&f, options->train_list) : add_trainees(&f, NULL));
    TRY_OR_DONE(fit_groups(&f, crew, options, model));
    TRY_OR_DONE(verdict(&f, model));
done:
    for (size_t i = 0; i < f.n_groups; i++) memory_free(f.names[i]);
    memory_free(f.names);
    memory_free(f.trainees);
    return status;
}
