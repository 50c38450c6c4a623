/* Trainings that are stopped and go on: the same bits, and what stays on the disk. */
#include "test.h"

#include "checkpoint_fixture.h"
#include "core/output.h"

static const struct detector *const detectors[] = { &detector_lenet_dcae, &detector_small_dcae };

static struct autoencoder_settings settings_with(int epochs)
{
    return (struct autoencoder_settings){ .epochs = epochs, .batch_size = BATCH, .learning_rate = 1e-3 };
}

static int is_there(void)
{
    return access(path, F_OK) == 0;
}

/* Learns the example's rows, from the file on and into it, which stays. */
static enum status fit_kept(const struct detector *detector, const struct autoencoder_settings *settings,
                            const atomic_int *stop, struct autoencoder *ae)
{
    const struct checkpoint checkpoint = { path, stop, .stays = 1 };
    *ae = (struct autoencoder){ 0 };
    return detector_fit(detector, backend, settings, &(struct rows){ .x = x }, &checkpoint, ae);
}

static void assert_same(const struct autoencoder *found, const struct autoencoder *expected)
{
    assert_int_equal(found->epochs, expected->epochs);
    assert_true(found->loss == expected->loss);
    assert_memory_equal(found->parameters, expected->parameters, expected->n_parameters * sizeof(float));
    assert_memory_equal(found->statistics, expected->statistics, expected->n_statistics * sizeof(float));
}

static void fit_straight(const struct detector *detector, const struct autoencoder_settings *settings,
                         struct autoencoder *ae)
{
    *ae = (struct autoencoder){ 0 };
    assert_ok(detector_fit(detector, backend, settings, &(struct rows){ .x = x }, NULL, ae));
}

/* A training in whose place something else lies comes to what it comes to without. */
static void test_starts_anew(void **state)
{
    (void)state;
    struct autoencoder_settings settings = settings_with(2);
    struct autoencoder expected, found, other;
    fit_straight(&detector_small_dcae, &settings, &expected);
    settings.seed = 1;
    assert_ok(fit_kept(&detector_small_dcae, &settings, NULL, &other));
    settings.seed = 0;
    assert_ok(fit_kept(&detector_small_dcae, &settings, NULL, &found));
    assert_same(&found, &expected);
    detector_small_dcae.release(&found);
    assert_int_equal(truncate(path, 700), 0);
    assert_ok(fit_kept(&detector_small_dcae, &settings, NULL, &found));
    assert_same(&found, &expected);
    detector_small_dcae.release(&expected);
    detector_small_dcae.release(&found);
    detector_small_dcae.release(&other);
}

/* --------------------------------------------------------------------------------------- the same bits */

/* Two epochs on two threads; then on to four on one and on three. */
static void test_more_epochs_same_bits(void **state)
{
    (void)state;
    const struct autoencoder_settings two = settings_with(2), four = settings_with(EPOCHS);
    for (int d = 0; d < 2; d++) {
        struct autoencoder expected, half, whole;
        struct backend *shared = backend;
        fit_straight(detectors[d], &four, &expected);
        for (int threads = 1; threads <= 3; threads += 2) {
            unlink(path);
            assert_ok(fit_kept(detectors[d], &two, NULL, &half));
            assert_int_equal(half.epochs, 2);
            assert_ok(backend_open(&backend, "cpu", &(struct backend_options){ .threads = threads }));
            assert_ok(fit_kept(detectors[d], &four, NULL, &whole));
            backend->ops->close(&backend);
            backend = shared;
            assert_same(&whole, &expected);
            detectors[d]->release(&half);
            detectors[d]->release(&whole);
        }
        detectors[d]->release(&expected);
    }
}

/* A backend that sets `stop` after so many shared tasks: in the middle of a batch, wherever that is. */
static atomic_int stop;
static const struct backend_ops *true_ops;
static int shares_left, n_shares;

static void count_share(struct backend *of, int n_tasks, void (*task)(void *context, int index, int thread),
                        void *context)
{
    n_shares++;
    if (shares_left-- == 0) stop = 1;
    true_ops->share(of, n_tasks, task, context);
}

static enum status fit_stopped(const struct detector *detector, int after_shares, struct autoencoder *ae)
{
    const struct autoencoder_settings settings = settings_with(EPOCHS);
    struct backend_ops counting = *backend->ops;
    true_ops = backend->ops;
    counting.share = count_share;
    backend->ops = &counting;
    stop = 0;
    n_shares = 0;
    shares_left = after_shares;
    const enum status status = fit_kept(detector, &settings, &stop, ae);
    backend->ops = true_ops;
    return status;
}

static void test_stopped_and_gone_on(void **state)
{
    (void)state;
    const struct autoencoder_settings four = settings_with(EPOCHS);
    for (int d = 0; d < 2; d++) {
        struct autoencoder expected, ae;
        unlink(path);
        assert_ok(fit_stopped(detectors[d], -1, &expected));
        const int whole = n_shares;
        detectors[d]->release(&expected);
        fit_straight(detectors[d], &four, &expected);
        unlink(path);
        assert_fails(fit_stopped(detectors[d], whole / 8, &ae), ERR_STOPPED, "stopped after 0 of 4 epochs");
        assert_false(is_there());
        detectors[d]->release(&ae);
        assert_fails(fit_stopped(detectors[d], whole * 5 / 8, &ae), ERR_STOPPED,
                     "stopped after 2 of 4 epochs; run again to go on");
        assert_true(is_there());
        detectors[d]->release(&ae);
        assert_ok(fit_stopped(detectors[d], -1, &ae));
        assert_int_equal(n_shares, whole / 2);
        assert_same(&ae, &expected);
        detectors[d]->release(&ae);
        detectors[d]->release(&expected);
    }
}

/* -------------------------------------------------------------------------------------- what stays */

static void test_a_finished_fit_is_read(void **state)
{
    (void)state;
    struct autoencoder first, again;
    unlink(path);
    assert_ok(fit_stopped(&detector_small_dcae, -1, &first));
    assert_ok(fit_stopped(&detector_small_dcae, -1, &again));
    assert_int_equal(n_shares, 0);
    assert_same(&again, &first);
    detector_small_dcae.release(&first);
    detector_small_dcae.release(&again);
}

static void test_what_is_removed(void **state)
{
    (void)state;
    const struct autoencoder_settings settings = settings_with(1);
    const struct checkpoint goes = { .path = path };
    struct autoencoder ae = { 0 };
    struct rows rows = { .x = x };
    unlink(path);
    assert_ok(detector_fit(&detector_small_dcae, backend, &settings, &rows, &goes, &ae));
    assert_false(is_there());
    detector_small_dcae.release(&ae);
    assert_ok(fit_kept(&detector_small_dcae, &settings, NULL, &ae));
    assert_true(is_there());
    detector_small_dcae.release(&ae);
    x.data[7] = (float)NAN;
    assert_fails(fit_kept(&detector_small_dcae, &settings, NULL, &ae), ERR_INPUT, "cell 7");
    assert_false(is_there());
    detector_small_dcae.release(&ae);
    x.data[7] = 0.5f;
}

static void test_disk_that_cannot_be_written(void **state)
{
    (void)state;
    const struct autoencoder_settings settings = settings_with(1);
    const struct checkpoint nowhere = { .path = "nowhere/000000.h5" };
    struct autoencoder ae = { 0 };
    assert_fails(
        detector_fit(&detector_small_dcae, backend, &settings, &(struct rows){ .x = x }, &nowhere, &ae),
        ERR_OUTPUT, "nowhere/000000.h5 cannot be written");
    detector_small_dcae.release(&ae);
}

/* Where a detector keeps nothing, nothing is kept, and nobody asks it to stop. */
static void test_detectors_without(void **state)
{
    (void)state;
    const atomic_int stopped = 1;
    const struct checkpoint checkpoint = { path, &stopped, 0 };
    struct rows rows;
    unlink(path);
    assert_null(detector_level.fit_on);
    assert_ok(rows_init(&rows, 2, 1));
    void *model = memory_new(1, detector_level.model_size);
    assert_ok(detector_fit(&detector_level, backend, NULL, &rows, &checkpoint, model));
    assert_false(is_there());
    detector_level.release(model);
    memory_free(model);
    rows_release(&rows);
}

static void touch(const char *in, const char *name)
{
    char file[128];
    snprintf(file, sizeof file, "%s/%s", in, name);
    fclose(fopen(file, "w"));
}

static void test_folder_is_removed(void **state)
{
    (void)state;
    char own[96], other[128];
    snprintf(own, sizeof own, "%s/training", folder);
    snprintf(other, sizeof other, "%s/notes.h5", own);
    char *twelfth = checkpoint_path(own, 12);
    assert_string_equal(strrchr(twelfth, '/'), "/000012.h5");
    memory_free(twelfth);
    assert_ok(output_folder(own));
    touch(own, "000012.h5");
    touch(own, "000013.h5.4711-0.tmp");
    touch(own, "notes.h5");
    checkpoint_remove_folder(own);
    assert_int_equal(access(other, F_OK), 0);
    assert_int_equal(unlink(other), 0);
    checkpoint_remove_folder(own);
    assert_int_equal(access(own, F_OK), -1);
    checkpoint_remove_folder(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_anew),         cmocka_unit_test(test_more_epochs_same_bits),
        cmocka_unit_test(test_stopped_and_gone_on), cmocka_unit_test(test_a_finished_fit_is_read),
        cmocka_unit_test(test_what_is_removed),     cmocka_unit_test(test_disk_that_cannot_be_written),
        cmocka_unit_test(test_detectors_without),   cmocka_unit_test(test_folder_is_removed),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, set_up, tear_down);
}
