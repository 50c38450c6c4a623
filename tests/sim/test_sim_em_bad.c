/* Fits on the simulated card where something is wrong: each call fails once, the card is lost at each piece of work,
 * it is too small. Whoever waits beside a fit that fails goes on or is told. */
#include "sim_fits.h"

#include "core/log.h"

/* Closing waits once more, and has nobody to tell; a wait that was needed would show in the scores. */
static int may_go_on(const char *call)
{
    return strcmp(call, "cudaStreamSynchronize") == 0;
}

static struct fit_rows of;

/* A fit with all that fits do: k-means, iterations, a score. */
static enum status run_once(double *score)
{
    const struct gmm_settings s = few_iterations(2, GMM_KMEANS, 2);
    struct gmm_model model = { .iterations = 0 };
    struct backend *card = NULL;
    enum status status;
    TRY_OR_DONE(try_card(&card));
    TRY_OR_DONE(detector_gmm.fit(card, &s, &of.rows, &model));
    TRY_OR_DONE(detector_gmm.score(card, &model, &of.rows, score));
done:
    gmm_model_release(&model);
    if (card) card->ops->close(&card);
    return status;
}

static int fail_each(const char *call, const double *expected)
{
    uint64_t at = 0;
    do {
        double score[20];
        sim_begin(SIM_LATE, 0);
        sim_options.fail_call = call;
        sim_options.fail_at = ++at;
        const enum status status = run_once(score);
        if (status == OK && sim_counts.failed && !may_go_on(call))
            fail_msg("%s, number %d: unchecked", call, (int)at);
        if (status == OK) assert_memory_equal(score, expected, sizeof score);
        if (status != OK) assert_true(status == ERR_DEVICE || status == ERR_MEMORY);
        assert_no_fault();
        sim_end();
    } while (sim_counts.failed);
    return (int)at - 1;
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    static const char *const calls[] = { "cudaSetDevice",    "cudaMalloc",           "cudaHostAlloc",
                                         "cudaStreamCreate", "cudaMemcpy",           "cudaMemsetAsync",
                                         "cudaLaunch",       "cudaStreamSynchronize" };
    double expected[20];
    sim_begin(SIM_LATE, 0);
    assert_ok(run_once(expected));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (fail_each(calls[i], expected) == 0) fail_msg("%s was never called", calls[i]);
}

static void test_the_card_is_lost(void **state)
{
    (void)state;
    for (uint64_t at = 1;; at++) {
        double score[20];
        sim_begin(SIM_LATE, 0);
        sim_options.lost_at = at;
        const enum status status = run_once(score);
        const uint64_t work = sim_counts.work;
        assert_no_fault();
        sim_end();
        if (work < at) break; /* it was lost after the end */
        assert_int_equal(status, ERR_DEVICE);
    }
}

static void test_the_card_is_too_small(void **state)
{
    (void)state;
    double score[20];
    sim_begin(SIM_LATE, 0);
    sim_options.memory_bytes = 20000;
    assert_fails(run_once(score), ERR_MEMORY, "MiB were asked for");
    sim_end();
}

/* ----------------------------------------------------------------------------------------- side by side */

enum { PARTS = 3 };

struct job {
    struct backend *parts[PARTS];
    enum status statuses[PARTS];
    char sentences[PARTS][200];
};

/* The first part never asks the card for anything. */
static void *run_part(void *argument)
{
    const struct part *part = argument;
    struct job *job = part->job;
    struct backend *backend = job->parts[part->number];
    const struct gmm_settings s = few_iterations(2, GMM_KMEANS, 3);
    struct gmm_model model = { .iterations = 0 };
    enum status status = OK;
    if (part->number > 0) status = detector_gmm.fit(backend, &s, &of.rows, &model);
    job->statuses[part->number] = status;
    if (status != OK)
        snprintf(job->sentences[part->number], sizeof job->sentences[0], "%s", status_sentence());
    gmm_model_release(&model);
    backend->ops->expect(backend, -1);
    return NULL;
}

static void run_parts(struct job *job)
{
    pthread_t threads[PARTS];
    struct part parts[PARTS];
    struct backend *card = open_card();
    for (int i = 0; i < PARTS; i++)
        assert_ok(card->ops->part(card, &(struct backend_options){ .threads = 1 }, &job->parts[i]));
    card->ops->expect(card, PARTS);
    for (int i = 0; i < PARTS; i++) {
        parts[i] = (struct part){ job, i };
        assert_int_equal(pthread_create(&threads[i], NULL, run_part, &parts[i]), 0);
    }
    for (int i = 0; i < PARTS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < PARTS; i++) job->parts[i]->ops->close(&job->parts[i]);
    card->ops->close(&card);
}

/* Wherever it is lost, everybody who waits is woken, and each has its sentence. */
static void test_the_card_is_lost_for_all(void **state)
{
    (void)state;
    for (uint64_t at = 1;; at += 7) {
        struct job job = { .statuses = { 0 } };
        sim_begin(SIM_LATE, 0);
        sim_options.lost_at = at;
        run_parts(&job);
        const uint64_t work = sim_counts.work;
        assert_no_fault();
        sim_end();
        assert_int_equal(job.statuses[0], OK);
        if (work < at) break;
        for (int i = 1; i < PARTS; i++) {
            assert_int_equal(job.statuses[i], ERR_DEVICE);
            assert_non_null(strstr(job.sentences[i], "CUDA says"));
        }
    }
}

static int setup(void **state)
{
    (void)state;
    fit_rows_init(&of, 20, 3, 2, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fit_rows_free(&of);
    return 0;
}

int main(void)
{
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_the_card_is_lost),
        cmocka_unit_test(test_the_card_is_too_small),
        cmocka_unit_test(test_the_card_is_lost_for_all),
    };
    return cmocka_run_group_tests_name("sim.em_bad", tests, setup, teardown);
}
