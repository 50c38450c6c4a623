/* Cells that are kept: files that must not be used first, then that all comes back. */
#include "evaluation_fixture.h"

#include "eval/cell_file.h"

static char path[96];
static struct fixture fixture;
static struct attributes provenance;

static struct cell cell_of(struct split_result *splits)
{
    return (struct cell){ &fixture.groups[0], &fixture_contender, splits, FIXTURE_SPLITS };
}

static json_t *recipe_of(const struct cell *cell, int held_out)
{
    const struct evaluate_options options = { .n_seeds = FIXTURE_SPLITS, .seed = 3, .held_out = held_out };
    json_t *recipe = cell_recipe(cell, &options, &provenance);
    assert_non_null(recipe);
    return recipe;
}

static void empty_splits(struct split_result *splits)
{
    for (int i = 0; i < FIXTURE_SPLITS; i++)
        splits[i] = (struct split_result){ .group = &fixture.groups[0],
                                           .detector = &fixture_detector,
                                           .seed = 3 + i };
}

static void save(void)
{
    static double patches[18];
    const struct cell cell = cell_of(fixture.results);
    for (int p = 0; p < 18; p++) patches[p] = 1.0 / (p + 3) - 0.1;
    fixture.tested[0][1][7].patches = patches;
    fixture.results[1].fit_s = 0.25;
    json_t *recipe = recipe_of(&cell, 150);
    assert_ok(cell_save(&cell, recipe, path));
    json_decref(recipe);
    fixture.tested[0][1][7].patches = NULL;
}

/* What cell_load makes of the file: whether it was found. */
static int load(struct split_result *splits, int held_out)
{
    int found = -1;
    empty_splits(splits);
    struct cell cell = cell_of(splits);
    json_t *recipe = recipe_of(&cell, held_out);
    assert_ok(cell_load(&cell, recipe, path, &found));
    json_decref(recipe);
    return found;
}

static void release(struct split_result *splits)
{
    for (int i = 0; i < FIXTURE_SPLITS; i++) split_result_release(&splits[i]);
}

/* The file with `from` once replaced by `to`. */
static void change(const char *from, const char *to)
{
    save();
    char *text = read_text(path), *place = strstr(text, from);
    assert_non_null(place);
    FILE *file = fopen(path, "wb");
    fprintf(file, "%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
    fclose(file);
    free(text);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct split_result splits[FIXTURE_SPLITS];
    unlink(path);
    assert_int_equal(load(splits, 150), 0);
}

static void what_was_made_otherwise_is_not_used(void **state)
{
    (void)state;
    struct split_result splits[FIXTURE_SPLITS];
    save();
    assert_int_equal(load(splits, 151), 0);
    assert_ok(attributes_set_text(&provenance, "network", "resnet34"));
    assert_int_equal(load(splits, 150), 0);
    assert_ok(attributes_set_text(&provenance, "network", "resnet18"));
    assert_int_equal(load(splits, 150), 1);
    release(splits);
}

/* Other samples under the same names, as when features were made anew. */
static void what_was_made_of_other_recordings_is_not_used(void **state)
{
    (void)state;
    struct split_result splits[FIXTURE_SPLITS];
    char **hash = &fixture.recordings[0][2].hash, *before = *hash;
    save();
    *hash = "0123456789abcdef0123456789abcdef";
    assert_int_equal(load(splits, 150), 0);
    *hash = before;
    assert_int_equal(load(splits, 150), 1);
    release(splits);
}

static void hostile_files_are_not_used(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        { "{", "[" },
        { "\"splits\":[", "\"splits\":[{}," },
        { "\"subject\":0", "\"subject\":-1" },
        { "\"subject\":0", "\"subject\":8" },
        { "\"subject\":0", "\"subject\":1" },
        { "\"subject\":0", "\"subject\":9999999999" },
        { "\"n_normal\":4", "\"n_normal\":5" },
        { "\"n_train\":10", "\"n_train\":1e9" },
        { "\"score\":0", "\"score\":\"0\"" },
        { "\"score\":0", "\"score\":1e999" },
        { "\"abnormal\":false", "\"abnormal\":true" },
        { "\"patches\":[", "\"patches\":[1," },
        { "\"patches\":[", "\"patches\":[[" },
        { "\"tested\":[", "\"tested\":[7," },
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct split_result splits[FIXTURE_SPLITS];
        change(changes[i][0], changes[i][1]);
        if (load(splits, 150)) fail_msg("%s → %s was used", changes[i][0], changes[i][1]);
        for (int s = 0; s < FIXTURE_SPLITS; s++) assert_null(splits[s].tested);
    }
}

static void every_cut_is_seen(void **state)
{
    (void)state;
    save();
    char *text = read_text(path);
    const size_t size = strlen(text);
    for (size_t cut = 0; cut < size; cut += 97) {
        struct split_result splits[FIXTURE_SPLITS];
        FILE *file = fopen(path, "wb");
        fwrite(text, 1, cut, file);
        fclose(file);
        assert_int_equal(load(splits, 150), 0);
    }
    free(text);
}

static void all_comes_back(void **state)
{
    (void)state;
    struct split_result splits[FIXTURE_SPLITS];
    save();
    assert_int_equal(load(splits, 150), 1);
    for (int s = 0; s < FIXTURE_SPLITS; s++) {
        const struct split_result *kept = &fixture.results[s], *found = &splits[s];
        assert_memory_equal(&found->counts, &kept->counts, sizeof kept->counts);
        assert_near(found->fit_s, kept->fit_s, 0);
        assert_int_equal(found->n_tested, kept->n_tested);
        for (int i = 0; i < kept->n_tested; i++) {
            assert_ptr_equal(found->tested[i].subject, kept->tested[i].subject);
            assert_int_equal(found->tested[i].is_abnormal, kept->tested[i].is_abnormal);
            assert_near(found->tested[i].score, kept->tested[i].score, 0);
            assert_int_equal(found->tested[i].patches != NULL, s == 1 && i == 7);
        }
        assert_ok(split_result_judge(&splits[s]));
        assert_near(found->auc, kept->auc, 0);
        assert_near(found->pauc, kept->pauc, 0);
    }
    for (int p = 0; p < 18; p++) assert_near(splits[1].tested[7].patches[p], 1.0 / (p + 3) - 0.1, 0);
    release(splits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(what_was_made_otherwise_is_not_used),
        cmocka_unit_test(what_was_made_of_other_recordings_is_not_used),
        cmocka_unit_test(hostile_files_are_not_used),
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(all_comes_back),
    };
    snprintf(path, sizeof path, "%s/cell.json", test_folder());
    fixture_init(&fixture);
    assert_ok(attributes_set_text(&provenance, "network", "resnet18"));
    const int failed = cmocka_run_group_tests_name("cell_file", tests, NULL, NULL);
    attributes_release(&provenance);
    fixture_release(&fixture);
    return failed;
}
