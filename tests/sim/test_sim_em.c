/* Fits on the simulated card: the CPU's answers, the same bits alone and among others, and as many launches for one
 * as for sixty-four. */
#include "sim_fits.h"

/* ------------------------------------------------------------------------------------------ right answers */

/* Fits and scores with these settings; out [rows] scores. */
static void fit_and_score(struct backend *backend, const struct detector *detector, const void *settings,
                          const struct rows *rows, double *score)
{
    void *model = calloc(1, detector->model_size);
    assert_ok(detector->fit(backend, settings, rows, model));
    assert_ok(detector->score(backend, model, rows, score));
    detector->release(model);
    free(model);
}

static void check_scores(const struct detector *detector, const void *settings, int is_selected)
{
    struct fit_rows of;
    fit_rows_init(&of, 140, 33, 5, is_selected);
    double expected[140], found[140];
    struct backend *cpu;
    assert_ok(backend_open(&cpu, "cpu", &(struct backend_options){ .threads = 1 }));
    fit_and_score(cpu, detector, settings, &of.rows, expected);
    cpu->ops->close(&cpu);
    for (int timing = 0; timing < SIM_TIMINGS; timing++) {
        sim_begin((enum sim_timing)timing, 3);
        struct backend *card = open_card();
        fit_and_score(card, detector, settings, &of.rows, found);
        card->ops->close(&card);
        assert_no_fault();
        sim_end();
        for (int n = 0; n < 140; n++) assert_near(found[n], expected[n], 1e-4 * (1 + fabs(expected[n])));
    }
    fit_rows_free(&of);
}

static void test_mixtures_are_the_cpus(void **state)
{
    (void)state;
    for (int init = GMM_KMEANS; init <= GMM_RANDOM_FROM_DATA; init++) {
        struct bgmm_settings s = { .gmm = few_iterations(5, init, 4), .prior = BGMM_PROCESS };
        check_scores(&detector_gmm, &s.gmm, init % 2);
        check_scores(&detector_bgmm, &s, init % 2);
    }
}

/* Rows that are a selection are those that the host has, whichever way they come. */
static void test_selected_rows(void **state)
{
    (void)state;
    struct fit_rows of;
    fit_rows_init(&of, 90, 7, 3, 1);
    const struct gmm_settings s = few_iterations(3, GMM_RANDOM_FROM_DATA, 5);
    double selected[90], own[90];
    sim_begin(SIM_SHUFFLED, 1);
    struct backend *card = open_card();
    fit_and_score(card, &detector_gmm, &s, &of.rows, selected);
    of.rows.selection.whole = NULL;
    fit_and_score(card, &detector_gmm, &s, &of.rows, own);
    card->ops->close(&card);
    for (int n = 0; n < 90; n++) assert_near(selected[n], own[n], 1e-5 * (1 + fabs(own[n])));
    assert_no_fault();
    sim_end();
    fit_rows_free(&of);
}

static void test_a_component_without_spread(void **state)
{
    (void)state;
    struct fit_rows of;
    fit_rows_init(&of, 30, 4, 2, 0);
    struct gmm_settings s = few_iterations(2, GMM_KMEANS, 5);
    struct gmm_model model = { .iterations = 0 };
    for (int n = 0; n < 30; n++) matrix_row(&of.rows.x, n)[2] = 0;
    s.reg_covar = 0;
    sim_begin(SIM_LATE, 0);
    struct backend *card = open_card();
    assert_fails(detector_gmm.fit(card, &s, &of.rows, &model), ERR_INPUT,
                 "component 0 has no spread in column 2; a larger --reg-covar helps");
    gmm_model_release(&model);
    card->ops->close(&card);
    assert_no_fault();
    sim_end();
    fit_rows_free(&of);
}

/* ------------------------------------------------------------------------------------------ side by side */

enum { MOST_FITS = 64 };

/* Fits of all sizes, of which those with an even number share their rows. */
struct job {
    int n;
    struct fit_rows *shared, own[MOST_FITS];
    struct gmm_settings settings[MOST_FITS];
    struct gmm_model models[MOST_FITS];
    struct backend *parts[MOST_FITS];
};

static const struct rows *rows_of(const struct job *job, int i)
{
    return i % 2 ? &job->own[i].rows : &job->shared->rows;
}

static void *run_part(void *argument)
{
    struct part *part = argument;
    struct job *job = part->job;
    assert_ok(detector_gmm.fit(job->parts[part->number], &job->settings[part->number],
                               rows_of(job, part->number), &job->models[part->number]));
    job->parts[part->number]->ops->expect(job->parts[part->number], -1);
    return NULL;
}

static void run_together(struct job *job, struct backend *card)
{
    pthread_t threads[MOST_FITS];
    struct part parts[MOST_FITS];
    for (int i = 0; i < job->n; i++) {
        parts[i] = (struct part){ job, i };
        assert_ok(card->ops->part(card, &(struct backend_options){ .threads = 1 }, &job->parts[i]));
    }
    card->ops->expect(card, job->n);
    for (int i = 0; i < job->n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_part, &parts[i]), 0);
    for (int i = 0; i < job->n; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < job->n; i++) job->parts[i]->ops->close(&job->parts[i]);
}

static void run_one_by_one(struct job *job, struct backend *card)
{
    for (int i = 0; i < job->n; i++)
        assert_ok(detector_gmm.fit(card, &job->settings[i], rows_of(job, i), &job->models[i]));
}

static void release_models(struct job *job)
{
    for (int i = 0; i < job->n; i++) gmm_model_release(&job->models[i]);
}

static void assert_same_bits(const struct mixture *a, const struct mixture *b)
{
    const size_t size = (size_t)a->components * (size_t)a->columns * sizeof(double);
    assert_memory_equal(a->weights, b->weights, (size_t)a->components * sizeof(double));
    assert_memory_equal(a->means, b->means, size);
    assert_memory_equal(a->covariances, b->covariances, size);
}

/* k-means starts of different lengths: fits are at different works, and end one after the other. */
static void test_a_fit_has_the_same_bits_among_others(void **state)
{
    (void)state;
    struct fit_rows shared;
    fit_rows_init(&shared, 70, 9, 4, 1);
    struct job job = { .n = 9, .shared = &shared };
    struct gmm_model alone[MOST_FITS];
    for (int i = 0; i < job.n; i++) {
        job.settings[i] = few_iterations(1 + i % 4, i % 3 ? GMM_KMEANS : GMM_PLUSPLUS, 2 + i);
        job.settings[i].seed = i;
        if (i % 2) fit_rows_init(&job.own[i], 40 + 13 * i, 3 + i, 3, 0);
    }
    sim_begin(SIM_LATE, 0);
    struct backend *card = open_card();
    run_one_by_one(&job, card);
    memcpy(alone, job.models, sizeof alone);
    memset(job.models, 0, sizeof job.models);
    run_together(&job, card);
    for (int i = 0; i < job.n; i++) {
        assert_same_bits(&alone[i].mixture, &job.models[i].mixture);
        assert_int_equal(alone[i].iterations, job.models[i].iterations);
        gmm_model_release(&alone[i]);
    }
    release_models(&job);
    card->ops->close(&card);
    assert_no_fault();
    sim_end();
    for (int i = 1; i < job.n; i += 2) fit_rows_free(&job.own[i]);
    fit_rows_free(&shared);
}

/* Launches, and bytes of features that go up, of n fits of 3 iterations. */
static struct sim_counts count(int n, struct fit_rows *shared)
{
    struct job job = { .n = n, .shared = shared };
    for (int i = 0; i < n; i++) {
        job.settings[i] = few_iterations(3, GMM_PLUSPLUS, 3);
        job.settings[i].seed = i;
        job.settings[i].tol = 0;
        if (i % 2) fit_rows_init(&job.own[i], 20 + i % 5, 3, 3, 0);
    }
    sim_begin(SIM_LATE, 0);
    struct backend *card = open_card();
    run_together(&job, card);
    const struct sim_counts counts = sim_counts;
    release_models(&job);
    card->ops->close(&card);
    assert_no_fault();
    sim_end();
    for (int i = 1; i < n; i += 2) fit_rows_free(&job.own[i]);
    return counts;
}

/* k-means++: 1 and 3 a centre; start 3; an iteration 5. */
static void test_launches_do_not_grow_with_fits(void **state)
{
    (void)state;
    struct fit_rows shared;
    fit_rows_init(&shared, 20, 3, 3, 1);
    const struct sim_counts one = count(1, &shared), all = count(MOST_FITS, &shared);
    assert_int_equal(one.launches, 1 + 3 * 3 + 3 + 3 * 5);
    assert_int_equal(all.launches, one.launches);
    fit_rows_free(&shared);
}

/* Rows that fits share are put up once: a second fit of them brings indices and tables, and no features. */
static void test_shared_rows_go_up_once(void **state)
{
    (void)state;
    enum { COLUMNS = 400, ROWS = 30 };
    struct fit_rows of;
    fit_rows_init(&of, ROWS, COLUMNS, 1, 1);
    const struct em_spec spec = { &of.rows.x, &of.rows.selection, 1, COVARIANCE_DIAGONAL, 1e-6 };
    const size_t features = (size_t)of.whole.rows * COLUMNS * sizeof(float);
    struct em *first, *second;
    sim_begin(SIM_LATE, 0);
    struct backend *card = open_card();
    assert_ok(card->ops->em_open(card, &spec, &first));
    const uint64_t before = sim_counts.bytes_up;
    assert_true(before > features);
    assert_ok(card->ops->em_open(card, &spec, &second));
    assert_int_equal(sim_counts.bytes_up - before, before - features);
    card->ops->em_close(&first);
    card->ops->em_close(&second);
    card->ops->close(&card);
    sim_end();
    fit_rows_free(&of);
}

/* What an iteration costs: five launches, one copy each way, one wait, and nothing allocated. */
static void test_an_iteration_is_only_work(void **state)
{
    (void)state;
    struct fit_rows of;
    fit_rows_init(&of, 50, 6, 3, 0);
    const struct gmm_settings s = few_iterations(3, GMM_KMEANS, 1);
    const struct em_spec spec = { &of.rows.x, NULL, 3, COVARIANCE_DIAGONAL, 1e-6 };
    struct gmm_model model = { .iterations = 0 };
    struct em *em;
    double bound;
    sim_begin(SIM_LATE, 0);
    struct backend *card = open_card();
    assert_ok(gmm_model_init(&model, 3, 6, COVARIANCE_DIAGONAL));
    assert_ok(card->ops->em_open(card, &spec, &em));
    assert_ok(gmm_start(card, em, &s, &of.rows.x, 0, &model.mixture));
    for (int i = 0; i < 3; i++) {
        sim_counts = (struct sim_counts){ 0 };
        assert_ok(em->ops->em_step(em, &model.mixture, 0, &bound, NULL));
        assert_int_equal(sim_counts.launches, 5);
        assert_int_equal(sim_counts.uploads, 1);
        assert_int_equal(sim_counts.downloads, 1);
        assert_int_equal(sim_counts.waits, 1);
        assert_int_equal(sim_counts.allocations, 0);
        assert_int_equal(sim_counts.unpinned, 0);
        assert_int_equal(sim_counts.on_default, 0);
    }
    card->ops->em_close(&em);
    card->ops->close(&card);
    gmm_model_release(&model);
    sim_end();
    fit_rows_free(&of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mixtures_are_the_cpus),
        cmocka_unit_test(test_selected_rows),
        cmocka_unit_test(test_a_component_without_spread),
        cmocka_unit_test(test_a_fit_has_the_same_bits_among_others),
        cmocka_unit_test(test_launches_do_not_grow_with_fits),
        cmocka_unit_test(test_shared_rows_go_up_once),
        cmocka_unit_test(test_an_iteration_is_only_work),
    };
    return cmocka_run_group_tests_name("sim.em", tests, NULL, NULL);
}
