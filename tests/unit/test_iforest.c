/* The isolation forest: what it refuses, trees made by hand, what a grown tree promises, files. */
#include "detector_files.h"

#include "detect/iforest.h"

static const struct detector *const forest = &detector_iforest;

static struct iforest_settings settings_with(int trees, const char *max_samples)
{
    struct iforest_settings settings;
    standard_settings(forest, &settings);
    settings.trees = trees;
    settings.max_samples = max_samples;
    return settings;
}

/* --------------------------------------------------------------------------------------------- refused */

static void test_max_samples_that_are_none(void **state)
{
    (void)state;
    static const char *const words[] = { "", "all", "1", "0", "-3", "12x", "2.5", "99999999999999999999" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct iforest_settings settings = settings_with(8, words[i]);
        assert_fails(forest->check(&settings, 100, 5), ERR_USAGE, "expected auto or a whole number");
    }
}

static void test_too_few_rows(void **state)
{
    (void)state;
    const struct iforest_settings settings = settings_with(8, "auto");
    assert_fails(forest->check(&settings, 1, 5), ERR_INPUT, "1 patch to learn from");
    assert_fails(forest->check(&settings, 0, 5), ERR_INPUT, "at least 2");
    assert_ok(forest->check(&settings, 2, 5));
}

static void test_not_finite(void **state)
{
    (void)state;
    const struct iforest_settings settings = settings_with(8, "auto");
    const double values[] = { (double)NAN, (double)INFINITY, -(double)INFINITY };
    for (int i = 0; i < 3; i++) {
        struct iforest_model model = { 0 };
        struct rows rows;
        double scores[9];
        make_rows(&rows, 9, 3, 0);
        assert_ok(forest->fit(backend, &settings, &rows, &model));
        matrix_row(&rows.x, 4)[2] = (float)values[i];
        assert_fails(forest->score(backend, &model, &rows, scores), ERR_INPUT, "row 4");
        forest->release(&model);
        assert_fails(forest->fit(backend, &settings, &rows, &model), ERR_INPUT, "not finite");
        forest->release(&model);
        rows_release(&rows);
    }
}

static void test_other_columns(void **state)
{
    (void)state;
    struct iforest_model model = { .columns = 3 };
    struct rows rows;
    double scores[4];
    make_rows(&rows, 4, 2, 0);
    assert_fails(forest->score(backend, &model, &rows, scores), ERR_INPUT, "2 columns");
    rows_release(&rows);
}

/* ----------------------------------------------------------------------------------------------- parts */

static void test_average_path(void **state)
{
    (void)state;
    assert_near(iforest_average_path(1), 0, 0);
    assert_near(iforest_average_path(2), 1, 0);
    assert_near(iforest_average_path(3), 2 * (log(2) + 0.5772156649015329) - 4 / 3.0, 1e-15);
    assert_near(iforest_average_path(256), 10.244770920119917, 1e-13);
}

/* x0 <= 1 ? (x1 <= -2 ? 2 : 3) : 1 + c(5) */
static void test_path_in_a_tree_made_by_hand(void **state)
{
    (void)state;
    const struct iforest_node tree[] = {
        { 0, 4, 1 }, { 1, 3, -2 }, { -1, 0, 2 }, { -1, 0, 3 }, { -1, 0, 1 + 2.327020052 },
    };
    const struct {
        float row[2];
        double path;
    } cases[] = {
        { { 1, -2 }, 2 }, { { 0, -1.5f }, 3 }, { { 1.0001f, -9 }, 3.327020052 }, { { 99, 99 }, 3.327020052 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_near(iforest_path(tree, cases[i].row), cases[i].path, 0);
}

/* Two leaves of a tree of 2 rows are at depth 1 = c(2): all scores are one half. */
static void test_two_rows(void **state)
{
    (void)state;
    const struct iforest_settings settings = settings_with(16, "auto");
    struct iforest_model model = { 0 };
    struct rows rows;
    double scores[2];
    make_rows(&rows, 2, 3, 0);
    assert_ok(forest->fit(backend, &settings, &rows, &model));
    assert_ok(forest->score(backend, &model, &rows, scores));
    assert_near(scores[0], 0.5, 0);
    assert_near(scores[1], 0.5, 0);
    assert_int_equal(model.n_nodes, 16 * 3);
    forest->release(&model);
    rows_release(&rows);
}

/* Rows that are all alike cannot be parted: every tree is one leaf with h = c(rows). */
static void test_rows_that_are_alike(void **state)
{
    (void)state;
    const struct iforest_settings settings = settings_with(4, "auto");
    struct iforest_model model = { 0 };
    struct rows rows;
    double scores[10];
    assert_ok(rows_init(&rows, 10, 3));
    assert_ok(forest->fit(backend, &settings, &rows, &model));
    assert_ok(forest->score(backend, &model, &rows, scores));
    assert_int_equal(model.n_nodes, 4);
    assert_near(scores[3], 0.5, 1e-15);
    forest->release(&model);
    rows_release(&rows);
}

/* ----------------------------------------------------------------------------------------- grown trees */

struct tree_facts {
    int leaves, dead_splits;
    double deepest;
};

static struct tree_facts facts_of(const struct iforest_node *root, int n, int dead_column)
{
    struct tree_facts facts = { 0 };
    for (int i = 0; i < n; i++) {
        facts.leaves += root[i].feature < 0;
        facts.dead_splits += root[i].feature == dead_column;
        if (root[i].feature < 0) facts.deepest = fmax(facts.deepest, root[i].value);
    }
    return facts;
}

/* Of 64 different rows a tree is at most 6 deep, its leaves hold all of them, and a constant column is never
 * cut. */
static void test_grown_trees(void **state)
{
    (void)state;
    const struct iforest_settings settings = settings_with(32, "64");
    struct iforest_model model = { 0 };
    struct rows rows;
    make_rows(&rows, 300, 4, 0);
    for (int n = 0; n < 300; n++) matrix_row(&rows.x, n)[2] = 7;
    assert_ok(forest->fit(backend, &settings, &rows, &model));
    const struct iforest_node *root = model.nodes;
    for (int t = 0; t < 32; t++) {
        const struct tree_facts facts = facts_of(root, model.tree_nodes[t], 2);
        assert_int_equal(model.tree_nodes[t], 2 * facts.leaves - 1);
        assert_int_equal(facts.dead_splits, 0);
        assert_true(facts.leaves <= 64);
        assert_true(facts.deepest <= 6 + iforest_average_path(64 - 6));
        root += model.tree_nodes[t];
    }
    forest->release(&model);
    rows_release(&rows);
}

static void test_samples(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        int samples;
    } cases[] = { { "auto", 256 }, { "20", 20 }, { "300", 300 }, { "5000", 300 } };
    struct rows rows;
    make_rows(&rows, 300, 2, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct iforest_settings settings = settings_with(2, cases[i].given);
        struct iforest_model model = { 0 };
        assert_ok(forest->fit(backend, &settings, &rows, &model));
        assert_int_equal(model.samples, cases[i].samples);
        forest->release(&model);
    }
    rows_release(&rows);
}

static void test_far_rows_score_higher(void **state)
{
    (void)state;
    const struct iforest_settings settings = settings_with(128, "auto");
    struct iforest_model model = { 0 };
    struct rows rows, far;
    double scores[300], far_score;
    make_rows(&rows, 300, 5, 0);
    make_rows(&far, 1, 5, 40);
    assert_ok(forest->fit(backend, &settings, &rows, &model));
    assert_ok(forest->score(backend, &model, &rows, scores));
    assert_ok(forest->score(backend, &model, &far, &far_score));
    for (int n = 0; n < 300; n++) assert_true(scores[n] < far_score && scores[n] > 0);
    assert_true(far_score < 1);
    forest->release(&model);
    rows_release(&rows);
    rows_release(&far);
}

static void test_seeds(void **state)
{
    (void)state;
    struct iforest_settings settings = settings_with(16, "auto");
    struct rows rows;
    double first[50], second[50];
    struct iforest_model model = { 0 };
    make_rows(&rows, 50, 3, 0);
    assert_threads_alike(forest, &settings, &rows);
    assert_ok(forest->fit(backend, &settings, &rows, &model));
    assert_ok(forest->score(backend, &model, &rows, first));
    forest->release(&model);
    settings.seed = 1;
    assert_ok(forest->fit(backend, &settings, &rows, &model));
    assert_ok(forest->score(backend, &model, &rows, second));
    forest->release(&model);
    assert_memory_not_equal(first, second, sizeof first);
    rows_release(&rows);
}

static void test_scikit_learns_names(void **state)
{
    (void)state;
    struct iforest_settings s;
    struct options options;
    const struct option_set set = { forest->options, &s, "iforest" };
    char *arguments[] = { "--n_estimators", "7", "--max_samples", "99", "--random_state", "5" };
    standard_settings(forest, &s);
    assert_int_equal(s.trees, 128);
    assert_string_equal(s.max_samples, "auto");
    options_init(&options, &set, 1);
    assert_ok(options_collect_arguments(&options, 6, arguments));
    assert_ok(options_apply(&options));
    assert_int_equal(s.trees, 7);
    assert_string_equal(s.max_samples, "99");
    assert_int_equal(s.seed, 5);
    options_release(&options);
}

/* ----------------------------------------------------------------------------------------------- files */

static void test_saved_and_loaded(void **state)
{
    (void)state;
    const struct iforest_settings settings = settings_with(16, "auto");
    struct iforest_model model = { 0 };
    struct rows rows;
    make_rows(&rows, 60, 3, 0);
    assert_ok(forest->fit(backend, &settings, &rows, &model));
    assert_loads_alike(forest, &model, &rows);
    forest->release(&model);
    rows_release(&rows);
}

static void test_hostile_files(void **state)
{
    (void)state;
    static const struct {
        int place; /* whose node is replaced, -1: none */
        struct iforest_node node;
        int columns, samples, n_first;
        const char *words;
    } cases[] = {
        { 0, { 2, 2, 0 }, 2, 9, 3, "neither a leaf nor a split" },
        { 0, { -2, 2, 0 }, 2, 9, 3, "neither a leaf nor a split" },
        { 0, { 0, 0, 0 }, 2, 9, 3, "node 0 of tree 0" },
        { 0, { 0, 1, 0 }, 2, 9, 3, "neither a leaf nor a split" },
        { 0, { 0, 3, 0 }, 2, 9, 3, "neither a leaf nor a split" },
        { 0, { 0, -1, 0 }, 2, 9, 3, "neither a leaf nor a split" },
        { 5, { 0, 2, 0 }, 2, 9, 3, "node 2 of tree 1" },
        { 5, { -1, 0, -1 }, 2, 9, 3, "node 2 of tree 1" },
        { 4, { -1, 0, (double)NAN }, 2, 9, 3, "not finite" },
        { -1, { 0 }, 0, 9, 3, "0 columns" },
        { -1, { 0 }, 2, 1, 3, "1 samples" },
        { -1, { 0 }, 2, 9, 0, "0 nodes" },
        { -1, { 0 }, 2, 9, 7, "7 nodes" },
        { -1, { 0 }, 2, 9, 1, "neither a leaf nor a split" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct iforest_node nodes[] = { { 0, 2, 0 }, { -1, 0, 1 }, { -1, 0, 1 },
                                        { 1, 2, 0 }, { -1, 0, 1 }, { -1, 0, 1 } };
        int tree_nodes[] = { cases[i].n_first, 3 };
        if (cases[i].place >= 0) nodes[cases[i].place] = cases[i].node;
        assert_refused(
            forest, &(struct iforest_model){ cases[i].columns, 2, cases[i].samples, tree_nodes, nodes, 6, 6 },
            cases[i].words);
    }
}

static void test_arrays_that_disagree(void **state)
{
    (void)state;
    struct iforest_node nodes[] = { { 0, 2, 0 }, { -1, 0, 1 }, { -1, 0, 1 } };
    int tree_nodes[] = { 3 };
    const struct iforest_model model = { 2, 1, 9, tree_nodes, nodes, 3, 3 };
    static const char *const arrays[] = { "tree_nodes", "feature", "right", "value" };
    for (int i = 0; i < 4; i++) {
        struct store *store = NULL;
        struct iforest_model loaded = { 0 };
        struct attributes told = { 0 };
        assert_ok(store_create(&store, model_path));
        assert_ok(attributes_set_integer(&told, "samples", model.samples));
        assert_ok(attributes_set_integer(&told, "columns", model.columns));
        assert_ok(store_set(store, "/d", &told));
        for (int a = 0; a < 4; a++) {
            static const double zeros[8];
            char name[32];
            snprintf(name, sizeof name, "/d/%s", arrays[a]);
            assert_ok(store_new(store, name, a == 3 ? STORE_DOUBLE : STORE_INT32, 3, a == i ? 2 : 0, 0));
            assert_ok(store_write(store, name, 0, 3, zeros));
        }
        assert_ok(store_commit(store));
        store_close(&store);
        attributes_release(&told);
        assert_fails(load_model(forest, &loaded), ERR_INPUT, "3 × 2, expected 3 × 0");
        forest->release(&loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_max_samples_that_are_none),
        cmocka_unit_test(test_too_few_rows),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_arrays_that_disagree),
        cmocka_unit_test(test_average_path),
        cmocka_unit_test(test_path_in_a_tree_made_by_hand),
        cmocka_unit_test(test_two_rows),
        cmocka_unit_test(test_rows_that_are_alike),
        cmocka_unit_test(test_grown_trees),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_far_rows_score_higher),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_scikit_learns_names),
        cmocka_unit_test(test_saved_and_loaded),
    };
    return cmocka_run_group_tests_name("iforest", tests, set_up, tear_down);
}
