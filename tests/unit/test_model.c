/* From a feature file to a model: groups, training rows, scores. */
#include "model_fixture.h"

/* --------------------------------------------------------------------------------------------- refused */

static void test_nothing_can_be_learned(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 1000, NULL, NULL), ERR_INPUT, "no group could be learned");
    model_release(&model);
    assert_fails(fit(&model, 1000, NULL, NULL), ERR_INPUT, "--components");
    model_release(&model);
}

static void test_unknown_level(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 2, "machine,snow", NULL), ERR_USAGE, "snow");
    model_release(&model);
}

static void test_bad_lists(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 2, NULL, in_folder("none.txt")), ERR_INPUT, "none.txt");
    model_release(&model);
    write_list("\n\n");
    assert_fails(fit(&model, 2, NULL, in_folder("list.txt")), ERR_INPUT, "names no recording");
    model_release(&model);
    write_list("nowhere.wav\n");
    assert_fails(fit(&model, 2, NULL, in_folder("list.txt")), ERR_INPUT, "no usable recording");
    model_release(&model);
}

static void test_reductions_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *reduce;
        enum status status;
        const char *words;
    } cases[] = {
        { "pca:many", ERR_USAGE, "--reduce pca:many" },
        { "pca:6", ERR_INPUT, "patches of 5 columns have at most 5 components" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model model;
        const struct model_fit_options options = { .preparation = { 0, cases[i].reduce } };
        assert_fails(fit_with(&model, 2, options), cases[i].status, cases[i].words);
        model_release(&model);
    }
}

/* ---------------------------------------------------------------------------------------------- groups */

static void assert_group(const struct model *model, const char *name, const char *basis, int recordings,
                         int patches)
{
    const struct model_group *group = model_find(model, name);
    assert_non_null(group);
    assert_string_equal(group->basis, basis);
    assert_int_equal(group->n_recordings, recordings);
    assert_int_equal(group->n_patches, patches);
    assert_int_equal(group->preparation.scaler.n, patches);
}

/* One recording of 6 patches is too few for 8 components: told, the others go on. */
static void test_groups_and_training_rows(void **state)
{
    (void)state;
    struct model model;
    assert_fails(fit(&model, 8, NULL, NULL), ERR_PARTIAL, "1 of 3 groups");
    assert_int_equal(model.count, 2);
    assert_group(&model, "fan/id_00/0dB", "normal", 12, 2 * 12 * PATCHES);
    assert_group(&model, "pump/id_00", "all", 8, 8 * PATCHES);
    assert_null(model_find(&model, "fan/id_02/0dB"));
    model_release(&model);
}

static void test_coarser_groups(void **state)
{
    (void)state;
    struct model model;
    assert_ok(fit(&model, 2, "machine", NULL));
    assert_int_equal(model.count, 2);
    assert_group(&model, "fan", "normal", 13, 25 * PATCHES);
    assert_group(&model, "pump", "all", 8, 8 * PATCHES);
    model_release(&model);
}

static void test_train_list(void **state)
{
    (void)state;
    struct model model;
    write_list("fan/id_00/normal/3.wav\r\n/data/fan/id_00/abnormal/1.wav\n\nnowhere.wav\n");
    assert_fails(fit(&model, 2, NULL, in_folder("list.txt")), ERR_PARTIAL, "1 lines");
    assert_int_equal(model.count, 1);
    assert_group(&model, "fan/id_00/0dB", "list", 2, 3 * PATCHES);
    model_release(&model);
    write_list("pump/id_00/all/2.wav\n");
    assert_ok(fit(&model, 2, NULL, in_folder("list.txt")));
    assert_group(&model, "pump/id_00", "list", 1, PATCHES);
    model_release(&model);
}

static struct recording named(const char *machine, const char *id, const char *snr)
{
    return (struct recording){
        .path = (char *)"r.wav", .machine = (char *)machine, .id = (char *)id, .snr = (char *)snr
    };
}

static void test_choosing_a_group(void **state)
{
    (void)state;
    struct model model;
    const struct model_group *group;
    assert_ok(fit(&model, 2, NULL, NULL));
    assert_int_equal(model.count, 3);
    const struct {
        const char *machine, *id, *snr, *group; /* NULL: none; "": it does not tell */
    } cases[] = {
        { "fan", "id_00", "0dB", "fan/id_00/0dB" },
        { "fan", "id_02", "", "fan/id_02/0dB" },
        { "fan", "", "", "" },
        { "", "", "", "" },
        { "pump", "", "", "pump/id_00" },
        { "pump", "id_00", "6dB", "pump/id_00" },
        { "valve", "", "", NULL },
        { "fan", "id_04", "0dB", NULL },
        { "fan", "id_00", "6dB", NULL },
        { "", "id_02", "", "fan/id_02/0dB" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct recording of = named(cases[i].machine, cases[i].id, cases[i].snr);
        if (cases[i].group && !cases[i].group[0]) {
            assert_fails(model_choose(&model, &of, &group), ERR_USAGE, "fan/id_02/0dB");
            continue;
        }
        assert_ok(model_choose(&model, &of, &group));
        if (cases[i].group) assert_string_equal(group->name, cases[i].group);
        if (!cases[i].group) assert_null(group);
    }
    model_release(&model);
}

static void test_naming_a_group(void **state)
{
    (void)state;
    struct model model;
    const struct model_group *group;
    assert_ok(fit(&model, 2, NULL, NULL));
    assert_ok(model_named(&model, "fan,id_02", &group));
    assert_string_equal(group->name, "fan/id_02/0dB");
    assert_ok(model_named(&model, "pump", &group));
    assert_string_equal(group->name, "pump/id_00");
    assert_ok(model_named(&model, "fan/id_00/0dB", &group));
    assert_string_equal(group->name, "fan/id_00/0dB");
    assert_fails(model_named(&model, "fan", &group), ERR_USAGE, "2 groups");
    assert_fails(model_named(&model, "fan,id_7", &group), ERR_USAGE, "0 groups");
    model_release(&model);
}

/* ---------------------------------------------------------------------------------------------- scores */

static void test_abnormal_rows_score_higher(void **state)
{
    (void)state;
    struct model model;
    struct matrix x;
    assert_ok(fit(&model, 2, NULL, NULL));
    read_raw(&x);
    double *score = memory_new((size_t)x.rows, sizeof *score), abnormal = 0, normal = 0;
    assert_ok(
        model_score(&model, model_find(&model, "fan/id_00/0dB"), backend, &(struct rows){ .x = x }, score));
    for (int n = 0; n < 4 * PATCHES; n++) abnormal += score[n] / (4 * PATCHES);
    for (int n = 4 * PATCHES; n < 28 * PATCHES; n++) normal += score[n] / (24 * PATCHES);
    assert_true(abnormal > normal + 5);
    x.columns = COLUMNS - 1;
    assert_fails(model_score(&model, &model.groups[0], backend, &(struct rows){ .x = x }, score), ERR_INPUT,
                 "4 columns");
    memory_free(score);
    matrix_release(&x);
    model_release(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_can_be_learned),
        cmocka_unit_test(test_unknown_level),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_reductions_that_cannot_be),
        cmocka_unit_test(test_groups_and_training_rows),
        cmocka_unit_test(test_coarser_groups),
        cmocka_unit_test(test_train_list),
        cmocka_unit_test(test_choosing_a_group),
        cmocka_unit_test(test_naming_a_group),
        cmocka_unit_test(test_abnormal_rows_score_higher),
    };
    return cmocka_run_group_tests_name("model", tests, set_up, tear_down);
}
