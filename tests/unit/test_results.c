/* results.csv and the table: where they cannot be written first, then every byte. */
#include "evaluation_fixture.h"

static struct fixture fixture;
static char folder[64];

static void says_why_it_cannot_write(void **state)
{
    (void)state;
    assert_fails(results_write_csv("nowhere/results.csv", &fixture.evaluation, "resnet18"), ERR_OUTPUT,
                 "nowhere/results.csv cannot be written: No such file");
}

static void writes_one_row_a_split(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "%s/results.csv", folder);
    assert_ok(results_write_csv(path, &fixture.evaluation, "resnet18"));
    char *text = read_text(path);
    assert_string_equal(text, "machine,id,snr,network,detector,seed,n_train,n_normal,n_abnormal,auc,pauc\n"
                              "fan,id_00,-6dB,resnet18,gmm,3,10,4,4,1,1\n"
                              "fan,id_00,-6dB,resnet18,gmm,4,9,4,4,1,1\n"
                              "fan,id_00,-6dB,resnet18,gmm,5,8,4,4,0.75,0.8684210526\n"
                              "\"a,\"\"b\"\"<i>&'\",id_00,-6dB,resnet18,gmm,3,10,4,4,1,1\n"
                              "\"a,\"\"b\"\"<i>&'\",id_00,-6dB,resnet18,gmm,4,9,4,4,1,1\n"
                              "\"a,\"\"b\"\"<i>&'\",id_00,-6dB,resnet18,gmm,5,8,4,4,0.75,0.8684210526\n");
    free(text);
}

static void sums_up_each_group(void **state)
{
    (void)state;
    assert_int_equal(fixture.summaries.count, 2);
    const struct summary *summary = &fixture.summaries.items[0];
    assert_int_equal(summary->n_splits, 3);
    assert_int_equal(summary->least.n_train, 8);
    assert_int_equal(summary->most.n_train, 10);
    assert_near(summary->auc.mean, 2.75 / 3, 1e-15);
    assert_near(summary->auc.deviation, sqrt((2 * 1.0 / 144 + 1.0 / 36) / 3), 1e-15); /* numpy.std */
    assert_near(summaries_mean(&fixture.summaries, NULL).auc, 2.75 / 3, 1e-15);
    assert_near(summaries_mean(&fixture.summaries, &fixture_detector).auc, 2.75 / 3, 1e-15);
    const struct detector other = { .name = "knn" };
    assert_true(isnan(summaries_mean(&fixture.summaries, &other).auc));
}

/* A split without labels keeps its row, with empty cells; its whole cell is in no summary. */
static void tells_what_was_not_judged(void **state)
{
    (void)state;
    char path[96];
    struct split_result *split = &fixture.results[1];
    const struct split_result before = *split;
    struct summaries summaries;
    split->auc = split->pauc = (double)NAN;
    split->counts = (struct split_counts){ .n_train = 9, .n_unlabeled = 8 };
    snprintf(path, sizeof path, "%s/unjudged.csv", folder);
    assert_ok(results_write_csv(path, &fixture.evaluation, "resnet18"));
    char *text = read_text(path);
    assert_non_null(strstr(text, "\nfan,id_00,-6dB,resnet18,gmm,4,9,0,0,,\n"));
    free(text);
    assert_ok(summaries_init(&summaries, &fixture.evaluation));
    assert_int_equal(summaries.count, 1);
    assert_ptr_equal(summaries.items[0].group, &fixture.groups[1]);
    summaries_release(&summaries);
    *split = before;
}

/* clang-format off */
static const char TABLE[] =
    "group                  network        detector    train   normal  abnormal  AUC            pAUC\n"
    "fan/id_00/-6dB         resnet18       gmm          8-10        4         4  0.917 ± 0.118  0.956 ± 0.062\n"
    "a,\"b\"<i>&'/id_00/-6dB  resnet18       gmm          8-10        4         4  0.917 ± 0.118  0.956 ± 0.062\n"
    "mean                   resnet18       gmm                                   0.917          0.956\n";
/* clang-format on */

static void prints_a_table(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    results_print_table(stream, &fixture.summaries, "resnet18");
    fclose(stream);
    assert_string_equal(text, TABLE);
    free(text);
}

/* clang-format off */
static const char SIDE_BY_SIDE[] =
    "\nAUC                      gmm  mahalanobis\n"
    "fan/id_00/-6dB         0.917        0.250\n"
    "a,\"b\"<i>&'/id_00/-6dB  0.917            –\n"
    "mean                   0.917        0.250\n\n";
/* clang-format on */

static void sets_detectors_side_by_side(void **state)
{
    (void)state;
    const struct detector other = { .name = "mahalanobis" };
    const struct summary *kept = fixture.summaries.items;
    struct summary items[3] = { kept[0], kept[0], kept[1] };
    const struct summaries summaries = { items, 3 };
    char *text = NULL;
    size_t size = 0;
    items[1].detector = &other;
    items[1].auc.mean = 0.25;
    FILE *stream = open_memstream(&text, &size);
    results_print_table(stream, &summaries, "resnet18");
    fclose(stream);
    assert_non_null(strstr(text, "\n\n"));
    assert_string_equal(strstr(text, "\n\n") + 1, SIDE_BY_SIDE);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_it_cannot_write), cmocka_unit_test(writes_one_row_a_split),
        cmocka_unit_test(sums_up_each_group),       cmocka_unit_test(tells_what_was_not_judged),
        cmocka_unit_test(prints_a_table),           cmocka_unit_test(sets_detectors_side_by_side),
    };
    snprintf(folder, sizeof folder, "%s", test_folder());
    fixture_init(&fixture);
    const int failed = cmocka_run_group_tests_name("results", tests, NULL, NULL);
    fixture_release(&fixture);
    return failed;
}
