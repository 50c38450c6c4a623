#include "backend/ref_em.h"

#include "core/memory.h"

#include <math.h>

struct ref_em {
    struct em base;
    struct matrix x; /* borrowed */
    int components;
    enum covariance covariance;
    double reg_covar;
    double *responsibilities; /* [rows][K] */
    double *log_likelihood;   /* [rows]    */
    double *scratch;          /* [D]       */
    double *factors;          /* [K][D][D] of full covariances */
    double *log_weights;      /* [K]       of the E step that is prepared */
};

static enum status reserve(struct ref_em *em)
{
    const size_t rows = (size_t)em->x.rows, columns = (size_t)em->x.columns,
                 components = (size_t)em->components;
    TRY(memory_check(em->responsibilities = memory_new(rows * components, sizeof(double))));
    TRY(memory_check(em->log_likelihood = memory_new(rows, sizeof(double))));
    TRY(memory_check(em->scratch = memory_new(columns, sizeof(double))));
    TRY(memory_check(em->log_weights = memory_new(components, sizeof(double))));
    if (em->covariance == COVARIANCE_DIAGONAL) return OK;
    return memory_check(em->factors = memory_new(components * columns, columns * sizeof(double)));
}

enum status ref_em_open(struct backend *backend, const struct em_spec *spec, struct em **out)
{
    *out = NULL;
    struct ref_em *em = memory_new(1, sizeof *em);
    if (!em) return ERR_MEMORY;
    em->base.ops = backend->ops;
    em->x = *spec->x;
    em->components = spec->components;
    em->covariance = spec->covariance;
    em->reg_covar = spec->reg_covar;
    *out = &em->base;
    const enum status status = reserve(em);
    if (status != OK) ref_em_close(out);
    return status;
}

void ref_em_close(struct em **base)
{
    struct ref_em *em = (struct ref_em *)*base;
    if (!em) return;
    memory_free(em->responsibilities);
    memory_free(em->log_likelihood);
    memory_free(em->scratch);
    memory_free(em->factors);
    memory_free(em->log_weights);
    memory_free(em);
    *base = NULL;
}

/* ----------------------------------------------------------------------------------------------- start */

static void set_responsibilities(struct ref_em *em, const int *labels, const double *responsibilities)
{
    for (int n = 0; n < em->x.rows; n++)
        for (int k = 0; k < em->components; k++) {
            const size_t i = (size_t)n * em->components + k;
            em->responsibilities[i] = labels ? labels[n] == k : responsibilities[i];
        }
}

static void maximize(struct ref_em *em, double total, struct mixture *mixture)
{
    mixture_maximize_ref(&(struct mixture_maximize_args){ .x = em->x.data,
                                                          .rows = em->x.rows,
                                                          .responsibilities = em->responsibilities,
                                                          .reg_covar = em->reg_covar,
                                                          .total = total,
                                                          .mixture = mixture });
}

enum status ref_em_start(struct em *base, const int *labels, const double *responsibilities,
                         struct mixture *mixture)
{
    struct ref_em *em = (struct ref_em *)base;
    set_responsibilities(em, labels, responsibilities);
    maximize(em, em->x.rows, mixture);
    return OK;
}

/* ------------------------------------------------------------------------------------------------ step */

static enum status check_diagonal(const struct mixture *m)
{
    for (int k = 0; k < m->components; k++)
        for (int j = 0; j < m->columns; j++)
            REQUIRE(m->covariances[(size_t)k * m->columns + j] > 0, ERR_INPUT,
                    "component %d has no spread in column %d; a larger --reg-covar helps", k, j);
    return OK;
}

static enum status factorize(struct ref_em *em, const struct mixture *m)
{
    const size_t square = (size_t)m->columns * m->columns;
    for (int k = 0; k < m->components; k++) {
        const int bad =
            mixture_cholesky_ref(m->covariances + k * square, m->columns, em->factors + k * square);
        REQUIRE(bad < 0, ERR_INPUT,
                "component %d: its covariance is not positive definite at column %d; a larger --reg-covar, "
                "fewer --components or --covariance diag help",
                k, bad);
    }
    return OK;
}

static void log_determinants_of(const struct ref_em *em, const struct mixture *m, double *out)
{
    const size_t columns = (size_t)m->columns;
    for (int k = 0; k < m->components; k++) {
        out[k] = 0;
        for (size_t j = 0; j < columns; j++)
            out[k] += em->covariance == COVARIANCE_FULL
                          ? 2 * log(em->factors[(k * columns + j) * columns + j])
                          : log(m->covariances[k * columns + j]);
    }
}

enum status ref_em_prepare(struct em *base, const struct mixture *mixture, const double *log_weights,
                           double *log_determinants)
{
    struct ref_em *em = (struct ref_em *)base;
    TRY(em->covariance == COVARIANCE_FULL ? factorize(em, mixture) : check_diagonal(mixture));
    for (int k = 0; k < em->components; k++) em->log_weights[k] = log_weights[k];
    if (log_determinants) log_determinants_of(em, mixture, log_determinants);
    return OK;
}

/* The sum of the rows' log-likelihoods. */
static double expect(struct ref_em *em, const struct mixture *mixture, double *log_likelihood)
{
    double sum = 0;
    mixture_expect_ref(&(struct mixture_expect_args){ .mixture = mixture,
                                                      .factors = em->factors,
                                                      .log_weights = em->log_weights,
                                                      .x = em->x.data,
                                                      .rows = em->x.rows,
                                                      .scratch = em->scratch,
                                                      .responsibilities = em->responsibilities,
                                                      .log_likelihood = em->log_likelihood });
    for (int n = 0; n < em->x.rows; n++) {
        sum += em->log_likelihood[n];
        if (log_likelihood) log_likelihood[n] = em->log_likelihood[n];
    }
    return sum;
}

static double entropy_of(const struct ref_em *em)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)em->x.rows * em->components; i++) {
        const double r = em->responsibilities[i];
        if (r > 0) sum -= r * log(r);
    }
    return sum;
}

enum status ref_em_step_prepared(struct em *base, struct mixture *mixture, int only_score, double *entropy,
                                 double *log_likelihood)
{
    struct ref_em *em = (struct ref_em *)base;
    expect(em, mixture, log_likelihood);
    if (only_score) return OK;
    *entropy = entropy_of(em);
    maximize(em, em->x.rows, mixture);
    return OK;
}

enum status ref_em_step(struct em *base, struct mixture *mixture, int only_score, double *lower_bound,
                        double *log_likelihood)
{
    struct ref_em *em = (struct ref_em *)base;
    for (int k = 0; k < em->components; k++) em->log_weights[k] = log(mixture->weights[k]);
    TRY(ref_em_prepare(base, mixture, em->log_weights, NULL));
    *lower_bound = expect(em, mixture, log_likelihood) / em->x.rows;
    if (!only_score) maximize(em, 0, mixture);
    return OK;
}

/* --------------------------------------------------------------------------------------------- nearest */

static double squared_distance(const float *x, const double *centre, int columns)
{
    double sum = 0;
    for (int j = 0; j < columns; j++) sum += ((double)x[j] - centre[j]) * ((double)x[j] - centre[j]);
    return sum;
}

enum status ref_nearest(struct backend *backend, const struct matrix *x, const double *centres, int k,
                        int *nearest, double *squared)
{
    (void)backend;
    for (int n = 0; n < x->rows; n++)
        for (int c = 0; c < k; c++) {
            const double distance =
                squared_distance(matrix_row(x, n), centres + (size_t)c * x->columns, x->columns);
            if (!nearest) {
                squared[(size_t)n * k + c] = distance;
            } else if (c == 0 || distance < squared[n]) {
                nearest[n] = c;
                squared[n] = distance;
            }
        }
    return OK;
}
