/* Batches of mixtures on the emulated device, each fit against its definition (mixture_ref.c). */
#include "emu_mixture_fit.h"

/* ------------------------------------------------------------------------------------------- iterations */

enum { STEPS = 3 };

static void check_fit(const struct mixture_data *data, int number, struct mixture_fit *const answers[STEPS])
{
    struct fit fit = fit_new(&data->fits[number]);
    fit_maximize(&fit, 0);
    assert_parameters(&fit, &answers[0][number], 1e-9);
    take_parameters(&fit, &answers[0][number], fit.rows);
    fit_expect(&fit);
    assert_rows(&fit, &answers[1][number]);
    fit_maximize(&fit, 0);
    assert_parameters(&fit, &answers[2][number], 1e-6);
    fit_free(&fit);
}

/* Start, E step, M step, each kept. */
static void run(const struct mixture_data *data, struct mixture_fit *answers[STEPS])
{
    struct mixture_batch batch = mixture_batch_new(data);
    for (int i = 0; i < STEPS; i++) {
        if (i == 0) mixture_start(&batch);
        if (i == 1) mixture_e_step(&batch);
        if (i == 2) mixture_m_step(&batch);
        answers[i] = mixture_answer_new(&batch);
    }
    mixture_batch_free(&batch);
}

static void run_free(const struct mixture_data *data, struct mixture_fit *answers[STEPS])
{
    for (int i = 0; i < STEPS; i++) mixture_answer_free(answers[i], data->n_fits);
}

/* Fits with different columns in each batch; over all turns each fit has every width. */
static const int sizes[][2] = { { 70, 3 }, { 1, 1 }, { 131, 33 }, { 64, 2 }, { 65, 66 }, { 129, 1 } };
enum { N_SIZES = sizeof sizes / sizeof *sizes, N_WIDTHS = 4 };
static const int widths[2 * N_WIDTHS] = { 1, 5, 33, 130, 1, 5, 33, 130 };

static struct mixture_data ragged(int turn)
{
    return mixture_data_new((struct mixture_case){ N_SIZES, sizes, widths + turn, N_WIDTHS });
}

static void check_turn(int turn)
{
    struct mixture_fit *answers[STEPS];
    struct mixture_data data = ragged(turn);
    run(&data, answers);
    for (int i = 0; i < N_SIZES; i++) check_fit(&data, i, answers);
    run_free(&data, answers);
    mixture_data_free(&data);
}

static void check_iterations(void)
{
    for (int turn = 0; turn < N_WIDTHS; turn++) check_turn(turn);
}

static void test_ragged_fits(void **state)
{
    (void)state;
    in_every_order(check_iterations);
}

/* ------------------------------------------------------------------------------------------- same bits */

/* The batch with all fits but one left out: that one has the bits that it had among the others. */
static void check_alone(const struct mixture_data *batch, int number,
                        struct mixture_fit *const together[STEPS])
{
    const struct mixture_data alone = { 1, batch->n_stored, &batch->fits[number] };
    struct mixture_fit *answers[STEPS];
    run(&alone, answers);
    for (int i = 0; i < STEPS; i++) assert_same_bits(answers[i], &together[i][number]);
    run_free(&alone, answers);
}

static void check_bits(void)
{
    struct mixture_fit *answers[STEPS];
    struct mixture_data data = ragged(2);
    run(&data, answers);
    for (int i = 0; i < N_SIZES; i++) check_alone(&data, i, answers);
    run_free(&data, answers);
    mixture_data_free(&data);
}

static void test_a_fit_alone_has_the_bits_that_it_has_among_others(void **state)
{
    (void)state;
    in_every_order(check_bits);
}

/* Rows that are selected from a store and standardised as they are read, against the same rows put in order and
 * standardised beforehand, which need no selection. */
static void test_rows_standardised_as_they_are_read(void **state)
{
    (void)state;
    struct mixture_data data = ragged(0);
    mixture_data_standardise(&data);
    struct mixture_data before = mixture_data_gathered(&data);
    struct mixture_fit *answers[STEPS], *expected[STEPS];
    assert_true(data.fits[0].x == data.fits[N_WIDTHS].x);
    run(&data, answers);
    run(&before, expected);
    for (int i = 0; i < N_SIZES; i++) {
        check_fit(&data, i, answers);
        for (int step = 0; step < STEPS; step++) assert_same_bits(&answers[step][i], &expected[step][i]);
    }
    run_free(&data, answers);
    run_free(&before, expected);
    mixture_data_free(&data);
    mixture_data_free(&before);
}

/* Fits leave a batch when they are done: nothing of them changes, and those that stay do not notice. */
static void test_a_fit_that_is_not_in_the_batch_keeps_its_bits(void **state)
{
    (void)state;
    struct mixture_data data = ragged(1);
    struct mixture_batch batch = mixture_batch_new(&data), rest = batch;
    struct mixture_fit *answers[STEPS];
    run(&data, answers);
    mixture_start(&batch);
    rest.fits = batch.fits + 1;
    rest.args.n_fits = 1;
    mixture_place(&rest);
    mixture_e_step(&rest);
    mixture_m_step(&rest);
    struct mixture_fit *after = mixture_answer_new(&batch);
    for (int i = 0; i < N_SIZES; i++) assert_same_bits(&after[i], &answers[i == 1 ? 2 : 0][i]);
    mixture_answer_free(after, N_SIZES);
    mixture_batch_free(&batch);
    run_free(&data, answers);
    mixture_data_free(&data);
}

/* An iteration is as many launches for one fit as for forty. */
static void test_launches(void **state)
{
    (void)state;
    static int many[40][2];
    uint64_t launches[2];
    for (int i = 0; i < 40; i++) many[i][0] = 5 + i, many[i][1] = 1 + i % 4;
    for (int i = 0; i < 2; i++) {
        struct mixture_data data = mixture_data_new((struct mixture_case){ i ? 40 : 1, many, widths, 2 });
        struct mixture_batch batch = mixture_batch_new(&data);
        mixture_start(&batch);
        launches[i] = emu_counts.launches;
        mixture_e_step(&batch);
        mixture_m_step(&batch);
        launches[i] = emu_counts.launches - launches[i];
        mixture_batch_free(&batch);
        mixture_data_free(&data);
    }
    assert_int_equal(launches[0], 5);
    assert_int_equal(launches[1], launches[0]);
}

/* ------------------------------------------------------------------------------------------- the filter */

/* Rough log densities are as near to the true ones as mixture_expect believes. */
static void check_rough(const struct mixture_fit *fit, const struct mixture_fit *rough)
{
    const int columns = fit->columns, components = fit->components;
    float *x = gathered(fit);
    for (int i = 0; i < fit->n_rows * components; i++) {
        const int n = i / components, k = i % components;
        double squares = 0;
        for (int c = 0; c < columns; c++) {
            const double distance = (double)x[n * columns + c] - rough->means[k * columns + c];
            squares += distance * distance / rough->covariances[k * columns + c];
        }
        const double density = rough->offsets[k] - squares / 2;
        assert_near((double)rough->responsibilities[i], density,
                    (columns + 8) * 6e-8 * (fabs(rough->offsets[k]) + fabs(density)));
    }
    free(x);
}

static void test_the_filter(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2 * N_WIDTHS; turn++) {
        struct mixture_data data = ragged(turn % N_WIDTHS);
        if (turn >= N_WIDTHS) mixture_data_standardise(&data);
        struct mixture_batch batch = mixture_batch_new(&data);
        mixture_start(&batch);
        emu_run(mixture_prepare, &batch.args);
        emu_run(mixture_filter, &batch.args);
        struct mixture_fit *rough = mixture_answer_new(&batch);
        for (int i = 0; i < N_SIZES; i++) check_rough(&data.fits[i], &rough[i]);
        mixture_answer_free(rough, N_SIZES);
        mixture_batch_free(&batch);
        mixture_data_free(&data);
    }
}

/* Components 0.001 apart, and rows a million away: float cannot tell which is the nearest, by far. */
static void set_far_apart(struct mixture_fit *fit)
{
    for (int i = 0; i < fit->components * fit->columns; i++)
        fit->means[i] = (double)(i / fit->columns) / 1000, fit->covariances[i] = 1;
}

static void test_rows_far_away(void **state)
{
    (void)state;
    enum { D = 33 };
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_SIZES, sizes, &(int){ D }, 1 });
    struct rng rng = rng_seeded(1, 1);
    float *x = (float *)(uintptr_t)data.fits[0].x;
    for (int i = 0; i < data.n_stored * D; i++)
        x[i] = (float)((i / D % 5 ? 1 : 1e6) * (2 * rng_uniform(&rng) - 1));
    struct mixture_batch batch = mixture_batch_new(&data);
    mixture_start(&batch);
    struct mixture_fit *start = mixture_answer_new(&batch);
    for (int i = 0; i < N_SIZES; i++) {
        const size_t bytes = (size_t)start[i].components * D * sizeof(double);
        set_far_apart(&start[i]);
        emu_copy(batch.fits[i].means, start[i].means, bytes);
        emu_copy(batch.fits[i].covariances, start[i].covariances, bytes);
    }
    mixture_e_step(&batch);
    struct mixture_fit *answer = mixture_answer_new(&batch);
    for (int i = 0; i < N_SIZES; i++) {
        struct fit fit = fit_new(&data.fits[i]);
        take_parameters(&fit, &start[i], fit.rows);
        fit_expect(&fit);
        assert_rows(&fit, &answer[i]);
        fit_free(&fit);
    }
    mixture_answer_free(start, N_SIZES);
    mixture_answer_free(answer, N_SIZES);
    mixture_batch_free(&batch);
    mixture_data_free(&data);
}

/* ----------------------------------------------------------------------------------------------- others */

/* Column 3 never varies: without reg_covar no component has spread there. */
static void test_columns_without_spread_are_named(void **state)
{
    (void)state;
    const int size[][2] = { { 90, 1 }, { 80, 2 } };
    struct mixture_data data = mixture_data_new((struct mixture_case){ 2, size, &(int){ 5 }, 1 });
    data.fits[1].reg_covar = 0;
    struct mixture_batch batch = mixture_batch_new(&data);
    mixture_start(&batch);
    emu_run(mixture_prepare, &batch.args);
    struct mixture_fit *answer = mixture_answer_new(&batch);
    assert_int_equal(answer[0].bad_columns[0], -1);
    for (int k = 0; k < 2; k++) assert_int_equal(answer[1].bad_columns[k], 3);
    mixture_answer_free(answer, 2);
    mixture_batch_free(&batch);
    mixture_data_free(&data);
}

/* A variational method's weights: offsets take log_weights, and weights stay N_k / rows; the other fit has its own. */
static void test_weights_from_elsewhere(void **state)
{
    (void)state;
    const double log_weights[] = { -3, -0.5, -70 };
    struct mixture_data data = mixture_data_new((struct mixture_case){ 2, sizes, &(int){ 5 }, 1 });
    data.fits[0].log_weights = memcpy(host_new(1, sizeof log_weights), log_weights, sizeof log_weights);
    struct mixture_batch batch = mixture_batch_new(&data);
    mixture_start(&batch);
    emu_run(mixture_prepare, &batch.args);
    struct mixture_fit *answer = mixture_answer_new(&batch);
    for (int k = 0; k < 3; k++) {
        const double determinant = (answer->log_determinants[k] + 5 * MIXTURE_LOG_2_PI) / 2;
        assert_near(answer->offsets[k], log_weights[k] - determinant, 1e-12);
        assert_near(answer->weights[k], answer->counts[k] / 70, 1e-15);
    }
    assert_near(answer[1].offsets[0], -(answer[1].log_determinants[0] + 5 * MIXTURE_LOG_2_PI) / 2, 1e-12);
    mixture_answer_free(answer, 2);
    mixture_batch_free(&batch);
    mixture_data_free(&data);
}

/* ----------------------------------------------------------------------------------------------- k-means */

/* Against distances in double, one by one. Rows and centres come twice, so that there are ties. */
static void check_nearest(const struct mixture_fit *fit, const struct mixture_fit *nearest,
                          const struct mixture_fit *squares)
{
    const int columns = fit->columns;
    float *x = gathered(fit);
    for (int n = 0; n < fit->n_rows; n++) {
        const double *found = squares->squared + (size_t)n * fit->components;
        int best = 0;
        for (int k = 0; k < fit->components; k++) {
            double sum = 0;
            for (int c = 0; c < columns; c++)
                sum += pow((double)x[n * columns + c] - squares->means[k * columns + c], 2);
            assert_near(found[k], sum, 1e-13 * sum);
            if (found[k] < found[best]) best = k;
        }
        assert_int_equal(nearest->nearest[n], best);
        assert_true(nearest->squared[n] == found[best]);
    }
    free(x);
}

/* Every third centre becomes the one before it, and the fit one of k-means. */
static void make_centres(struct mixture_fit *fit)
{
    const size_t columns = (size_t)fit->columns;
    for (int k = 1; k < fit->components; k += 3)
        emu_copy(fit->means + k * columns, fit->means + (k - 1) * columns, columns * sizeof(double));
    fit->is_distance = 1;
}

static void check_kmeans_of(const struct mixture_data *data)
{
    struct mixture_batch batch = mixture_batch_new(data);
    mixture_start(&batch);
    for (int i = 0; i < N_SIZES; i++) make_centres(&batch.fits[i]);
    mixture_place(&batch);
    emu_run(mixture_prepare, &batch.args);
    emu_run(mixture_filter, &batch.args);
    emu_run(mixture_nearest, &batch.args);
    struct mixture_fit *nearest = mixture_answer_new(&batch);
    emu_run(mixture_squares, &batch.args);
    struct mixture_fit *squares = mixture_answer_new(&batch);
    for (int i = 0; i < N_SIZES; i++) check_nearest(&data->fits[i], &nearest[i], &squares[i]);
    mixture_answer_free(nearest, N_SIZES);
    mixture_answer_free(squares, N_SIZES);
    mixture_batch_free(&batch);
}

static void check_kmeans(void)
{
    struct mixture_data data = ragged(2);
    check_kmeans_of(&data);
    mixture_data_standardise(&data);
    check_kmeans_of(&data);
    mixture_data_free(&data);
}

static void test_nearest_centres(void **state)
{
    (void)state;
    in_every_order(check_kmeans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ragged_fits),
        cmocka_unit_test(test_a_fit_alone_has_the_bits_that_it_has_among_others),
        cmocka_unit_test(test_rows_standardised_as_they_are_read),
        cmocka_unit_test(test_a_fit_that_is_not_in_the_batch_keeps_its_bits),
        cmocka_unit_test(test_launches),
        cmocka_unit_test(test_the_filter),
        cmocka_unit_test(test_rows_far_away),
        cmocka_unit_test(test_columns_without_spread_are_named),
        cmocka_unit_test(test_weights_from_elsewhere),
        cmocka_unit_test(test_nearest_centres),
    };
    return cmocka_run_group_tests_name("emu.mixture", tests, NULL, NULL);
}
