/* Batches of mixtures on the emulated device, each fit against its definition (mixture_ref.c). */
#include "emu_mixture_fit.h"

/* ------------------------------------------------------------------------------------------- iterations */

static void check_fit(const struct mixture_data *data, int number, const struct mixture_answer answers[3])
{
    struct fit fit = fit_new(data, number);
    const struct mixture_fit *at = &data->fits[number];
    fit_maximize(&fit, 0);
    assert_parameters(&fit, at, &answers[0], 1e-9);
    take_parameters(&fit, at, &answers[0], at->n_rows);
    fit_expect(&fit);
    assert_rows(&fit, at, number, &answers[1]);
    fit_maximize(&fit, 0);
    assert_parameters(&fit, at, &answers[2], 1e-6);
    fit_free(&fit);
}

/* Start, E step, M step, each kept. */
static void run(const struct mixture_data *data, struct mixture_answer answers[3])
{
    struct mixture_batch_args args = mixture_args_new(data, reg_covar);
    for (int i = 0; i < 3; i++) {
        if (i == 0) mixture_start(&args);
        if (i == 1) mixture_e_step(&args);
        if (i == 2) mixture_m_step(&args);
        answers[i] = mixture_answer_new(data, &args);
    }
    mixture_args_free(data, &args);
}

static const int sizes[][2] = { { 70, 3 }, { 1, 1 }, { 131, 33 }, { 64, 2 }, { 65, 66 }, { 129, 1 } };
enum { N_SIZES = sizeof sizes / sizeof *sizes };
static const int widths[] = { 1, 5, 33, 130 };
enum { N_WIDTHS = sizeof widths / sizeof *widths };

static void check_width(int columns)
{
    struct mixture_answer answers[3];
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_SIZES, columns, sizes });
    run(&data, answers);
    for (int i = 0; i < N_SIZES; i++) check_fit(&data, i, answers);
    for (int i = 0; i < 3; i++) mixture_answer_free(&data, &answers[i]);
    mixture_data_free(&data);
}

static void check_iterations(void)
{
    for (int i = 0; i < N_WIDTHS; i++) check_width(widths[i]);
}

static void test_ragged_fits(void **state)
{
    (void)state;
    in_every_order(check_iterations);
}

/* ------------------------------------------------------------------------------------------- same bits */

/* The batch with all fits but one left out: that one has the bits that it had among the others. */
static void check_alone(const struct mixture_data *batch, int number, const struct mixture_answer together[3])
{
    const struct mixture_fit *at = &batch->fits[number];
    struct mixture_data alone = *batch;
    struct mixture_answer answers[3];
    struct mixture_fit only = { .n_rows = at->n_rows, .components = at->components };
    alone.of.n_fits = 1;
    alone.fits = &only;
    alone.rows = batch->rows + at->first_row;
    alone.labels = batch->labels + at->first_row;
    alone.n_rows = at->n_rows;
    alone.n_components = alone.most_components = at->components;
    alone.n_cells = at->n_rows * at->components;
    alone.n_tiles = (int)blocks_of((size_t)at->n_rows, MIXTURE_TILE);
    run(&alone, answers);
    for (int i = 0; i < 3; i++) {
        const size_t n = (size_t)at->components * batch->of.columns, first = (size_t)at->first_component;
        assert_memory_equal(answers[i].means, together[i].means + first * batch->of.columns,
                            n * sizeof(double));
        assert_memory_equal(answers[i].covariances, together[i].covariances + first * batch->of.columns,
                            n * sizeof(double));
        assert_memory_equal(answers[i].counts, together[i].counts + first, at->components * sizeof(double));
        if (i > 0) assert_true(answers[i].lower_bounds[0] == together[i].lower_bounds[number]);
        mixture_answer_free(&alone, &answers[i]);
    }
}

static void check_bits(void)
{
    struct mixture_answer answers[3];
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_SIZES, 33, sizes });
    run(&data, answers);
    for (int i = 0; i < N_SIZES; i++) check_alone(&data, i, answers);
    for (int i = 0; i < 3; i++) mixture_answer_free(&data, &answers[i]);
    mixture_data_free(&data);
}

static void test_a_fit_alone_has_the_bits_that_it_has_among_others(void **state)
{
    (void)state;
    in_every_order(check_bits);
}

/* An iteration is as many launches for one fit as for forty. */
static void test_launches(void **state)
{
    (void)state;
    static int many[40][2];
    uint64_t launches[2];
    for (int i = 0; i < 40; i++) many[i][0] = 5 + i, many[i][1] = 1 + i % 4;
    for (int i = 0; i < 2; i++) {
        struct mixture_data data = mixture_data_new((struct mixture_case){ i ? 40 : 1, 3, many });
        struct mixture_batch_args args = mixture_args_new(&data, reg_covar);
        mixture_start(&args);
        launches[i] = emu_counts.launches;
        mixture_e_step(&args);
        mixture_m_step(&args);
        launches[i] = emu_counts.launches - launches[i];
        mixture_args_free(&data, &args);
        mixture_data_free(&data);
    }
    assert_int_equal(launches[0], 5);
    assert_int_equal(launches[1], launches[0]);
}

/* ------------------------------------------------------------------------------------------- the filter */

/* Rough log densities are as near to the true ones as mixture_expect believes. */
static void check_rough(const struct mixture_data *data, int number, const struct mixture_answer *rough)
{
    struct fit fit = fit_new(data, number);
    const struct mixture_fit *at = &data->fits[number];
    const int columns = data->of.columns, components = at->components;
    take_parameters(&fit, at, rough, at->n_rows);
    fit_expect(&fit);
    for (int i = 0; i < at->n_rows * components; i++) {
        const int n = i / components, k = i % components;
        const size_t first = ((size_t)at->first_component + k) * columns;
        const double offset = rough->offsets[at->first_component + k];
        double squares = 0;
        for (int c = 0; c < columns; c++) {
            const double distance = (double)fit.x[n * columns + c] - rough->means[first + c];
            squares += distance * distance / rough->covariances[first + c];
        }
        const double density = offset - squares / 2;
        assert_near((double)rough->responsibilities[at->first_cell + i], density,
                    (columns + 8) * 6e-8 * (fabs(offset) + fabs(density)));
    }
    fit_free(&fit);
}

static void test_the_filter(void **state)
{
    (void)state;
    for (int i = 0; i < N_WIDTHS; i++) {
        struct mixture_data data = mixture_data_new((struct mixture_case){ N_SIZES, widths[i], sizes });
        struct mixture_batch_args args = mixture_args_new(&data, reg_covar);
        mixture_start(&args);
        emu_run(mixture_prepare, &args);
        emu_run(mixture_filter, &args);
        struct mixture_answer rough = mixture_answer_new(&data, &args);
        for (int number = 0; number < N_SIZES; number++) check_rough(&data, number, &rough);
        mixture_answer_free(&data, &rough);
        mixture_args_free(&data, &args);
        mixture_data_free(&data);
    }
}

/* Components 0.001 apart, and rows a million away: float cannot tell which is the nearest, by far. */
static void test_rows_far_away(void **state)
{
    (void)state;
    enum { D = 33 };
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_SIZES, D, sizes });
    struct rng rng = rng_seeded(1, 1);
    for (int i = 0; i < data.n_stored * D; i++)
        data.x[i] = (float)((i / D % 5 ? 1 : 1e6) * (2 * rng_uniform(&rng) - 1));
    struct mixture_batch_args args = mixture_args_new(&data, reg_covar);
    mixture_start(&args);
    struct mixture_answer start = mixture_answer_new(&data, &args);
    for (int i = 0; i < data.n_components * D; i++)
        start.means[i] = (double)(i / D) / 1000, start.covariances[i] = 1;
    emu_copy(args.means, start.means, (size_t)data.n_components * D * sizeof(double));
    emu_copy(args.covariances, start.covariances, (size_t)data.n_components * D * sizeof(double));
    mixture_e_step(&args);
    struct mixture_answer answer = mixture_answer_new(&data, &args);
    for (int number = 0; number < N_SIZES; number++) {
        struct fit fit = fit_new(&data, number);
        take_parameters(&fit, &data.fits[number], &start, data.fits[number].n_rows);
        fit_expect(&fit);
        assert_rows(&fit, &data.fits[number], number, &answer);
        fit_free(&fit);
    }
    mixture_answer_free(&data, &start);
    mixture_answer_free(&data, &answer);
    mixture_args_free(&data, &args);
    mixture_data_free(&data);
}

/* ----------------------------------------------------------------------------------------------- others */

static void test_what_is_done_is_left_alone(void **state)
{
    (void)state;
    struct mixture_data data = mixture_data_new((struct mixture_case){ 2, 5, sizes });
    struct mixture_batch_args args = mixture_args_new(&data, reg_covar);
    mixture_start(&args);
    struct mixture_answer before = mixture_answer_new(&data, &args);
    emu_copy((void *)(uintptr_t)args.is_done, (const int[]){ 1, 0 }, 2 * sizeof(int));
    for (int i = 0; i < 2; i++) mixture_e_step(&args), mixture_m_step(&args);
    struct mixture_answer after = mixture_answer_new(&data, &args);
    const size_t n = (size_t)sizes[0][1] * 5;
    assert_memory_equal(before.means, after.means, n * sizeof(double));
    assert_memory_equal(before.responsibilities, after.responsibilities,
                        sizeof(float) * sizes[0][0] * sizes[0][1]);
    assert_true(isnan(after.lower_bounds[0]) && isfinite(after.lower_bounds[1]));
    mixture_answer_free(&data, &before);
    mixture_answer_free(&data, &after);
    mixture_args_free(&data, &args);
    mixture_data_free(&data);
}

/* Column 3 never varies: without reg_covar no component has spread there. */
static void test_columns_without_spread_are_named(void **state)
{
    (void)state;
    struct mixture_data data = mixture_data_new((struct mixture_case){ 1, 5, (const int[][2]){ { 90, 1 } } });
    for (int i = 0; i < 2; i++) {
        struct mixture_batch_args args = mixture_args_new(&data, i ? reg_covar : 0);
        mixture_start(&args);
        emu_run(mixture_prepare, &args);
        struct mixture_answer answer = mixture_answer_new(&data, &args);
        assert_int_equal(answer.bad_columns[0], i ? -1 : 3);
        mixture_answer_free(&data, &answer);
        mixture_args_free(&data, &args);
    }
    mixture_data_free(&data);
}

/* A variational method's weights: offsets take log_weights, and weights stay N_k / rows. */
static void test_weights_from_elsewhere(void **state)
{
    (void)state;
    const double log_weights[] = { -3, -0.5, -70 };
    struct mixture_data data = mixture_data_new((struct mixture_case){ 1, 5, sizes });
    struct mixture_batch_args args = mixture_args_new(&data, reg_covar);
    double *weights = device_of(log_weights, sizeof log_weights);
    mixture_start(&args);
    args.log_weights = weights;
    emu_run(mixture_prepare, &args);
    struct mixture_answer answer = mixture_answer_new(&data, &args);
    for (int k = 0; k < 3; k++) {
        const double expected = log_weights[k] - (answer.log_determinants[k] + 5 * MIXTURE_LOG_2_PI) / 2;
        assert_near(answer.offsets[k], expected, 1e-12);
        assert_near(answer.weights[k], answer.counts[k] / 70, 1e-15);
    }
    mixture_answer_free(&data, &answer);
    mixture_args_free(&data, &args);
    mixture_data_free(&data);
    emu_free(weights);
}

/* ----------------------------------------------------------------------------------------------- k-means */

/* Against distances in double, one by one. Rows and centres come twice, so that there are ties. */
static void check_nearest(const struct mixture_data *data, const double *means, const int *nearest,
                          const double *nearest_squared, const double *squared)
{
    const int columns = data->of.columns;
    for (int f = 0; f < data->of.n_fits; f++) {
        const struct mixture_fit *fit = &data->fits[f];
        for (int n = 0; n < fit->n_rows; n++) {
            const float *x = data->x + data->rows[fit->first_row + n] * columns;
            const double *found = squared + fit->first_cell + (size_t)n * fit->components;
            int best = 0;
            for (int k = 0; k < fit->components; k++) {
                const double *mean = means + (size_t)(fit->first_component + k) * columns;
                double sum = 0;
                for (int c = 0; c < columns; c++) sum += ((double)x[c] - mean[c]) * ((double)x[c] - mean[c]);
                assert_near(found[k], sum, 1e-13 * sum);
                if (found[k] < found[best]) best = k;
            }
            assert_int_equal(nearest[fit->first_row + n], best);
            assert_true(nearest_squared[fit->first_row + n] == found[best]);
        }
    }
}

static void check_kmeans(void)
{
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_SIZES, 33, sizes });
    struct mixture_batch_args args = mixture_args_new(&data, reg_covar);
    const size_t n_means = (size_t)data.n_components * 33, n = (size_t)data.n_rows,
                 n_cells = (size_t)data.n_cells;
    double *means = host_new(n_means, sizeof *means), *least = host_new(n, sizeof *least);
    double *squared = host_new(n_cells, sizeof *squared);
    int *nearest = host_new(n, sizeof *nearest);
    mixture_start(&args);
    emu_copy(means, args.means, n_means * sizeof *means);
    for (int k = 1; k < data.n_components; k += 3)
        memcpy(means + k * 33, means + (k - 1) * 33, 33 * sizeof *means);
    emu_copy(args.means, means, n_means * sizeof *means);
    args.is_distance = 1;
    args.nearest = device_new(n * sizeof *nearest);
    args.squared = device_new(n * sizeof *least);
    emu_run(mixture_prepare, &args);
    emu_run(mixture_filter, &args);
    emu_run(mixture_nearest, &args);
    device_take(nearest, args.nearest, n * sizeof *nearest);
    device_take(least, args.squared, n * sizeof *least);
    args.squared = device_new(n_cells * sizeof *squared);
    emu_run(mixture_squares, &args);
    device_take(squared, args.squared, n_cells * sizeof *squared);
    check_nearest(&data, means, nearest, least, squared);
    mixture_args_free(&data, &args);
    mixture_data_free(&data);
    free(means);
    free(least);
    free(squared);
    free(nearest);
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
        cmocka_unit_test(test_launches),
        cmocka_unit_test(test_the_filter),
        cmocka_unit_test(test_rows_far_away),
        cmocka_unit_test(test_what_is_done_is_left_alone),
        cmocka_unit_test(test_columns_without_spread_are_named),
        cmocka_unit_test(test_weights_from_elsewhere),
        cmocka_unit_test(test_nearest_centres),
    };
    return cmocka_run_group_tests_name("emu.mixture", tests, NULL, NULL);
}
