#include "detect/gmm.h"

#include "core/log.h"
#include "core/memory.h"
#include "detect/gmm_options.h"

#include <math.h>

static const struct option options[] = { GMM_OPTIONS("stop when the mean log-likelihood changes by less"),
                                         { 0 } };

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

/* ------------------------------------------------------------------------------------------------- fit */

enum status gmm_iterate(struct em *em, double tol, int max_iter, struct gmm_model *model)
{
    double before = -INFINITY;
    model->converged = 0;
    for (model->iterations = 1;; model->iterations++) {
        TRY(em->ops->em_step(em, &model->mixture, 0, &model->lower_bound, NULL));
        model->converged = fabs(model->lower_bound - before) < tol;
        if (model->converged || model->iterations == max_iter) break;
        before = model->lower_bound;
    }
    return em_fetch(em, &model->mixture);
}

/* One start into `trial`; where it is the best so far, it changes places with `best`. */
static enum status fit_once(struct backend *backend, struct em *em, const struct gmm_settings *s,
                            const struct matrix *x, int number, struct gmm_model *trial,
                            struct gmm_model *best)
{
    TRY(gmm_start(backend, em, s, x, number, &trial->mixture));
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
    const struct em_spec spec = { x, rows_selection(rows), s->components, covariance, s->reg_covar };
    TRY_OR_DONE(backend->ops->em_open(backend, &spec, &em));
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
    const struct em_spec spec = { x, rows_selection(rows), mixture.components, mixture.covariance, 0 };
    TRY(backend->ops->em_open(backend, &spec, &em));
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
    .is_gathered = gmm_is_gathered,
    .fit_power = 1,
    .check = gmm_check,
    .fit = fit,
    .score = score,
    .save = gmm_save,
    .load = gmm_load,
    .release = release,
    .describe = gmm_describe,
};
