/* Fusion: names, and that a fused score is the mean of the members' scores, each brought to mean 0 and deviation 1 by what it
 * says of rows that it has not seen. */
#include "test.h"

#include "core/rng.h"
#include "detect/crossfit.h"
#include "detect/fuse.h"
#include "detect/gmm.h"

enum { RECORDINGS = 20, PATCHES = 4, ROWS = RECORDINGS * PATCHES, COLUMNS = 6 };

static struct backend *backend;

static int open_backend(void **state)
{
    (void)state;
    return backend_open(&backend, "cpu", &(struct backend_options){ .threads = 2 }) != OK;
}

static int close_backend(void **state)
{
    (void)state;
    backend->ops->close(&backend);
    return 0;
}

static void test_names(void **state)
{
    (void)state;
    struct fusion *fusion;
    assert_ok(fuse_new("gmm", &fusion));
    assert_null(fusion);
    assert_fails(fuse_new("fuse:gmm", &fusion), ERR_USAGE, "at least two members");
    assert_null(fusion);
    assert_fails(fuse_new("fuse:", &fusion), ERR_USAGE, "at least two members");
    assert_fails(fuse_new("fuse:gmm+gnn", &fusion), ERR_USAGE, "gnn");
    assert_fails(fuse_new("fuse:gmm+gmm", &fusion), ERR_USAGE, "named twice");
    assert_fails(fuse_new("fuse:gmm+fuse:gmm", &fusion), ERR_USAGE, "fuse");
    assert_fails(fuse_new("fuse:gmm+small_dcae", &fusion), ERR_USAGE, "fuses with none");
    assert_ok(fuse_new("fuse:gmm+bgmm", &fusion));
    assert_string_equal(fusion->detector.name, "fuse:gmm+bgmm");
    assert_int_equal(fusion->n_members, 2);
    assert_ptr_equal(fusion->members[1], &detector_bgmm);
    fuse_free(&fusion);
    assert_null(fusion);
    fuse_free(&fusion);
}

/* --------------------------------------------------------------------------------- fitting and scoring */

struct trial {
    struct fusion *fusion;
    struct fuse_settings settings;
    void *members[2];
    struct rows rows;
};

static void open_trial(struct trial *trial)
{
    struct rng rng = rng_seeded(2, 0);
    *trial = (struct trial){ 0 };
    assert_ok(fuse_new("fuse:gmm+bgmm", &trial->fusion));
    trial->settings = (struct fuse_settings){ .folds = 4, .seed = 3, .n_members = 2 };
    for (int i = 0; i < 2; i++) {
        const struct detector *member = trial->fusion->members[i];
        trial->members[i] = memory_new(1, member->settings_size);
        assert_ok(options_standard(&(struct option_set){ member->options, trial->members[i], "" }));
        trial->settings.members[i] = member;
        trial->settings.settings[i] = trial->members[i];
    }
    ((struct gmm_settings *)trial->members[0])->components = 2;
    ((struct gmm_settings *)trial->members[0])->reg_covar = 1e-2;
    for (const struct option *o = detector_bgmm.options; o->name; o++)
        if (strcmp(o->name, "components") == 0) *(int *)((char *)trial->members[1] + o->offset) = 2;
    assert_ok(rows_init(&trial->rows, ROWS, COLUMNS));
    for (int i = 0; i < ROWS * COLUMNS; i++) trial->rows.x.data[i] = (float)rng_normal(&rng);
    for (int r = 0; r < ROWS; r++) rows_tell(&trial->rows, r, 1, r / PATCHES, -20);
}

static void close_trial(struct trial *trial)
{
    rows_release(&trial->rows);
    for (int i = 0; i < 2; i++) memory_free(trial->members[i]);
    fuse_free(&trial->fusion);
}

/* The same once more, step by step. */
static void expect(const struct trial *trial, double expected[ROWS])
{
    memset(expected, 0, ROWS * sizeof *expected);
    for (int i = 0; i < 2; i++) {
        const struct detector *member = trial->fusion->members[i];
        double unseen[ROWS], score[ROWS], sum = 0, squares = 0;
        void *settings, *model = memory_new(1, member->model_size);
        assert_ok(detector_seeded(member, trial->members[i], 3, &settings));
        assert_ok(crossfit_scores(backend, member, settings, &trial->rows, 4, 3, unseen));
        assert_ok(member->fit(backend, settings, &trial->rows, model));
        assert_ok(member->score(backend, model, &trial->rows, score));
        for (int r = 0; r < ROWS; r++) sum += unseen[r] / ROWS;
        for (int r = 0; r < ROWS; r++) squares += (unseen[r] - sum) * (unseen[r] - sum) / ROWS;
        for (int r = 0; r < ROWS; r++) expected[r] += (score[r] - sum) / sqrt(squares) / 2;
        member->release(model);
        memory_free(model);
        memory_free(settings);
    }
}

static void test_scores_are_means_of_standardised_scores(void **state)
{
    (void)state;
    struct trial trial;
    double score[ROWS], expected[ROWS];
    open_trial(&trial);
    const struct detector *fuse = &trial.fusion->detector;
    void *model = memory_new(1, fuse->model_size);
    assert_ok(fuse->check(&trial.settings, ROWS, COLUMNS));
    assert_ok(fuse->fit(backend, &trial.settings, &trial.rows, model));
    assert_ok(fuse->score(backend, model, &trial.rows, score));
    expect(&trial, expected);
    for (int r = 0; r < ROWS; r++) assert_near(score[r], expected[r], 1e-9 * fmax(1, fabs(expected[r])));
    fuse->release(model);
    memory_free(model);
    close_trial(&trial);
}

static void test_members_that_cannot_learn_are_named(void **state)
{
    (void)state;
    struct trial trial;
    open_trial(&trial);
    ((struct gmm_settings *)trial.members[0])->components = ROWS + 1;
    assert_fails(trial.fusion->detector.check(&trial.settings, ROWS, COLUMNS), ERR_INPUT,
                 "gmm: 80 patches cannot");
    /* enough for all rows, but not for those that three of four folds leave */
    ((struct gmm_settings *)trial.members[0])->components = ROWS;
    void *model = memory_new(1, trial.fusion->detector.model_size);
    assert_fails(trial.fusion->detector.fit(backend, &trial.settings, &trial.rows, model), ERR_INPUT,
                 "gmm: 60 patches cannot");
    trial.fusion->detector.release(model);
    memory_free(model);
    close_trial(&trial);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    struct trial trial;
    struct store *store;
    char path[96];
    double score[ROWS], again[ROWS];
    open_trial(&trial);
    const struct detector *fuse = &trial.fusion->detector;
    void *model = memory_new(1, fuse->model_size), *loaded = memory_new(1, fuse->model_size);
    snprintf(path, sizeof path, "%s/fuse.h5", test_folder());
    assert_ok(fuse->fit(backend, &trial.settings, &trial.rows, model));
    assert_ok(store_create(&store, path));
    assert_ok(fuse->save(model, store, "/detector"));
    assert_ok(store_commit(store));
    store_close(&store);
    assert_ok(store_open_sealed(&store, path));
    assert_ok(fuse->load(loaded, store, "/detector"));
    assert_int_equal(fuse->load(model, store, "/elsewhere"), ERR_INPUT);
    store_close(&store);
    fuse->release(model);
    assert_ok(fuse->fit(backend, &trial.settings, &trial.rows, model));
    assert_ok(fuse->score(backend, model, &trial.rows, score));
    assert_ok(fuse->score(backend, loaded, &trial.rows, again));
    assert_memory_equal(score, again, sizeof score);
    fuse->release(model);
    fuse->release(loaded);
    memory_free(model);
    memory_free(loaded);
    close_trial(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_scores_are_means_of_standardised_scores),
        cmocka_unit_test(test_members_that_cannot_learn_are_named),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("fuse", tests, open_backend, close_backend);
}
