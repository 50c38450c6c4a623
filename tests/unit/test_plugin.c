/* Loading the CUDA backend's library: everything that can be wrong with it is one sentence and ERR_DEVICE. */
#include "test.h"

#include "backend/plugin_load.h"

static const struct {
    const char *file, *words;
} bad[] = {
    { "/nowhere/libearshot_cuda.so",
      "EARSHOT_CUDA_PLUGIN names /nowhere/libearshot_cuda.so, which is not there" },
    { STAND_IN_FOLDER "/stand_in_1.so", "is of another build" },
    { STAND_IN_FOLDER "/stand_in_2.so", "is no plug-in of earshot: it lacks earshot_cuda_backend" },
    { STAND_IN_FOLDER "/stand_in_3.so",
      "cannot be loaded: libstand_in_lost.so: cannot open shared object file" },
    { TEST_SOURCE "/README.md", "cannot be loaded: " },
};
enum { N_BAD = sizeof bad / sizeof *bad };

static void test_bad_plugins(void **state)
{
    (void)state;
    const struct plugin *plugin;
    struct backend *backend;
    struct card_list cards;
    for (int i = 0; i < N_BAD; i++) {
        assert_int_equal(setenv("EARSHOT_CUDA_PLUGIN", bad[i].file, 1), 0);
        assert_fails(plugin_load(&plugin), ERR_DEVICE, bad[i].words);
        assert_null(plugin);
        assert_fails(backend_open(&backend, "cuda", &(struct backend_options){ .threads = 1 }), ERR_DEVICE,
                     bad[i].words);
        assert_null(backend);
        assert_fails(backend_number(0)->cards(&cards), ERR_DEVICE, bad[i].words);
        assert_int_equal(cards.n, 0);
        assert_string_equal(cards.driver_found, "");
    }
}

/* `auto` goes on to the next one. */
static void test_auto_goes_on(void **state)
{
    (void)state;
    struct backend *backend;
    for (int i = 0; i < N_BAD; i++) {
        assert_int_equal(setenv("EARSHOT_CUDA_PLUGIN", bad[i].file, 1), 0);
        assert_ok(backend_open(&backend, "auto", &(struct backend_options){ .threads = 1 }));
        assert_string_equal(backend->ops->name, "cpu");
        backend->ops->close(&backend);
    }
}

/* Nothing named: the test's folder has none, so where the loader has none either, that is said. */
static void test_nothing_named(void **state)
{
    (void)state;
    const struct plugin *plugin;
    assert_int_equal(setenv("EARSHOT_CUDA_PLUGIN", "", 1), 0);
    if (plugin_load(&plugin) == OK) test_skip("the loader finds a plug-in on this machine");
    assert_fails(plugin_load(&plugin), ERR_DEVICE, "neither beside the program, nor in ../lib");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_plugins),
        cmocka_unit_test(test_auto_goes_on),
        cmocka_unit_test(test_nothing_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
