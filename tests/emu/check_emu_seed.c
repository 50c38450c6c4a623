/* k-means++ of a batch on the emulated device, against the same draws in plain C. */
#include "emu_mixture.h"
#include "mixture_seed.h"

static const int sizes[][2] = { { 70, 3 }, { 1, 1 }, { 600, 9 }, { 257, 2 }, { 20, 20 } };
static const int widths[] = { 5, 7 };
enum { N_FITS = sizeof sizes / sizeof *sizes, N_WIDTHS = 2, MOST_STEPS = 20, MOST_TRIALS = 4 };

static int trials_of(int components)
{
    return 2 + (int)log(components);
}

/* -------------------------------------------------------------------------------------------- plain C */

static double square_between(const struct mixture_fit *fit, int a, int b)
{
    double sum = 0;
    for (int c = 0; c < fit->columns; c++)
        sum += pow((double)value_of(fit, a, c) - (double)value_of(fit, b, c), 2);
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

/* random [step][trial] → chosen [components] */
static void seed_fit(const struct mixture_fit *fit, const double *random, int *chosen)
{
    const int n = fit->n_rows, trials = trials_of(fit->components);
    double *closest = host_new((size_t)n, sizeof *closest);
    for (int i = 0; i < n; i++) closest[i] = 1;
    for (int step = 0; step < fit->components; step++) {
        double least = INFINITY;
        for (int t = 0; t < (step ? trials : 1); t++) {
            const int row = row_at(closest, n, random[step * trials + t]);
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += step ? fmin(closest[i], square_between(fit, i, row)) : square_between(fit, i, row);
            if (sum < least) least = sum, chosen[step] = row;
        }
        for (int i = 0; i < n; i++) {
            const double square = square_between(fit, i, chosen[step]);
            closest[i] = step ? fmin(closest[i], square) : square;
        }
    }
    free(closest);
}

/* --------------------------------------------------------------------------------------- on the device */

/* A fit's random numbers, and what comes of them. */
struct draws {
    int trials;
    double random[MOST_STEPS * MOST_TRIALS];
    int chosen[MOST_STEPS], candidates[MOST_TRIALS]; /* of the last step */
};

static void draws_init(struct draws *draws, const struct mixture_fit *fit, struct rng *rng)
{
    draws->trials = trials_of(fit->components);
    assert_true(draws->trials <= MOST_TRIALS && fit->components <= MOST_STEPS);
    for (int i = 0; i < fit->components * draws->trials; i++) draws->random[i] = rng_uniform(rng);
    draws->random[0] = 0;                                      /* the first row */
    if (fit->components > 1) draws->random[draws->trials] = 1; /* the last one that is none yet */
}

static struct mixture_seed seed_new(const struct mixture_fit *fit, const struct draws *draws)
{
    const size_t steps = (size_t)fit->components, trials = (size_t)draws->trials;
    return (struct mixture_seed){
        .components = fit->components,
        .random = device_of(draws->random, steps * trials * sizeof(double)),
        .candidates = device_new(trials * sizeof(int)),
        .closest = device_new((size_t)fit->n_rows * sizeof(double)),
        .chosen = device_new(steps * sizeof(int)),
    };
}

static void seed_take(struct mixture_seed *seed, struct draws *draws)
{
    device_take(draws->chosen, seed->chosen, (size_t)seed->components * sizeof(int));
    device_take(draws->candidates, seed->candidates, (size_t)draws->trials * sizeof(int));
    emu_free(seed->closest);
    emu_free((void *)(uintptr_t)seed->random);
}

/* On the device the trials lose all that seeding does not need. */
static void leave_out_the_rest(const struct mixture_batch *batch)
{
    for (int i = 0; i < N_FITS; i++) {
        struct mixture_fit fit = batch->fits[i];
        fit.labels = NULL;
        fit.bad_columns = fit.nearest = NULL;
        fit.counts = fit.weights = fit.covariances = fit.log_determinants = NULL;
        fit.responsibilities = NULL;
        fit.log_likelihood = fit.entropy = fit.lower_bound = fit.total_entropy = NULL;
        emu_copy((void *)(uintptr_t)&batch->args.fits[i], &fit, sizeof fit);
    }
}

/* The batch of trials: the same rows, with trials for components. What comes of it, with the trials' centres. */
static struct mixture_fit *seed_batch(const struct mixture_data *data, struct draws *draws)
{
    struct mixture_data trials = *data;
    struct mixture_seed seeds[N_FITS];
    trials.fits = host_new(N_FITS, sizeof *trials.fits);
    for (int i = 0; i < N_FITS; i++) {
        trials.fits[i] = data->fits[i];
        trials.fits[i].components = draws[i].trials;
        trials.fits[i].is_distance = 1;
        seeds[i] = seed_new(&data->fits[i], &draws[i]);
    }
    struct mixture_batch batch = mixture_batch_new(&trials);
    struct mixture_seed_args args = { device_of(seeds, sizeof seeds), batch.args.fits, N_FITS, 0 };
    leave_out_the_rest(&batch);
    emu_run(mixture_prepare, &batch.args);
    for (; args.step < MOST_STEPS; args.step++) {
        emu_run(mixture_draw, &args);
        emu_run(mixture_squares, &batch.args);
        emu_run(mixture_choose, &args);
    }
    struct mixture_fit *answer = mixture_answer_new(&batch);
    for (int i = 0; i < N_FITS; i++) seed_take(&seeds[i], &draws[i]);
    emu_free((void *)(uintptr_t)args.seeds);
    mixture_batch_free(&batch);
    free(trials.fits);
    return answer;
}

static void check_fit(const struct mixture_fit *fit, const struct draws *draws,
                      const struct mixture_fit *trials)
{
    int expected[MOST_STEPS];
    seed_fit(fit, draws->random, expected);
    for (int k = 0; k < fit->components; k++) assert_int_equal(draws->chosen[k], expected[k]);
    for (int t = 0; t < draws->trials; t++)
        for (int c = 0; c < fit->columns; c++) {
            const double value = (double)value_of(fit, draws->candidates[t], c);
            assert_true(trials->means[t * fit->columns + c] == value);
        }
}

static void check_data(const struct mixture_data *data)
{
    struct rng rng = rng_seeded(3, 4);
    struct draws draws[N_FITS];
    for (int i = 0; i < N_FITS; i++) draws_init(&draws[i], &data->fits[i], &rng);
    struct mixture_fit *trials = seed_batch(data, draws);
    for (int i = 0; i < N_FITS; i++) check_fit(&data->fits[i], &draws[i], &trials[i]);
    mixture_answer_free(trials, N_FITS);
}

static void check_seeding(void)
{
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_FITS, sizes, widths, N_WIDTHS });
    check_data(&data);
    mixture_data_free(&data);
}

static void test_seeding(void **state)
{
    (void)state;
    in_every_order(check_seeding);
}

/* The same rows, put in order and standardised beforehand, are chosen by the same numbers. */
static void test_rows_standardised_as_they_are_read(void **state)
{
    (void)state;
    struct mixture_data data = mixture_data_new((struct mixture_case){ N_FITS, sizes, widths, N_WIDTHS });
    mixture_data_standardise(&data);
    struct mixture_data before = mixture_data_gathered(&data);
    check_data(&data);
    check_data(&before);
    mixture_data_free(&data);
    mixture_data_free(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeding),
        cmocka_unit_test(test_rows_standardised_as_they_are_read),
    };
    return cmocka_run_group_tests_name("emu.seed", tests, NULL, NULL);
}
