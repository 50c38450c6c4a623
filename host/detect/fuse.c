#include "detect/fuse.h"

#include "detect/crossfit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char PREFIX[] = "fuse:";

/* One detector, fitted on all rows, and how its scores of unseen normal rows are spread. */
struct member {
    const struct detector *detector;
    void *fitted;
    double mean, deviation;
    struct attributes settings; /* as they were used, for the model file */
};

struct fuse_model {
    int n_members;
    struct member members[FUSE_MOST];
};

const struct option fuse_options[] = {
    { .name = "folds",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct fuse_settings, folds),
      .standard = "5",
      .low = 2,
      .high = 1000,
      .metavar = "N",
      .help = "shares of the training recordings, each scored by members that were fitted on the others",
      .shapes = 1 },
    { .name = "seed",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct fuse_settings, seed),
      .standard = "0",
      .low = 0,
      .high = 2147483647,
      .metavar = "N",
      .help = "of the folds, and of all members",
      .shapes = 1 },
    { 0 },
};

static enum status check(const void *settings, int rows, int columns)
{
    const struct fuse_settings *s = settings;
    for (int i = 0; i < s->n_members; i++)
        if (s->members[i]->check(s->settings[i], rows, columns) != OK)
            return fail_within(ERR_INPUT, "%s", s->members[i]->name);
    return OK;
}

/* ------------------------------------------------------------------------------------------------- fit */

static void spread(const double *score, int n, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (int r = 0; r < n; r++) sum += score[r];
    *mean = sum / n;
    for (int r = 0; r < n; r++) squares += (score[r] - *mean) * (score[r] - *mean);
    *deviation = squares > 0 ? sqrt(squares / n) : 1; /* members that say the same of all rows add nothing */
}

static enum status fit_member(struct backend *backend, const struct fuse_settings *s, const void *settings,
                              const struct rows *rows, double *score, struct member *member)
{
    const struct detector *detector = member->detector;
    const struct option_set set = { detector->options, (void *)(uintptr_t)settings, NULL };
    TRY(options_record(&set, &member->settings));
    TRY(crossfit_scores(backend, detector, settings, rows, s->folds, (uint64_t)s->seed, score));
    spread(score, rows->x.rows, &member->mean, &member->deviation);
    TRY(memory_check(member->fitted = memory_new(1, detector->model_size)));
    return detector->fit(backend, settings, rows, member->fitted);
}

static enum status fit_seeded(struct backend *backend, const struct fuse_settings *s, int i,
                              const struct rows *rows, double *score, struct member *member)
{
    void *settings;
    member->detector = s->members[i];
    TRY(detector_seeded(s->members[i], s->settings[i], s->seed, &settings));
    const enum status status = fit_member(backend, s, settings, rows, score, member);
    memory_free(settings);
    return status == ERR_INPUT ? fail_within(status, "%s", s->members[i]->name) : status;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *model)
{
    const struct fuse_settings *s = settings;
    struct fuse_model *fused = model;
    double *score = memory_new((size_t)rows->x.rows, sizeof *score);
    enum status status = memory_check(score);
    fused->n_members = s->n_members;
    for (int i = 0; status == OK && i < s->n_members; i++)
        status = fit_seeded(backend, s, i, rows, score, &fused->members[i]);
    memory_free(score);
    return status;
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct fuse_model *fused = model;
    double *one = memory_new((size_t)rows->x.rows, sizeof *one);
    enum status status = memory_check(one);
    for (int r = 0; r < rows->x.rows; r++) score[r] = 0;
    for (int i = 0; status == OK && i < fused->n_members; i++) {
        const struct member *member = &fused->members[i];
        status = member->detector->score(backend, member->fitted, rows, one);
        for (int r = 0; status == OK && r < rows->x.rows; r++)
            score[r] += (one[r] - member->mean) / member->deviation / fused->n_members;
    }
    memory_free(one);
    return status;
}

static void release(void *model)
{
    struct fuse_model *fused = model;
    for (int i = 0; i < FUSE_MOST; i++) {
        struct member *member = &fused->members[i];
        if (member->fitted) member->detector->release(member->fitted);
        memory_free(member->fitted);
        attributes_release(&member->settings);
    }
    *fused = (struct fuse_model){ 0 };
}

static enum status describe(const void *model, struct attributes *told)
{
    const struct fuse_model *fused = model;
    return attributes_set_integer(told, "members", fused->n_members);
}

/* ----------------------------------------------------------------------------------------------- files */

/* Member i is the group NAME/i: what its detector saves, below attributes for its name, settings and spread. */
static enum status save_member(const struct member *member, struct store *store, const char *group)
{
    char name[512];
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(attributes_set_text(&told, "detector", member->detector->name));
    TRY_OR_DONE(attributes_set_real(&told, "score_mean", member->mean));
    TRY_OR_DONE(attributes_set_real(&told, "score_deviation", member->deviation));
    TRY_OR_DONE(attributes_copy(&told, &member->settings));
    snprintf(name, sizeof name, "%s/fitted", group);
    TRY_OR_DONE(member->detector->save(member->fitted, store, name));
    TRY_OR_DONE(store_set(store, group, &told));
done:
    attributes_release(&told);
    return status;
}

static enum status save(const void *model, struct store *store, const char *name)
{
    const struct fuse_model *fused = model;
    struct attributes told = { 0 };
    enum status status;
    for (int i = 0; i < fused->n_members; i++) {
        char group[512];
        snprintf(group, sizeof group, "%s/%d", name, i);
        TRY(save_member(&fused->members[i], store, group));
    }
    status = attributes_set_integer(&told, "members", fused->n_members);
    if (status == OK) status = store_set(store, name, &told);
    attributes_release(&told);
    return status;
}

static enum status take_told(struct member *member, struct store *store, const char *group,
                             const struct attributes *told)
{
    const struct attribute *mean = attributes_find(told, "score_mean");
    const struct attribute *deviation = attributes_find(told, "score_deviation");
    const char *detector = attributes_text(told, "detector", "");
    REQUIRE(strncmp(detector, PREFIX, sizeof PREFIX - 1) != 0 &&
                detector_require(detector, &member->detector) == OK,
            ERR_INPUT, "%s: %s: there is no detector %s", store_path(store), group, detector);
    REQUIRE(mean && mean->type == ATTRIBUTE_REAL && isfinite(mean->real) && deviation &&
                deviation->type == ATTRIBUTE_REAL && isfinite(deviation->real) && deviation->real > 0,
            ERR_INPUT, "%s: %s: score_mean and score_deviation are no numbers that can be used",
            store_path(store), group);
    member->mean = mean->real;
    member->deviation = deviation->real;
    return attributes_copy(&member->settings, told);
}

static enum status load_member(struct member *member, struct store *store, const char *group)
{
    char name[512];
    struct attributes told = { 0 };
    enum status status = store_get(store, group, &told);
    if (status == OK) status = take_told(member, store, group, &told);
    attributes_release(&told);
    TRY(status);
    snprintf(name, sizeof name, "%s/fitted", group);
    TRY(memory_check(member->fitted = memory_new(1, member->detector->model_size)));
    return member->detector->load(member->fitted, store, name);
}

static enum status load(void *model, struct store *store, const char *name)
{
    struct fuse_model *fused = model;
    struct attributes told = { 0 };
    TRY(store_get(store, name, &told));
    const long long n = attributes_integer(&told, "members", 0);
    attributes_release(&told);
    REQUIRE(n >= 1 && n <= FUSE_MOST, ERR_INPUT, "%s: %s has %lld members, expected 1 to %d",
            store_path(store), name, n, FUSE_MOST);
    fused->n_members = (int)n;
    for (int i = 0; i < fused->n_members; i++) {
        char group[512];
        snprintf(group, sizeof group, "%s/%d", name, i);
        TRY(load_member(&fused->members[i], store, group));
    }
    return OK;
}

/* ----------------------------------------------------------------------------------------------- names */

static const struct detector fuse = {
    .summary = "several detectors as one",
    .fit_power = 1, /* none of the usual members' grows quicker */
    .options = fuse_options,
    .settings_size = sizeof(struct fuse_settings),
    .model_size = sizeof(struct fuse_model),
    .check = check,
    .fit = fit,
    .score = score,
    .save = save,
    .load = load,
    .release = release,
    .describe = describe,
};

static enum status add_member(struct fusion *fusion, const char *name)
{
    const struct detector *member;
    REQUIRE(fusion->n_members < FUSE_MOST, ERR_USAGE, "%s: more than %d members", fusion->name, FUSE_MOST);
    TRY(detector_require(name, &member));
    REQUIRE(!member->takes_cells, ERR_USAGE,
            "%s: %s learns from patches, not from features, and fuses with none", fusion->name, name);
    for (int i = 0; i < fusion->n_members; i++)
        REQUIRE(fusion->members[i] != member, ERR_USAGE, "%s: %s is named twice", fusion->name, name);
    fusion->members[fusion->n_members++] = member;
    return OK;
}

static enum status read_name(struct fusion *fusion, const char *name)
{
    char words[sizeof fusion->name], *rest = NULL;
    REQUIRE(strlen(name) < sizeof words, ERR_USAGE, "--detector %s: more than %zu letters", name,
            sizeof words - 1);
    snprintf(fusion->name, sizeof fusion->name, "%s", name);
    snprintf(words, sizeof words, "%s", name + sizeof PREFIX - 1);
    for (char *word = strtok_r(words, "+", &rest); word; word = strtok_r(NULL, "+", &rest))
        TRY(add_member(fusion, word));
    REQUIRE(fusion->n_members >= 2, ERR_USAGE, "%s: at least two members are expected, as in fuse:gmm+bgmm",
            name);
    return OK;
}

enum status fuse_new(const char *name, struct fusion **out)
{
    *out = NULL;
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0) return OK;
    struct fusion *fusion = *out = memory_new(1, sizeof *fusion);
    TRY(memory_check(fusion));
    const enum status status = read_name(fusion, name);
    fusion->detector = fuse;
    fusion->detector.name = fusion->name;
    if (status != OK) fuse_free(out);
    return status;
}

void fuse_free(struct fusion **fusion)
{
    memory_free(*fusion);
    *fusion = NULL;
}
