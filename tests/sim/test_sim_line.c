/* The CUDA backend's line, whole, on the simulated card. */
#include "simulated.h"

#include "small_net.h"

#include "batch_clip.h"
#include "cuda/card.h"

#include <pthread.h>

enum { SEEDS = 6 };

static struct backend *open_card(void)
{
    struct backend *backend;
    assert_ok(card_ops.open(&backend, &(struct backend_options){ .threads = 1 }));
    return backend;
}

/* ------------------------------------------------------------------------------------------- right answers */

/* What the definition says, to the last bit the same in every order of streams. */
static void check_answers(enum precision precision, double most)
{
    struct small_job job;
    small_job_init(&job, 1);
    job.settings.spec.precision = precision;
    float *expected = small_job_expected(&job), *first = calloc(job.n, sizeof *first),
          *features = calloc(job.n, sizeof *features);
    for (int i = 0; i < SIM_TIMINGS + SEEDS; i++) {
        sim_begin(i < SIM_TIMINGS ? (enum sim_timing)i : SIM_SHUFFLED, (uint64_t)i);
        struct backend *backend = open_card();
        assert_ok(small_job_run(&job, backend, features));
        card_ops.close(&backend);
        assert_no_fault();
        sim_end();
        if (i == 0) memcpy(first, features, job.n * sizeof *first);
        assert_memory_equal(features, first, job.n * sizeof *first);
    }
    const double error = one_minus_cosine(features, expected, job.n);
    if (!(error <= most))
        fail_msg("precision %d: 1 - cosine is %g, at most %g expected", precision, error, most);
    free(expected);
    free(first);
    free(features);
    small_job_release(&job);
}

/* 1e-6 is what the issue asks for; halves keep 11 bits, the simulated TF32 multiplies as float does. */
static void test_answers(void **state)
{
    (void)state;
    check_answers(PRECISION_FP32, 1e-6);
    check_answers(PRECISION_TF32, 1e-6);
    check_answers(PRECISION_FP16, 1e-4);
}

/* ------------------------------------------------------------------------------------------------- counts */

static size_t expected_upload(const struct small_job *job)
{
    const size_t pcm = (size_t)job->clips[0].n_samples * 2, wave = (size_t)job->clips[1].n_samples * 4;
    return SMALL_CLIPS * sizeof(struct batch_clip) + (pcm + 15) / 16 * 16 + wave;
}

/* The second batch and all that follow: no allocation, no plan, one wait, and the same work each time. */
static void test_a_batch_is_only_work(void **state)
{
    (void)state;
    struct small_job job;
    struct line *line;
    sim_begin(SIM_LATE, 0);
    small_job_init(&job, 1);
    float *features = calloc(job.n, sizeof *features);
    struct backend *backend = open_card();
    assert_ok(card_ops.line_open(backend, &job.settings.spec, &line));
    for (int batch = 0; batch < 3; batch++) {
        sim_counts = (struct sim_counts){ 0 };
        assert_ok(small_job_enqueue(&job, line, features));
        assert_int_equal(sim_counts.waits, 0);
        assert_int_equal(sim_counts.work, 0);
        assert_ok(line->ops->sync(line));
        assert_int_equal(sim_counts.waits, 1);
        assert_int_equal(sim_counts.allocations, 0);
        assert_int_equal(sim_counts.on_default, 0);
        assert_int_equal(sim_counts.unpinned, 0);
        assert_int_equal(sim_counts.uploads, 1);
        assert_int_equal(sim_counts.bytes_up, expected_upload(&job));
        assert_int_equal(sim_counts.downloads, 1);
        assert_int_equal(sim_counts.bytes_down, job.n * sizeof(float));
        assert_int_equal(sim_counts.transforms, 1);
        assert_int_equal(sim_counts.graphs, 2 * 6);                 /* two chunks of six convolutions */
        assert_int_equal(sim_counts.launches, 4 + 2 * (2 + 2 + 1)); /* log-mel; pictures, pools, features */
    }
    assert_no_fault();
    card_ops.line_close(&line);
    card_ops.close(&backend);
    free(features);
    small_job_release(&job);
    sim_end();
}

/* Only int16: two bytes a sample, and where the recordings lie. */
static void test_two_bytes_a_sample(void **state)
{
    (void)state;
    struct settings s = settings_new(64, 32, 16, 16, 8);
    struct clip clip = clip_new(&s.spec, NOISE, 1501);
    struct line *line;
    line_up(&s.spec, &clip, 1);
    sim_begin(SIM_LATE, 0);
    struct backend *backend = open_card();
    assert_ok(card_ops.line_open(backend, &s.spec, &line));
    sim_counts.bytes_up = 0;
    assert_ok(line->ops->upload(line, &clip, 1));
    assert_int_equal(sim_counts.bytes_up, (sizeof(struct batch_clip) + 15) / 16 * 16 + 2 * 1501);
    card_ops.line_close(&line);
    card_ops.close(&backend);
    clip_free(&clip);
    settings_free(&s);
    sim_end();
}

/* Both lanes have put all their work in before the card has done any of it; then each gets its own answer. */
static void test_two_lanes_overlap(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct small_job job;
        struct line *lanes[2];
        sim_begin(seed ? SIM_SHUFFLED : SIM_LATE, seed);
        small_job_init(&job, 1);
        float *features[2] = { calloc(job.n, sizeof(float)), calloc(job.n, sizeof(float)) };
        struct backend *backend = open_card();
        for (int i = 0; i < 2; i++) assert_ok(card_ops.line_open(backend, &job.settings.spec, &lanes[i]));
        sim_counts = (struct sim_counts){ 0 };
        for (int i = 0; i < 2; i++) assert_ok(small_job_enqueue(&job, lanes[i], features[i]));
        assert_int_equal(sim_counts.work, 0);
        for (int i = 1; i >= 0; i--) assert_ok(lanes[i]->ops->sync(lanes[i]));
        assert_memory_equal(features[0], features[1], job.n * sizeof(float));
        for (int i = 0; i < 2; i++) card_ops.line_close(&lanes[i]);
        for (int i = 0; i < 2; i++) free(features[i]);
        card_ops.close(&backend);
        small_job_release(&job);
        assert_no_fault();
        sim_end();
    }
}

struct lane {
    const struct small_job *job;
    struct backend *backend;
    float *features;
    enum status status;
};

static void *run_lane(void *context)
{
    struct lane *lane = context;
    for (int i = 0; i < 4 && lane->status == OK; i++)
        lane->status = small_job_run(lane->job, lane->backend, lane->features);
    return NULL;
}

/* Each lane on its own thread, on one backend. */
static void test_lanes_on_threads(void **state)
{
    (void)state;
    struct small_job job;
    struct lane lanes[2];
    pthread_t threads[2];
    sim_begin(SIM_SHUFFLED, 1);
    small_job_init(&job, 1);
    struct backend *backend = open_card();
    for (int i = 0; i < 2; i++) {
        lanes[i] = (struct lane){ &job, backend, calloc(job.n, sizeof(float)), OK };
        assert_int_equal(pthread_create(&threads[i], NULL, run_lane, &lanes[i]), 0);
    }
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(lanes[i].status, OK);
    assert_memory_equal(lanes[0].features, lanes[1].features, job.n * sizeof(float));
    for (int i = 0; i < 2; i++) free(lanes[i].features);
    card_ops.close(&backend);
    small_job_release(&job);
    assert_no_fault();
    sim_end();
}

/* Another batch is put in before the first was waited for: both come back, each with its own answer. */
static void test_batches_without_sync_between(void **state)
{
    (void)state;
    struct small_job first, second;
    struct line *line;
    sim_begin(SIM_LATE, 0);
    small_job_init(&first, 1);
    small_job_init(&second, 1);
    int16_t *samples = (int16_t *)(uintptr_t)second.clips[0].pcm;
    for (int i = 0; i < second.clips[0].n_samples; i++) samples[i] = (int16_t)(samples[i] / (3 + i % 5));
    float *expected[2] = { calloc(first.n, sizeof(float)), calloc(first.n, sizeof(float)) };
    float *features[2] = { calloc(first.n, sizeof(float)), calloc(first.n, sizeof(float)) };
    struct backend *backend = open_card();
    assert_ok(small_job_run(&first, backend, expected[0]));
    assert_ok(small_job_run(&second, backend, expected[1]));
    assert_memory_not_equal(expected[0], expected[1], first.n * sizeof(float));
    assert_ok(card_ops.line_open(backend, &first.settings.spec, &line));
    assert_ok(small_job_enqueue(&first, line, features[0]));
    assert_ok(small_job_enqueue(&second, line, features[1]));
    assert_ok(line->ops->sync(line));
    for (int i = 0; i < 2; i++) assert_memory_equal(features[i], expected[i], first.n * sizeof(float));
    card_ops.line_close(&line);
    card_ops.close(&backend);
    for (int i = 0; i < 2; i++) free(features[i]), free(expected[i]);
    small_job_release(&first);
    small_job_release(&second);
    assert_no_fault();
    sim_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_batch_is_only_work),
        cmocka_unit_test(test_two_bytes_a_sample),
        cmocka_unit_test(test_two_lanes_overlap),
        cmocka_unit_test(test_lanes_on_threads),
        cmocka_unit_test(test_batches_without_sync_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
