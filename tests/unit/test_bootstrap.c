/* The bootstrap against what can be worked out by hand, and the paper's table against its own text. */
#include "test.h"

#include "eval/bootstrap.h"
#include "eval/paper_table.h"

enum { NORMAL = 12, ABNORMAL = 8, TESTED = NORMAL + ABNORMAL };

static struct feature_recording recordings[TESTED];
static const struct feature_recording *rows[TESTED];
static struct subject subjects[TESTED];
static struct tested tested[2][TESTED];
static struct group group;
static struct split_result splits[2];

static void make(double (*score)(int split, int i))
{
    group = (struct group){ .subjects = subjects, .n_subjects = TESTED };
    for (int i = 0; i < TESTED; i++) {
        rows[i] = &recordings[i];
        subjects[i] = (struct subject){ &rows[i], 1, i >= NORMAL, 1 };
        for (int s = 0; s < 2; s++)
            tested[s][i] = (struct tested){ &subjects[i], i >= NORMAL, score(s, i), NULL };
    }
    for (int s = 0; s < 2; s++)
        splits[s] = (struct split_result){ .group = &group, .tested = tested[s], .n_tested = TESTED };
}

static double apart(int split, int i)
{
    return i >= NORMAL ? 100 + i : i + 0.5 * split;
}

static double alike(int split, int i)
{
    (void)i;
    return split;
}

/* Places alternate, with a tie here and there. */
static double mixed(int split, int i)
{
    return (i * 7 + split * 3) % 11;
}

static void knows_no_spread_where_there_is_none(void **state)
{
    (void)state;
    static double (*const scores[])(int, int) = { apart, alike };
    static const double auc[] = { 1, 0.5 };
    for (int i = 0; i < 2; i++) {
        struct bootstrap found;
        make(scores[i]);
        assert_ok(bootstrap_auc(splits, 2, 50, 0, &found));
        assert_int_equal(found.n_replicates, 50);
        assert_near(found.deviation, 0, 1e-12); /* the mean of equal numbers is rounded */
        assert_near(found.low, auc[i], 0);
        assert_near(found.high, auc[i], 0);
    }
}

/* The variance of an AUC under resampling is close to DeLong's (1988) estimate from the placements. */
static double delong(const struct split_result *split)
{
    double variance = 0;
    for (int label = 0; label < 2; label++) {
        double sum = 0, squares = 0;
        int n = 0;
        for (int i = 0; i < TESTED; i++) {
            double placement = 0;
            int others = 0;
            if (split->tested[i].is_abnormal != label) continue;
            for (int j = 0; j < TESTED; j++) {
                if (split->tested[j].is_abnormal == label) continue;
                const double mine = split->tested[i].score, other = split->tested[j].score;
                placement += mine > other ? 1 : mine < other ? 0 : 0.5;
                others++;
            }
            placement /= others;
            sum += placement;
            squares += placement * placement;
            n++;
        }
        variance += (squares - sum * sum / n) / n / n;
    }
    return sqrt(variance);
}

static void spreads_as_delong_says(void **state)
{
    (void)state;
    struct bootstrap found, again;
    make(mixed);
    assert_ok(bootstrap_auc(splits, 1, 4000, 1, &found));
    /* 4,000 replicates know their deviation to 1/sqrt(8000) = 1.1 %; three of them, and what is of second
     * order in the AUC's own variance */
    assert_near(found.deviation / delong(&splits[0]), 1, 0.06);
    assert_true(found.high > found.low + 3 * found.deviation && found.high < found.low + 5 * found.deviation);
    assert_ok(bootstrap_auc(splits, 1, 4000, 1, &again));
    assert_memory_equal(&found, &again, sizeof found);
}

/* Splits of the same recordings are judged by the same draw: two equal ones spread like one. */
static void splits_share_the_draw(void **state)
{
    (void)state;
    struct bootstrap one, two;
    make(mixed);
    memcpy(tested[1], tested[0], sizeof tested[0]);
    assert_ok(bootstrap_auc(splits, 1, 300, 5, &one));
    assert_ok(bootstrap_auc(splits, 2, 300, 5, &two));
    assert_near(one.deviation, two.deviation, 1e-12);
}

static void one_label_gives_nothing(void **state)
{
    (void)state;
    struct bootstrap found;
    make(mixed);
    splits[0].n_tested = NORMAL;
    assert_ok(bootstrap_auc(splits, 1, 10, 0, &found));
    assert_int_equal(found.n_replicates, 0);
    assert_true(isnan(found.deviation));
}

/* ------------------------------------------------------------------------------------- the paper's table */

static double best_of(int column, int *row)
{
    *row = 0;
    for (int r = 1; r < PAPER_ROWS; r++)
        if (paper_rows[r].auc[column] > paper_rows[*row].auc[column]) *row = r;
    return paper_rows[*row].auc[column];
}

/* Section 6 quotes: the best of valves 79.1; M6 of the fans 94.5; the detectors' first places 9, 6, 1, 0, 0, 0. */
static void the_table_is_the_papers(void **state)
{
    (void)state;
    int row, firsts[PAPER_ROWS] = { 0 };
    double valves = 0;
    for (int c = 12; c < 16; c++) valves = fmax(valves, best_of(c, &row));
    assert_near(valves, 79.1, 0);
    assert_near(best_of(3, &row), 94.5, 0);
    for (int c = 0; c < PAPER_COLUMNS; c++) {
        best_of(c, &row);
        firsts[row]++;
    }
    for (int i = 0; paper_detector_counts[i].name; i++) {
        const char *name = paper_detector_counts[i].name;
        int n = 0;
        for (int r = 0; r < PAPER_ROWS; r++)
            if (strcmp(*paper_rows[r].detector ? paper_rows[r].detector : "Autoencoders", name) == 0)
                n += firsts[r];
        assert_int_equal(n, paper_detector_counts[i].first);
    }
}

/* Committed here: the number of cells and their sum, so that a slip of a digit is seen. */
static void the_table_is_whole(void **state)
{
    (void)state;
    double sum = 0;
    for (int r = 0; r < PAPER_ROWS; r++)
        for (int c = 0; c < PAPER_COLUMNS; c++) sum += paper_rows[r].auc[c];
    assert_near(sum, 23392.2, 1e-6);
}

static void rows_and_columns_are_found(void **state)
{
    (void)state;
    assert_int_equal(paper_row_of("resnet34", "gmm"), 10);
    assert_int_equal(paper_row_of("squeezenet1_1", "ocsvm"), 19);
    assert_int_equal(paper_row_of("patch", "small_dcae"), 21);
    assert_int_equal(paper_row_of("resnet34", "knn"), -1);
    assert_int_equal(paper_row_of("patch", "gmm"), -1);
    assert_int_equal(paper_column_of("valve", "id_06"), 15);
    assert_int_equal(paper_column_of("valve", "id_01"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_label_gives_nothing),    cmocka_unit_test(knows_no_spread_where_there_is_none),
        cmocka_unit_test(spreads_as_delong_says),     cmocka_unit_test(splits_share_the_draw),
        cmocka_unit_test(the_table_is_the_papers),    cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(rows_and_columns_are_found),
    };
    return cmocka_run_group_tests_name("bootstrap", tests, NULL, NULL);
}
