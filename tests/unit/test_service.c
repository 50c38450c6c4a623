/* The service's answers are the bits of `extract` and `score`: one after the other, many at once, from threads, of two
 * models and a network together, whatever shares a batch. */
#include "service_fixture.h"

#include "io/decode.h"
#include "service/cost.h"

static const char *const names[] = { "cells", "network_model", "squeezenet1_1" };
static const enum way way_of[] = { CELLS, NETWORK, NETWORK };
static const unsigned wants_of[] = { ASK_FEATURES | ASK_SCORES, ASK_FEATURES | ASK_SCORES, ASK_FEATURES };

static void assert_asked(struct service *service, int of, int number)
{
    const struct sound sound = sound_number(number);
    struct ask ask;
    assert_ok(ask_once(service, &ask, names[of], &sound, wants_of[of]));
    if (ask.status != OK) fail_msg("%s", ask.error);
    assert_heard(&ask.heard[0], &expected[way_of[of]][number], wants_of[of]);
    assert_near(ask.heard[0].seconds, asked[number].seconds, 0.001);
    assert_int_equal(ask.heard[0].sample_rate, asked[number].rate);
    assert_int_equal(ask.heard[0].decides, of < 2);
    ask_release(&ask);
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    for (int of = 0; of < 3; of++)
        for (int i = 0; i < N_ASKED; i++) assert_asked(service, of, i);
    service_close(&service);
    assert_null(service);
}

struct asker {
    struct service *service;
    int number, n_asks;
};

static void *ask_in_turn(void *argument)
{
    const struct asker *asker = argument;
    struct rng rng = rng_seeded((uint64_t)asker->number, 3);
    for (int i = 0; i < asker->n_asks; i++)
        assert_asked(asker->service, (int)rng_below(&rng, 3), (int)rng_below(&rng, N_ASKED));
    return NULL;
}

static void ask_from_threads(const struct service_options *options, int n_threads, int n_asks)
{
    struct service *service = open_service(options);
    pthread_t threads[32];
    struct asker askers[32];
    struct service_figures figures;
    for (int i = 0; i < n_threads; i++) {
        askers[i] = (struct asker){ service, i, n_asks };
        assert_int_equal(pthread_create(&threads[i], NULL, ask_in_turn, &askers[i]), 0);
    }
    for (int i = 0; i < n_threads; i++) pthread_join(threads[i], NULL);
    service_figures(service, &figures);
    assert_int_equal(figures.recordings_ok, n_threads * n_asks);
    assert_int_equal(figures.recordings_failed + figures.recordings_dropped, 0);
    assert_int_equal(figures.waiting_decode + figures.waiting_compute, 0);
    if (options->max_batch == 1)
        assert_int_equal(figures.batches, n_threads * n_asks);
    else
        assert_true(figures.batches < n_threads * n_asks);
    service_close(&service);
}

static void test_many_at_once(void **state)
{
    (void)state;
    struct service_options options = usual_options();
    ask_from_threads(&options, 16, 5);
    options.max_batch = 4;
    options.decoders = 1;
    ask_from_threads(&options, 8, 4);
    options.max_batch = 1;
    ask_from_threads(&options, 3, 4);
}

static void test_several_sounds_of_one_ask(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    const struct catalog *catalog = service_catalog(service);
    struct sound sounds[N_ASKED];
    for (int i = 0; i < N_ASKED; i++) sounds[i] = sound_number(i);
    for (int of = 0; of < 2; of++) {
        struct ask ask = { .catalog = catalog,
                           .served = catalog_find(catalog, names[of]),
                           .group = "fan/id_00",
                           .sounds = sounds,
                           .n_sounds = N_ASKED,
                           .wants = wants_of[of] };
        assert_ok(service_ask_and_wait(service, &ask));
        assert_int_equal(ask.status, OK);
        assert_int_equal(ask.failed_sound, -1);
        for (int i = 0; i < N_ASKED; i++) assert_heard(&ask.heard[i], &expected[way_of[of]][i], wants_of[of]);
        ask_release(&ask);
    }
    service_catalog_release(service, catalog);
    service_close(&service);
}

/* Samples as floats and as int16 mean the file that holds them. */
static void test_samples(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    for (int i = 0; i < N_ASKED; i++) {
        if (asked[i].channels > 1) continue;
        const size_t n = (asked_wav[i].size - 44) / 2;
        int16_t *pcm = malloc(n * sizeof *pcm);
        float *wave = malloc(n * sizeof *wave);
        memcpy(pcm, asked_wav[i].at + 44, n * sizeof *pcm);
        for (size_t s = 0; s < n; s++) wave[s] = (float)pcm[s] / 32768.0f;
        const struct sound sounds[2] = { { SOUND_INT16, pcm, n * sizeof *pcm, (int)asked[i].rate, "pcm" },
                                         { SOUND_FLOAT, wave, n * sizeof *wave, (int)asked[i].rate,
                                           "wave" } };
        for (int form = 0; form < 2; form++) {
            struct ask ask;
            assert_ok(ask_once(service, &ask, "network_model", &sounds[form], wants_of[1]));
            if (ask.status != OK) fail_msg("%s", ask.error);
            assert_heard(&ask.heard[0], &expected[NETWORK][i], wants_of[1]);
            ask_release(&ask);
        }
        free(pcm);
        free(wave);
    }
    service_close(&service);
}

/* The spectrogram alone is that of an ask for everything, and its segments stand side by side. */
static void test_spectrogram(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    for (int i = 0; i < N_ASKED; i++) {
        const struct sound sound = sound_number(i);
        struct ask alone, all;
        assert_ok(ask_once(service, &alone, "network_model", &sound, ASK_SPECTROGRAM));
        assert_ok(ask_once(service, &all, "network_model", &sound, ASK_SPECTROGRAM | wants_of[1]));
        assert_int_equal(alone.status, OK);
        assert_int_equal(all.status, OK);
        assert_null(alone.heard[0].features);
        assert_heard(&all.heard[0], &expected[NETWORK][i], wants_of[1]);
        assert_int_equal(alone.heard[0].n_mels, 64);
        assert_int_equal(alone.heard[0].n_frames, all.heard[0].n_frames);
        assert_memory_equal(alone.heard[0].decibel, all.heard[0].decibel,
                            (size_t)64 * (size_t)all.heard[0].n_frames * sizeof(float));
        ask_release(&alone);
        ask_release(&all);
    }
    service_close(&service);
}

/* 3 ms a batch and 2 ms a patch, with noise; nothing is known as long as all are of one size. */
static void test_cost(void **state)
{
    (void)state;
    struct cost cost = { 0 };
    struct rng rng = rng_seeded(1, 1);
    assert_true(isinf(cost_fixed(&cost)));
    for (int i = 0; i < 5; i++) cost_add(&cost, 4, 0.011);
    assert_true(isinf(cost_fixed(&cost)));
    for (int i = 0; i < 100; i++) {
        const int patches = 1 + (int)rng_below(&rng, 18);
        cost_add(&cost, patches, 0.003 + 0.002 * patches + 1e-4 * (rng_uniform(&rng) - 0.5));
    }
    assert_near(cost_fixed(&cost), 0.003, 1e-4);
    for (int i = 0; i < 200; i++) cost_add(&cost, i % 3 + 1, 0.001 * (i % 3));
    assert_true(cost_fixed(&cost) == 0);
}

static void test_catalog(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    const struct catalog *catalog = service_catalog(service);
    assert_int_equal(catalog->count, 3);
    const struct served *cells = catalog_find(catalog, "cells"),
                        *model = catalog_find(catalog, "network_model"),
                        *network = catalog_find(catalog, "squeezenet1_1");
    assert_null(catalog_find(catalog, "nothing"));
    assert_int_equal(cells->kind, SERVED_MODEL);
    assert_int_equal(cells->columns, 16 * 16);
    assert_int_equal(cells->model->count, 2);
    assert_non_null(strstr(cells->path, "cells_model.h5"));
    assert_int_equal(network->kind, SERVED_NETWORK);
    assert_null(network->model);
    assert_null(network->path);
    assert_ptr_equal(network->settings, model->settings); /* they share one setup */
    assert_string_equal(attributes_text(model->provenance, "weights", ""), "seeded:1");
    assert_true(cells->loaded_unix_s > 0);
    service_catalog_release(service, catalog);
    assert_string_equal(service_backend(service), "cpu");
    assert_true(strlen(service_device(service)) > 0);
    service_close(&service);
}

int main(void)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_several_sounds_of_one_ask),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_spectrogram),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_catalog),
    };
    return cmocka_run_group_tests_name("service", tests, set_up, tear_down);
}
