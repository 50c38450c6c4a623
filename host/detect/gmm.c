#include "detect/gmm.h"

#include "core/log.h"
#include "core/memory.h"
#include "detect/kmeans.h"

#include <limits.h>
#include <math.h>

static const struct option options[] = {
    { .name = "components",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct gmm_settings, components),
      .standard = "80",
      .low = 1,
      .high = 65536,
      .alias = "n-components",
      .metavar = "K",
      .help = "Gaussians in the mixture",
      .shapes = 1 },
    { .name = "covariance",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct gmm_settings, covariance),
      .standard = "diag",
      .choices = "diag|full",
      .alias = "covariance-type",
      .metavar = "TYPE",
      .help = "shape of each Gaussian",
      .shapes = 1 },
    { .name = "tol",
      .type = OPTION_REAL,
      .offset = offsetof(struct gmm_settings, tol),
      .standard = "1e-3",
      .low = 0,
      .high = 1e9,
      .metavar = "NATS",
      .help = "stop when the mean log-likelihood changes by less",
      .shapes = 1 },
    { .name = "reg-covar",
      .type = OPTION_REAL,
      .offset = offsetof(struct gmm_settings, reg_covar),
      .standard = "1e-6",
      .low = 0,
      .high = 1e9,
      .metavar = "V",
      .help = "added to every variance",
      .shapes = 1 },
    { .name = "max-iter",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct gmm_settings, max_iter),
      .standard = "150",
      .low = 1,
      .high = 1000000,
      .metavar = "N",
      .help = "iterations at most",
      .shapes = 1 },
    { .name = "n-init",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct gmm_settings, n_init),
      .standard = "1",
      .low = 1,
      .high = 10000,
      .metavar = "N",
      .help = "starts, of which the best is kept",
      .shapes = 1 },
    { .name = "init",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct gmm_settings, init),
      .standard = "kmeans",
      .choices = "kmeans|k-means++|random|random_from_data",
      .alias = "init-params",
      .metavar = "HOW",
      .help = "where a start comes from",
      .shapes = 1 },
    { .name = "seed",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct gmm_settings, seed),
      .standard = "0",
      .low = 0,
      .high = INT_MAX,
      .alias = "random-state",
      .metavar = "N",
      .help = "of all that is random",
      .shapes = 1 },
    { 0 },
};

/* ----------------------------------------------------------------------------------------------- model */

enum status gmm_model_init(struct gmm_model *model, int components, int columns, enum covariance covariance)
{
    struct mixture *m = &model->mixture;
    m->components = components;
    m->columns = columns;
    m->covariance = covariance;
    const size_t size = (size_t)components * (size_t)columns;
    TRY(memory_check(m->weights = memory_new((size_t)components, sizeof *m->weights)));
    TRY(memory_check(m->means = memory_new(size, sizeof *m->means)));
    return memory_check(
        m->covariances =
            memory_new(size * (covariance == COVARIANCE_FULL ? (size_t)columns : 1), sizeof *m->covariances));
}

void gmm_model_release(struct gmm_model *model)
{
    memory_free(model->mixture.weights);
    memory_free(model->mixture.means);
    memory_free(model->mixture.covariances);
    *model = (struct gmm_model){ 0 };
}

static void release(void *model)
{
    gmm_model_release(model);
}

static enum status check(const void *settings, int rows, int columns)
{
    const struct gmm_settings *s = settings;
    (void)columns;
    REQUIRE(rows >= 2, ERR_INPUT, "%d patch%s to learn from, at least 2 are needed", rows,
            rows == 1 ? "" : "es");
    REQUIRE(
        rows >= s->components, ERR_INPUT,
        "%d patches cannot be learned by %d components, at least one patch each is needed; --components %d "
        "would leave about ten for each",
        rows, s->components, rows / 10 > 1 ? rows / 10 : 1);
    return OK;
}

/* ---------------------------------------------------------------------------------------------- starts */

/* Each component starts as one row; all other rows belong to none. */
static enum status start_from_rows(struct em *em, const int *chosen, int components, int *labels, int rows,
                                   struct mixture *mixture)
{
    for (int n = 0; n < rows; n++) labels[n] = -1;
    for (int k = 0; k < components; k++) labels[chosen[k]] = k;
    return em->ops->em_start(em, labels, NULL, mixture);
}

static enum status start_from_some_rows(struct backend *backend, struct em *em, const struct gmm_settings *s,
                                        const struct matrix *x, struct rng *rng, int *labels,
                                        struct mixture *mixture)
{
    int *chosen = memory_new((size_t)x->rows, sizeof *chosen);
    enum status status = memory_check(chosen);
    if (status == OK && s->init == GMM_PLUSPLUS)
        status = kmeans_plusplus(backend, x, s->components, rng, chosen);
    else if (status == OK)
        rng_permutation(rng, x->rows, chosen);
    if (status == OK) status = start_from_rows(em, chosen, s->components, labels, x->rows, mixture);
    memory_free(chosen);
    return status;
}

static enum status start_from_kmeans(struct backend *backend, struct em *em, const struct gmm_settings *s,
                                     const struct matrix *x, struct rng *rng, int *labels,
                                     struct mixture *mixture)
{
    struct kmeans kmeans;
    TRY(kmeans_fit(backend, x, s->components, rng, labels, &kmeans));
    log_debug("k-means: %d iterations, inertia %g", kmeans.iterations, kmeans.inertia);
    return em->ops->em_start(em, labels, NULL, mixture);
}

/* Uniform random responsibilities, each row's sum 1. */
static enum status start_at_random(struct em *em, const struct gmm_settings *s, int rows, struct rng *rng,
                                   struct mixture *mixture)
{
    double *r = memory_new((size_t)rows * (size_t)s->components, sizeof *r);
    if (!r) return ERR_MEMORY;
    for (int n = 0; n < rows; n++) {
        double *row = r + (size_t)n * s->components, sum = 0;
        for (int k = 0; k < s->components; k++) sum += row[k] = rng_uniform(rng);
        for (int k = 0; k < s->components; k++) row[k] /= sum;
    }
    const enum status status = em->ops->em_start(em, NULL, r, mixture);
    memory_free(r);
    return status;
}

static enum status start(struct backend *backend, struct em *em, const struct gmm_settings *s,
                         const struct matrix *x, struct rng *rng, struct mixture *mixture)
{
    if (s->init == GMM_RANDOM) return start_at_random(em, s, x->rows, rng, mixture);
    int *labels = memory_new((size_t)x->rows, sizeof *labels);
    enum status status = memory_check(labels);
    if (status == OK && s->init == GMM_KMEANS)
        status = start_from_kmeans(backend, em, s, x, rng, labels, mixture);
    else if (status == OK)
        status = start_from_some_rows(backend, em, s, x, rng, labels, mixture);
    memory_free(labels);
    return status;
}

/* ------------------------------------------------------------------------------------------------- fit */

enum status gmm_iterate(struct em *em, double tol, int max_iter, struct gmm_model *model)
{
    double before = -INFINITY;
    model->converged = 0;
    for (model->iterations = 1;; model->iterations++) {
        TRY(em->ops->em_step(em, &model->mixture, 0, &model->lower_bound, NULL));
        model->converged = fabs(model->lower_bound - before) < tol;
        if (model->converged || model->iterations == max_iter) return OK;
        before = model->lower_bound;
    }
}

/* One start into `trial`; where it is the best so far, it changes places with `best`. */
static enum status fit_once(struct backend *backend, struct em *em, const struct gmm_settings *s,
                            const struct matrix *x, int number, struct gmm_model *trial,
                            struct gmm_model *best)
{
    struct rng rng = rng_seeded((uint64_t)s->seed, (uint64_t)number);
    TRY(start(backend, em, s, x, &rng, &trial->mixture));
    TRY(gmm_iterate(em, s->tol, s->max_iter, trial));
    if (number > 0 && !(trial->lower_bound > best->lower_bound)) return OK;
    const struct gmm_model loser = *best;
    *best = *trial;
    *trial = loser;
    return OK;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *model)
{
    const struct gmm_settings *s = settings;
    const struct matrix *x = &rows->x;
    const enum covariance covariance = (enum covariance)s->covariance;
    struct gmm_model *best = model, trial = { 0 };
    struct em *em = NULL;
    enum status status;
    TRY_OR_DONE(gmm_model_init(best, s->components, x->columns, covariance));
    TRY_OR_DONE(gmm_model_init(&trial, s->components, x->columns, covariance));
    TRY_OR_DONE(backend->ops->em_open(backend, x, s->components, covariance, s->reg_covar, &em));
    for (int i = 0; i < s->n_init; i++) TRY_OR_DONE(fit_once(backend, em, s, x, i, &trial, best));
    if (!best->converged)
        log_warning("the mixture did not converge in %d iterations; more --max-iter or a larger --tol helps",
                    s->max_iter);
done:
    backend->ops->em_close(&em);
    gmm_model_release(&trial);
    return status;
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct gmm_model *gmm = model;
    const struct matrix *x = &rows->x;
    struct mixture mixture = gmm->mixture; /* only_score: its arrays are read, not written */
    struct em *em = NULL;
    double bound;
    REQUIRE(x->columns == mixture.columns, ERR_INPUT, "rows have %d columns, the mixture was learned on %d",
            x->columns, mixture.columns);
    TRY(backend->ops->em_open(backend, x, mixture.components, mixture.covariance, 0, &em));
    const enum status status = em->ops->em_step(em, &mixture, 1, &bound, score);
    em->ops->em_close(&em);
    for (int n = 0; status == OK && n < x->rows; n++) score[n] = -score[n];
    return status;
}

enum status gmm_describe(const void *model, struct attributes *told)
{
    const struct gmm_model *gmm = model;
    TRY(attributes_set_integer(told, "iterations", gmm->iterations));
    TRY(attributes_set_integer(told, "converged", gmm->converged));
    return attributes_set_real(told, "lower_bound", gmm->lower_bound);
}

const struct detector detector_gmm = {
    .name = "gmm",
    .summary = "mixture of Gaussians; a patch's score is its negative log-likelihood",
    .options = options,
    .settings_size = sizeof(struct gmm_settings),
    .model_size = sizeof(struct gmm_model),
    .check = check,
    .fit = fit,
    .score = score,
    .save = gmm_save,
    .load = gmm_load,
    .release = release,
    .describe = gmm_describe,
};
