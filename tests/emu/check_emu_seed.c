/* k-means++ of a batch on the emulated device, against the same draws in plain C. */
#include "emu_mixture.h"
#include "mixture_seed.h"

static const int sizes[][2] = { { 70, 3 }, { 1, 1 }, { 600, 9 }, { 257, 2 }, { 20, 20 } };
enum { N_FITS = sizeof sizes / sizeof *sizes, D = 5, MOST_STEPS = 20 };

static int trials_of(int components)
{
    return 2 + (int)log(components);
}

/* -------------------------------------------------------------------------------------------- plain C */

static double square_between(const struct mixture_data *data, const struct mixture_fit *fit, int a, int b)
{
    const float *x = data->x + data->rows[fit->first_row + a] * D,
                *y = data->x + data->rows[fit->first_row + b] * D;
    double sum = 0;
    for (int c = 0; c < D; c++) sum += ((double)x[c] - (double)y[c]) * ((double)x[c] - (double)y[c]);
    return sum;
}

static int row_at(const double *closest, int n, double part)
{
    double total = 0, sum = 0;
    for (int i = 0; i < n; i++) total += closest[i];
    for (int i = 0; i < n; i++)
        if ((sum += closest[i]) >= part * total) return i;
    return n - 1;
}

/* random [step][trial] of this fit → chosen [components] */
static void seed_fit(const struct mixture_data *data, int number, const double *const *random, int *chosen)
{
    const struct mixture_fit *fit = &data->fits[number];
    const int n = fit->n_rows, trials = trials_of(fit->components);
    double *closest = host_new((size_t)n, sizeof *closest);
    for (int i = 0; i < n; i++) closest[i] = 1;
    for (int step = 0; step < fit->components; step++) {
        double least = INFINITY;
        for (int t = 0; t < (step ? trials : 1); t++) {
            const int row = row_at(closest, n, random[step][t]);
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += step ? fmin(closest[i], square_between(data, fit, i, row))
                            : square_between(data, fit, i, row);
            if (sum < least) least = sum, chosen[step] = row;
        }
        for (int i = 0; i < n; i++) {
            const double square = square_between(data, fit, i, chosen[step]);
            closest[i] = step ? fmin(closest[i], square) : square;
        }
    }
    free(closest);
}

/* --------------------------------------------------------------------------------------- on the device */

/* The same rows with trials for components. */
static struct mixture_data trials_new(const struct mixture_data *data)
{
    struct mixture_data trials = *data;
    trials.fits = host_new(N_FITS, sizeof *trials.fits);
    trials.n_components = trials.n_cells = trials.most_components = 0;
    for (int i = 0; i < N_FITS; i++) {
        struct mixture_fit *fit = &trials.fits[i];
        *fit = data->fits[i];
        fit->components = trials_of(fit->components);
        fit->first_component = trials.n_components;
        fit->first_cell = trials.n_cells;
        trials.n_components += fit->components;
        trials.n_cells += fit->n_rows * fit->components;
        trials.most_components =
            fit->components > trials.most_components ? fit->components : trials.most_components;
    }
    return trials;
}

/* random [step][T] → chosen [C], and the centres' columns */
static void seed_batch(const struct mixture_data *data, const struct mixture_data *trials,
                       const double *random, int *chosen, double *means)
{
    const size_t n_trials = (size_t)trials->n_components, n_components = (size_t)data->n_components;
    struct mixture_batch_args batch = mixture_args_new(trials, 1);
    struct mixture_seed_args args = {
        .fits = device_of(data->fits, N_FITS * sizeof *data->fits),
        .trials = batch.fits,
        .x = batch.x,
        .rows = batch.rows,
        .random = device_new(n_trials * sizeof *random),
        .candidates = device_new(n_trials * sizeof(int)),
        .trial_means = batch.means,
        .closest = device_new((size_t)data->n_rows * sizeof(double)),
        .chosen = device_new(n_components * sizeof *chosen),
        .means = device_new(n_components * D * sizeof *means),
        .n_fits = N_FITS,
        .columns = D,
    };
    batch.is_distance = 1;
    batch.squared = device_new((size_t)trials->n_cells * sizeof(double));
    args.squared = batch.squared;
    emu_run(mixture_prepare, &batch);
    for (args.step = 0; args.step < data->most_components; args.step++) {
        emu_copy((void *)(uintptr_t)args.random, random + args.step * n_trials, n_trials * sizeof *random);
        emu_run(mixture_draw, &args);
        emu_run(mixture_squares, &batch);
        emu_run(mixture_choose, &args);
    }
    device_take(chosen, args.chosen, n_components * sizeof *chosen);
    device_take(means, args.means, n_components * D * sizeof *means);
    emu_free((void *)(uintptr_t)args.fits);
    emu_free((void *)(uintptr_t)args.random);
    emu_free(args.candidates);
    emu_free(args.closest);
    emu_free(batch.squared);
    mixture_args_free(trials, &batch);
}

static void check_fit(const struct mixture_data *data, const struct mixture_data *trials, int number,
                      const double *random, const int *chosen, const double *means)
{
    const struct mixture_fit *fit = &data->fits[number];
    const double *of_step[MOST_STEPS];
    int expected[MOST_STEPS];
    for (int step = 0; step < MOST_STEPS; step++)
        of_step[step] = random + step * trials->n_components + trials->fits[number].first_component;
    seed_fit(data, number, of_step, expected);
    for (int k = 0; k < fit->components; k++) {
        const float *x = data->x + data->rows[fit->first_row + expected[k]] * D;
        assert_int_equal(chosen[fit->first_component + k], expected[k]);
        for (int c = 0; c < D; c++) assert_true(means[(fit->first_component + k) * D + c] == (double)x[c]);
    }
}

static void check_seeding(void)
{
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_FITS, D, sizes });
    struct mixture_data trials = trials_new(&data);
    const size_t n_random = (size_t)MOST_STEPS * trials.n_components;
    struct rng rng = rng_seeded(3, 4);
    double *random = host_new(n_random, sizeof *random);
    double *means = host_new((size_t)data.n_components * D, sizeof *means);
    int *chosen = host_new((size_t)data.n_components, sizeof *chosen);
    for (size_t i = 0; i < n_random; i++) random[i] = rng_uniform(&rng);
    random[0] = 0; /* the first row */
    random[1] = 1; /* the last one  */
    seed_batch(&data, &trials, random, chosen, means);
    for (int i = 0; i < N_FITS; i++) check_fit(&data, &trials, i, random, chosen, means);
    free(random);
    free(means);
    free(chosen);
    free(trials.fits);
    mixture_data_free(&data);
}

static void test_seeding(void **state)
{
    (void)state;
    in_every_order(check_seeding);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_seeding) };
    return cmocka_run_group_tests_name("emu.seed", tests, NULL, NULL);
}
