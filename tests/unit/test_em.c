/* EM: the CPU against the definition, whose arithmetic is centred and in double. */
#include "test.h"

#include "backend/backend.h"
#include "core/rng.h"

/* What cpu.md asks of an exact E and M step in float: nats a row, standard deviations, relative. */
static const double BOUND = 1e-6, MEAN = 1e-7, VARIANCE = 1e-6;

struct sizes {
    int rows, columns, components;
    enum covariance covariance;
    double level;  /* where the means lie */
    double spread; /* standard deviation inside a cluster */
    int dead;      /* every dead-th column is constant; 0: none */
};

static struct backend *backend_with(const char *name, int threads)
{
    struct backend *backend = NULL;
    assert_ok(backend_open(&backend, name, &(struct backend_options){ .threads = threads }));
    return backend;
}

static void mixture_new(struct mixture *m, const struct sizes *s)
{
    const size_t size = (size_t)s->components * (size_t)s->columns;
    const size_t height = s->covariance == COVARIANCE_FULL ? (size_t)s->columns : 1;
    m->components = s->components;
    m->columns = s->columns;
    m->covariance = s->covariance;
    m->weights = memory_new((size_t)s->components, sizeof(double));
    m->means = memory_new(size, sizeof(double));
    m->covariances = memory_new(size * height, sizeof(double));
    assert_true(m->weights && m->means && m->covariances);
}

static size_t covariances_size(const struct mixture *m)
{
    return (size_t)m->components * (size_t)m->columns *
           (size_t)(m->covariance == COVARIANCE_FULL ? m->columns : 1);
}

static void mixture_delete(struct mixture *m)
{
    memory_free(m->weights);
    memory_free(m->means);
    memory_free(m->covariances);
}

/* Clusters that overlap, and labels that are wrong for every seventh row. */
static void make_rows(const struct sizes *s, struct matrix *x, int *labels)
{
    struct rng rng = rng_seeded(7, (uint64_t)s->rows);
    assert_ok(matrix_init(x, s->rows, s->columns));
    for (int n = 0; n < s->rows; n++) {
        const int cluster = n % s->components;
        labels[n] = n % 7 == 0 ? (cluster + 1) % s->components : cluster;
        for (int j = 0; j < s->columns; j++) {
            const double centre = s->level + 1.2 * s->spread * ((cluster * 37 + j * 11) % 5);
            const int is_dead = s->dead && j % s->dead == 0;
            matrix_row(x, n)[j] = (float)(is_dead ? s->level : centre + s->spread * rng_normal(&rng));
        }
    }
}

/* -------------------------------------------------------------------------------------------- compared */

struct run {
    struct mixture mixture;
    double bound;
    double *log_likelihood;
};

static void run_new(struct run *run, const struct sizes *s)
{
    mixture_new(&run->mixture, s);
    run->log_likelihood = memory_new((size_t)s->rows, sizeof(double));
    assert_non_null(run->log_likelihood);
}

static void run_delete(struct run *run)
{
    mixture_delete(&run->mixture);
    memory_free(run->log_likelihood);
}

static void iterate(struct backend *backend, const struct sizes *s, const struct matrix *x, const int *labels,
                    int iterations, struct run *run)
{
    struct em *em = NULL;
    assert_ok(backend->ops->em_open(backend, &(struct em_spec){ x, NULL, s->components, s->covariance, 1e-6 },
                                    &em));
    assert_ok(em->ops->em_start(em, labels, NULL, &run->mixture));
    for (int i = 0; i < iterations; i++)
        assert_ok(em->ops->em_step(em, &run->mixture, 0, &run->bound, run->log_likelihood));
    em->ops->em_close(&em);
    assert_null(em);
}

static double variance_of(const struct mixture *m, size_t i)
{
    const size_t k = i / (size_t)m->columns, j = i % (size_t)m->columns;
    if (m->covariance == COVARIANCE_DIAGONAL) return m->covariances[i];
    return m->covariances[(k * (size_t)m->columns + j) * (size_t)m->columns + j];
}

static void assert_covariances_near(const struct mixture *a, const struct mixture *b)
{
    for (size_t i = 0; i < covariances_size(b); i++) {
        double scale = b->covariances[i];
        if (b->covariance == COVARIANCE_FULL) {
            const size_t columns = (size_t)b->columns, k = i / columns / columns;
            scale = sqrt(variance_of(b, k * columns + i / columns % columns) *
                         variance_of(b, k * columns + i % columns));
        }
        assert_near(a->covariances[i], b->covariances[i], VARIANCE * scale);
    }
}

static void assert_same_mixture(const struct mixture *a, const struct mixture *b)
{
    const size_t size = (size_t)b->components * (size_t)b->columns;
    for (int k = 0; k < b->components; k++) assert_near(a->weights[k], b->weights[k], 1e-9);
    for (size_t i = 0; i < size; i++) assert_near(a->means[i], b->means[i], MEAN * sqrt(variance_of(b, i)));
    assert_covariances_near(a, b);
}

static void assert_agree(const struct sizes *s, int iterations)
{
    struct matrix x;
    struct run ref, cpu;
    int *labels = memory_new((size_t)s->rows, sizeof *labels);
    struct backend *definition = backend_with("ref", 1), *fast = backend_with("cpu", 2);
    make_rows(s, &x, labels);
    run_new(&ref, s);
    run_new(&cpu, s);
    iterate(definition, s, &x, labels, iterations, &ref);
    iterate(fast, s, &x, labels, iterations, &cpu);
    assert_near(cpu.bound, ref.bound, BOUND);
    for (int n = 0; n < s->rows; n++)
        assert_near(cpu.log_likelihood[n], ref.log_likelihood[n],
                    1e-6 * fmax(1, fabs(ref.log_likelihood[n])));
    assert_same_mixture(&cpu.mixture, &ref.mixture);
    run_delete(&ref);
    run_delete(&cpu);
    definition->ops->close(&definition);
    fast->ops->close(&fast);
    matrix_release(&x);
    memory_free(labels);
}

static const struct sizes shapes[] = {
    { 1, 1, 1, COVARIANCE_DIAGONAL, 0, 1, 0 },
    { 1, 33, 1, COVARIANCE_DIAGONAL, 3, 1, 0 },
    { 9, 5, 9, COVARIANCE_DIAGONAL, 0, 1, 0 },
    { 33, 31, 3, COVARIANCE_DIAGONAL, 0, 1, 0 },
    { 97, 33, 5, COVARIANCE_DIAGONAL, 0, 1, 0 },
    { 97, 64, 8, COVARIANCE_DIAGONAL, 10, 1e-3, 0 },
    { 211, 67, 17, COVARIANCE_DIAGONAL, 10, 1, 3 },
    { 211, 130, 4, COVARIANCE_DIAGONAL, 10, 1e-3, 2 },
    { 150, 600, 2, COVARIANCE_DIAGONAL, -5, 0.5, 5 },
    { 400, 200, 30, COVARIANCE_DIAGONAL, 1, 0.3, 7 },
    { 1, 3, 1, COVARIANCE_FULL, 0, 1, 0 },
    { 9, 2, 9, COVARIANCE_FULL, 0, 1, 0 },
    { 97, 1, 3, COVARIANCE_FULL, 2, 1, 0 },
    { 131, 31, 3, COVARIANCE_FULL, 0, 1, 0 },
    { 131, 33, 2, COVARIANCE_FULL, 10, 1, 4 },
    { 211, 37, 3, COVARIANCE_FULL, 1, 0.1, 0 },
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static void test_agrees_after_1_5_20_iterations(void **state)
{
    (void)state;
    for (int i = 0; i < N_SHAPES; i++) {
        assert_agree(&shapes[i], 1);
        assert_agree(&shapes[i], 5);
        assert_agree(&shapes[i], 20);
    }
}

/* ------------------------------------------------------------------------------------------- same bits */

static void run_with(const struct sizes *s, const struct matrix *x, const int *labels, const char *isa,
                     int threads, struct run *run)
{
    assert_int_equal(isa ? setenv("EARSHOT_ISA", isa, 1) : unsetenv("EARSHOT_ISA"), 0);
    struct backend *backend = backend_with("cpu", threads);
    run_new(run, s);
    iterate(backend, s, x, labels, 3, run);
    backend->ops->close(&backend);
    unsetenv("EARSHOT_ISA");
}

static void assert_same_bits(const struct run *a, const struct run *b, int rows)
{
    const size_t size = (size_t)b->mixture.components * (size_t)b->mixture.columns;
    assert_memory_equal(&a->bound, &b->bound, sizeof a->bound);
    assert_memory_equal(a->log_likelihood, b->log_likelihood, (size_t)rows * sizeof(double));
    assert_memory_equal(a->mixture.weights, b->mixture.weights,
                        (size_t)b->mixture.components * sizeof(double));
    assert_memory_equal(a->mixture.means, b->mixture.means, size * sizeof(double));
    assert_memory_equal(a->mixture.covariances, b->mixture.covariances,
                        covariances_size(&b->mixture) * sizeof(double));
}

static void test_threads_do_not_change_a_bit(void **state)
{
    (void)state;
    static const int threads[] = { 2, 3, 5 };
    for (int i = 0; i < N_SHAPES; i++) {
        const struct sizes *s = &shapes[i];
        struct matrix x;
        struct run one, more;
        int *labels = memory_new((size_t)s->rows, sizeof *labels);
        make_rows(s, &x, labels);
        run_with(s, &x, labels, NULL, 1, &one);
        for (int t = 0; t < 3; t++) {
            run_with(s, &x, labels, NULL, threads[t], &more);
            assert_same_bits(&more, &one, s->rows);
            run_delete(&more);
        }
        run_delete(&one);
        matrix_release(&x);
        memory_free(labels);
    }
}

/* How the search for the components that matter is cut short: by bounds, by the filter alone, not at all. */
static void iterate_with(const char *search, const struct sizes *s, const struct matrix *x, const int *labels,
                         int iterations, struct run *run)
{
    assert_int_equal(search ? setenv("EARSHOT_EM", search, 1) : unsetenv("EARSHOT_EM"), 0);
    struct backend *backend = backend_with("cpu", 2);
    run_new(run, s);
    iterate(backend, s, x, labels, iterations, run);
    backend->ops->close(&backend);
    unsetenv("EARSHOT_EM");
}

static void test_pruning_does_not_change_a_bit(void **state)
{
    (void)state;
    static const int iterations[] = { 1, 2, 5, 20 };
    for (int i = 0; i < N_SHAPES; i++) {
        const struct sizes *s = &shapes[i];
        struct matrix x;
        int *labels = memory_new((size_t)s->rows, sizeof *labels);
        make_rows(s, &x, labels);
        for (int t = 0; t < 4; t++) {
            struct run all, filtered, bounded;
            iterate_with("all", s, &x, labels, iterations[t], &all);
            iterate_with("filter", s, &x, labels, iterations[t], &filtered);
            iterate_with(NULL, s, &x, labels, iterations[t], &bounded);
            assert_same_bits(&filtered, &all, s->rows);
            assert_same_bits(&bounded, &all, s->rows);
            run_delete(&all);
            run_delete(&filtered);
            run_delete(&bounded);
        }
        matrix_release(&x);
        memory_free(labels);
    }
}

/* Bounds know only the mixtures that an E step has seen with its M step: others may come between. */
static void test_other_mixtures_may_come_between(void **state)
{
    (void)state;
    const struct sizes s = { 300, 40, 12, COVARIANCE_DIAGONAL, 1, 0.3, 0 };
    struct matrix x;
    struct run straight, crooked, other;
    int labels[300], others[300];
    struct backend *backend = backend_with("cpu", 2);
    struct em *em = NULL;
    make_rows(&s, &x, labels);
    for (int n = 0; n < s.rows; n++) others[n] = (labels[n] + n % 3) % s.components;
    run_new(&straight, &s);
    run_new(&crooked, &s);
    run_new(&other, &s);
    iterate(backend, &s, &x, labels, 4, &straight);
    const struct em_spec spec = { &x, NULL, s.components, s.covariance, 1e-6 };
    assert_ok(backend->ops->em_open(backend, &spec, &em));
    assert_ok(em->ops->em_start(em, others, NULL, &other.mixture));
    assert_ok(em->ops->em_start(em, labels, NULL, &crooked.mixture));
    for (int i = 0; i < 4; i++) {
        double weights[12], bound;
        for (int k = 0; k < 12; k++) weights[k] = -k;
        assert_ok(em->ops->em_step(em, &crooked.mixture, 0, &crooked.bound, crooked.log_likelihood));
        assert_ok(em->ops->em_prepare(em, &other.mixture, weights, NULL));
        if (i % 2) assert_ok(em->ops->em_step(em, &other.mixture, i == 1, &bound, NULL));
    }
    assert_same_bits(&crooked, &straight, s.rows);
    em->ops->em_close(&em);
    run_delete(&straight);
    run_delete(&crooked);
    run_delete(&other);
    matrix_release(&x);
    backend->ops->close(&backend);
}

static void test_instruction_sets_agree(void **state)
{
    (void)state;
    for (int i = 0; i < N_SHAPES; i++) {
        const struct sizes *s = &shapes[i];
        struct matrix x;
        struct run best, generic;
        int *labels = memory_new((size_t)s->rows, sizeof *labels);
        make_rows(s, &x, labels);
        run_with(s, &x, labels, NULL, 2, &best);
        run_with(s, &x, labels, "generic", 2, &generic);
        assert_near(generic.bound, best.bound, BOUND);
        assert_same_mixture(&generic.mixture, &best.mixture);
        run_delete(&best);
        run_delete(&generic);
        matrix_release(&x);
        memory_free(labels);
    }
}

/* ---------------------------------------------------------------------------------------------- starts */

static const char *const names[] = { "ref", "cpu" };

/* A component without rows has mean 0 and the least variance, and the smallest weight: scikit-learn's 10
 * eps. */
static void test_empty_component(void **state)
{
    (void)state;
    const struct sizes s = { 40, 3, 3, COVARIANCE_DIAGONAL, 4, 1, 0 };
    for (int b = 0; b < 2; b++) {
        struct backend *backend = backend_with(names[b], 2);
        struct matrix x;
        struct run run;
        int labels[40];
        make_rows(&s, &x, labels);
        for (int n = 0; n < 40; n++) labels[n] = labels[n] == 1 ? 2 : labels[n];
        run_new(&run, &s);
        for (int iterations = 0; iterations < 3; iterations++) {
            iterate(backend, &s, &x, labels, iterations, &run);
            assert_near(run.mixture.weights[1], MIXTURE_TINY_COUNT / 40, 1e-19);
            for (int j = 3; j < 6; j++) {
                assert_near(run.mixture.means[j], 0, 0);
                assert_near(run.mixture.covariances[j], 1e-6, 0);
            }
        }
        run_delete(&run);
        matrix_release(&x);
        backend->ops->close(&backend);
    }
}

/* scikit-learn's start from single rows: weights 1/rows, means the rows, variances the least. */
static void test_rows_that_belong_to_none(void **state)
{
    (void)state;
    float data[] = { 1, 2, 3, 4, 5, 6 };
    const struct matrix x = { data, 3, 2 };
    const int labels[] = { 1, -1, 0 };
    const struct sizes s = { 3, 2, 2, COVARIANCE_DIAGONAL, 0, 1, 0 };
    const double means[] = { 5, 6, 1, 2 };
    for (int b = 0; b < 2; b++) {
        struct backend *backend = backend_with(names[b], 1);
        struct run run;
        run_new(&run, &s);
        iterate(backend, &s, &x, labels, 0, &run);
        for (int i = 0; i < 4; i++) {
            assert_near(run.mixture.means[i], means[i], 1e-13);
            assert_near(run.mixture.covariances[i], 1e-6, 1e-12);
        }
        assert_near(run.mixture.weights[0], 1. / 3, 1e-15);
        run_delete(&run);
        backend->ops->close(&backend);
    }
}

static void test_start_from_responsibilities(void **state)
{
    (void)state;
    float data[] = { 0, 4, 8 };
    const struct matrix x = { data, 3, 1 };
    const double responsibilities[] = { 0.75, 0.25, 0.5, 0.5, 0.25, 0.75 };
    const struct sizes s = { 3, 1, 2, COVARIANCE_DIAGONAL, 0, 1, 0 };
    for (int b = 0; b < 2; b++) {
        struct backend *backend = backend_with(names[b], 1);
        struct run run;
        struct em *em = NULL;
        run_new(&run, &s);
        assert_ok(
            backend->ops->em_open(backend, &(struct em_spec){ &x, NULL, 2, COVARIANCE_DIAGONAL, 0 }, &em));
        assert_ok(em->ops->em_start(em, NULL, responsibilities, &run.mixture));
        assert_near(run.mixture.means[0], 4. / 1.5, 1e-12);
        assert_near(run.mixture.means[1], 8. / 1.5, 1e-12);
        assert_near(run.mixture.covariances[0], 24. / 1.5 - 16. / 2.25, 1e-12);
        assert_near(run.mixture.weights[1], 0.5, 1e-12);
        em->ops->em_close(&em);
        run_delete(&run);
        backend->ops->close(&backend);
    }
}

static void test_no_spread_is_refused(void **state)
{
    (void)state;
    float data[] = { 0, 2, 0, 3, 0, 4 };
    const struct matrix x = { data, 3, 2 };
    const int labels[] = { 0, 0, 0 };
    for (int b = 0; b < 2; b++)
        for (int full = 0; full < 2; full++) {
            const enum covariance covariance = full ? COVARIANCE_FULL : COVARIANCE_DIAGONAL;
            const struct sizes s = { 3, 2, 1, covariance, 0, 1, 0 };
            struct backend *backend = backend_with(names[b], 1);
            struct run run;
            struct em *em = NULL;
            run_new(&run, &s);
            assert_ok(backend->ops->em_open(backend, &(struct em_spec){ &x, NULL, 1, covariance, 0 }, &em));
            assert_ok(em->ops->em_start(em, labels, NULL, &run.mixture));
            assert_fails(em->ops->em_step(em, &run.mixture, 0, &run.bound, NULL), ERR_INPUT, "--reg-covar");
            em->ops->em_close(&em);
            run_delete(&run);
            backend->ops->close(&backend);
        }
}

/* Where float overflows in the filter, double decides; only_score leaves the mixture alone. */
static void test_far_rows(void **state)
{
    (void)state;
    float data[] = { 1e25f, -3 };
    const struct matrix x = { data, 2, 1 };
    double weights[] = { 0.5, 0.5 }, means[] = { 0, 1 }, variances[] = { 1e-6, 1 };
    struct mixture m = { 2, 1, COVARIANCE_DIAGONAL, weights, means, variances };
    for (int b = 0; b < 2; b++) {
        struct backend *backend = backend_with(names[b], 1);
        struct em *em = NULL;
        double bound, scores[2];
        assert_ok(
            backend->ops->em_open(backend, &(struct em_spec){ &x, NULL, 2, COVARIANCE_DIAGONAL, 0 }, &em));
        assert_ok(em->ops->em_step(em, &m, 1, &bound, scores));
        assert_near(scores[0] / -5e49, 1, 1e-6);
        assert_near(scores[1], log(0.5) - 0.5 * log(2 * acos(-1)) - 8, 1e-12);
        assert_near(means[1], 1, 0);
        em->ops->em_close(&em);
        backend->ops->close(&backend);
    }
}

/* -------------------------------------------------------------------------------------------- prepared */

/* Two components at the same place, the second e times heavier: r is 1/(1 + e) and e/(1 + e) everywhere. */
static void test_prepared_step(void **state)
{
    (void)state;
    const double e = exp(1), p = 1 / (1 + e), log_weights[2] = { 2, 3 };
    float data[] = { -1, 1, 3, 5 };
    const struct matrix x = { data, 4, 1 };
    for (int i = 0; i < 4; i++) {
        struct backend *backend = backend_with(names[i / 2], 2);
        struct em *em = NULL;
        double weights[2], means[] = { 0, 0 }, covariances[] = { 4, 4 }, determinants[2], entropy, found[4];
        struct mixture m = {
            2, 1, i % 2 ? COVARIANCE_FULL : COVARIANCE_DIAGONAL, weights, means, covariances
        };
        assert_ok(backend->ops->em_open(backend, &(struct em_spec){ &x, NULL, 2, m.covariance, 0 }, &em));
        assert_ok(em->ops->em_prepare(em, &m, log_weights, determinants));
        assert_near(determinants[1], log(4), 1e-15);
        assert_ok(em->ops->em_step_prepared(em, &m, 1, NULL, found));
        const double density = -(MIXTURE_LOG_2_PI + log(4) + 9.0 / 4) / 2;
        assert_near(found[2], density + log(exp(2) + exp(3)), 1e-14);
        assert_near(means[0], 0, 0);
        assert_ok(em->ops->em_step_prepared(em, &m, 0, &entropy, NULL));
        assert_near(entropy, -4 * (p * log(p) + (1 - p) * log(1 - p)), 1e-14);
        assert_near(weights[0], p, 1e-15);
        assert_near(means[1], 2, 1e-14);
        assert_near(covariances[1], 5, 1e-14);
        em->ops->em_close(&em);
        backend->ops->close(&backend);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_spread_is_refused),
        cmocka_unit_test(test_far_rows),
        cmocka_unit_test(test_empty_component),
        cmocka_unit_test(test_rows_that_belong_to_none),
        cmocka_unit_test(test_start_from_responsibilities),
        cmocka_unit_test(test_prepared_step),
        cmocka_unit_test(test_agrees_after_1_5_20_iterations),
        cmocka_unit_test(test_threads_do_not_change_a_bit),
        cmocka_unit_test(test_pruning_does_not_change_a_bit),
        cmocka_unit_test(test_other_mixtures_may_come_between),
        cmocka_unit_test(test_instruction_sets_agree),
    };
    return cmocka_run_group_tests_name("em", tests, NULL, NULL);
}
