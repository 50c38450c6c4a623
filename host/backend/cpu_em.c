#include "backend/cpu_em.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ open */

static enum status reserve_scratch(struct cpu_em *em, struct cpu_em_scratch *s)
{
    const size_t components = (size_t)em->components, columns = (size_t)em->x.columns;
    TRY(cpu_search_tile_init(&s->tile, &em->centres));
    TRY(memory_check(s->strip = memory_new(CPU_EM_STRIP, sizeof *s->strip)));
    if (em->covariance == COVARIANCE_DIAGONAL) return OK;
    const size_t n_outer = 2 * CPU_OUTER_TILE * CPU_DOUBLE_DEPTH;
    TRY(memory_check(s->q = memory_new(CPU_EM_TILE * components, sizeof *s->q)));
    TRY(memory_check(s->live = memory_new(components, sizeof *s->live)));
    TRY(memory_check(s->cost = memory_new(components, sizeof *s->cost)));
    TRY(memory_check(s->outer = memory_new(n_outer, sizeof *s->outer)));
    return memory_check(s->y = memory_new(CPU_EM_TILE * columns, sizeof *s->y));
}

static void release_scratch(struct cpu_em_scratch *s)
{
    cpu_search_tile_release(&s->tile);
    memory_free(s->entries);
    memory_free(s->strip);
    memory_free(s->q);
    memory_free(s->live);
    memory_free(s->cost);
    memory_free(s->outer);
    memory_free(s->y);
}

/* Narrower tiles where there would be fewer than three for a thread; it changes no number. */
static void choose_tile(struct cpu_em *em)
{
    em->tile = CPU_OUTER_TILE;
    if (em->components * cpu_em_full_tiles(em) < 3 * pool_threads(em->pool)) em->tile /= 2;
}

/* Few components: their rows in parts, so that there is work for every thread. */
static void choose_row_parts(struct cpu_em *em)
{
    enum { FEW = 32, PARTS = 8 };
    em->row_parts = em->components < FEW ? PARTS : 1;
}

static enum status reserve_rows(struct cpu_em *em)
{
    const size_t rows = (size_t)em->x.rows;
    TRY(cpu_rows_init(&em->rows, &em->x, em->pool));
    TRY(memory_check(em->log_likelihood = memory_new(rows, sizeof *em->log_likelihood)));
    TRY(memory_check(em->entropy = memory_new(rows, sizeof *em->entropy)));
    TRY(memory_check(em->parts = memory_new(rows, sizeof *em->parts)));
    TRY(memory_check(em->order = memory_new(rows, sizeof *em->order)));
    TRY(memory_check(em->winner = memory_new(rows, sizeof *em->winner)));
    memset(em->winner, -1, rows * sizeof *em->winner);
    return OK;
}

static enum status reserve(struct cpu_em *em)
{
    const size_t components = (size_t)em->components, columns = (size_t)em->x.columns;
    const int threads = pool_threads(em->pool);
    TRY(reserve_rows(em));
    TRY(cpu_centres_init(&em->centres, em->components, em->x.columns));
    if (em->covariance == COVARIANCE_FULL)
        TRY(memory_check(em->factors = memory_new(components * columns, columns * sizeof *em->factors)));
    TRY(memory_check(em->offset = memory_new(components, sizeof *em->offset)));
    TRY(memory_check(em->log_weights = memory_new(components, sizeof *em->log_weights)));
    TRY(memory_check(em->log_determinant = memory_new(components, sizeof *em->log_determinant)));
    TRY(memory_check(em->sum = memory_new(components, sizeof *em->sum)));
    TRY(memory_check(em->sums = memory_new(components * (size_t)em->row_parts * 2,
                                           (size_t)em->rows.stride * sizeof *em->sums)));
    TRY(memory_check(em->start = memory_new(components + 3, sizeof *em->start)));
    TRY(memory_check(em->bad_column = memory_new(components, sizeof *em->bad_column)));
    TRY(memory_check(em->scratch = memory_new((size_t)threads, sizeof *em->scratch)));
    for (int t = 0; t < threads; t++) TRY(reserve_scratch(em, &em->scratch[t]));
    return OK;
}

enum status cpu_em_open(struct backend *base, const struct em_spec *spec, struct em **out)
{
    const struct backend_cpu *backend = (const struct backend_cpu *)base;
    const char *search = getenv("EARSHOT_EM");
    *out = NULL;
    struct cpu_em *em = memory_new(1, sizeof *em);
    if (!em) return ERR_MEMORY;
    em->base.ops = base->ops;
    em->pool = backend->pool;
    em->isa = backend->isa;
    em->x = *spec->x;
    em->components = spec->components;
    em->covariance = spec->covariance;
    em->reg_covar = spec->reg_covar;
    em->uses_filter = search && strcmp(search, "filter") == 0;
    em->is_exhaustive = search && strcmp(search, "all") == 0;
    choose_tile(em);
    choose_row_parts(em);
    *out = &em->base;
    const enum status status = reserve(em);
    if (status != OK) cpu_em_close(out);
    return status;
}

void cpu_em_close(struct em **base)
{
    struct cpu_em *em = (struct cpu_em *)*base;
    if (!em) return;
    for (int t = 0; em->scratch && t < pool_threads(em->pool); t++) release_scratch(&em->scratch[t]);
    memory_free(em->scratch);
    cpu_kmeans_close(&em->kmeans);
    cpu_centres_release(&em->centres);
    cpu_rows_release(&em->rows);
    memory_free(em->bounds);
    memory_free(em->factors);
    memory_free(em->offset);
    memory_free(em->log_weights);
    memory_free(em->log_determinant);
    memory_free(em->log_likelihood);
    memory_free(em->entropy);
    memory_free(em->winner);
    memory_free(em->order);
    memory_free(em->parts);
    memory_free(em->start);
    memory_free(em->member);
    memory_free(em->r);
    memory_free(em->sum);
    memory_free(em->sums);
    memory_free(em->bad_column);
    memory_free(em);
    *base = NULL;
}

/* --------------------------------------------------------------------------------------------- prepare */

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

/* Bounds are moved by the next E step; those of another kind, or of a mixture that no E step has seen, are lost. */
static void set_search(struct cpu_em *em)
{
    enum { FILTERED = 32, STEP = 64 }; /* columns; few are needed to drop most components */
    const int stride = em->rows.stride;
    cpu_centres_ready(&em->centres);
    em->search = (struct cpu_search){ .kernels = em->isa->em,
                                      .centres = &em->centres,
                                      .rows = &em->rows,
                                      .margin = CPU_EM_LIVE_NATS,
                                      .filtered = stride < FILTERED ? stride : FILTERED,
                                      .step = STEP,
                                      .has_bounds = em->bounds_of == BOUNDS_OF_MIXTURE,
                                      .is_exhaustive = em->is_exhaustive };
    em->bounds_of = BOUNDS_OF_NONE;
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
    if (!is_full) set_search(em);
    return OK;
}

/* ------------------------------------------------------------------------------------------ iterations */

/* No mean is known yet: a component's sums are shifted by its first row. */
static void shift_by_first_row(void *context, int k, int thread)
{
    (void)thread;
    struct cpu_em *em = context;
    const int has_rows = em->start[k + 1] > em->start[k];
    const float *x = has_rows ? matrix_row(&em->x, em->member[em->start[k]]) : NULL;
    double *mean = em->mixture->means + (size_t)k * em->x.columns;
    for (int j = 0; j < em->x.columns; j++) mean[j] = x ? (double)x[j] : 0;
}

static void start_row(struct cpu_em *em, int n, const int *labels, const double *responsibilities)
{
    double most = 0;
    em->winner[n] = labels ? labels[n] : -1;
    if (labels && labels[n] >= 0) cpu_em_add(em, n, labels[n], 1, 0);
    for (int k = 0; !labels && k < em->components; k++) {
        const double r = responsibilities[(size_t)n * em->components + k];
        if (r != 0) cpu_em_add(em, n, k, r, 0);
        if (r > most) {
            most = r;
            em->winner[n] = k;
        }
    }
}

enum status cpu_em_start(struct em *base, const int *labels, const double *responsibilities,
                         struct mixture *mixture)
{
    struct cpu_em *em = (struct cpu_em *)base;
    em->mixture = mixture;
    em->bounds_of = BOUNDS_OF_NONE;
    cpu_em_clear(em);
    for (int n = 0; n < em->x.rows; n++) start_row(em, n, labels, responsibilities);
    TRY(cpu_em_gather(em));
    pool_run(em->pool, em->components, shift_by_first_row, em);
    cpu_em_maximize(em, em->x.rows);
    return OK;
}

enum status cpu_em_step(struct em *base, struct mixture *mixture, int only_score, double *lower_bound,
                        double *log_likelihood)
{
    struct cpu_em *em = (struct cpu_em *)base;
    double sum;
    for (int k = 0; k < em->components; k++) em->log_weights[k] = log(mixture->weights[k]);
    TRY(prepare(em, mixture));
    TRY(cpu_em_expect(em, mixture, only_score, log_likelihood, &sum));
    *lower_bound = sum / em->x.rows;
    if (!only_score) cpu_em_maximize(em, 0);
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
    TRY(cpu_em_expect(em, mixture, only_score, log_likelihood, &sum));
    if (only_score) return OK;
    *entropy = 0;
    for (int n = 0; n < em->x.rows; n++) *entropy += em->entropy[n];
    cpu_em_maximize(em, em->x.rows);
    return OK;
}
