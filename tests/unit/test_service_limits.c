/* What the service does not take, and when it stops waiting: wrong asks, a full queue, deadlines, askers who left,
 * draining and closing with asks under way. */
#include "service_asking.h"

#include "io/decode.h"

static void test_options(void **state)
{
    (void)state;
    struct service *service;
    struct service_options options = usual_options();
    const char *twice[] = { model_words[0], model_words[0] }, *missing[] = { "a=no_such_file.h5" };
    const char *const *models = options.models;
    options.models = twice;
    assert_fails(service_open(&service, &options), ERR_USAGE, "have the name cells");
    assert_null(service);
    options.models = missing;
    options.n_models = 1;
    assert_fails(service_open(&service, &options), ERR_INPUT, "no_such_file.h5");
    assert_null(service);
    options.n_models = 0;
    options.n_networks = 0;
    assert_fails(service_open(&service, &options), ERR_USAGE, "nothing to serve");
    assert_null(service);
    options.models = models;
    options.n_models = 2;
    options.compute.place.backend = "abacus";
    assert_fails(service_open(&service, &options), ERR_USAGE, "abacus");
    assert_null(service);
    service_close(&service);
}

static void test_wrong_asks(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    const struct catalog *catalog = service_catalog(service);
    const struct served *cells = catalog_find(catalog, "cells"),
                        *network = catalog_find(catalog, "squeezenet1_1");
    const struct sound file = sound_number(0), none = { .form = SOUND_FLOAT, .size = 4 },
                       odd = { .form = SOUND_FLOAT, .bytes = "1234567", .size = 7, .sample_rate = 16000 },
                       unknown = { .form = (enum sound_form)9, .bytes = "1234", .size = 4 };
    const struct {
        struct ask ask;
        const char *words;
    } cases[] = {
        { { .served = cells, .sounds = &file, .n_sounds = 1, .wants = ASK_SCORES }, "2 groups" },
        { { .served = cells, .sounds = &file, .n_sounds = 1, .wants = ASK_SCORES, .group = "slider" },
          "\"slider\" does not name one group of the model cells; it has fan/id_00, pump/id_02" },
        { { .served = network, .sounds = &file, .n_sounds = 1, .wants = ASK_SCORES }, "is a network" },
        { { .served = network, .sounds = &file, .n_sounds = 0, .wants = ASK_FEATURES }, "no sound" },
        { { .served = network, .sounds = NULL, .n_sounds = 1, .wants = ASK_FEATURES }, "no sound" },
        { { .served = network, .sounds = &file, .n_sounds = 1, .wants = 0 }, "expected" },
        { { .served = network, .sounds = &file, .n_sounds = 1, .wants = 64 }, "expected" },
        { { .served = NULL, .sounds = &file, .n_sounds = 1, .wants = ASK_FEATURES }, "no model" },
        { { .served = network + 7, .sounds = &file, .n_sounds = 1, .wants = ASK_FEATURES },
          "another catalog" },
        { { .served = network, .sounds = &none, .n_sounds = 1, .wants = ASK_FEATURES }, "no bytes" },
        { { .served = network, .sounds = &odd, .n_sounds = 1, .wants = ASK_FEATURES }, "7 bytes" },
        { { .served = network, .sounds = &unknown, .n_sounds = 1, .wants = ASK_FEATURES }, "a file, floats" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ask ask = cases[i].ask;
        ask.catalog = catalog;
        assert_fails(service_ask_and_wait(service, &ask), ERR_USAGE, cases[i].words);
        assert_null(ask.heard);
    }
    struct ask nobody = { .served = network, .catalog = catalog, .sounds = &file, .n_sounds = 1, .wants = 1 };
    assert_fails(service_ask(service, &nobody), ERR_USAGE, "nobody to tell");
    service_catalog_release(service, catalog);
    service_close(&service);
}

static void test_full_queue(void **state)
{
    (void)state;
    struct service_options options = usual_options();
    struct gate gate;
    struct pending asks[3] = { 0 }, more = { 0 };
    options.max_queue = 3;
    options.decoders = 1;
    struct service *service = open_service(&options);
    gate_init(&gate);
    asks[0].at_decode = &gate;
    for (int i = 0; i < 3; i++) assert_ok(ask_pending(service, &asks[i], "cells", i));
    gate_wait_for_arrival(&gate);
    assert_fails(ask_pending(service, &more, "cells", 0), ERR_BUSY,
                 "3 recordings are waiting, at most 3 may");
    assert_int_equal(more.n_done, 0);
    struct service_figures figures;
    service_figures(service, &figures);
    assert_int_equal(figures.waiting_decode, 3);
    gate_open(&gate);
    for (int i = 0; i < 3; i++) assert_answered(&asks[i], CELLS, i);
    more = (struct pending){ 0 };
    assert_ok(ask_pending(service, &more, "cells", 4));
    assert_answered(&more, CELLS, 4);

    struct sound sounds[4] = { sound_number(0), sound_number(1), sound_number(2), sound_number(3) };
    const struct catalog *catalog = service_catalog(service);
    struct ask four = {
        .served = catalog->served, .catalog = catalog, .sounds = sounds, .n_sounds = 4, .wants = 1
    };
    assert_fails(service_ask_and_wait(service, &four), ERR_USAGE, "4 sounds at once, at most 3 are taken");
    service_catalog_release(service, catalog);
    service_close(&service);
}

static void test_deadlines(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    struct gate gate;
    struct pending late = { 0 }, slow = { 0 }, overtaken = { 0 }, patient = { 0 };
    late.ask.deadline = clock_seconds() - 1;
    assert_ok(ask_pending(service, &late, "cells", 0));
    assert_refused(&late, ERR_TIMEOUT, "the time for it was over");
    assert_int_equal(late.n_asked, 0);

    /* the computing thread stands in done() of another ask while the time passes */
    gate_init(&gate);
    slow.at_done = &gate;
    assert_ok(ask_pending(service, &slow, "cells", 0));
    gate_wait_for_arrival(&gate);
    overtaken.ask.deadline = clock_seconds() + 0.2;
    patient.ask.deadline = clock_seconds() + 600;
    assert_ok(ask_pending(service, &overtaken, "cells", 1));
    assert_ok(ask_pending(service, &patient, "cells", 2));
    assert_refused(&overtaken, ERR_TIMEOUT, "the time for it was over"); /* at once, not after the batch */
    assert_true(overtaken.n_asked <= 1);                                 /* not again before a batch */
    gate_open(&gate);
    assert_answered(&patient, CELLS, 2);
    assert_answered(&slow, CELLS, 0);
    struct service_figures figures;
    service_figures(service, &figures);
    assert_int_equal(figures.recordings_dropped, 2);
    assert_int_equal(figures.recordings_ok, 2);
    service_close(&service);
}

/* Behind a sound whose decoding takes long, the nearest deadline last; the one that is being decoded then is told when
 * that is over. */
static void test_deadlines_in_queues(void **state)
{
    (void)state;
    struct service_options options = usual_options();
    struct gate gate;
    struct pending held = { 0 }, late[3] = { 0 };
    options.decoders = 1;
    struct service *service = open_service(&options);
    gate_init(&gate);
    held.at_decode = &gate;
    held.ask.deadline = clock_seconds() + 1;
    assert_ok(ask_pending(service, &held, "cells", 0));
    gate_wait_for_arrival(&gate);
    for (int i = 0; i < 3; i++) {
        late[i].ask.deadline = clock_seconds() + 1.4 - 0.1 * i;
        assert_ok(ask_pending(service, &late[i], i == 1 ? "network_model" : "cells", i));
    }
    for (int i = 2; i >= 0; i--) {
        wait_for(&late[i]);
        assert_true(clock_seconds() >= late[i].ask.deadline);
        assert_refused(&late[i], ERR_TIMEOUT, "the time for it was over");
        assert_int_equal(late[i].n_asked, 0);
    }
    struct service_figures figures;
    service_figures(service, &figures);
    assert_int_equal(figures.waiting_decode, 1);
    assert_int_equal(held.n_done, 0);
    gate_open(&gate);
    assert_refused(&held, ERR_TIMEOUT, "the time for it was over");
    service_figures(service, &figures);
    assert_int_equal(figures.waiting_decode + figures.waiting_compute, 0);
    assert_int_equal(figures.recordings_dropped, 4);
    assert_int_equal(figures.batches, 0);
    service_close(&service);
}

static void test_askers_who_left(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    struct gate gate;
    struct pending slow = { 0 }, left = { 0 }, leaves = { 0 }, stays = { 0 };
    gate_init(&gate);
    slow.at_done = &gate;
    assert_ok(ask_pending(service, &slow, "cells", 0));
    gate_wait_for_arrival(&gate);
    leaves.most_wanted = 1; /* decoded, and gone when its batch is made */
    assert_ok(ask_pending(service, &leaves, "cells", 1));
    assert_ok(ask_pending(service, &stays, "cells", 2));
    gate_open(&gate);
    assert_refused(&leaves, ERR_TIMEOUT, "nobody waits");
    assert_int_equal(leaves.n_asked, 2);
    assert_answered(&stays, CELLS, 2);
    assert_answered(&slow, CELLS, 0);
    left.most_wanted = -1; /* never */
    assert_ok(ask_pending(service, &left, "cells", 1));
    assert_refused(&left, ERR_TIMEOUT, "nobody waits");
    assert_int_equal(left.n_asked, 1);
    service_close(&service);
}

/* One sound of several that cannot be used is named; the ask has no answer. */
static void test_one_bad_sound_of_several(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    const struct catalog *catalog = service_catalog(service);
    const struct sound sounds[] = { sound_number(0),
                                    { .form = SOUND_FILE, .bytes = "garbage", .size = 7, .name = "file[1]" },
                                    sound_number(2) };
    struct ask ask = {
        .served = catalog->served, .catalog = catalog, .sounds = sounds, .n_sounds = 3, .wants = ASK_FEATURES
    };
    assert_ok(service_ask_and_wait(service, &ask));
    assert_int_equal(ask.status, ERR_INPUT);
    assert_int_equal(ask.failed_sound, 1);
    assert_non_null(strstr(ask.error, "file[1]: "));
    ask_release(&ask);
    service_catalog_release(service, catalog);
    service_close(&service);
}

static void test_draining(void **state)
{
    (void)state;
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    struct gate gate;
    struct pending asks[4] = { 0 }, late = { 0 };
    gate_init(&gate);
    asks[0].at_decode = &gate;
    for (int i = 0; i < 4; i++)
        assert_ok(ask_pending(service, &asks[i], i % 2 ? "cells" : "network_model", i));
    service_drain(service);
    assert_fails(ask_pending(service, &late, "cells", 0), ERR_STOPPED, "takes no more");
    assert_fails(service_reload(service), ERR_STOPPED, "stops");
    gate_open(&gate);
    for (int i = 0; i < 4; i++) assert_answered(&asks[i], i % 2 ? CELLS : NETWORK, i);
    service_close(&service);
}

static void test_closing_with_asks_under_way(void **state)
{
    (void)state;
    enum { N = 24 };
    const struct service_options options = usual_options();
    struct service *service = open_service(&options);
    struct pending asks[N] = { 0 };
    for (int i = 0; i < N; i++)
        assert_ok(ask_pending(service, &asks[i], i % 2 ? "cells" : "network_model", i % N_ASKED));
    service_close(&service);
    for (int i = 0; i < N; i++) assert_answered(&asks[i], i % 2 ? CELLS : NETWORK, i % N_ASKED);
}

int main(void)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_wrong_asks),
        cmocka_unit_test(test_full_queue),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_deadlines_in_queues),
        cmocka_unit_test(test_askers_who_left),
        cmocka_unit_test(test_one_bad_sound_of_several),
        cmocka_unit_test(test_draining),
        cmocka_unit_test(test_closing_with_asks_under_way),
    };
    return cmocka_run_group_tests_name("service_limits", tests, set_up, tear_down);
}
