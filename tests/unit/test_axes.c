/* Options with several values: which count, how they combine, and what is put back. */
#include "test.h"

#include "core/axes.h"

#include <limits.h>

struct settings {
    int offset, k, seeds;
    const char *network;
};

static const struct option front[] = {
    { .name = "offset",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, offset),
      .standard = "32",
      .low = 1,
      .high = 4096 },
    { .name = "network",
      .type = OPTION_TEXT,
      .offset = offsetof(struct settings, network),
      .standard = "resnet18" },
    { .name = "n-neighbors",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, k),
      .standard = "1",
      .low = 1,
      .high = 100,
      .alias = "k" },
    { 0 },
};
static const struct option other[] = {
    { .name = "seeds",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct settings, seeds),
      .standard = "5",
      .low = 1,
      .high = 100 },
    { 0 },
};

struct fixture {
    struct settings settings;
    struct option_set sets[2];
    struct options options;
    struct axes axes;
};

static void begin(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    f->sets[0] = (struct option_set){ front, &f->settings, "" };
    f->sets[1] = (struct option_set){ other, &f->settings, "" };
    options_init(&f->options, f->sets, 2);
}

static void give(struct fixture *f, const char *name, const char *value, enum option_source source)
{
    assert_ok(options_collect(&f->options, name, value, source, "test"));
}

static void end(struct fixture *f)
{
    axes_release(&f->axes);
    options_release(&f->options);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const values[] = { ",16", "16,", "16,,32", "," };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct fixture f;
        begin(&f);
        give(&f, "offset", values[i], OPTION_FROM_COMMAND_LINE);
        assert_fails(axes_init(&f.axes, &f.options, f.sets, 1), ERR_USAGE, "an empty value");
        end(&f);
    }
}

/* An option of another set is no axis: its commas are the value's own. */
static void test_only_the_sets_that_are_named(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    give(&f, "seeds", "1,2", OPTION_FROM_COMMAND_LINE);
    assert_ok(axes_init(&f.axes, &f.options, f.sets, 1));
    assert_int_equal(f.axes.count, 0);
    assert_int_equal(axes_combinations(&f.axes), 1);
    assert_fails(options_apply(&f.options), ERR_USAGE, "--seeds 1,2");
    end(&f);
}

static void test_combinations(void **state)
{
    (void)state;
    struct fixture f;
    static const struct {
        int offset, k;
        const char *network;
    } expected[] = { { 16, 1, "a" }, { 16, 1, "b" }, { 16, 1, "c" },
                     { 48, 1, "a" }, { 48, 1, "b" }, { 48, 1, "c" } };
    begin(&f);
    give(&f, "offset", "16,48", OPTION_FROM_CONFIG);
    give(&f, "network", "a,b,c", OPTION_FROM_CONFIG);
    assert_ok(axes_init(&f.axes, &f.options, f.sets, 1));
    assert_int_equal(axes_combinations(&f.axes), 6);
    for (int i = 0; i < 6; i++) {
        axes_choose(&f.axes, i);
        assert_ok(options_apply(&f.options));
        assert_int_equal(f.settings.offset, expected[i].offset);
        assert_int_equal(f.settings.k, expected[i].k);
        assert_string_equal(f.settings.network, expected[i].network);
        assert_string_equal(axes_value(&f.axes, 1, i), expected[i].network);
    }
    axes_release(&f.axes);
    assert_string_equal(options_given(&f.options, "offset"), "16,48");
    end(&f);
}

/* The command line wins, whichever of the two has several values, and under whichever of its names. */
/* 4000 values of each of a hundred options. */
static void test_more_than_can_be_counted(void **state)
{
    (void)state;
    struct fixture f;
    struct axis axes[100];
    begin(&f);
    f.axes.items = axes;
    for (f.axes.count = 0; f.axes.count < 100; f.axes.count++) axes[f.axes.count].n_values = 4000;
    assert_true(axes_combinations(&f.axes) == LLONG_MAX);
    f.axes.count = 3;
    assert_true(axes_combinations(&f.axes) == 64000000000);
}

static void test_the_strongest_value_stays(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    give(&f, "offset", "64", OPTION_FROM_COMMAND_LINE);
    give(&f, "offset", "16,48", OPTION_FROM_CONFIG);
    give(&f, "n-neighbors", "7", OPTION_FROM_CONFIG);
    give(&f, "k", "1,3", OPTION_FROM_COMMAND_LINE);
    give(&f, "seeds", "2", OPTION_FROM_CONFIG);
    give(&f, "seeds", "3", OPTION_FROM_CONFIG);
    assert_ok(axes_init(&f.axes, &f.options, f.sets, 1));
    assert_int_equal(f.axes.count, 1);
    axes_choose(&f.axes, 1);
    assert_ok(options_apply(&f.options));
    assert_int_equal(f.settings.offset, 64);
    assert_int_equal(f.settings.k, 3);
    assert_int_equal(f.settings.seeds, 3);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_only_the_sets_that_are_named),
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_more_than_can_be_counted),
        cmocka_unit_test(test_the_strongest_value_stays),
    };
    return cmocka_run_group_tests_name("axes", tests, NULL, NULL);
}
