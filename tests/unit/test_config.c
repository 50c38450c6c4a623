/* The extraction's options: the paper's defaults, profiles, contradictions, and settings that come back from
 * a file. */
#include "test.h"

#include "pipeline/config.h"
#include "pipeline/setup.h"
#include "pipeline/tables.h"

static enum status read_settings(struct extract_settings *settings, int argc, char **argv)
{
    static struct options options; /* texts of the settings live here */
    static struct option_set sets[2];
    sets[0] = (struct option_set){ front_options, settings, "" };
    sets[1] = (struct option_set){ network_options, settings, "" };
    options_release(&options);
    options_init(&options, sets, 2);
    TRY(options_collect_arguments(&options, argc, argv));
    TRY(options_apply(&options));
    return extract_settings_resolve(settings);
}
#define READ(settings, ...)                                                            \
    read_settings(settings, (int)(sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *)), \
                  (char *[]){ __VA_ARGS__ })

static void test_contradictions_are_refused(void **state)
{
    (void)state;
    struct extract_settings s;
    assert_fails(READ(&s, "--win-length", "2000"), ERR_USAGE,
                 "--win-length 2000 is longer than --n-fft 1024");
    assert_fails(READ(&s, "--fmax", "9000"), ERR_USAGE, "fmax <= 8000");
    assert_fails(READ(&s, "--fmin", "8000"), ERR_USAGE, "expected fmin < fmax");
    assert_fails(READ(&s, "--db-range", "0"), ERR_USAGE, "--color-range");
    assert_fails(READ(&s, "--channel", "left"), ERR_USAGE, "mean or all");
    assert_fails(READ(&s, "--channel", "-1"), ERR_USAGE, "from 0 on");
    assert_fails(READ(&s, "--network", "resnet19"), ERR_USAGE, "resnet18");
    assert_fails(READ(&s, "--layer", "avgpol"), ERR_USAGE, "avgpool");
}

static void test_the_paper_is_the_default(void **state)
{
    (void)state;
    struct extract_settings s;
    assert_ok(READ(&s, "--"));
    assert_int_equal(s.sample_rate, 16000);
    assert_int_equal(s.n_fft, 1024);
    assert_int_equal(s.win_length, 1024);
    assert_int_equal(s.hop_length, 256);
    assert_int_equal(s.n_mels, 64);
    assert_int_equal(s.patch, 64);
    assert_int_equal(s.offset, 32);
    assert_true(s.fmax == 8000 && s.db_range == 80);
    assert_string_equal(s.network, "resnet18");
    assert_string_equal(s.layer, "avgpool");
}

static void test_profiles(void **state)
{
    (void)state;
    struct extract_settings s;
    assert_ok(READ(&s, "--profile", "librosa"));
    assert_int_equal(s.pad_mode, PAD_ZERO);
    assert_ok(READ(&s, "--profile", "mimii-baseline", "--hop-length", "128"));
    assert_int_equal(s.db_ref, DECIBEL_ONE);
    assert_int_equal(s.color_range, COLOR_MINMAX);
    assert_int_equal(s.hop_length, 128); /* a single option wins over the profile */
}

static void test_settings_come_back(void **state)
{
    (void)state;
    struct extract_settings s, back;
    struct attributes recorded = { 0 };
    assert_ok(
        READ(&s, "--n-fft", "512", "--fmax", "4000", "--network", "alexnet", "--channel", "mean", "--flip"));
    const struct option_set front = { front_options, &s, "" }, network = { network_options, &s, "" };
    assert_ok(options_record(&front, &recorded));
    assert_ok(options_record(&network, &recorded));
    assert_ok(extract_settings_restore(&back, &recorded));
    assert_int_equal(back.n_fft, 512);
    assert_true(back.fmax == 4000);
    assert_int_equal(back.flip, 1);
    assert_string_equal(back.network, "alexnet");
    assert_string_equal(back.layer, "classifier.5");
    assert_string_equal(back.channel, "mean");
    attributes_release(&recorded);
}

static void test_provenance_must_agree(void **state)
{
    (void)state;
    struct extract_settings s;
    struct attributes a = { 0 }, b = { 0 };
    assert_ok(READ(&s, "--"));
    const struct option_set front = { front_options, &s, "" }, network = { network_options, &s, "" };
    assert_ok(options_record(&front, &a));
    assert_ok(options_record(&network, &a));
    assert_ok(attributes_set_text(&a, "weights_sha256", "ab"));
    assert_ok(attributes_set_text(&a, "backend", "cpu"));
    assert_ok(attributes_copy(&b, &a));
    assert_ok(attributes_set_text(&b, "backend", "cuda")); /* told, not refused */
    const struct making model = { &a, "the model was learned" }, features = { &b, "the features were made" };
    int is_elsewhere = 0;
    assert_ok(provenance_compare(model, features, &is_elsewhere));
    assert_int_equal(is_elsewhere, 1);
    assert_ok(attributes_set_text(&b, "weights_sha256", "cd"));
    assert_fails(provenance_compare(model, features, NULL), ERR_INPUT,
                 "SHA-256 ab, the features were made with cd");
    assert_ok(attributes_set_integer(&b, "n_fft", 512));
    assert_fails(provenance_compare(model, features, NULL), ERR_INPUT,
                 "--n-fft 1024, the features were made with 512");
    attributes_release(&a);
    attributes_release(&b);
}

static void test_tables(void **state)
{
    (void)state;
    struct extract_settings s;
    struct tables tables;
    assert_ok(READ(&s, "--win-length", "400", "--n-fft", "512", "--colormap", "gray"));
    assert_ok(tables_init(&tables, &s));
    assert_near(tables.window[55], 0, 0); /* centred: 56 zeros, 400 samples, 56 zeros */
    assert_near(tables.window[56 + 200], 1, 1e-7);
    assert_near(tables.window[56 + 1], tables.window[56 + 399], 1e-7); /* periodic */
    assert_near(tables.colormap[255 * 3 + 1], 1, 0);
    tables_release(&tables);
    tables_release(&tables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contradictions_are_refused),
        cmocka_unit_test(test_the_paper_is_the_default),
        cmocka_unit_test(test_profiles),
        cmocka_unit_test(test_settings_come_back),
        cmocka_unit_test(test_provenance_must_agree),
        cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
