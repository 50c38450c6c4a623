/* AUC, pAUC and curves against scikit-learn's. */
#include "golden.h"

#include "core/memory.h"
#include "eval/roc.h"

/* Both sides divide integers below 2^53 and add a few such quotients, in another order: some roundings of
 * numbers below 1. */
static const double TOLERANCE = 1e-12;

static struct worst worst_auc, worst_pauc;

struct roc_case {
    double *score, *fpr, *tpr;
    int *label;
    int n, n_points;
};

static struct roc_case read_case(struct store *golden, const char *name)
{
    struct roc_case c;
    c.score = golden_doubles(golden, &c.n, "/%s/score", name);
    c.fpr = golden_doubles(golden, &c.n_points, "/%s/fpr", name);
    c.tpr = golden_doubles(golden, &c.n_points, "/%s/tpr", name);
    c.label = golden_integers(golden, NULL, NULL, "/%s/label", name);
    return c;
}

static void release_case(struct roc_case *c)
{
    memory_free(c->score);
    memory_free(c->fpr);
    memory_free(c->tpr);
    memory_free(c->label);
}

static void check_areas(const struct roc_case *c, const struct attributes *expected)
{
    double auc, pauc, pauc_half;
    assert_ok(roc_auc(c->score, c->label, c->n, &auc));
    assert_ok(roc_pauc(c->score, c->label, c->n, 0.1, &pauc));
    assert_ok(roc_pauc(c->score, c->label, c->n, 0.5, &pauc_half));
    worst_add(&worst_auc, fabs(auc - golden_number(expected, "auc")));
    worst_add(&worst_pauc, fabs(pauc - golden_number(expected, "pauc")));
    worst_add(&worst_pauc, fabs(pauc_half - golden_number(expected, "pauc_half")));
}

/* Each of our corners is one of scikit-learn's points, in order, and both have the same ends. */
static void check_curve(const struct roc_case *c)
{
    struct roc_curve curve;
    assert_ok(roc_curve_init(&curve, c->score, c->label, c->n));
    int theirs = 0;
    for (int i = 0; i < curve.n_points; i++) {
        while (theirs < c->n_points && (fabs(c->fpr[theirs] - curve.fpr[i]) > TOLERANCE ||
                                        fabs(c->tpr[theirs] - curve.tpr[i]) > TOLERANCE))
            theirs++;
        assert_true(theirs < c->n_points);
    }
    assert_int_equal(theirs, c->n_points - 1);
    assert_true(curve.fpr[0] == 0 && curve.tpr[0] == 0);
    roc_curve_release(&curve);
}

static void check_case(struct store *golden, const char *name)
{
    struct attributes expected = golden_attributes(golden, "/%s", name);
    struct roc_case c = read_case(golden, name);
    check_areas(&c, &expected);
    check_curve(&c);
    release_case(&c);
    attributes_release(&expected);
}

static void agrees_with_scikit_learn(void **state)
{
    (void)state;
    struct store *golden = golden_open("roc.h5");
    golden_each(golden, "/", check_case);
    store_close(&golden);
    golden_report("auc", &worst_auc, TOLERANCE);
    golden_report("pauc", &worst_pauc, TOLERANCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_with_scikit_learn) };
    return cmocka_run_group_tests_name("golden.roc", tests, NULL, NULL);
}
