#include "backend/cpu_em.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ open */

static enum status reserve_scratch(struct cpu_em *em, struct cpu_em_scratch *s)
{
    const size_t components = (size_t)em->components, columns = (size_t)em->x.columns;
    const int is_full = em->covariance == COVARIANCE_FULL;
    const size_t n_distances = is_full ? CPU_EM_TILE * components : (size_t)CPU_EM_TILE * em->centres.padded;
    TRY(memory_check(s->q = memory_new(n_distances, sizeof *s->q)));
    TRY(memory_check(s->live = memory_new(components, sizeof *s->live)));
    TRY(memory_check(s->cost = memory_new(components, sizeof *s->cost)));
    TRY(memory_check(s->sums = memory_new(2 * CPU_EM_STRIP, sizeof *s->sums)));
    if (!is_full) return OK;
    const size_t n_outer = 2 * CPU_OUTER_TILE * CPU_DOUBLE_DEPTH;
    TRY(memory_check(s->outer = memory_new(n_outer, sizeof *s->outer)));
    return memory_check(s->y = memory_new(CPU_EM_TILE * columns, sizeof *s->y));
}

/* Narrower tiles where there would be fewer than three for a thread; it changes no number. */
static void choose_tile(struct cpu_em *em)
{
    em->tile = CPU_OUTER_TILE;
    if (em->components * cpu_em_full_tiles(em) < 3 * pool_threads(em->pool)) em->tile /= 2;
}

static enum status reserve(struct cpu_em *em)
{
    const size_t components = (size_t)em->components, columns = (size_t)em->x.columns;
    const int threads = pool_threads(em->pool);
    if (em->covariance == COVARIANCE_DIAGONAL)
        TRY(cpu_centres_init(&em->centres, em->components, em->x.columns));
    else
        TRY(memory_check(em->factors = memory_new(components * columns, columns * sizeof *em->factors)));
    TRY(memory_check(em->offset = memory_new(components, sizeof *em->offset)));
    TRY(memory_check(em->log_weights = memory_new(components, sizeof *em->log_weights)));
    TRY(memory_check(em->log_determinant = memory_new(components, sizeof *em->log_determinant)));
    TRY(memory_check(em->log_likelihood = memory_new((size_t)em->x.rows, sizeof *em->log_likelihood)));
    TRY(memory_check(em->entropy = memory_new((size_t)em->x.rows, sizeof *em->entropy)));
    TRY(memory_check(em->sum = memory_new(components, sizeof *em->sum)));
    TRY(memory_check(em->bad_column = memory_new(components, sizeof *em->bad_column)));
    TRY(memory_check(em->scratch = memory_new((size_t)threads, sizeof *em->scratch)));
    for (int t = 0; t < threads; t++) TRY(reserve_scratch(em, &em->scratch[t]));
    return OK;
}

enum status cpu_em_open(struct backend *base, const struct em_spec *spec, struct em **out)
{
    const struct backend_cpu *backend = (const struct backend_cpu *)base;
    *out = NULL;
    struct cpu_em *em = memory_new(1, sizeof *em);
    if (!em) return ERR_MEMORY;
    em->base.ops = base->ops;
    em->pool = backend->pool;
    em->kernels = backend->isa->em;
    em->in_double = backend->isa->in_double;
    em->x = *spec->x;
    em->components = spec->components;
    em->covariance = spec->covariance;
    em->reg_covar = spec->reg_covar;
    em->stride = ((size_t)em->x.rows + 7) / 8 * 8;
    choose_tile(em);
    *out = &em->base;
    const enum status status = reserve(em);
    if (status != OK) cpu_em_close(out);
    return status;
}

void cpu_em_close(struct em **base)
{
    struct cpu_em *em = (struct cpu_em *)*base;
    if (!em) return;
    for (int t = 0; em->scratch && t < pool_threads(em->pool); t++) {
        memory_free(em->scratch[t].q);
        memory_free(em->scratch[t].live);
        memory_free(em->scratch[t].cost);
        memory_free(em->scratch[t].sums);
        memory_free(em->scratch[t].outer);
        memory_free(em->scratch[t].y);
    }
    memory_free(em->scratch);
    cpu_centres_release(&em->centres);
    memory_free(em->factors);
    memory_free(em->offset);
    memory_free(em->log_weights);
    memory_free(em->log_determinant);
    memory_free(em->log_likelihood);
    memory_free(em->entropy);
    memory_free(em->responsibilities);
    memory_free(em->sum);
    memory_free(em->bad_column);
    memory_free(em);
    *base = NULL;
}

/* ---------------------------------------------------------------------------------------------- E step */

double cpu_em_offset(const struct cpu_em *em, int k)
{
    return (em->log_determinant[k] + em->x.columns * MIXTURE_LOG_2_PI) / 2 - em->log_weights[k];
}

static void prepare_diagonal(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    const int columns = em->x.columns;
    const double *variance = em->prepared->covariances + (size_t)k * columns;
    double log_determinant = 0;
    em->bad_column[k] = -1;
    for (int j = 0; j < columns; j++) {
        if (!(variance[j] > 0)) em->bad_column[k] = j;
        log_determinant += log(variance[j]);
    }
    if (em->bad_column[k] >= 0) return;
    em->log_determinant[k] = log_determinant;
    cpu_centres_set(&em->centres, k, em->prepared->means + (size_t)k * columns, variance,
                    cpu_em_offset(em, k));
}

/* log_weights are set. */
static enum status prepare(struct cpu_em *em, const struct mixture *mixture)
{
    const int is_full = em->covariance == COVARIANCE_FULL;
    em->prepared = mixture;
    pool_run(em->pool, em->components, is_full ? cpu_em_full_prepare : prepare_diagonal, em);
    for (int k = 0; k < em->components; k++) {
        REQUIRE(is_full || em->bad_column[k] < 0, ERR_INPUT,
                "component %d has no spread in column %d; a larger --reg-covar helps", k, em->bad_column[k]);
        REQUIRE(em->bad_column[k] < 0, ERR_INPUT,
                "component %d: its covariance is not positive definite at column %d; a larger --reg-covar, "
                "fewer --components or --covariance diag help",
                k, em->bad_column[k]);
    }
    return OK;
}

void cpu_em_settle(struct cpu_em *em, int n, const int *live, const double *cost, int n_live)
{
    double lowest = INFINITY, sum = 0;
    for (int i = 0; i < n_live; i++) lowest = fmin(lowest, cost[i]);
    for (int i = 0; i < n_live; i++) sum += exp(lowest - cost[i]);
    em->log_likelihood[n] = log(sum) - lowest;
    em->entropy[n] = 0;
    for (int i = 0; !em->only_score && i < n_live; i++) {
        const double r = exp(lowest - cost[i]) / sum;
        em->responsibilities[live[i] * em->stride + n] = r;
        em->entropy[n] += r * (log(sum) - lowest + cost[i]);
    }
}

static void expect_tile(void *context, int tile, int thread)
{
    struct cpu_em *em = context;
    const struct cpu_em_scratch *s = &em->scratch[thread];
    const int first = tile * CPU_EM_TILE, left = em->x.rows - first, padded = em->centres.padded;
    const int rows = left < CPU_EM_TILE ? left : CPU_EM_TILE;
    em->kernels->filter(&(struct cpu_em_filter){ .panel = em->centres.panel,
                                                 .x = matrix_row(&em->x, first),
                                                 .rows = rows,
                                                 .columns = em->x.columns,
                                                 .padded = padded,
                                                 .q = s->q });
    for (int r = 0; r < rows; r++) {
        const float *x = matrix_row(&em->x, first + r);
        const int n_live = cpu_centres_live(&em->centres, em->kernels, x, s->q + (size_t)r * padded,
                                            CPU_EM_LIVE_NATS, s->live, s->cost);
        cpu_em_settle(em, first + r, s->live, s->cost, n_live);
    }
}

static void clear_component(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    memset(em->responsibilities + k * em->stride, 0, em->stride * sizeof *em->responsibilities);
}

static enum status clear_responsibilities(struct cpu_em *em)
{
    if (!em->responsibilities)
        return memory_check(em->responsibilities = memory_new((size_t)em->components * em->stride,
                                                              sizeof *em->responsibilities));
    pool_run(em->pool, em->components, clear_component, em);
    return OK;
}

/* ---------------------------------------------------------------------------------------------- M step */

static void sum_responsibilities(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    const double *r = em->responsibilities + k * em->stride;
    double sum = 0;
    for (int n = 0; n < em->x.rows; n++) sum += r[n];
    em->sum[k] = sum;
    em->mixture->weights[k] = sum + MIXTURE_TINY_COUNT;
}

/* Columns first … first + n - 1 of component k. The sums are shifted by the mean from before, so nothing
 * cancels; d is how far the mean moves:  sum r (x - m)² = S2 - 2 d S1 + d² sum r. */
static void maximize_strip(struct cpu_em *em, int k, int first, int n, double *sums)
{
    double *s1 = sums, *s2 = sums + CPU_EM_STRIP;
    const size_t place = (size_t)k * em->x.columns + first;
    double *mean = em->mixture->means + place;
    const double sum = em->sum[k], count = sum + MIXTURE_TINY_COUNT;
    em->kernels->moments(&(struct cpu_em_moments){ .x = em->x.data + first,
                                                   .rows = em->x.rows,
                                                   .columns = em->x.columns,
                                                   .r = em->responsibilities + k * em->stride,
                                                   .shift = mean,
                                                   .n = n,
                                                   .s1 = s1,
                                                   .s2 = s2 });
    for (int j = 0; j < n; j++) {
        const double d = (s1[j] - mean[j] * MIXTURE_TINY_COUNT) / count;
        mean[j] += d;
        if (em->covariance == COVARIANCE_FULL) continue;
        const double centred = (s2[j] - 2 * d * s1[j] + d * d * sum) / count;
        em->mixture->covariances[place + j] = fmax(centred, 0) + em->reg_covar;
    }
}

/* Few components: narrower strips, so that there is work for every thread. */
static int strip_columns(const struct cpu_em *em)
{
    return em->components < 32 ? 64 : CPU_EM_STRIP;
}

static void maximize_task(void *context, int task, int thread)
{
    struct cpu_em *em = context;
    const int width = strip_columns(em), n_strips = (em->x.columns + width - 1) / width;
    const int first = task % n_strips * width, left = em->x.columns - first;
    maximize_strip(em, task / n_strips, first, left < width ? left : width, em->scratch[thread].sums);
}

/* means hold what the sums are shifted by. total = 0: the sum of all N_k. */
static void maximize(struct cpu_em *em, double total)
{
    const int width = strip_columns(em), n_strips = (em->x.columns + width - 1) / width;
    pool_run(em->pool, em->components, sum_responsibilities, em);
    pool_run(em->pool, em->components * n_strips, maximize_task, em);
    if (em->covariance == COVARIANCE_FULL)
        pool_run(em->pool, em->components * cpu_em_full_tiles(em), cpu_em_full_covariance, em);
    double *weights = em->mixture->weights;
    double all = 0;
    for (int k = 0; k < em->components; k++) all += weights[k];
    for (int k = 0; k < em->components; k++) weights[k] /= total > 0 ? total : all;
}

/* ------------------------------------------------------------------------------------------ iterations */

/* No mean is known yet: a component's sums are shifted by its first row. */
static void shift_by_first_row(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    const double *r = em->responsibilities + k * em->stride;
    double *mean = em->mixture->means + (size_t)k * em->x.columns;
    int n = 0;
    while (n < em->x.rows && r[n] == 0) n++;
    for (int j = 0; j < em->x.columns; j++) mean[j] = n < em->x.rows ? (double)matrix_row(&em->x, n)[j] : 0;
}

enum status cpu_em_start(struct em *base, const int *labels, const double *responsibilities,
                         struct mixture *mixture)
{
    struct cpu_em *em = (struct cpu_em *)base;
    em->mixture = mixture;
    TRY(clear_responsibilities(em));
    for (int n = 0; n < em->x.rows; n++) {
        if (labels && labels[n] >= 0) em->responsibilities[labels[n] * em->stride + n] = 1;
        for (int k = 0; !labels && k < em->components; k++)
            em->responsibilities[k * em->stride + n] = responsibilities[(size_t)n * em->components + k];
    }
    pool_run(em->pool, em->components, shift_by_first_row, em);
    maximize(em, em->x.rows);
    return OK;
}

/* The E step that is prepared; the sum of the rows' log-likelihoods. */
static enum status expect(struct cpu_em *em, struct mixture *mixture, int only_score, double *log_likelihood,
                          double *sum)
{
    const int tiles = (em->x.rows + CPU_EM_TILE - 1) / CPU_EM_TILE;
    em->mixture = mixture;
    em->only_score = only_score;
    if (!only_score) TRY(clear_responsibilities(em));
    pool_run(em->pool, tiles, em->covariance == COVARIANCE_FULL ? cpu_em_full_expect : expect_tile, em);
    *sum = 0;
    for (int n = 0; n < em->x.rows; n++) *sum += em->log_likelihood[n];
    if (log_likelihood)
        memcpy(log_likelihood, em->log_likelihood, (size_t)em->x.rows * sizeof *log_likelihood);
    return OK;
}

enum status cpu_em_step(struct em *base, struct mixture *mixture, int only_score, double *lower_bound,
                        double *log_likelihood)
{
    struct cpu_em *em = (struct cpu_em *)base;
    double sum;
    for (int k = 0; k < em->components; k++) em->log_weights[k] = log(mixture->weights[k]);
    TRY(prepare(em, mixture));
    TRY(expect(em, mixture, only_score, log_likelihood, &sum));
    *lower_bound = sum / em->x.rows;
    if (!only_score) maximize(em, 0);
    return OK;
}

enum status cpu_em_prepare(struct em *base, const struct mixture *mixture, const double *log_weights,
                           double *log_determinants)
{
    struct cpu_em *em = (struct cpu_em *)base;
    const size_t size = (size_t)em->components * sizeof(double);
    memcpy(em->log_weights, log_weights, size);
    TRY(prepare(em, mixture));
    if (log_determinants) memcpy(log_determinants, em->log_determinant, size);
    return OK;
}

enum status cpu_em_step_prepared(struct em *base, struct mixture *mixture, int only_score, double *entropy,
                                 double *log_likelihood)
{
    struct cpu_em *em = (struct cpu_em *)base;
    double sum;
    TRY(expect(em, mixture, only_score, log_likelihood, &sum));
    if (only_score) return OK;
    *entropy = 0;
    for (int n = 0; n < em->x.rows; n++) *entropy += em->entropy[n];
    maximize(em, em->x.rows);
    return OK;
}
