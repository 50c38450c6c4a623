/* The CUDA backend's line where something is wrong: each call fails once, the card is lost at each piece of work, it
 * is too small, too old or not there, the batch is not what was agreed. */
#include "simulated.h"

#include "small_net.h"

#include "cuda/card.h"

/* cuDNN may refuse a plan, then another is taken; the last wait is that of closing, which has nobody to tell. Every
 * other call that fails must be told of. */
static int may_go_on(const char *call)
{
    if (strcmp(call, "cudaStreamSynchronize") == 0) return sim_counts.calls == sim_options.fail_at;
    return strncmp(call, "cudnnBackend", 12) == 0;
}

static enum status run_once(const struct small_job *job, float *features)
{
    struct backend *backend = NULL;
    enum status status = card_ops.open(&backend, &(struct backend_options){ .threads = 1 });
    if (status == OK) status = small_job_run(job, backend, features);
    card_ops.close(&backend);
    return status;
}

/* Each call of this name fails in turn. How many there were. */
static int fail_each(const struct small_job *job, const char *call, float *features, const float *expected)
{
    uint64_t at = 0;
    do {
        sim_begin(SIM_LATE, 0);
        sim_options.fail_call = call;
        sim_options.fail_at = ++at;
        const enum status status = run_once(job, features);
        if (status == OK && sim_counts.failed && !may_go_on(call))
            fail_msg("%s, number %d: unchecked", call, (int)at);
        if (status == OK) assert_memory_equal(features, expected, job->n * sizeof *features);
        if (status != OK) assert_true(status == ERR_DEVICE || status == ERR_MEMORY);
        assert_no_fault();
        sim_end();
    } while (sim_counts.failed);
    return (int)at - 1;
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    static const char *const calls[] = {
        "cudaGetDeviceProperties",
        "cudaSetDevice",
        "cudaMalloc",
        "cudaHostAlloc",
        "cudaStreamCreate",
        "cudaEventCreate",
        "cudaMemcpy",
        "cudaLaunchKernel",
        "cudaEventRecord",
        "cudaStreamSynchronize",
        "cufftCreate",
        "cufftMakePlan",
        "cufftExecR2C",
        "cudnnCreate",
        "cudnnBackendCreate",
        "cudnnBackendFinalize",
        "cudnnBackendGet",
        "cudnnBackendExecute",
    };
    struct small_job job;
    small_job_init(&job, 1);
    float *expected = calloc(job.n, sizeof *expected), *features = calloc(job.n, sizeof *features);
    sim_begin(SIM_LATE, 0);
    assert_ok(run_once(&job, expected));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (fail_each(&job, calls[i], features, expected) == 0) fail_msg("%s was never called", calls[i]);
    free(features);
    free(expected);
    small_job_release(&job);
}

/* Wherever the card is lost, the batch ends with ERR_DEVICE, everything is closed, and nothing is handed over. */
static void test_the_card_is_lost(void **state)
{
    (void)state;
    struct small_job job;
    small_job_init(&job, 1);
    float *features = calloc(job.n, sizeof *features);
    for (uint64_t at = 1;; at++) {
        sim_begin(SIM_LATE, 0);
        sim_options.lost_at = at;
        const enum status status = run_once(&job, features);
        const uint64_t work = sim_counts.work;
        assert_no_fault();
        sim_end();
        if (work < at) break; /* it was lost after the end */
        assert_int_equal(status, ERR_DEVICE);
        for (size_t i = 0; i < job.n; i++) assert_true(features[i] == 0);
    }
    free(features);
    small_job_release(&job);
}

static void test_the_card_is_too_small(void **state)
{
    (void)state;
    struct small_job job;
    small_job_init(&job, 1);
    float *features = calloc(job.n, sizeof *features);
    sim_begin(SIM_LATE, 0);
    sim_options.memory_bytes = 100000;
    assert_fails(run_once(&job, features), ERR_MEMORY, "MiB were asked for");
    sim_end();
    free(features);
    small_job_release(&job);
}

/* ---------------------------------------------------------------------------------------------- bad input */

static void test_what_a_line_refuses(void **state)
{
    (void)state;
    struct small_job job;
    struct line *line;
    sim_begin(SIM_LATE, 0);
    small_job_init(&job, 0);
    struct line_spec *spec = &job.settings.spec;
    struct backend *backend;
    assert_ok(card_ops.open(&backend, &(struct backend_options){ .threads = 1 }));
    spec->range_db = 0;
    assert_fails(card_ops.line_open(backend, spec, &line), ERR_USAGE, "dB / range + 1");
    assert_null(line);
    spec->range_db = 80;
    assert_ok(card_ops.line_open(backend, spec, &line));
    assert_fails(line->ops->upload(line, job.clips, 3), ERR_INTERNAL, "a batch of 3 recordings");
    assert_fails(line->ops->upload(line, job.clips + 1, 1), ERR_INTERNAL, "expected 0 and 0");
    job.clips[1].n_samples += 1000;
    assert_fails(line->ops->upload(line, job.clips, 2), ERR_INTERNAL, "a batch of 3400 samples");
    job.clips[1].n_samples -= 1000;
    card_ops.line_close(&line);
    card_ops.line_close(&line);
    card_ops.close(&backend);
    card_ops.close(&backend);
    small_job_release(&job);
    sim_end();
}

/* ------------------------------------------------------------------------------------------------- cards */

static void test_reasons_for_no_card(void **state)
{
    (void)state;
    static const struct {
        int driver, n_cards, major, minor, device;
        const char *words, *found;
    } cases[] = {
        { 0, 1, 7, 5, 0, "no NVIDIA driver is installed; needed is CUDA 13.0 (driver 580 or newer)", "none" },
        { 12040, 1, 7, 5, 0, "the NVIDIA driver is too old: it offers CUDA 12.4, needed is CUDA 13.0",
          "CUDA 12.4" },
        { 13000, 0, 7, 5, 0, "the NVIDIA driver finds no card", "CUDA 13.0" },
        { 13000, 1, 7, 0, 0, "is older than Turing: compute capability 7.0, at least 7.5 needed",
          "CUDA 13.0" },
        { 13010, 2, 9, 0, 2, "--device 2: 2 cards found, counted from 0", "CUDA 13.1" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct backend *backend;
        struct card_list list;
        sim_begin(SIM_LATE, 0);
        sim_options.driver = cases[i].driver;
        sim_options.n_cards = cases[i].n_cards;
        sim_options.major = cases[i].major;
        sim_options.minor = cases[i].minor;
        assert_fails(card_ops.open(&backend, &(struct backend_options){ .device = cases[i].device }),
                     ERR_DEVICE, cases[i].words);
        assert_null(backend);
        const int listed = card_ops.cards(&list) == OK;
        assert_int_equal(listed, i >= 3);
        assert_int_equal(list.n, listed ? cases[i].n_cards : 0);
        assert_non_null(strstr(list.driver_found, cases[i].found));
        assert_string_equal(list.driver_needed, "CUDA 13.0 (driver 580 or newer)");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_fails_once), cmocka_unit_test(test_the_card_is_lost),
        cmocka_unit_test(test_the_card_is_too_small), cmocka_unit_test(test_what_a_line_refuses),
        cmocka_unit_test(test_reasons_for_no_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
