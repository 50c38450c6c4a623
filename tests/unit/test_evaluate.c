/* Evaluation with a detector that only looks at what it is given: what cannot be evaluated first, then
 * counts, seeds and scores, and that nothing but training rows reaches scaler and detector. */
#include "test.h"

#include "core/memory.h"
#include "core/rng.h"
#include "detect/knn.h"
#include "eval/crew_place.h"
#include "eval/evaluate.h"
#include "eval/roc.h"
#include "pipeline/setup.h"

enum { COLUMNS = 5, PATCHES = 3 };

/* ------------------------------------------------------------------------------------------ a detector */

struct ruler_settings {
    int seed, least_rows;
};

static const struct option ruler_options[] = {
    { .name = "least-rows", .type = OPTION_INTEGER, .offset = offsetof(struct ruler_settings, least_rows) },
    { .name = "seed", .type = OPTION_INTEGER, .offset = offsetof(struct ruler_settings, seed) },
    { 0 },
};

/* What the detector saw: the training rows of its last fit, and the seeds of all of them. */
static struct {
    struct matrix train;
    int seeds[64], n_fits, n_open;
} seen;

static enum status ruler_check(const void *settings, int rows, int columns)
{
    const struct ruler_settings *s = settings;
    REQUIRE(rows >= s->least_rows, ERR_INPUT, "%d × %d: %d rows are needed", rows, columns, s->least_rows);
    return OK;
}

static enum status ruler_fit(struct backend *backend, const void *settings, const struct rows *rows,
                             void *model)
{
    const struct matrix *x = &rows->x;
    (void)backend;
    *(int *)model = 1;
    seen.n_open++;
    seen.seeds[seen.n_fits++] = ((const struct ruler_settings *)settings)->seed;
    matrix_release(&seen.train);
    TRY(matrix_init(&seen.train, x->rows, x->columns));
    memcpy(seen.train.data, x->data, (size_t)x->rows * x->columns * sizeof *x->data);
    return OK;
}

/* A row's score is its distance from the training rows' mean, which the scaler has moved to 0. */
static enum status ruler_score(struct backend *backend, const void *model, const struct rows *rows,
                               double *score)
{
    const struct matrix *x = &rows->x;
    (void)backend;
    assert_int_equal(*(const int *)model, 1);
    for (int r = 0; r < x->rows; r++) {
        double sum = 0;
        for (int j = 0; j < x->columns; j++) sum += (double)matrix_row(x, r)[j] * (double)matrix_row(x, r)[j];
        score[r] = sqrt(sum);
    }
    return OK;
}

static void ruler_release(void *model)
{
    seen.n_open -= *(int *)model;
}

static const struct detector ruler = { .name = "ruler",
                                       .options = ruler_options,
                                       .settings_size = sizeof(struct ruler_settings),
                                       .model_size = sizeof(int),
                                       .check = ruler_check,
                                       .fit = ruler_fit,
                                       .score = ruler_score,
                                       .release = ruler_release };
static struct detector ruler_of_cells; /* the same, but that it takes cells; main fills it */

/* -------------------------------------------------------------------------------------- a feature file */

static char folder[64];

struct recipe {
    int n_groups;
    int n_normal[3], n_abnormal[3];
    int n_channels, n_failed;
    float shift;                 /* of abnormal rows, in units of the normal ones' deviation */
    const char *const *poisoned; /* [n_poisoned] paths whose rows are huge */
    int n_poisoned;
    const char *network; /* NULL: resnet18 */
};

static int is_poisoned(const struct recipe *recipe, const char *path)
{
    for (int i = 0; i < recipe->n_poisoned; i++)
        if (strcmp(recipe->poisoned[i], path) == 0) return 1;
    return 0;
}

static void append(struct part *part, const struct recipe *recipe, int group, const char *label, int number,
                   int channel)
{
    float rows[PATCHES][COLUMNS];
    const double start_s[PATCHES] = { 0, 1, 2 };
    struct feature_recording row = { .channel = channel, .sample_rate = 16000, .samples = 160000 };
    row.of.machine = memory_print("machine%d", group);
    row.of.path = memory_print("machine%d/%s/%03d.wav", group, label, number);
    row.of.label = memory_text(label);
    struct rng rng = rng_seeded((uint64_t)(number * 2 + (label[0] == 'a')), (uint64_t)(group * 8 + channel));
    for (int p = 0; p < PATCHES; p++)
        for (int j = 0; j < COLUMNS; j++) {
            const double value =
                10.0 * j + rng_normal(&rng) + (label[0] == 'a' ? (double)recipe->shift : 0.0);
            rows[p][j] = (float)(is_poisoned(recipe, row.of.path) ? value * 1e6 : value);
        }
    assert_ok(part_append(part, &row, PATCHES, rows[0], start_s));
}

static void append_failed(struct part *part)
{
    struct feature_recording row = { .status = RECORDING_FAILED };
    row.of.machine = memory_text("machine0");
    row.of.path = memory_text("machine0/normal/broken.wav");
    row.of.label = memory_text("normal");
    row.error = memory_text("truncated");
    assert_ok(part_append(part, &row, 0, NULL, NULL));
}

/* A part: its rows are stored as they are, so that they come back bit by bit. */
static struct features *make_features(const struct recipe *recipe)
{
    char path[96];
    struct part *part = NULL;
    struct attributes provenance = { 0 };
    struct features *features = NULL;
    snprintf(path, sizeof path, "%s/part.h5", folder);
    unlink(path);
    assert_ok(attributes_set_text(&provenance, "network", recipe->network ? recipe->network : "resnet18"));
    assert_ok(part_create(&part, path, COLUMNS, &provenance));
    for (int g = 0; g < recipe->n_groups; g++)
        for (int c = 0; c < (recipe->n_channels ? recipe->n_channels : 1); c++) {
            for (int i = 0; i < recipe->n_abnormal[g]; i++) append(part, recipe, g, "abnormal", i, c);
            for (int i = 0; i < recipe->n_normal[g]; i++) append(part, recipe, g, "normal", i, c);
        }
    for (int i = 0; i < recipe->n_failed; i++) append_failed(part);
    assert_ok(part_commit(&part));
    part_close(&part);
    attributes_release(&provenance);
    assert_ok(features_open_part(&features, path));
    return features;
}

static const struct ruler_settings plain = { .seed = 99 }, demanding = { .least_rows = 25 };
static const struct contender one[] = { { &ruler, &plain } },
                              two[] = { { &ruler, &demanding }, { &ruler, &plain } },
                              mixed[] = { { &ruler_of_cells, &plain }, { &ruler, &plain } };

static struct evaluate_options options_of(const struct contender *contenders, int n, int n_seeds)
{
    return (struct evaluate_options){
        .contenders = contenders, .n_contenders = n, .n_seeds = n_seeds, .held_out = 150
    };
}

static int forget(void **state)
{
    (void)state;
    assert_int_equal(seen.n_open, 0); /* every model was released */
    matrix_release(&seen.train);
    seen.n_fits = 0;
    return 0;
}

/* ------------------------------------------------------------------------------------------- bad input */

static void refuses_what_holds_nothing(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_failed = 2 };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    struct evaluate_options options = options_of(one, 1, 5);
    assert_fails(evaluate(NULL, features, &options, &evaluation), ERR_INPUT, "2 failed");
    evaluation_release(&evaluation);
    options.seed = 2147483646;
    assert_fails(evaluate(NULL, features, &options, &evaluation), ERR_USAGE, "--seed 2147483646");
    evaluation_release(&evaluation);
    features_close(&features);
}

static void lists_groups_that_are_too_small(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 3, .n_normal = { 12, 1, 6 }, .n_abnormal = { 12, 1, 6 } };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(one, 1, 2);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_int_equal(evaluation.n_results, 4);
    assert_int_equal(evaluation.n_left_out, 1);
    assert_string_equal(evaluation.left_out[0].group->name, "machine1");
    assert_null(evaluation.left_out[0].detector);
    assert_fails(evaluation_verdict(&evaluation), ERR_PARTIAL,
                 "1 of 3 groups was left out; the first: machine1: 1 normal");
    evaluation_release(&evaluation);
    features_close(&features);
}

static void fails_where_all_groups_are_too_small(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 2, .n_normal = { 1, 8 }, .n_abnormal = { 1, 0 } };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(one, 1, 2);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_int_equal(evaluation.n_results, 0);
    assert_fails(evaluation_verdict(&evaluation), ERR_INPUT, "2 of 2 groups were left out");
    evaluation_release(&evaluation);
    features_close(&features);
}

/* 10 normal recordings leave 5 × 3 rows to train, 20 leave 30: one detector wants 25. */
static void lists_what_one_detector_cannot_learn(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 2, .n_normal = { 10, 20 }, .n_abnormal = { 10, 20 } };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(two, 2, 3);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_int_equal(evaluation.n_results, 3 + 6);
    assert_int_equal(evaluation.n_left_out, 1);
    assert_ptr_equal(evaluation.left_out[0].detector, &ruler);
    assert_fails(evaluation_verdict(&evaluation), ERR_PARTIAL, "machine0 with ruler: 15 × 5: 25 rows");
    evaluation_release(&evaluation);
    features_close(&features);
}

static void cells_are_those_of_patches(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 1, .n_normal = { 10 }, .n_abnormal = { 10 } };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(mixed, 2, 3);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_int_equal(evaluation.n_results, 3); /* the other detector's */
    assert_fails(evaluation_verdict(&evaluation), ERR_PARTIAL, "features of network resnet18");
    assert_fails(evaluation_verdict(&evaluation), ERR_PARTIAL, "--network patch");
    evaluation_release(&evaluation);
    features_close(&features);
}

/* -------------------------------------------------------------------------------------- what comes out */

static void seeds_count_on(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 1, .n_normal = { 12 }, .n_abnormal = { 12 } };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    struct evaluate_options options = options_of(one, 1, 4);
    options.seed = 7;
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_int_equal(seen.n_fits, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(seen.seeds[i], 7 + i);
        assert_int_equal(evaluation.results[i].seed, 7 + i);
    }
    assert_int_equal(plain.seed, 99); /* the caller's own settings stay as they are */
    evaluation_release(&evaluation);
    features_close(&features);
}

static void pools_channels_and_patches(void **state)
{
    (void)state;
    const struct recipe recipe = {
        .n_groups = 1, .n_normal = { 12 }, .n_abnormal = { 7 }, .n_channels = 2, .n_failed = 1, .shift = 20
    };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(one, 1, 1);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_ok(evaluation_verdict(&evaluation));
    const struct split_result *result = &evaluation.results[0];
    assert_int_equal(result->counts.n_train, 6);
    assert_int_equal(result->counts.n_normal, 6);
    assert_int_equal(result->counts.n_abnormal, 6);
    assert_int_equal(result->n_tested, 12);
    assert_int_equal(seen.train.rows, 6 * 2 * PATCHES);
    assert_int_equal(evaluation.groups.left_out.n_failed, 1);
    assert_true(result->auc == 1 && result->pauc == 1);
    assert_int_equal(result->curve.n_points, 3);
    for (int i = 0; i < result->n_tested; i++)
        assert_int_equal(result->tested[i].subject->n_patches, 2 * PATCHES);
    evaluation_release(&evaluation);
    features_close(&features);
}

/* The score of a recording, once more and from the raw rows: standardised by hand, the mean over its
 * patches. */
static void scores_are_means_over_patches(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 1, .n_normal = { 6 }, .n_abnormal = { 3 } };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(one, 1, 1);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    const struct split_result *result = &evaluation.results[0];
    double mean[COLUMNS] = { 0 }, square[COLUMNS] = { 0 };
    float rows[PATCHES][COLUMNS];
    int n = 0;
    for (size_t i = 0; i < features_recordings(features)->count; i++) {
        const struct feature_recording *row = &features_recordings(features)->rows[i];
        int is_tested = strcmp(row->of.label, "abnormal") == 0;
        for (int t = 0; t < result->n_tested; t++) is_tested |= result->tested[t].subject->rows[0] == row;
        if (is_tested) continue;
        assert_ok(features_read(features, row->first_patch, PATCHES, rows[0]));
        for (int p = 0; p < PATCHES; p++, n++)
            for (int j = 0; j < COLUMNS; j++) {
                mean[j] += (double)rows[p][j];
                square[j] += (double)rows[p][j] * (double)rows[p][j];
            }
    }
    for (int t = 0; t < result->n_tested; t++) {
        double sum = 0;
        assert_ok(features_read(features, result->tested[t].subject->rows[0]->first_patch, PATCHES, rows[0]));
        for (int p = 0; p < PATCHES; p++) {
            double distance = 0;
            for (int j = 0; j < COLUMNS; j++) {
                const double m = mean[j] / n, variance = square[j] / n - m * m;
                distance += ((double)rows[p][j] - m) * ((double)rows[p][j] - m) / variance;
            }
            sum += sqrt(distance);
        }
        /* standardised rows are floats: 6e-8 of each, and the mean square cancels here */
        assert_near(result->tested[t].score, sum / PATCHES, 1e-5);
    }
    evaluation_release(&evaluation);
    features_close(&features);
}

/* Only the highest score of each label is told patch by patch. */
static void keeps_the_patches_of_the_highest(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 1, .n_normal = { 8 }, .n_abnormal = { 8 }, .shift = 1 };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(one, 1, 1);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    const struct split_result *result = &evaluation.results[0];
    for (int label = 0; label < 2; label++) {
        const struct tested *highest = NULL;
        int n_told = 0;
        for (int t = 0; t < result->n_tested; t++) {
            const struct tested *tested = &result->tested[t];
            if (tested->is_abnormal != label) continue;
            if (!highest || tested->score > highest->score) highest = tested;
            n_told += tested->patches != NULL;
        }
        assert_int_equal(n_told, 1);
        assert_near((highest->patches[0] + highest->patches[1] + highest->patches[2]) / PATCHES,
                    highest->score, 0);
    }
    evaluation_release(&evaluation);
    features_close(&features);
}

/* What the tested recordings score, one split after the other. */
static void copy_scores(const struct evaluation *evaluation, double *score, size_t most)
{
    for (size_t i = 0, n = 0; i < evaluation->n_results; i++)
        for (int t = 0; t < evaluation->results[i].n_tested; t++, n++) {
            assert_true(n < most);
            score[n] = evaluation->results[i].tested[t].score;
        }
}

static void seeds_side_by_side_change_nothing(void **state)
{
    (void)state;
    enum { MOST = 2 * 5 * 12 };
    const struct recipe recipe = { .n_groups = 2, .n_normal = { 12, 9 }, .n_abnormal = { 9, 12 } };
    const struct knn_settings settings = { .k = 2 };
    const struct contender knn = { &detector_knn, &settings };
    const struct evaluate_options options = options_of(&knn, 1, 5);
    struct features *features = make_features(&recipe);
    double score[3][MOST] = { { 0 } };
    for (int threads = 1; threads <= 3; threads++) {
        const struct place place = { .backend = "cpu", .threads = threads };
        struct evaluation evaluation;
        struct crew crew;
        assert_ok(crew_open_at(&crew, &place, 5));
        assert_ok(evaluate(&crew, features, &options, &evaluation));
        assert_int_equal(evaluation.n_results, 10);
        copy_scores(&evaluation, score[threads - 1], MOST);
        evaluation_release(&evaluation);
        crew_close(&crew);
    }
    assert_true(score[0][0] > 0);
    assert_memory_equal(score[0], score[1], sizeof score[0]);
    assert_memory_equal(score[0], score[2], sizeof score[0]);
    features_close(&features);
}

/* Whatever the tested recordings hold, scaler and detector see the same bits. */
static void tested_rows_shape_nothing(void **state)
{
    (void)state;
    struct recipe recipe = { .n_groups = 1, .n_normal = { 12 }, .n_abnormal = { 12 } };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(one, 1, 1);
    const char *poisoned[12];
    char paths[12][64];
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_int_equal(evaluation.results[0].n_tested, 12);
    for (int i = 0; i < 12; i++) {
        snprintf(paths[i], sizeof paths[i], "%s", evaluation.results[0].tested[i].subject->rows[0]->of.path);
        poisoned[i] = paths[i];
    }
    const size_t bytes = (size_t)seen.train.rows * COLUMNS * sizeof(float);
    float *before = malloc(bytes);
    memcpy(before, seen.train.data, bytes);
    const double score_before = evaluation.results[0].tested[0].score;
    evaluation_release(&evaluation);
    features_close(&features);

    recipe.poisoned = poisoned;
    recipe.n_poisoned = 12;
    features = make_features(&recipe);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    assert_int_equal(seen.train.rows, 6 * PATCHES);
    assert_memory_equal(seen.train.data, before, bytes);
    assert_true(evaluation.results[0].tested[0].score > 1e3 * score_before); /* the poison did arrive */
    evaluation_release(&evaluation);
    features_close(&features);
    free(before);
}

/* What stands in a result's AUC and pAUC are those of its own scores and labels, the latter up to a rate of 0.1; shuffled
 * labels are those of split_shuffle_labels. */
static void judges_by_its_own_scores_and_labels(void **state)
{
    (void)state;
    enum { NORMAL = 30, ABNORMAL = 30, UNITS = NORMAL + ABNORMAL };
    const struct recipe recipe = {
        .n_groups = 1, .n_normal = { NORMAL }, .n_abnormal = { ABNORMAL }, .shift = 0.5F
    };
    struct features *features = make_features(&recipe);
    struct evaluate_options options = options_of(one, 1, 5);
    for (int is_shuffled = 0; is_shuffled < 2; is_shuffled++) {
        struct evaluation evaluation;
        int n_moved = 0;
        seen.n_fits = 0;
        options.is_shuffled = is_shuffled;
        assert_ok(evaluate(NULL, features, &options, &evaluation));
        for (int i = 0; i < 5; i++) {
            const struct split_result *result = &evaluation.results[i];
            const struct group *group = result->group;
            double score[UNITS], auc, pauc, whole;
            int is_abnormal[UNITS], labels[UNITS];
            assert_ok(
                split_shuffle_labels(group->is_abnormal, group->n_units, (uint64_t)result->seed, labels));
            for (int t = 0; t < result->n_tested; t++) {
                const struct tested *tested = &result->tested[t];
                const int unit = group->unit[tested->subject - group->subjects];
                score[t] = tested->score;
                is_abnormal[t] = tested->is_abnormal;
                assert_int_equal(tested->is_abnormal, is_shuffled ? labels[unit] : group->is_abnormal[unit]);
                n_moved += tested->is_abnormal != tested->subject->is_abnormal;
            }
            assert_ok(roc_auc(score, is_abnormal, result->n_tested, &auc));
            assert_ok(roc_pauc(score, is_abnormal, result->n_tested, 0.1, &pauc));
            assert_ok(roc_pauc(score, is_abnormal, result->n_tested, 1, &whole));
            assert_near(result->auc, auc, 0);
            assert_near(result->pauc, pauc, 0);
            assert_true(fabs(pauc - whole) > 1e-6); /* so that it tells */
        }
        assert_true(is_shuffled ? n_moved > 0 : n_moved == 0);
        evaluation_release(&evaluation);
    }
    features_close(&features);
}

/* Column j is 10 j and a little noise: standardised it would be around 0. */
static void cells_stay_as_they_are(void **state)
{
    (void)state;
    const struct recipe recipe = {
        .n_groups = 1, .n_normal = { 10 }, .n_abnormal = { 10 }, .network = "patch"
    };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    const struct evaluate_options options = options_of(mixed, 1, 1);
    assert_ok(evaluate(NULL, features, &options, &evaluation));
    for (int r = 0; r < seen.train.rows; r++)
        for (int j = 0; j < COLUMNS; j++) assert_near((double)matrix_row(&seen.train, r)[j], 10 * j, 5);
    evaluation_release(&evaluation);
    features_close(&features);
}

static void shuffled_labels_lead_nowhere(void **state)
{
    (void)state;
    const struct recipe recipe = { .n_groups = 1, .n_normal = { 40 }, .n_abnormal = { 40 }, .shift = 3 };
    struct features *features = make_features(&recipe);
    struct evaluation evaluation;
    struct evaluate_options options = options_of(one, 1, 40);
    for (int is_shuffled = 0; is_shuffled < 2; is_shuffled++) {
        double sum = 0;
        seen.n_fits = 0;
        options.is_shuffled = is_shuffled;
        assert_ok(evaluate(NULL, features, &options, &evaluation));
        for (int i = 0; i < 40; i++) sum += evaluation.results[i].auc;
        /* an AUC of 20 + 20 has a deviation of 0.09, the mean of 40 one of 0.015: five of them */
        assert_near(sum / 40, is_shuffled ? 0.5 : 1.0, is_shuffled ? 0.075 : 0.01);
        evaluation_release(&evaluation);
    }
    features_close(&features);
}

#define WITH_RULER(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RULER(refuses_what_holds_nothing),
        WITH_RULER(lists_groups_that_are_too_small),
        WITH_RULER(fails_where_all_groups_are_too_small),
        WITH_RULER(lists_what_one_detector_cannot_learn),
        WITH_RULER(cells_are_those_of_patches),
        WITH_RULER(seeds_count_on),
        WITH_RULER(pools_channels_and_patches),
        WITH_RULER(scores_are_means_over_patches),
        WITH_RULER(keeps_the_patches_of_the_highest),
        WITH_RULER(seeds_side_by_side_change_nothing),
        WITH_RULER(tested_rows_shape_nothing),
        WITH_RULER(judges_by_its_own_scores_and_labels),
        WITH_RULER(cells_stay_as_they_are),
        WITH_RULER(shuffled_labels_lead_nowhere),
    };
    snprintf(folder, sizeof folder, "%s", test_folder());
    ruler_of_cells = ruler;
    ruler_of_cells.takes_cells = 1;
    return cmocka_run_group_tests_name("evaluate", tests, NULL, NULL);
}
