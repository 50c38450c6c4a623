/* Sounds that cannot be used, or do harm: each gets its sentence, and the service answers others as before.
 * sf_open_virtual is poison_sndfile.c's. */
#include "service_asking.h"

#include "io/decode.h"

#include <sndfile.h>

static void assert_bad(struct service *service, const struct sound *sound, enum status status,
                       const char *words)
{
    struct ask ask;
    assert_ok(ask_once(service, &ask, "cells", sound, ASK_FEATURES | ASK_SCORES));
    assert_int_equal(ask.status, status);
    if (!strstr(ask.error, words)) fail_msg("\"%s\" does not say \"%s\"", ask.error, words);
    assert_int_equal(ask.failed_sound, 0);
    ask_release(&ask);
}

static void assert_still_right(struct service *service)
{
    const struct sound sound = sound_number(1);
    struct ask ask;
    assert_ok(ask_once(service, &ask, "cells", &sound, ASK_FEATURES | ASK_SCORES));
    if (ask.status != OK) fail_msg("%s", ask.error);
    assert_heard(&ask.heard[0], &expected[CELLS][1], ASK_FEATURES | ASK_SCORES);
    ask_release(&ask);
}

static struct sound file_of(const void *bytes, size_t size)
{
    return (struct sound){ .form = SOUND_FILE, .bytes = bytes, .size = size, .name = "upload" };
}

static void test_garbage(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    struct rng rng = rng_seeded(5, 5);
    unsigned char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)rng_below(&rng, 256);
    const struct sound empty = file_of(NULL, 0), noise = file_of(bytes, sizeof bytes);
    assert_bad(service, &empty, ERR_INPUT, "upload: the file is empty");
    assert_bad(service, &noise, ERR_INPUT, "upload: ");
    assert_still_right(service);
    service_close(&service);
}

/* Cut off anywhere: never an answer that pretends to be one of the whole. */
static void test_cut_off(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    for (size_t size = 1; size < asked_wav[0].size; size += size < 60 ? 3 : 4999) {
        const struct sound cut = file_of(asked_wav[0].at, size);
        assert_bad(service, &cut, ERR_INPUT, "upload: ");
    }
    assert_still_right(service);
    service_close(&service);
}

/* Bytes that were changed here and there are answered or refused. */
static void test_changed_bytes(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    struct rng rng = rng_seeded(6, 6);
    unsigned char *bytes = malloc(asked_wav[0].size);
    for (int i = 0; i < 200; i++) {
        struct ask ask;
        memcpy(bytes, asked_wav[0].at, asked_wav[0].size);
        for (int n = 0; n < 3; n++) bytes[rng_below(&rng, 60)] = (unsigned char)rng_below(&rng, 256);
        const struct sound sound = file_of(bytes, asked_wav[0].size);
        assert_ok(ask_once(service, &ask, "cells", &sound, ASK_FEATURES));
        assert_true(ask.status == OK || ask.status == ERR_INPUT);
        ask_release(&ask);
    }
    free(bytes);
    assert_still_right(service);
    service_close(&service);
}

static void test_lengths_and_rates(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    const size_t n = 16000 * 61;
    float *wave = calloc(n, sizeof *wave);
    const struct {
        size_t n;
        int rate;
        const char *words;
    } cases[] = { { 100, 16000, "upload: 0.006 s found, at least" },
                  { 0, 16000, "upload: 0.000 s found, at least" },
                  { n, 16000, "upload: 61.0 s found, at most 60 s are taken" },
                  { 16000, 0, "upload: a sample rate of 0 Hz was found" },
                  { 16000, -5, "upload: a sample rate of -5 Hz was found" },
                  { 4, 1, "upload: a sample rate of 1 Hz was found; it cannot become 16000 Hz" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sound sound = { SOUND_FLOAT, wave, cases[i].n * sizeof *wave, cases[i].rate, "upload" };
        assert_bad(service, &sound, ERR_INPUT, cases[i].words);
    }
    assert_still_right(service);
    free(wave);
    service_close(&service);
}

static void test_samples_that_are_no_numbers(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    float wave[32000];
    const float values[] = { NAN, INFINITY, -INFINITY };
    for (int v = 0; v < 3; v++)
        for (int at = 0; at < 32000; at += 15999) {
            for (int i = 0; i < 32000; i++) wave[i] = 0.1f * sinf(0.1f * (float)i);
            wave[at] = values[v];
            const struct sound sound = { SOUND_FLOAT, wave, sizeof wave, 16000, "upload" };
            assert_bad(service, &sound, ERR_INPUT, "upload: a sample is NaN or infinite");
        }
    assert_still_right(service);
    service_close(&service);
}

/* ----------------------------------------------------------------------------------- what unfolds, and poison */

/* Silence of so many seconds, in a FLAC file of a few kilobytes. */
static struct bytes silent_flac(double seconds)
{
    const char *path = in_folder("silence.flac");
    SF_INFO info = { .samplerate = 16000, .channels = 1, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16 };
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    static float block[16000];
    assert_non_null(file);
    for (int s = 0; s < (int)seconds; s++) assert_int_equal(sf_writef_float(file, block, 16000), 16000);
    sf_close(file);
    struct bytes bytes = { malloc(1 << 22), 0 };
    FILE *stream = fopen(path, "rb");
    bytes.size = fread(bytes.at, 1, 1 << 22, stream);
    fclose(stream);
    unlink(path);
    return bytes;
}

static void test_a_small_file_of_hours(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    struct bytes flac = silent_flac(3 * 3600);
    assert_true(flac.size < 1 << 20);
    const struct sound sound = file_of(flac.at, flac.size);
    assert_bad(service, &sound, ERR_INPUT, "upload: 10800.0 s found, at most 60 s are taken");
    /* the same with a header that tells of a second: STREAMINFO's 36 bits of samples are from bit 172 on */
    flac.at[21] &= 0xf0;
    flac.at[22] = flac.at[23] = 0;
    flac.at[24] = 16000 >> 8;
    flac.at[25] = 16000 & 255;
    struct ask ask;
    assert_ok(ask_once(service, &ask, "cells", &sound, ASK_FEATURES));
    if (ask.status == OK) assert_true(ask.heard[0].n_patches < 60 * 16000 / 256 / 8);
    ask_release(&ask);
    free(flac.at);
    assert_still_right(service);
    service_close(&service);
}

static void test_poison(void **state)
{
    (void)state;
    struct service_options options = usual_options();
    options.decode.seconds = 4; /* a sanitizer takes its time to tell of a crash */
    struct service *service = open_service(&options);
    static const char *const words[][2] = { { "crash", "crashed" },
                                            { "hang", "hung" },
                                            { "exit", "crashed" } };
    struct service_figures figures;
    for (int i = 0; i < 3; i++) {
        char bytes[256] = "";
        snprintf(bytes, sizeof bytes, "fLaC POISON %s", words[i][0]);
        const struct sound sound = file_of(bytes, sizeof bytes);
        assert_bad(service, &sound, ERR_POISON, words[i][1]);
        assert_still_right(service);
    }
    service_figures(service, &figures);
    assert_int_equal(figures.poisoned, 3);
    assert_int_equal(figures.recordings_failed, 3);
    assert_int_equal(figures.recordings_ok, 3);
    service_close(&service);
}

/* Others are answered while a decoder waits for a helper that hangs. */
static void test_poison_beside_others(void **state)
{
    (void)state;
    struct service_options options = usual_options();
    options.decode.seconds = 4; /* as long as it hangs */
    struct service *service = open_service(&options);
    char bytes[256] = "fLaC POISON hang";
    const struct sound sound = file_of(bytes, sizeof bytes);
    const struct catalog *catalog = service_catalog(service);
    struct pending hangs = { 0 };
    pthread_mutex_init(&hangs.lock, NULL);
    pthread_cond_init(&hangs.changed, NULL);
    hangs.ask = (struct ask){ .served = catalog_find(catalog, "cells"),
                              .catalog = catalog,
                              .sounds = &sound,
                              .n_sounds = 1,
                              .wants = ASK_FEATURES,
                              .done = tell_done };
    assert_ok(service_ask(service, &hangs.ask));
    for (int i = 0; i < 5; i++) assert_still_right(service);
    assert_int_equal(hangs.n_done, 0);
    assert_refused(&hangs, ERR_POISON, "hung");
    service_catalog_release(service, catalog);
    service_close(&service);
}

int main(void)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_lengths_and_rates),
        cmocka_unit_test(test_samples_that_are_no_numbers),
        cmocka_unit_test(test_a_small_file_of_hours),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_poison_beside_others),
    };
    return cmocka_run_group_tests_name("service_hostile", tests, set_up, tear_down);
}
