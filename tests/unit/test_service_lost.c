/* A backend that fails under the service: batch_compute is this file's, by the linker's --wrap. What cannot be computed
 * is told, nobody waits for ever, and a lost card stays lost. */
#include "service_asking.h"

#include "io/decode.h"

enum status __real_batch_compute(struct batch *batch, const struct setup *setup, const struct line_spec *spec,
                                 struct line *line);
enum status __wrap_batch_compute(struct batch *batch, const struct setup *setup, const struct line_spec *spec,
                                 struct line *line);

/* Of the computing thread, which is not there while they are set. */
static enum status fails_with;
static int good_batches, computed_batches;

enum status __wrap_batch_compute(struct batch *batch, const struct setup *setup, const struct line_spec *spec,
                                 struct line *line)
{
    if (fails_with != OK && computed_batches++ >= good_batches)
        return fail(fails_with, "the card fell off the bus");
    return __real_batch_compute(batch, setup, spec, line);
}

static struct service *open_failing(enum status status, int n_good)
{
    struct service_options options = usual_options();
    fails_with = status;
    good_batches = n_good;
    computed_batches = 0;
    options.max_batch = 1;
    return open_service(&options);
}

static void test_a_lost_card(void **state)
{
    (void)state;
    struct service *service = open_failing(ERR_DEVICE, 1);
    struct gate gate;
    struct pending first = { 0 }, asks[4] = { 0 }, late = { 0 };
    gate_init(&gate);
    first.at_done = &gate;
    assert_ok(ask_pending(service, &first, "cells", 0));
    gate_wait_for_arrival(&gate);
    for (int i = 0; i < 4; i++)
        assert_ok(ask_pending(service, &asks[i], i % 2 ? "cells" : "network_model", i));
    gate_open(&gate);
    assert_answered(&first, CELLS, 0);
    for (int i = 0; i < 4; i++) assert_refused(&asks[i], ERR_DEVICE, "fell off the bus");
    assert_fails(ask_pending(service, &late, "cells", 0), ERR_DEVICE, "fell off the bus");
    assert_int_equal(computed_batches, 2); /* nothing is tried any more */
    struct service_figures figures;
    service_figures(service, &figures);
    assert_int_equal(figures.recordings_ok, 1);
    assert_int_equal(figures.recordings_failed, 4);
    assert_int_equal(figures.waiting_decode + figures.waiting_compute, 0);
    service_close(&service);
}

/* No memory for one batch: its asks are told, and others are answered again. */
static void test_no_memory_for_a_batch(void **state)
{
    (void)state;
    struct service *service = open_failing(ERR_MEMORY, 0);
    struct pending ask = { 0 }, next = { 0 };
    assert_ok(ask_pending(service, &ask, "cells", 0));
    assert_refused(&ask, ERR_MEMORY, "fell off the bus");
    good_batches = 1000; /* ask_pending's lock orders this before the next batch */
    assert_ok(ask_pending(service, &next, "cells", 1));
    assert_answered(&next, CELLS, 1);
    service_close(&service);
}

static void test_closing_a_lost_service(void **state)
{
    (void)state;
    struct service *service = open_failing(ERR_DEVICE, 0);
    struct pending asks[8] = { 0 };
    for (int i = 0; i < 8; i++) {
        const enum status status = ask_pending(service, &asks[i], "cells", i);
        assert_true(status == OK || status == ERR_DEVICE);
        asks[i].ask.served = status == OK ? asks[i].ask.served : NULL;
    }
    service_close(&service);
    for (int i = 0; i < 8; i++)
        if (asks[i].ask.served) assert_refused(&asks[i], ERR_DEVICE, "fell off the bus");
}

int main(void)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lost_card),
        cmocka_unit_test(test_no_memory_for_a_batch),
        cmocka_unit_test(test_closing_a_lost_service),
    };
    return cmocka_run_group_tests_name("service_lost", tests, set_up, tear_down);
}
