/* AUC and pAUC: what cannot be judged, then cases small enough to be counted by hand. scikit-learn's answers
 * to larger ones are in golden.roc. */
#include "test.h"

#include "eval/roc.h"

static void refuses_what_cannot_be_ranked(void **state)
{
    (void)state;
    const int labels[3] = { 0, 1, 0 }, normal[3] = { 0, 0, 0 }, abnormal[3] = { 1, 1, 1 };
    const double good[3] = { 1, 2, 3 }, nan_score[3] = { 1, 2, (double)NAN },
                 infinite[3] = { (double)INFINITY, 2, 3 };
    struct roc_curve curve;
    double value;
    assert_fails(roc_auc(nan_score, labels, 3, &value), ERR_INPUT, "score 3 of 3 is nan");
    assert_fails(roc_auc(infinite, labels, 3, &value), ERR_INPUT, "score 1 of 3 is inf");
    assert_fails(roc_auc(good, normal, 3, &value), ERR_INPUT, "3 normal and 0 abnormal");
    assert_fails(roc_auc(good, abnormal, 3, &value), ERR_INPUT, "0 normal and 3 abnormal");
    assert_fails(roc_auc(good, labels, 0, &value), ERR_INPUT, "0 normal and 0 abnormal");
    assert_fails(roc_pauc(nan_score, labels, 3, 0.1, &value), ERR_INPUT, "nan");
    assert_fails(roc_pauc(good, labels, 3, 0.0, &value), ERR_USAGE, "0 … 1");
    assert_fails(roc_pauc(good, labels, 3, 1.5, &value), ERR_USAGE, "1.5");
    assert_fails(roc_curve_init(&curve, nan_score, labels, 3), ERR_INPUT, "nan");
    roc_curve_release(&curve);
}

struct roc_case {
    const char *name;
    int n;
    double score[8];
    int is_abnormal[8];
    double auc, pauc, pauc_half;
};

/* pAUC by hand: area A up to rate f; 0.5 (1 + (A - f²/2) / (f - f²/2)). */
static const struct roc_case cases[] = {
    { "apart", 4, { 1, 2, 3, 4 }, { 0, 0, 1, 1 }, 1, 1, 1 },
    { "inverted", 4, { 4, 3, 2, 1 }, { 0, 0, 1, 1 }, 0, 0.5 * (1 - 0.05 / 0.95), 0.5 * (1 - 0.25 / 0.75) },
    { "all tied", 4, { 7, 7, 7, 7 }, { 0, 1, 0, 1 }, 0.5, 0.5, 0.5 },
    { "one inversion",
      4,
      { 1, 3, 2, 4 },
      { 0, 0, 1, 1 },
      0.75,
      0.5 * (1 + 0.45 / 0.95),
      0.5 * (1 + 0.125 / 0.375) },
    { "a tie across labels",
      4,
      { 1, 2, 2, 3 },
      { 0, 0, 1, 1 },
      0.875,
      0.5 * (1 + 0.05 / 0.095),
      0.5 * (1 + 0.25 / 0.375) },
    { "order of input", 4, { 4, 1, 3, 2 }, { 1, 0, 1, 0 }, 1, 1, 1 },
    { "one of each", 2, { -1e300, 1e300 }, { 0, 1 }, 1, 1, 1 },
    { "zero and minus zero", 2, { 0.0, -0.0 }, { 0, 1 }, 0.5, 0.5, 0.5 },
};

static void counts_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct roc_case *c = &cases[i];
        double auc, pauc, pauc_half, whole;
        print_message("%s\n", c->name);
        assert_ok(roc_auc(c->score, c->is_abnormal, c->n, &auc));
        assert_ok(roc_pauc(c->score, c->is_abnormal, c->n, 0.1, &pauc));
        assert_ok(roc_pauc(c->score, c->is_abnormal, c->n, 0.5, &pauc_half));
        assert_ok(roc_pauc(c->score, c->is_abnormal, c->n, 1.0, &whole));
        assert_true(auc == c->auc);        /* integers up to the last division */
        assert_near(pauc, c->pauc, 1e-15); /* a few roundings of numbers below 1 */
        assert_near(pauc_half, c->pauc_half, 1e-15);
        assert_near(whole, c->auc, 1e-15);
    }
}

static void curve_keeps_corners_only(void **state)
{
    (void)state;
    const double score[6] = { 6, 5, 4, 3, 2, 1 };
    const int is_abnormal[6] = { 1, 1, 0, 0, 1, 0 };
    const double fpr[] = { 0, 0, 2.0 / 3, 2.0 / 3, 1 }, tpr[] = { 0, 2.0 / 3, 2.0 / 3, 1, 1 };
    struct roc_curve curve;
    assert_ok(roc_curve_init(&curve, score, is_abnormal, 6));
    assert_int_equal(curve.n_points, 5);
    for (int i = 0; i < 5; i++) {
        assert_true(curve.fpr[i] == fpr[i]);
        assert_true(curve.tpr[i] == tpr[i]);
    }
    roc_curve_release(&curve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_cannot_be_ranked),
        cmocka_unit_test(counts_pairs),
        cmocka_unit_test(curve_keeps_corners_only),
    };
    return cmocka_run_group_tests_name("roc", tests, NULL, NULL);
}
