/* What a sweep plans: settings once each, names by hash, passes and who is picked out of whom; and Student's t. */
#include "test.h"

#include "detect/knn.h"
#include "eval/sweep_table.h"
#include "eval/synth.h"

static const atomic_int go_on = 0;
static char folder[64], corpus[96];

/* Recordings to plan for, and all that a sweep borrows. */
struct fixture {
    struct sweep_settings settings;
    struct compute_options compute;
    struct evaluate_options options;
    struct knn_settings *knn; /* NULL until the first choice */
    const char *paths[1], *axes[1];
    struct sweep sweep;
};

static void begin(struct fixture *f, const char *output)
{
    static char outputs[8][128];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(outputs[turn], sizeof outputs[turn], "%s/%s", folder, output);
    *f = (struct fixture){ .settings = { .output = outputs[turn], .shard_size = 64, .progress = 4 },
                           .compute = { .weights = "seeded:1", .place = { .backend = "cpu", .threads = 1 } },
                           .options = { .n_seeds = 2, .held_out = 150 },
                           .paths = { corpus },
                           .axes = { "offset" } };
    const struct sweep_input input = {
        &f->settings, &f->compute, &f->options, f->axes, 1, f->paths, 1, &go_on
    };
    sweep_init(&f->sweep, &input);
}

static void end(struct fixture *f)
{
    sweep_release(&f->sweep);
}

struct wish {
    const char *network, *layer, *channel;
    int offset, profile, k;
};

static enum status add(struct fixture *f, struct wish wish)
{
    struct sweep_choice choice = { 0 };
    const struct option_set front = { front_options, &choice.extraction, "" },
                            network = { network_options, &choice.extraction, "" };
    struct knn_settings knn;
    const struct option_set of_knn = { detector_knn.options, &knn, "" };
    const char *values[] = { "" };
    assert_ok(options_standard(&front));
    assert_ok(options_standard(&network));
    assert_ok(options_standard(&of_knn));
    knn.k = wish.k;
    choice.extraction.network = wish.network;
    choice.extraction.layer = wish.layer;
    choice.extraction.channel = wish.channel;
    choice.extraction.offset = wish.offset;
    choice.extraction.profile = wish.profile;
    assert_ok(extract_settings_resolve(&choice.extraction));
    choice.contender = (struct contender){ &detector_knn, &knn };
    choice.preparation.reduce = "none";
    choice.values = values;
    return sweep_add(&f->sweep, &choice);
}

static void test_settings_are_there_once(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "once");
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 32, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 32, 0, 3 }));
    assert_ok(add(&f, (struct wish){ "patch", "", "0", 32, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 32, 1, 1 })); /* a profile is but a name */
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 16, 0, 1 }));
    assert_int_equal(f.sweep.n_features, 2);
    assert_int_equal(f.sweep.n_settings, 3);
    assert_string_equal(f.sweep.settings[0]->hash,
                        f.sweep.settings[2]->hash); /* one judge, two feature files */
    assert_string_not_equal(f.sweep.settings[0]->hash, f.sweep.settings[1]->hash);
    end(&f);
}

/* The names of a choice's features under these weights, into a static buffer. */
static const char *name_of(struct wish wish, const char *weights)
{
    static char names[4][96];
    static int turn;
    struct fixture f;
    begin(&f, "names");
    f.compute.weights = weights;
    assert_ok(add(&f, wish));
    assert_ok(sweep_open(&f.sweep));
    turn = (turn + 1) % 4;
    snprintf(names[turn], sizeof names[turn], "%s", f.sweep.features[0]->name);
    end(&f);
    return names[turn];
}

static void test_names_tell_options_and_weights_apart(void **state)
{
    (void)state;
    const struct wish wish = { "squeezenet1_1", NULL, "0", 32, 0, 1 };
    struct wish other = wish;
    assert_string_equal(name_of(wish, "seeded:1"), name_of(wish, "seeded:1"));
    assert_string_not_equal(name_of(wish, "seeded:1"), name_of(wish, "seeded:2"));
    other.k = 5;
    assert_string_equal(name_of(wish, "seeded:1"), name_of(other, "seeded:1"));
    other.offset = 16;
    assert_string_not_equal(name_of(wish, "seeded:1"), name_of(other, "seeded:1"));
    other = wish;
    other.layer = "features.7";
    assert_string_not_equal(name_of(wish, "seeded:1"), name_of(other, "seeded:1"));
    other.layer = "avgpool2x2"; /* the default by its name */
    assert_string_equal(name_of(wish, "seeded:1"), name_of(other, "seeded:1"));
}

static void test_passes(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "passes");
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 64, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "patch", NULL, "mean", 32, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 32, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "squeezenet1_1", NULL, "0", 16, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 16, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 24, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "squeezenet1_1", NULL, "0", 48, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "squeezenet1_1", "features.11.squeeze", "0", 16, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "squeezenet1_1", "features.11.squeeze", "0", 48, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "squeezenet1_1", "features.9.squeeze", "0", 48, 0, 1 }));
    assert_ok(sweep_open(&f.sweep));
    static const int pass[] = { 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
    /* the last has no closer one of its layer, and the deeper ones of its offset are picked */
    static const int source[] = { 4, -1, 4, -1, -1, -1, 3, 3, 7, -1 },
                     tapped[] = { 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 };
    assert_int_equal(f.sweep.n_passes, 2);
    for (int i = 0; i < 10; i++) {
        const struct sweep_features *expected = source[i] < 0 ? NULL : f.sweep.features[source[i]];
        assert_int_equal(f.sweep.features[i]->pass, pass[i]);
        assert_ptr_equal(f.sweep.features[i]->source, expected);
        assert_int_equal(f.sweep.features[i]->is_tapped, tapped[i]);
    }
    end(&f);
}

/* One network's weights are in memory once, where the deeper layer comes first. */
static void test_weights_are_shared(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "weights");
    assert_ok(add(&f, (struct wish){ "squeezenet1_1", NULL, "0", 32, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "squeezenet1_1", "features.7", "0", 32, 0, 1 }));
    assert_ok(add(&f, (struct wish){ "squeezenet1_0", NULL, "0", 32, 0, 1 }));
    assert_ok(sweep_open(&f.sweep));
    assert_ptr_equal(f.sweep.features[0]->setup.weights, f.sweep.features[1]->setup.weights);
    assert_ptr_not_equal(f.sweep.features[0]->setup.weights, f.sweep.features[2]->setup.weights);
    assert_ptr_equal(f.sweep.features[0]->setup.backend, f.sweep.features[2]->setup.backend);
    end(&f);
}

static void test_more_than_one_pass_has_room_for(void **state)
{
    (void)state;
    struct fixture f;
    int n_first = 0;
    begin(&f, "many");
    for (int i = 0; i < 20; i++) assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 100 + i, 0, 1 }));
    assert_ok(sweep_open(&f.sweep));
    assert_int_equal(f.sweep.n_passes, 2);
    for (int i = 0; i < 20; i++) n_first += f.sweep.features[i]->pass == 0;
    assert_int_equal(n_first, 16);
    end(&f);
}

static void test_nothing_to_judge_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "none");
    f.settings.machines = "pump";
    assert_ok(add(&f, (struct wish){ "patch", NULL, "0", 32, 0, 1 }));
    assert_fails(sweep_open(&f.sweep), ERR_INPUT, "is of --machines pump --snr (all)");
    end(&f);
}

/* scipy.stats.t.ppf(0.975, n), from 1.14; the table has three decimals, the expansion errs by less. */
static void test_student(void **state)
{
    (void)state;
    static const struct {
        int degrees;
        double t;
    } cases[] = { { 1, 12.7062 }, { 2, 4.3027 },  { 4, 2.7764 },  { 9, 2.2622 },
                  { 30, 2.0423 }, { 31, 2.0395 }, { 60, 2.0003 }, { 1000, 1.9623 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_near(student_975(cases[i].degrees), cases[i].t, 6e-4);
    assert_true(isnan(student_975(0)));
}

static int make_corpus(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_folder());
    snprintf(corpus, sizeof corpus, "%s/corpus", folder);
    const struct synth_settings settings = {
        .machines = "fan", .normal = 2, .abnormal = 1, .channels = 1, .seconds = 1.5
    };
    int n_files;
    assert_ok(synth_write(corpus, &settings, &n_files));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_are_there_once),
        cmocka_unit_test(test_names_tell_options_and_weights_apart),
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_weights_are_shared),
        cmocka_unit_test(test_more_than_one_pass_has_room_for),
        cmocka_unit_test(test_nothing_to_judge_is_refused),
        cmocka_unit_test(test_student),
    };
    return cmocka_run_group_tests_name("sweep", tests, make_corpus, NULL);
}
