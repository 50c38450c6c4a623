/* Isolation forests against scikit-learn's. Both are random, so means over as many seeds are compared, in
 * standard errors of their difference. */
#include "golden.h"

#include "core/memory.h"
#include "detect/iforest.h"

/* Rows of a case share their forests and so fail together; the seeds are fixed, so the answer is as well. */
static const double STANDARD_ERRORS = 3;

static struct worst worst;

struct moments {
    double sum, squares; /* of the scores less the expected mean */
};

static double in_standard_errors(const struct moments *m, int n, double error)
{
    const double mean = m->sum / n, variance = (m->squares - n * mean * mean) / (n - 1);
    return fabs(mean) / sqrt(variance / n + error * error);
}

static void add_forest(const struct iforest_settings *settings, const struct rows *x,
                       const struct rows *judged, const float *expected, struct moments *moments)
{
    struct iforest_model model = { 0 };
    double *scores = memory_new((size_t)judged->x.rows, sizeof *scores);
    assert_ok(detector_iforest.check(settings, x->x.rows, x->x.columns));
    assert_ok(detector_iforest.fit(NULL, settings, x, &model));
    assert_ok(detector_iforest.score(NULL, &model, judged, scores));
    for (int n = 0; n < judged->x.rows; n++) {
        const double away = scores[n] - (double)expected[n];
        moments[n].sum += away;
        moments[n].squares += away * away;
    }
    memory_free(scores);
    detector_iforest.release(&model);
}

static void check_forest(struct store *golden, const char *name)
{
    struct attributes told = golden_attributes(golden, "/forests/%s", name);
    const int n_seeds = (int)attributes_integer(&told, "seeds", 0);
    const int max_samples = (int)attributes_integer(&told, "max_samples", 0);
    struct rows x = { 0 }, judged = { 0 };
    char number[16];
    snprintf(number, sizeof number, max_samples ? "%d" : "auto", max_samples);
    struct iforest_settings settings = { (int)attributes_integer(&told, "trees", 0), number, 0 };
    x.x.data = golden_floats(golden, &x.x.rows, &x.x.columns, "/forests/%s/x", name);
    judged.x.data = golden_floats(golden, &judged.x.rows, &judged.x.columns, "/forests/%s/judged", name);
    float *expected = golden_floats(golden, NULL, NULL, "/forests/%s/mean", name);
    float *error = golden_floats(golden, NULL, NULL, "/forests/%s/error", name);
    struct moments *moments = memory_new((size_t)judged.x.rows, sizeof *moments);
    for (settings.seed = 0; settings.seed < n_seeds; settings.seed++)
        add_forest(&settings, &x, &judged, expected, moments);
    for (int n = 0; n < judged.x.rows; n++)
        worst_add(&worst, in_standard_errors(&moments[n], n_seeds, (double)error[n]));
    memory_free(moments);
    memory_free(expected);
    memory_free(error);
    memory_free(x.x.data);
    memory_free(judged.x.data);
    attributes_release(&told);
}

static void forests_agree(void **state)
{
    (void)state;
    struct store *golden = golden_open("iforest.h5");
    golden_each(golden, "/forests", check_forest);
    store_close(&golden);
    golden_report("mean scores, standard errors", &worst, STANDARD_ERRORS);
}

static void average_paths_agree(void **state)
{
    (void)state;
    struct store *golden = golden_open("iforest.h5");
    struct worst error = { 0 };
    int count;
    int *n = golden_integers(golden, &count, NULL, "/average_path/n");
    double *c = memory_new((size_t)count, sizeof *c);
    assert_ok(store_read(golden, "/average_path/c", STORE_DOUBLE, 0, (size_t)count, c));
    for (int i = 0; i < count; i++) worst_add(&error, fabs(iforest_average_path(n[i]) - c[i]));
    store_close(&golden);
    memory_free(n);
    memory_free(c);
    golden_report("average path c(n)", &error, 1e-12); /* a few ulp of the logarithm */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(average_paths_agree),
                                        cmocka_unit_test(forests_agree) };
    return cmocka_run_group_tests_name("golden.iforest", tests, NULL, NULL);
}
