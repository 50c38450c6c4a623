#include "detect/bgmm.h"

#include "core/log.h"
#include "core/memory.h"
#include "detect/gmm_options.h"

#include <math.h>

static const struct option options[] = {
    GMM_OPTIONS("stop when the lower bound, a sum over all patches, changes by less"),
    { .name = "prior",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct bgmm_settings, prior),
      .standard = "process",
      .choices = "process|distribution",
      .alias = "weight-concentration-prior-type",
      .metavar = "TYPE",
      .help = "of the weights: Dirichlet process or Dirichlet distribution",
      .shapes = 1 },
    { .name = "concentration",
      .type = OPTION_REAL,
      .offset = offsetof(struct bgmm_settings, concentration),
      .standard = "0",
      .low = 0,
      .high = 1e9,
      .alias = "weight-concentration-prior",
      .metavar = "C",
      .help = "of the weights' prior: the lower, the fewer components are used; 0: 1 / components",
      .shapes = 1 },
    { 0 },
};

static enum status check(const void *settings, int rows, int columns)
{
    return gmm_check(&((const struct bgmm_settings *)settings)->gmm, rows, columns);
}

static void release(void *model)
{
    gmm_model_release(&((struct bgmm_model *)model)->gmm);
}

static enum status describe(const void *model, struct attributes *told)
{
    return gmm_describe(&((const struct bgmm_model *)model)->gmm, told);
}

/* ----------------------------------------------------------------------------------------------- prior */

/* All rows are one component's; its covariance is divided by rows, the prior's by rows - 1. */
static enum status prior_from_rows(struct em *em, const struct matrix *x, struct mixture *prior)
{
    const size_t columns = (size_t)x->columns,
                 size = prior->covariance == COVARIANCE_FULL ? columns * columns : columns;
    int *labels = memory_new((size_t)x->rows, sizeof *labels);
    if (!labels) return ERR_MEMORY;
    enum status status = em->ops->em_start(em, labels, NULL, prior);
    if (status == OK) status = em_fetch(em, prior);
    memory_free(labels);
    for (size_t i = 0; i < size; i++) prior->covariances[i] *= x->rows / (x->rows - 1.0);
    return status;
}

enum status bgmm_prior_init(struct backend *backend, const struct em_spec *of, struct gmm_model *prior)
{
    const struct em_spec spec = { of->x, of->selection, 1, of->covariance, 0 };
    struct em *em = NULL;
    TRY(gmm_model_init(prior, 1, of->x->columns, of->covariance));
    TRY(backend->ops->em_open(backend, &spec, &em));
    const enum status status = prior_from_rows(em, of->x, &prior->mixture);
    backend->ops->em_close(&em);
    return status;
}

/* ------------------------------------------------------------------------------------------------- fit */

/* From an M step's sums to the next E step; out comes the lower bound less the entropy of the
 * responsibilities that the sums are of. scratch [2][K] */
static enum status prepare(struct em *em, const struct mixture *prior, struct bgmm_model *model,
                           double *scratch, double *log_norms)
{
    double *log_weights = scratch, *log_determinants = scratch + model->gmm.mixture.components;
    TRY(em_fetch(em, &model->gmm.mixture));
    bgmm_set_posterior(prior, model);
    bgmm_log_weights(model, log_weights);
    TRY(em->ops->em_prepare(em, &model->gmm.mixture, log_weights, log_determinants));
    *log_norms = bgmm_log_norms(model, log_determinants);
    return OK;
}

static enum status iterate(struct em *em, const struct mixture *prior, double tol, int max_iter,
                           struct bgmm_model *model, double *scratch)
{
    struct gmm_model *g = &model->gmm;
    double before = -INFINITY, entropy, log_norms;
    TRY(prepare(em, prior, model, scratch, &log_norms));
    for (g->iterations = 1;; g->iterations++) {
        TRY(em->ops->em_step_prepared(em, &g->mixture, 0, &entropy, NULL));
        TRY(prepare(em, prior, model, scratch, &log_norms));
        g->lower_bound = entropy + log_norms;
        g->converged = fabs(g->lower_bound - before) < tol;
        if (g->converged || g->iterations == max_iter) return OK;
        before = g->lower_bound;
    }
}

enum status bgmm_iterate(struct em *em, const struct mixture *prior, double tol, int max_iter,
                         struct bgmm_model *model)
{
    double *scratch = memory_new((size_t)model->gmm.mixture.components, 2 * sizeof *scratch);
    if (!scratch) return ERR_MEMORY;
    const enum status status = iterate(em, prior, tol, max_iter, model, scratch);
    memory_free(scratch);
    return status;
}

static enum status model_init(struct bgmm_model *model, const struct bgmm_settings *s, const struct matrix *x)
{
    model->prior = (enum bgmm_prior)s->prior;
    model->concentration = s->concentration > 0 ? s->concentration : 1.0 / s->gmm.components;
    model->rows = x->rows;
    return gmm_model_init(&model->gmm, s->gmm.components, x->columns, (enum covariance)s->gmm.covariance);
}

/* One start into `trial`; where it is the best so far, it changes places with `best`. */
static enum status fit_once(struct backend *backend, struct em *em, const struct gmm_settings *s,
                            const struct matrix *x, const struct mixture *prior, int number,
                            struct bgmm_model *trial, struct bgmm_model *best)
{
    TRY(gmm_start(backend, em, s, x, number, &trial->gmm.mixture));
    TRY(bgmm_iterate(em, prior, s->tol, s->max_iter, trial));
    if (number > 0 && !(trial->gmm.lower_bound > best->gmm.lower_bound)) return OK;
    const struct bgmm_model loser = *best;
    *best = *trial;
    *trial = loser;
    return OK;
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *model)
{
    const struct bgmm_settings *s = settings;
    const struct matrix *x = &rows->x;
    const struct em_spec spec = { x, rows_selection(rows), s->gmm.components,
                                  (enum covariance)s->gmm.covariance, s->gmm.reg_covar };
    struct bgmm_model *best = model, trial = { .rows = 0 };
    struct gmm_model prior = { .iterations = 0 };
    struct em *em = NULL;
    enum status status;
    TRY_OR_DONE(model_init(best, s, x));
    TRY_OR_DONE(model_init(&trial, s, x));
    TRY_OR_DONE(bgmm_prior_init(backend, &spec, &prior));
    TRY_OR_DONE(backend->ops->em_open(backend, &spec, &em));
    for (int i = 0; i < s->gmm.n_init; i++)
        TRY_OR_DONE(fit_once(backend, em, &s->gmm, x, &prior.mixture, i, &trial, best));
    if (!best->gmm.converged)
        log_warning("the mixture did not converge in %d iterations; more --max-iter or a larger --tol helps",
                    s->gmm.max_iter);
done:
    backend->ops->em_close(&em);
    gmm_model_release(&trial.gmm);
    gmm_model_release(&prior);
    return status;
}

/* ----------------------------------------------------------------------------------------------- score */

static enum status score_rows(struct em *em, const struct bgmm_model *model, double *log_weights,
                              double *score)
{
    struct mixture mixture = model->gmm.mixture; /* only_score: its arrays are read, not written */
    bgmm_log_weights(model, log_weights);
    TRY(em->ops->em_prepare(em, &mixture, log_weights, NULL));
    return em->ops->em_step_prepared(em, &mixture, 1, NULL, score);
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct bgmm_model *bgmm = model;
    const struct mixture *m = &bgmm->gmm.mixture;
    const struct matrix *x = &rows->x;
    const struct em_spec spec = { x, rows_selection(rows), m->components, m->covariance, 0 };
    double *log_weights = NULL;
    struct em *em = NULL;
    enum status status;
    REQUIRE(x->columns == m->columns, ERR_INPUT, "rows have %d columns, the mixture was learned on %d",
            x->columns, m->columns);
    TRY_OR_DONE(memory_check(log_weights = memory_new((size_t)m->components, sizeof *log_weights)));
    TRY_OR_DONE(backend->ops->em_open(backend, &spec, &em));
    TRY_OR_DONE(score_rows(em, bgmm, log_weights, score));
    for (int n = 0; n < x->rows; n++) score[n] = -score[n];
done:
    backend->ops->em_close(&em);
    memory_free(log_weights);
    return status;
}

const struct detector detector_bgmm = {
    .name = "bgmm",
    .summary = "Bayesian mixture of Gaussians, of which it uses as many as it needs; score as gmm's",
    .options = options,
    .settings_size = sizeof(struct bgmm_settings),
    .model_size = sizeof(struct bgmm_model),
    .is_gathered = gmm_is_gathered,
    .fit_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = bgmm_save,
    .load = bgmm_load,
    .release = release,
    .describe = describe,
};
