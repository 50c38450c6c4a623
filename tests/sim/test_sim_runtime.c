/* The simulated runtime: what it computes where the caller is right, and that each way of being wrong shows. */
#include "simulated.h"

#include "doubled.h"

#include <sys/wait.h>

enum { N = 100, SEEDS = 24 };

/* ------------------------------------------------------------------------------------------------- cards */

/* What the machine's four cards are to a process with this variable; the programming guide's own examples among them. */
static void test_visible_cards(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        int n, card[4];
    } cases[] = {
        { NULL, 4, { 0, 1, 2, 3 } }, { "2,1", 2, { 2, 1 } }, { "0,2,-1,1", 2, { 0, 2 } },
        { "3", 1, { 3 } },           { "1,4,0", 1, { 1 } },  { "", 0, { 0 } },
        { "-1", 0, { 0 } },          { "first", 0, { 0 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sim_begin(SIM_LATE, 0);
        sim_options.n_cards = 4;
        if (cases[i].variable) setenv("CUDA_VISIBLE_DEVICES", cases[i].variable, 1);
        int n = 0;
        assert_int_equal(cudaGetDeviceCount(&n), cases[i].n ? cudaSuccess : cudaErrorNoDevice);
        assert_int_equal(n, cases[i].n);
        assert_int_equal(cudaSetDevice(n), cudaErrorInvalidDevice);
        for (int k = 0; k < n; k++) {
            sim_counts.cards = 0;
            assert_cuda(cudaSetDevice(k));
            cudaStreamDestroy(new_stream());
            assert_int_equal(sim_counts.cards, 1 << cases[i].card[k]);
        }
        unsetenv("CUDA_VISIBLE_DEVICES");
        sim_end();
    }
    assert_cuda(cudaSetDevice(0));
}

/* ------------------------------------------------------------------------------------------ a small job */

/* Numbers up on one stream, doubled on another, down on the first, each waiting for the other by an event. */
struct job {
    float *in, *out; /* pinned [N] */
    float *card_in, *card_out;
    cudaStream_t up, compute;
    cudaEvent_t is_up, is_computed;
};

/* What is planted. */
enum mistake { NONE, NO_WAIT, WRONG_STREAM, EVENT_ON_WRONG_STREAM, NO_SYNC, SOURCE_REUSED, N_MISTAKES };

static struct job job_open(void)
{
    const size_t bytes = N * sizeof(float);
    struct job job = {
        .in = pinned(bytes), .out = pinned(bytes), .card_in = on_card(bytes), .card_out = on_card(bytes)
    };
    job.up = new_stream();
    job.compute = new_stream();
    job.is_up = new_event();
    job.is_computed = new_event();
    return job;
}

static void job_close(struct job *job)
{
    cudaDeviceSynchronize(); /* of a mistake, work may be left */
    cudaStreamDestroy(job->up);
    cudaStreamDestroy(job->compute);
    cudaEventDestroy(job->is_up);
    cudaEventDestroy(job->is_computed);
    cudaFree(job->card_in);
    cudaFree(job->card_out);
    cudaFreeHost(job->in);
    cudaFreeHost(job->out);
}

static void launch_doubled(const struct job *job, cudaStream_t stream)
{
    struct doubled_args args = { job->card_in, job->card_out, N };
    const struct kernel_shape shape = doubled_shape(&args);
    const dim3 grid = { shape.grid[0], 1, 1 }, block = { shape.block[0], 1, 1 };
    assert_cuda(cudaLaunchKernel((const void *)doubled_kernel, grid, block, (void *[]){ &args }, shape.shared,
                                 stream));
}

static void job_enqueue(const struct job *job, enum mistake mistake)
{
    const size_t bytes = N * sizeof(float);
    assert_cuda(cudaMemcpyAsync(job->card_in, job->in, bytes, cudaMemcpyHostToDevice, job->up));
    assert_cuda(cudaEventRecord(job->is_up, mistake == EVENT_ON_WRONG_STREAM ? job->compute : job->up));
    if (mistake != NO_WAIT) assert_cuda(cudaStreamWaitEvent(job->compute, job->is_up, 0));
    launch_doubled(job, mistake == WRONG_STREAM ? NULL : job->compute);
    assert_cuda(cudaEventRecord(job->is_computed, job->compute));
    assert_cuda(cudaStreamWaitEvent(job->up, job->is_computed, 0));
    assert_cuda(cudaMemcpyAsync(job->out, job->card_out, bytes, cudaMemcpyDeviceToHost, job->up));
}

/* How many of the numbers that come back are right. */
static int job_run(enum mistake mistake)
{
    struct job job = job_open();
    int right = 0;
    for (int i = 0; i < N; i++) job.in[i] = (float)i;
    job_enqueue(&job, mistake);
    for (int i = 0; i < N && mistake == SOURCE_REUSED; i++) job.in[i] = -1;
    if (mistake != NO_SYNC) assert_cuda(cudaStreamSynchronize(job.up));
    for (int i = 0; i < N; i++) right += job.out[i] == 2 * (float)i;
    job_close(&job);
    return right;
}

static void test_a_right_job(void **state)
{
    (void)state;
    for (int timing = 0; timing < SIM_TIMINGS; timing++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            sim_begin((enum sim_timing)timing, seed);
            assert_int_equal(job_run(NONE), N);
            assert_no_fault();
            assert_int_equal(sim_counts.bytes_up, N * sizeof(float));
            assert_int_equal(sim_counts.launches, 1);
            assert_int_equal(sim_counts.waits, 2); /* the download, and before things are closed */
            assert_int_equal(sim_counts.on_default, 0);
            sim_end();
        }
}

/* In how many of the orders a mistake shows: as late as events allow, and shuffled. */
static int shown(enum mistake mistake)
{
    sim_begin(SIM_LATE, 0);
    int n = job_run(mistake) < N;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sim_begin(SIM_SHUFFLED, seed);
        n += job_run(mistake) < N;
        sim_end();
    }
    return n;
}

/* Work that runs at the call hides each of them; work that runs as late as events allow, or in some order, shows it. */
static void test_mistakes_show(void **state)
{
    (void)state;
    for (int mistake = NONE; mistake < N_MISTAKES; mistake++) {
        sim_begin(SIM_AT_ONCE, 0);
        assert_int_equal(job_run((enum mistake)mistake), N);
        const int n = shown((enum mistake)mistake);
        if ((mistake == NONE) != (n == 0)) fail_msg("mistake %d shows in %d orders", mistake, n);
    }
}

static void test_the_default_stream_is_counted(void **state)
{
    (void)state;
    sim_begin(SIM_LATE, 0);
    (void)job_run(WRONG_STREAM);
    assert_int_equal(sim_counts.on_default, 1);
    assert_cuda(cudaDeviceSynchronize());
}

/* --------------------------------------------------------------------------------------------- memory */

/* Without the detector the old numbers stand there, as they may on a card. */
static void test_a_download_is_read_too_early(void **state)
{
    (void)state;
    for (int off = 0; off <= SIM_PINNED; off += SIM_PINNED) {
        sim_begin(SIM_LATE, 0);
        sim_options.off = (unsigned)off;
        const float five = 5;
        float *out = pinned(sizeof *out), *card = on_card_with(&five, sizeof five);
        cudaStream_t stream = new_stream();
        *out = 7;
        assert_cuda(cudaMemcpyAsync(out, card, sizeof *out, cudaMemcpyDeviceToHost, stream));
        if (off)
            assert_true(*out == 7);
        else
            assert_true(isnan(*out));
        assert_cuda(cudaStreamSynchronize(stream));
        assert_true(*out == 5);
        cudaStreamDestroy(stream);
        cudaFree(card);
        cudaFreeHost(out);
        sim_end();
    }
}

static void test_fresh_memory_is_nan(void **state)
{
    (void)state;
    float value = 0;
    sim_begin(SIM_LATE, 0);
    float *card = on_card(sizeof value);
    assert_cuda(cudaMemcpy(&value, card, sizeof value, cudaMemcpyDeviceToHost));
    assert_true(isnan(value));
    cudaFree(card);
    sim_end();
}

static void test_bounds_and_directions(void **state)
{
    (void)state;
    float host[8] = { 0 };
    sim_begin(SIM_LATE, 0);
    float *card = on_card(4 * sizeof *card), *few = pinned(4 * sizeof *few);
    assert_int_equal(cudaMemcpy(card, host, sizeof host, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    assert_fault("copy, destination: 32 bytes");
    assert_int_equal(cudaMemcpy(card, few, sizeof host, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    assert_int_equal(sim_counts.faults, 3);
    assert_fault("copy, destination: 32 bytes");
    assert_int_equal(cudaMemcpy(host, card + 1, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
    assert_fault("copy, source: 16 bytes");
    assert_int_equal(cudaMemcpy(card, host, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
    assert_fault("copy, destination: is the card's, the call says the host's");
    assert_int_equal(cudaMemcpy(card, card, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    assert_fault("copy, source: is the card's");
    sim_options.off = SIM_BOUNDS;
    assert_int_equal(cudaMemcpy(card, host, sizeof host, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    assert_no_fault();
    cudaFree(card);
    cudaFreeHost(few);
    sim_end();
}

static void test_memory_freed_too_early(void **state)
{
    (void)state;
    for (int off = 0; off <= SIM_IN_USE; off += SIM_IN_USE) {
        sim_begin(SIM_LATE, 0);
        sim_options.off = (unsigned)off;
        struct job job = job_open();
        job_enqueue(&job, NONE);
        cudaFree(job.card_out);
        if (off)
            assert_no_fault();
        else
            assert_fault("cudaFree: queued work still uses this memory: doubled");
        sim_options.lost_at = 1; /* nothing of it runs any more */
        job.card_out = NULL;
        job_close(&job);
        sim_end();
    }
}

static void test_freed_memory_is_used(void **state)
{
    (void)state;
    sim_begin(SIM_LATE, 0);
    struct job job = job_open();
    cudaFree(job.card_in);
    assert_int_equal(cudaMemcpyAsync(job.card_in, job.in, 4, cudaMemcpyHostToDevice, job.up),
                     cudaErrorInvalidValue);
    assert_fault("used after it was freed");
    cudaFree(job.card_in);
    assert_fault("is no start of a live allocation");
    sim_options.off = SIM_IN_USE | SIM_BOUNDS;
    assert_int_equal(cudaMemcpyAsync(job.card_in, job.in, 4, cudaMemcpyHostToDevice, job.up),
                     cudaErrorInvalidValue);
    assert_no_fault();
    job.card_in = NULL;
    job_close(&job);
    sim_end();
}

static void test_leaks_are_named(void **state)
{
    (void)state;
    sim_begin(SIM_LATE, 0);
    assert_null(sim_leaks());
    struct job job = job_open();
    assert_string_equal(sim_leaks(), "device memory × 2, pinned memory × 2, stream × 2, event × 2");
    job_close(&job);
    assert_null(sim_leaks());
}

/* Out of reach under AddressSanitizer alone: a child looks, and must not live to tell. */
static void test_the_host_touches_device_memory(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    sim_begin(SIM_LATE, 0);
    const float five = 5;
    volatile float *card = on_card_with(&five, sizeof five);
    const pid_t child = fork();
    if (child == 0) {
        assert_non_null(freopen("/dev/null", "w", stderr));
        _exit(*card == 5 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cudaFree((void *)(uintptr_t)card);
    sim_end();
#else
    test_skip("only AddressSanitizer keeps the host away from the card's memory");
#endif
}

/* --------------------------------------------------------------------------------------------- failures */

/* 0: all calls succeeded, as far as this caller looked. `careless` does not look at the upload. */
static int small_upload(int careless)
{
    const float five = 5;
    float *card = NULL, back = 0;
    int failed = cudaMalloc((void **)&card, sizeof *card) != cudaSuccess;
    if (!failed) {
        const cudaError_t up = cudaMemcpy(card, &five, sizeof five, cudaMemcpyHostToDevice);
        failed = (up != cudaSuccess && !careless) ||
                 cudaMemcpy(&back, card, sizeof back, cudaMemcpyDeviceToHost) != cudaSuccess;
    }
    cudaFree(card);
    return failed;
}

/* Each call fails once; who looks at all answers fails each time. How often it did not. */
static int unchecked(int careless)
{
    int n = 0, failed;
    uint64_t at = 1;
    do {
        sim_begin(SIM_LATE, 0);
        sim_options.fail_at = at++;
        failed = small_upload(careless);
        n += sim_counts.failed && !failed;
        sim_end();
    } while (sim_counts.failed);
    assert_int_equal(at, 5);
    return n;
}

static void test_unchecked_errors_show(void **state)
{
    (void)state;
    assert_int_equal(unchecked(0), 0);
    assert_int_equal(unchecked(1), 1);
}

static void test_a_lost_card(void **state)
{
    (void)state;
    for (uint64_t lost_at = 1; lost_at <= 3; lost_at++) {
        sim_begin(SIM_LATE, 0);
        sim_options.lost_at = lost_at;
        struct job job = job_open();
        job_enqueue(&job, NONE);
        assert_int_equal(cudaStreamSynchronize(job.up), cudaErrorLaunchFailure);
        void *more;
        assert_int_equal(cudaMalloc(&more, 4), cudaErrorLaunchFailure);
        assert_null(more);
        assert_int_equal(cudaFree(job.card_in), cudaErrorLaunchFailure);
        job.card_in = NULL;
        job_close(&job);
        sim_end();
    }
}

static void test_impossible_launches(void **state)
{
    (void)state;
    sim_begin(SIM_LATE, 0);
    struct doubled_args args = { NULL, NULL, 0 };
    const dim3 one = { 1, 1, 1 }, none = { 0, 1, 1 }, many = { 1025, 1, 1 };
    const void *kernel = (const void *)doubled_kernel;
    void *list[] = { &args };
    assert_int_equal(cudaLaunchKernel(kernel, none, one, list, 0, NULL), cudaErrorInvalidConfiguration);
    assert_int_equal(cudaLaunchKernel(kernel, one, many, list, 0, NULL), cudaErrorInvalidConfiguration);
    assert_int_equal(cudaLaunchKernel(kernel, one, one, list, 49153, NULL), cudaErrorInvalidConfiguration);
    assert_int_equal(cudaLaunchKernel(&args, one, one, list, 0, NULL), cudaErrorInvalidDeviceFunction);
    assert_int_equal(sim_counts.launches, 0);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    void *memory;
    sim_begin(SIM_LATE, 0);
    sim_options.memory_bytes = 1000;
    assert_int_equal(cudaMalloc(&memory, 1001), cudaErrorMemoryAllocation);
    void *all = on_card(1000);
    assert_int_equal(cudaMalloc(&memory, 1), cudaErrorMemoryAllocation);
    cudaFree(all);
    sim_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_visible_cards),
        cmocka_unit_test(test_a_right_job),
        cmocka_unit_test(test_mistakes_show),
        cmocka_unit_test(test_the_default_stream_is_counted),
        cmocka_unit_test(test_a_download_is_read_too_early),
        cmocka_unit_test(test_fresh_memory_is_nan),
        cmocka_unit_test(test_bounds_and_directions),
        cmocka_unit_test(test_memory_freed_too_early),
        cmocka_unit_test(test_freed_memory_is_used),
        cmocka_unit_test(test_leaks_are_named),
        cmocka_unit_test(test_the_host_touches_device_memory),
        cmocka_unit_test(test_unchecked_errors_show),
        cmocka_unit_test(test_a_lost_card),
        cmocka_unit_test(test_impossible_launches),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
