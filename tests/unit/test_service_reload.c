/* Reading models again: new ones for who asks from then on, the old ones for who asked before, all of it as it was where
 * one cannot be used; and answers while files are slow to come: model_open and weights_open are this file's, by the
 * linker's --wrap. */
#include "service_asking.h"

#include "io/decode.h"

#include <stdatomic.h>

/* What model files say that may stand under one name: 2 components as in `expected`, or 1. */
static struct expected other[N_ASKED];

static int set_up_models(void **state)
{
    set_up(state);
    struct model model;
    struct backend *backend;
    fit_model(in_folder("cells.h5"), in_folder("other_model.h5"), 1);
    assert_ok(place_open(&backend, &computing.place));
    assert_ok(model_open(&model, in_folder("other_model.h5")));
    for (int i = 0; i < N_ASKED; i++) {
        other[i] = expected[CELLS][i];
        expect_scores(&model, backend, &other[i]);
        assert_true(other[i].score != expected[CELLS][i].score);
    }
    model_release(&model);
    backend->ops->close(&backend);
    return 0;
}

static int tear_down_models(void **state)
{
    for (int i = 0; i < N_ASKED; i++) free(other[i].patch_scores);
    return tear_down(state);
}

/* A service with the model file "served.h5", which tests replace by others. */
static void put_model(const char *name)
{
    char copy[400];
    snprintf(copy, sizeof copy, "cp '%s' '%s' && mv '%s' '%s'", in_folder(name), in_folder("next.h5"),
             in_folder("next.h5"), in_folder("served.h5"));
    assert_int_equal(system(copy), 0);
}

static struct service_options options_of_one(void)
{
    static const char *models[1];
    static char words[200];
    struct service_options options = usual_options();
    snprintf(words, sizeof words, "cells=%s", in_folder("served.h5"));
    models[0] = words;
    options.models = models;
    options.n_models = 1;
    options.n_networks = 0;
    return options;
}

static void assert_scored(struct service *service, const struct catalog *catalog, int number,
                          const struct expected *e)
{
    const struct sound sound = sound_number(number);
    struct ask ask = { .served = catalog_find(catalog, "cells"),
                       .catalog = catalog,
                       .group = "fan",
                       .sounds = &sound,
                       .n_sounds = 1,
                       .wants = ASK_SCORES };
    assert_ok(service_ask_and_wait(service, &ask));
    if (ask.status != OK) fail_msg("%s", ask.error);
    assert_heard(&ask.heard[0], e, ASK_SCORES);
    ask_release(&ask);
}

static void test_new_models_and_old_catalogs(void **state)
{
    (void)state;
    const struct service_options options = options_of_one();
    put_model("cells_model.h5");
    struct service *service = open_service(&options);
    const struct catalog *before = service_catalog(service);
    put_model("other_model.h5");
    assert_scored(service, before, 1, &expected[CELLS][1]);
    assert_ok(service_reload(service));
    const struct catalog *after = service_catalog(service);
    assert_ptr_not_equal(before, after);
    assert_ptr_equal(before->served->settings, after->served->settings); /* made alike: one setup */
    for (int i = 0; i < N_ASKED; i++) {
        assert_scored(service, before, i, &expected[CELLS][i]);
        assert_scored(service, after, i, &other[i]);
    }
    service_catalog_release(service, before);
    assert_scored(service, after, 0, &other[0]);
    service_catalog_release(service, after);
    service_close(&service);
}

static void test_a_file_that_cannot_be_used(void **state)
{
    (void)state;
    const struct service_options options = options_of_one();
    static const char *const bad[] = { "asked/0.wav", "cells.h5", "nothing.h5" };
    put_model("cells_model.h5");
    struct service *service = open_service(&options);
    const struct catalog *before = service_catalog(service);
    for (int i = 0; i < 3; i++) {
        if (i < 2)
            put_model(bad[i]);
        else
            unlink(in_folder("served.h5"));
        assert_fails(service_reload(service), ERR_INPUT, "served.h5");
        const struct catalog *after = service_catalog(service);
        assert_ptr_equal(before, after);
        assert_scored(service, after, 1, &expected[CELLS][1]);
        service_catalog_release(service, after);
    }
    service_catalog_release(service, before);
    service_close(&service);
}

/* Another network's model under the name: another setup, and back. */
static void test_other_settings(void **state)
{
    (void)state;
    const struct service_options options = options_of_one();
    put_model("cells_model.h5");
    struct service *service = open_service(&options);
    const struct catalog *before = service_catalog(service);
    put_model("network_model.h5");
    assert_ok(service_reload(service));
    const struct catalog *after = service_catalog(service);
    assert_int_equal(before->served->columns, 256);
    assert_int_equal(after->served->columns, 2048);
    assert_scored(service, after, 1, &expected[NETWORK][1]);
    assert_scored(service, before, 1, &expected[CELLS][1]);
    service_catalog_release(service, before);
    service_catalog_release(service, after);
    put_model("other_model.h5");
    assert_ok(service_reload(service));
    after = service_catalog(service);
    assert_scored(service, after, 1, &other[1]);
    service_catalog_release(service, after);
    service_close(&service);
}

/* ------------------------------------------------------------------------------------------- slow files */

enum status __real_model_open(struct model *model, const char *path);
enum status __wrap_model_open(struct model *model, const char *path);
enum status __real_weights_open(struct weights **out, const struct net *net, int layer, const char *source);
enum status __wrap_weights_open(struct weights **out, const struct net *net, int layer, const char *source);

/* Where files are held; NULL: nowhere. Set while no reload is under way. */
static struct gate *at_model, *at_weights;
static atomic_int n_models_opened;

enum status __wrap_model_open(struct model *model, const char *path)
{
    atomic_fetch_add(&n_models_opened, 1);
    if (at_model) gate_pass(at_model);
    return __real_model_open(model, path);
}

enum status __wrap_weights_open(struct weights **out, const struct net *net, int layer, const char *source)
{
    if (at_weights) gate_pass(at_weights);
    return __real_weights_open(out, net, layer, source);
}

struct reload {
    struct service *service;
    enum status status;
    char sentence[512];
};

static void *reload_aside(void *argument)
{
    struct reload *reload = argument;
    reload->status = service_reload(reload->service);
    if (reload->status != OK) snprintf(reload->sentence, sizeof reload->sentence, "%s", status_sentence());
    return NULL;
}

static void assert_scored_now(struct service *service, int number, const struct expected *e)
{
    const struct catalog *catalog = service_catalog(service);
    assert_scored(service, catalog, number, e);
    service_catalog_release(service, catalog);
}

/* Asks are answered as before while the new file is held at `where`, and by the new model afterwards. */
static void reload_slowly(struct gate **where, const char *name, enum way way)
{
    const struct service_options options = options_of_one();
    struct gate gate;
    pthread_t thread;
    put_model("cells_model.h5");
    struct service *service = open_service(&options);
    struct reload reload = { .service = service };
    put_model(name);
    gate_init(&gate);
    *where = &gate;
    assert_int_equal(pthread_create(&thread, NULL, reload_aside, &reload), 0);
    gate_wait_for_arrival(&gate);
    for (int i = 0; i < N_ASKED; i++) assert_scored_now(service, i, &expected[CELLS][i]);
    gate_open(&gate);
    pthread_join(thread, NULL);
    *where = NULL;
    assert_int_equal(reload.status, OK);
    for (int i = 0; i < N_ASKED; i++)
        assert_scored_now(service, i, way == CELLS ? &other[i] : &expected[NETWORK][i]);
    service_close(&service);
}

static void test_a_slow_model(void **state)
{
    (void)state;
    reload_slowly(&at_model, "other_model.h5", CELLS);
}

static void test_slow_weights(void **state)
{
    (void)state;
    reload_slowly(&at_weights, "network_model.h5", NETWORK);
}

/* Reloads wait for each other; one that a drain overtakes reads no more files. */
static void test_reloads_in_turn_and_a_drain(void **state)
{
    (void)state;
    const struct service_options options = options_of_one();
    struct gate gate;
    pthread_t threads[2];
    put_model("cells_model.h5");
    struct service *service = open_service(&options);
    struct reload reloads[2] = { { .service = service }, { .service = service } };
    put_model("other_model.h5");
    gate_init(&gate);
    at_model = &gate;
    const int n_before = atomic_load(&n_models_opened);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reload_aside, &reloads[i]), 0);
    gate_wait_for_arrival(&gate);
    usleep(100000);
    assert_int_equal(atomic_load(&n_models_opened), n_before + 1);
    assert_scored_now(service, 1, &expected[CELLS][1]);
    service_drain(service);
    gate_open(&gate);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    at_model = NULL;
    assert_int_equal(atomic_load(&n_models_opened), n_before + 1);
    assert_true((reloads[0].status == OK) != (reloads[1].status == OK));
    const struct reload *late = reloads[0].status == OK ? &reloads[1] : &reloads[0];
    assert_int_equal(late->status, ERR_STOPPED);
    assert_non_null(strstr(late->sentence, "the service stops"));
    service_close(&service);
}

/* ------------------------------------------------------------------------------------------- under load */

struct load {
    struct service *service;
    int number;
    atomic_int *is_over;
    int n_old, n_new;
};

static void *ask_on(void *argument)
{
    struct load *load = argument;
    for (int i = load->number; !atomic_load(load->is_over); i++) {
        const struct catalog *catalog = service_catalog(load->service);
        const char *components = "";
        char text[32];
        const struct attribute *found = attributes_find(&catalog->served->model->settings, "components");
        if (found) attribute_print(found, text, sizeof text), components = text;
        const int is_other = strcmp(components, "1") == 0;
        assert_scored(load->service, catalog, i % N_ASKED,
                      is_other ? &other[i % N_ASKED] : &expected[CELLS][i % N_ASKED]);
        load->n_old += !is_other;
        load->n_new += is_other;
        service_catalog_release(load->service, catalog);
    }
    return NULL;
}

static void test_under_load(void **state)
{
    (void)state;
    enum { N = 6, RELOADS = 30 };
    const struct service_options options = options_of_one();
    atomic_int is_over = 0;
    pthread_t threads[N];
    struct load loads[N];
    int n_old = 0, n_new = 0;
    put_model("cells_model.h5");
    struct service *service = open_service(&options);
    for (int i = 0; i < N; i++) {
        loads[i] = (struct load){ service, i, &is_over, 0, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, &loads[i]), 0);
    }
    for (int i = 0; i < RELOADS; i++) {
        put_model(i % 2 ? "cells_model.h5" : "other_model.h5");
        assert_ok(service_reload(service));
        usleep(20000);
    }
    atomic_store(&is_over, 1);
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        n_old += loads[i].n_old;
        n_new += loads[i].n_new;
    }
    assert_true(n_old > 0 && n_new > 0);
    service_close(&service);
}

int main(void)
{
    if (decode_helper_is_wanted()) return decode_helper_run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_models_and_old_catalogs),
        cmocka_unit_test(test_a_file_that_cannot_be_used),
        cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_a_slow_model),
        cmocka_unit_test(test_slow_weights),
        cmocka_unit_test(test_reloads_in_turn_and_a_drain),
        cmocka_unit_test(test_under_load),
    };
    return cmocka_run_group_tests_name("service_reload", tests, set_up_models, tear_down_models);
}
