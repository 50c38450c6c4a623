/* The main job on small recordings, without a network: good and bad ones together, long ones, all channels,
 * going on after a stop, other options, sharing out. */
#include "test.h"

#include "core/rng.h"
#include "pipeline/extract.h"
#include "pipeline/parts.h"
#include "pipeline/pass.h"
#include "pipeline/plan.h"

#include <sys/stat.h>

enum { RATE = 16000 };

static const atomic_int go_on = 0, stop_now = 1;
static char folder[64];

static void write_recording(const char *name, double seconds, int sample_rate)
{
    char path[256];
    const int n = (int)(seconds * sample_rate);
    int16_t *pcm = malloc((size_t)n * sizeof *pcm + 1);
    struct rng rng = rng_seeded((uint64_t)n, (uint64_t)name[0]);
    for (int i = 0; i < n; i++) pcm[i] = (int16_t)((int)rng_below(&rng, 8000) - 4000);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(wav_write(path, pcm, n, sample_rate));
    free(pcm);
}

/* Two channels: the second is the first with the sign turned. */
static void write_stereo(const char *name, int n)
{
    char path[256];
    const uint32_t bytes = (uint32_t)n * 4, riff = 36 + bytes, sixteen = 16, rate = RATE,
                   per_second = RATE * 4;
    const uint16_t words[4] = { 1, 2, 4, 16 };
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    fwrite("RIFF", 1, 4, file), fwrite(&riff, 4, 1, file), fwrite("WAVEfmt ", 1, 8, file),
        fwrite(&sixteen, 4, 1, file);
    fwrite(words, 2, 2, file), fwrite(&rate, 4, 1, file), fwrite(&per_second, 4, 1, file),
        fwrite(words + 2, 2, 2, file);
    fwrite("data", 1, 4, file), fwrite(&bytes, 4, 1, file);
    for (int i = 0; i < n; i++) {
        const int16_t frame[2] = { (int16_t)(i % 977), (int16_t) - (i % 977) };
        fwrite(frame, 2, 2, file);
    }
    fclose(file);
}

static void write_garbage(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    fputs("this is no recording", file);
    fclose(file);
}

struct job {
    struct extract_settings settings;
    struct run_options run;
    struct dataset dataset;
    struct setup setup;
    struct options options;
    struct option_set sets[3];
};

/* Options that are given as words, the folder as PATH, `name` as the output. */
static void open_job(struct job *job, const char *name, const char *words)
{
    static char copies[8][256], outputs[8][256];
    static int turn;
    char *argv[32], *rest = NULL;
    int argc = 0;
    const struct compute_options compute = { .weights = "auto", .place = { .backend = "cpu", .threads = 2 } };
    const char *paths[] = { folder };
    turn = (turn + 1) % 8;
    snprintf(copies[turn], sizeof copies[turn], "--network patch --progress none %s", words);
    for (char *word = strtok_r(copies[turn], " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    *job = (struct job){ 0 };
    job->sets[0] = (struct option_set){ front_options, &job->settings, "" };
    job->sets[1] = (struct option_set){ network_options, &job->settings, "" };
    job->sets[2] = (struct option_set){ run_options, &job->run, "" };
    options_init(&job->options, job->sets, 3);
    assert_ok(options_collect_arguments(&job->options, argc, argv));
    assert_ok(options_apply(&job->options));
    assert_ok(extract_settings_resolve(&job->settings));
    snprintf(outputs[turn], sizeof outputs[turn], "%s.%s", folder, name);
    job->run.output = outputs[turn];
    assert_ok(dataset_open(&job->dataset, paths, 1, &(struct dataset_options){ 0 }));
    assert_ok(setup_init(&job->setup, &job->settings, &compute));
}

static void close_job(struct job *job)
{
    setup_release(&job->setup);
    dataset_release(&job->dataset);
    options_release(&job->options);
}

static enum status run_job(const char *name, const char *words, const atomic_int *stop,
                           struct extract_result *result)
{
    struct job job;
    open_job(&job, name, words);
    const enum status status = extract_run(&job.setup, &job.run, &job.dataset, stop, result);
    close_job(&job);
    return status;
}

static struct features *open_output(const char *name)
{
    char path[256];
    struct features *features = NULL;
    snprintf(path, sizeof path, "%s.%s", folder, name);
    assert_ok(features_open(&features, path));
    return features;
}

static void assert_same_bytes(const char *name_a, const char *name_b)
{
    char path[256];
    snprintf(path, sizeof path, "cmp %s.%s %s.%s", folder, name_a, folder, name_b);
    assert_int_equal(system(path), 0);
}

/* ----------------------------------------------------------------------------------------------- tests */

static int make_recordings(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_folder());
    write_recording("a.wav", 1.5, RATE);
    write_recording("b.wav", 2.1, RATE);
    write_recording("c.wav", 5.0, RATE);
    write_recording("d-short.wav", 1.007, RATE);
    write_recording("e-rate.wav", 1.5, 8000);
    write_garbage("f-garbage.wav");
    write_stereo("g-stereo.wav", 20000);
    return 0;
}

static const struct feature_recording *row_of(const struct features *features, const char *name, int skip)
{
    const struct features_table *table = features_recordings(features);
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].of.path, name) == 0 && skip-- == 0) return &table->rows[i];
    fail_msg("%s is not in the table", name);
    return NULL;
}

static void test_bad_recordings_are_listed_and_others_go_on(void **state)
{
    (void)state;
    struct extract_result result;
    assert_fails(run_job("all.h5", "", &go_on, &result), ERR_PARTIAL, "3 of 7 recordings could not be used");
    assert_int_equal(result.recordings, 7);
    assert_int_equal(result.failed, 3);
    struct features *features = open_output("all.h5");
    static const struct {
        const char *name, *reason;
        int n_patches;
    } expected[] = {
        { "a.wav", "", 1 },
        { "b.wav", "", 3 },
        { "c.wav", "", 8 },
        { "d-short.wav", "one patch of 64 frames", 0 },
        { "e-rate.wav", "8000 Hz found, 16000 Hz expected", 0 },
        { "f-garbage.wav", "f-garbage.wav", 0 },
        { "g-stereo.wav", "", 1 },
    };
    int patches = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct feature_recording *row = row_of(features, expected[i].name, 0);
        assert_int_equal(row->n_patches, expected[i].n_patches);
        assert_int_equal(row->status, *expected[i].reason ? RECORDING_FAILED : RECORDING_OK);
        assert_non_null(strstr(row->error, expected[i].reason));
        if (!*expected[i].reason) assert_int_equal(strlen(row->hash), 32);
        patches += row->n_patches;
    }
    assert_int_equal(features_patches(features), patches);
    assert_int_equal(features_columns(features), 4096);
    features_close(&features);
}

static void test_a_recording_does_not_depend_on_its_neighbours(void **state)
{
    (void)state;
    struct extract_result result;
    assert_int_equal(run_job("batch1.h5", "--batch 1", &go_on, &result), ERR_PARTIAL);
    assert_int_equal(run_job("batch3.h5", "--batch 3", &go_on, &result), ERR_PARTIAL);
    assert_same_bytes("batch1.h5", "batch3.h5");
}

static void test_long_recordings_are_cut(void **state)
{
    (void)state;
    struct extract_result result;
    double starts[64];
    assert_int_equal(run_job("cut.h5", "--segment 2", &go_on, &result), ERR_PARTIAL);
    struct features *features = open_output("cut.h5");
    const struct feature_recording *row = row_of(features, "c.wav", 0);
    /* 2 s: 126 frames, 2 patches; 5 s are 2 + 2 + 1 s, and into the last one no patch fits */
    assert_int_equal(row->n_patches, 4);
    assert_ok(features_read_starts(features, row->first_patch, 4, starts));
    const double expected[] = { 0, 32 * 256.0 / RATE, 2, 2 + 32 * 256.0 / RATE };
    for (int i = 0; i < 4; i++) assert_near(starts[i], expected[i], 1e-12);
    features_close(&features);
}

static void test_all_channels_are_rows(void **state)
{
    (void)state;
    struct extract_result result;
    assert_int_equal(run_job("channels.h5", "--channel all", &go_on, &result), ERR_PARTIAL);
    struct features *features = open_output("channels.h5");
    assert_int_equal(row_of(features, "g-stereo.wav", 0)->channel, 0);
    assert_int_equal(row_of(features, "g-stereo.wav", 1)->channel, 1);
    features_close(&features);
    assert_int_equal(run_job("second.h5", "--channel 1", &go_on, &result), ERR_PARTIAL);
    features = open_output("second.h5");
    assert_non_null(strstr(row_of(features, "a.wav", 0)->error, "hannel 1"));
    features_close(&features);
}

static void test_resampling_is_asked_for(void **state)
{
    (void)state;
    struct extract_result result;
    assert_int_equal(run_job("resampled.h5", "--resample", &go_on, &result), ERR_PARTIAL);
    struct features *features = open_output("resampled.h5");
    assert_int_equal(row_of(features, "e-rate.wav", 0)->n_patches, 1);
    assert_int_equal(row_of(features, "e-rate.wav", 0)->sample_rate, 8000);
    features_close(&features);
}

static void test_a_stopped_run_goes_on(void **state)
{
    (void)state;
    struct extract_result result;
    char path[256];
    assert_fails(run_job("stopped.h5", "--shard-size 1", &stop_now, &result), ERR_STOPPED,
                 "1 of 7 parts are complete");
    snprintf(path, sizeof path, "%s.stopped.h5", folder);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_fails(run_job("stopped.h5", "--shard-size 1 --hop-length 128", &go_on, &result), ERR_USAGE,
                 "hop_length 256, now it is 128");
    assert_fails(run_job("stopped.h5", "--shard-size 2", &go_on, &result), ERR_USAGE,
                 "shard-size 1, now it is 2");
    assert_int_equal(run_job("stopped.h5", "--shard-size 1", &go_on, &result), ERR_PARTIAL);
    assert_int_equal(result.parts_there, 1);
    assert_int_equal(result.computed, 6);
    assert_int_equal(run_job("whole.h5", "--shard-size 1", &go_on, &result), ERR_PARTIAL);
    assert_same_bytes("stopped.h5", "whole.h5");
}

static void test_parts_are_shared_out(void **state)
{
    (void)state;
    struct extract_result result;
    struct merge_result merged;
    int n_parts;
    struct job job;
    struct plan plan;
    struct attributes provenance = { 0 };
    assert_ok(run_job("shared.h5", "--shard-size 2 --shard 1/3", &go_on, &result));
    assert_int_equal(result.parts_done, 1);
    assert_false(result.is_merged);
    assert_ok(run_job("shared.h5", "--shard-size 2 --shard 0/2", &go_on, &result));
    assert_ok(run_job("shared.h5", "--shard-size 2 --shard 1/2", &go_on, &result));
    assert_int_equal(result.parts_there, 3);
    open_job(&job, "shared.h5", "--shard-size 2");
    assert_ok(setup_provenance(&job.setup, &provenance));
    assert_ok(plan_init(&plan, job.run.output, &job.dataset, &provenance, 2, NULL, 0));
    assert_int_equal(plan_n_complete(&plan), 4);
    assert_fails(plan_set_shard(&plan, "2/2"), ERR_USAGE, "i from 0 to n - 1");
    assert_fails(plan_set_shard(&plan, "1/2x"), ERR_USAGE, "expected i/n");
    plan_release(&plan);
    assert_fails(parts_join(job.run.output, &stop_now, &n_parts, &merged), ERR_STOPPED, "they are kept");
    assert_true(parts_all_there(job.run.output));
    assert_ok(parts_join(job.run.output, NULL, &n_parts, &merged));
    assert_int_equal(n_parts, 4);
    assert_int_equal(merged.recordings, 7);
    attributes_release(&provenance);
    close_job(&job);
    assert_int_equal(run_job("alone.h5", "--shard-size 2", &go_on, &result), ERR_PARTIAL);
    assert_same_bytes("shared.h5", "alone.h5");
}

static void test_shard_auto(void **state)
{
    (void)state;
    struct plan plan = { .n_shards = 1 };
    setenv("SLURM_ARRAY_TASK_ID", "14", 1);
    setenv("SLURM_ARRAY_TASK_MIN", "10", 1);
    setenv("SLURM_ARRAY_TASK_STEP", "2", 1);
    setenv("SLURM_ARRAY_TASK_COUNT", "5", 1);
    assert_ok(plan_set_shard(&plan, "auto"));
    assert_int_equal(plan.shard, 2);
    assert_int_equal(plan.n_shards, 5);
    setenv("SLURM_ARRAY_TASK_MAX", "18", 1);
    assert_ok(plan_set_shard(&plan, "auto"));
    setenv("SLURM_ARRAY_TASK_COUNT", "3", 1); /* three of the five, which are no third each */
    assert_fails(plan_set_shard(&plan, "auto"), ERR_USAGE, "not evenly spaced");
    unsetenv("SLURM_ARRAY_TASK_ID");
    assert_fails(plan_set_shard(&plan, "auto"), ERR_USAGE, "--shard auto");
    setenv("JOB_COMPLETION_INDEX", "3", 1);
    assert_fails(plan_set_shard(&plan, "auto"), ERR_USAGE, "JOB_COMPLETIONS");
    setenv("JOB_COMPLETIONS", "4", 1);
    assert_ok(plan_tell_shard("auto"));
    assert_ok(plan_set_shard(&plan, "auto"));
    assert_int_equal(plan.shard, 3);
    assert_int_equal(plan.n_shards, 4);
    unsetenv("JOB_COMPLETION_INDEX");
    unsetenv("JOB_COMPLETIONS");
}

static void test_too_many_failures_stop_the_run(void **state)
{
    (void)state;
    struct extract_result result;
    char path[256];
    assert_fails(run_job("strict.h5", "--max-failures 2", &go_on, &result), ERR_INPUT,
                 "--max-failures allows 2");
    snprintf(path, sizeof path, "%s.strict.h5", folder);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* Offsets of 16, 32 and 48 frames in one pass: 32 and 48 are picked out of 16's where those are computed. */
static void run_pass(const char *const *names, const char *const *words, int n)
{
    struct job jobs[3];
    struct pass_output outputs[3];
    for (int i = 0; i < n; i++) {
        open_job(&jobs[i], names[i], words[i]);
        outputs[i] = (struct pass_output){ .setup = &jobs[i].setup, .path = jobs[i].run.output };
    }
    assert_ok(pass_run(outputs, n, &jobs[0].run, &jobs[0].dataset, &(struct pass_watch){ .stop = &go_on }));
    for (int i = 0; i < n; i++) {
        assert_int_equal(outputs[i].result.recordings, 7);
        assert_int_equal(outputs[i].result.failed, 3);
        close_job(&jobs[i]);
    }
}

static void test_one_pass_gives_what_single_runs_give(void **state)
{
    (void)state;
    static const char *const words[] = { "--shard-size 2 --segment 3 --offset 32",
                                         "--shard-size 2 --segment 3 --offset 16",
                                         "--shard-size 2 --segment 3 --offset 48" };
    static const char *const alone[] = { "alone32.h5", "alone16.h5", "alone48.h5" };
    static const char *const names[] = { "pass32.h5", "pass16.h5", "pass48.h5" };
    struct extract_result result;
    for (int i = 0; i < 3; i++) assert_int_equal(run_job(alone[i], words[i], &go_on, &result), ERR_PARTIAL);
    /* some parts of the closest are there already: the others must then compute what they would have picked */
    char shard[128];
    snprintf(shard, sizeof shard, "%s --shard 1/2", words[1]);
    assert_ok(run_job(names[1], shard, &go_on, &result));
    run_pass(names, words, 3);
    for (int i = 0; i < 3; i++) assert_same_bytes(names[i], alone[i]);
}

int main(void)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_recordings_are_listed_and_others_go_on),
        cmocka_unit_test(test_a_recording_does_not_depend_on_its_neighbours),
        cmocka_unit_test(test_long_recordings_are_cut),
        cmocka_unit_test(test_all_channels_are_rows),
        cmocka_unit_test(test_resampling_is_asked_for),
        cmocka_unit_test(test_a_stopped_run_goes_on),
        cmocka_unit_test(test_parts_are_shared_out),
        cmocka_unit_test(test_shard_auto),
        cmocka_unit_test(test_too_many_failures_stop_the_run),
        cmocka_unit_test(test_one_pass_gives_what_single_runs_give),
    };
    return cmocka_run_group_tests_name("extract", tests, make_recordings, NULL);
}
