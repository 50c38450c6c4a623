#include "cuda/card_em.h"

#include "core/memory.h"
#include "cuda/device.h"
#include "cuda/region.h"

#include <string.h>

enum { MORE = 1 }; /* k-means++ tries two rows also where there is one component */

struct card_em {
    struct em base;
    struct card_gather *gather;
    cudaStream_t stream;
    size_t rows, columns, components;
    struct region region;
    struct card_stored *stored;
    int has_joined;
    struct mixture_fit fit;
    int *labels;         /* on the card; those that mixture_nearest writes as well */
    double *log_weights; /* on the card */
    const double *held;  /* means of the mixture whose numbers the card has; NULL: of none */
    int is_ahead;        /* 1: the card's are newer */
    /* of the first em_seed on */
    int trials;
    struct mixture_fit trial_fit;
    struct mixture_seed seed;
};

static struct card_em *enter(struct em *base, enum status *status)
{
    struct card_em *em = (struct card_em *)base;
    *status = card_gather_enter(em->gather);
    return em;
}

/* ------------------------------------------------------------------------------------------------- copies */

/* The host's memory may be let go of when the call returns: it is not pinned. */
static enum status put(const struct card_em *em, const void *from, size_t bytes, const void *to)
{
    return device_check(
        cudaMemcpyAsync((void *)(uintptr_t)to, from, bytes, cudaMemcpyHostToDevice, em->stream),
        "copying a fit's numbers to the card");
}

/* They are there when it returns. */
static enum status take(const struct card_em *em, const void *from, size_t bytes, void *to)
{
    TRY(device_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, em->stream),
                     "copying a fit's numbers from the card"));
    return device_check(cudaStreamSynchronize(em->stream), "waiting for the card");
}

/* ------------------------------------------------------------------------------------------------- opening */

struct piece {
    const void *at; /* address of the pointer that it goes to */
    size_t bytes;
};

static enum status reserve_pieces(struct card_em *em, const struct piece *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(region_card(&em->region, pieces[i].bytes, (void **)(uintptr_t)pieces[i].at));
    return OK;
}

static enum status reserve(struct card_em *em)
{
    struct mixture_fit *fit = &em->fit;
    const size_t k = em->components, all = k * em->columns, n = em->rows;
    const struct piece pieces[] = {
        { &fit->counts, k * sizeof(double) },         { &fit->weights, k * sizeof(double) },
        { &fit->means, all * sizeof(double) },        { &fit->covariances, all * sizeof(double) },
        { &fit->precisions, all * sizeof(double) },   { &fit->high, all * sizeof(float) },
        { &fit->low, all * sizeof(float) },           { &fit->scale, all * sizeof(float) },
        { &fit->offsets, k * sizeof(double) },        { &fit->responsibilities, n * k * sizeof(float) },
        { &fit->log_likelihood, n * sizeof(double) }, { &fit->entropy, n * sizeof(double) },
        { &fit->squared, n * sizeof(double) },        { &em->labels, n * sizeof(int) },
        { &em->log_weights, k * sizeof(double) },
    };
    TRY(reserve_pieces(em, pieces, sizeof pieces / sizeof *pieces));
    fit->labels = fit->nearest = em->labels;
    return OK;
}

/* The selection's mean and scale as three floats a column: see mixture_batch.h. */
static enum status put_scaling(struct card_em *em, const struct selection *selection)
{
    const size_t bytes = em->columns * sizeof(float);
    struct mixture_fit *fit = &em->fit;
    float *shift = memory_new(3 * em->columns, sizeof *shift), *rest, *factor;
    TRY(memory_check(shift));
    rest = shift + em->columns;
    factor = rest + em->columns;
    for (size_t c = 0; c < em->columns; c++) {
        shift[c] = (float)selection->mean[c];
        rest[c] = (float)(selection->mean[c] - (double)shift[c]);
        factor[c] = (float)(1 / selection->scale[c]);
    }
    const struct piece pieces[] = { { &fit->shift, bytes },
                                    { &fit->shift_rest, bytes },
                                    { &fit->factor, bytes } };
    enum status status = reserve_pieces(em, pieces, 3);
    if (status == OK) status = put(em, shift, bytes, fit->shift);
    if (status == OK) status = put(em, rest, bytes, fit->shift_rest);
    if (status == OK) status = put(em, factor, bytes, fit->factor);
    memory_free(shift);
    return status;
}

/* x itself, or the rows that it is a selection of. */
static enum status put_rows(struct card_em *em, const struct em_spec *spec)
{
    const struct selection *selection = spec->selection;
    struct card_store *store = card_gather_store(em->gather);
    TRY(card_store_acquire(store, selection ? selection->whole : spec->x, em->stream, &em->stored));
    em->fit.x = em->stored->x;
    if (!selection) return OK;
    TRY(region_card(&em->region, em->rows * sizeof(int), (void **)(uintptr_t)&em->fit.rows));
    TRY(put(em, selection->index, em->rows * sizeof(int), em->fit.rows));
    return put_scaling(em, selection);
}

static enum status fill(struct card_em *em, const struct em_spec *spec)
{
    TRY(card_gather_enter(em->gather));
    TRY(card_gather_join(em->gather, spec->components + MORE));
    em->has_joined = 1;
    TRY(reserve(em));
    TRY(put_rows(em, spec));
    return device_check(cudaStreamSynchronize(em->stream), "copying features to the card");
}

enum status card_em_open(const struct backend_ops *ops, struct card_gather *gather,
                         const struct em_spec *spec, struct em **out)
{
    *out = NULL;
    struct card_em *em = memory_new(1, sizeof *em);
    TRY(memory_check(em));
    *em = (struct card_em){ .base.ops = ops,
                            .gather = gather,
                            .stream = card_gather_stream(gather),
                            .rows = (size_t)spec->x->rows,
                            .columns = (size_t)spec->x->columns,
                            .components = (size_t)spec->components,
                            .fit = { .n_rows = spec->x->rows,
                                     .columns = spec->x->columns,
                                     .components = spec->components,
                                     .reg_covar = spec->reg_covar } };
    *out = &em->base;
    const enum status status = fill(em, spec);
    if (status != OK) card_em_close(out);
    return status;
}

/* What is still in the stream may use all of this. */
void card_em_close(struct em **base)
{
    struct card_em *em = (struct card_em *)*base;
    if (!em) return;
    cudaStreamSynchronize(em->stream);
    if (em->has_joined) card_gather_part(em->gather, (int)em->components + MORE);
    card_store_give_back(card_gather_store(em->gather), &em->stored);
    region_release(&em->region);
    memory_free(em);
    *base = NULL;
}

/* ---------------------------------------------------------------------------------------------- parameters */

static enum status put_mixture(struct card_em *em, const struct mixture *mixture)
{
    const size_t bytes = em->components * em->columns * sizeof(double);
    TRY(put(em, mixture->weights, em->components * sizeof(double), em->fit.counts));
    TRY(put(em, mixture->means, bytes, em->fit.means));
    TRY(put(em, mixture->covariances, bytes, em->fit.covariances));
    em->fit.divides_by_rows = 0;
    em->held = mixture->means;
    em->is_ahead = 0;
    return OK;
}

/* The card's numbers become those of `mixture`, which will be asked for them. */
static void hold(struct card_em *em, const struct mixture *mixture, int divides_by_rows)
{
    em->held = mixture->means;
    em->is_ahead = 1;
    em->fit.divides_by_rows = divides_by_rows;
}

enum status card_em_fetch(struct em *base, struct mixture *mixture)
{
    enum status status;
    struct card_em *em = enter(base, &status);
    const size_t bytes = em->components * em->columns * sizeof(double);
    double total = 0;
    if (status != OK || !em->is_ahead || em->held != mixture->means) return status;
    TRY(take(em, em->fit.counts, em->components * sizeof(double), mixture->weights));
    TRY(take(em, em->fit.means, bytes, mixture->means));
    TRY(take(em, em->fit.covariances, bytes, mixture->covariances));
    for (size_t k = 0; k < em->components; k++) total += mixture->weights[k];
    for (size_t k = 0; k < em->components; k++)
        mixture->weights[k] /= em->fit.divides_by_rows ? (double)em->rows : total;
    em->is_ahead = 0;
    return OK;
}

static enum status check_spread(const struct card_request *request)
{
    REQUIRE(request->bad_component < 0, ERR_INPUT,
            "component %d has no spread in column %d; a larger --reg-covar helps", request->bad_component,
            request->bad_column);
    return OK;
}

/* -------------------------------------------------------------------------------------------------- start */

static enum status put_responsibilities(struct card_em *em, const double *responsibilities)
{
    const size_t n = em->rows * em->components;
    float *rounded = memory_new(n, sizeof *rounded);
    TRY(memory_check(rounded));
    for (size_t i = 0; i < n; i++) rounded[i] = (float)responsibilities[i];
    const enum status status = put(em, rounded, n * sizeof *rounded, em->fit.responsibilities);
    memory_free(rounded);
    return status;
}

enum status card_em_start(struct em *base, const int *labels, const double *responsibilities,
                          struct mixture *mixture)
{
    enum status status;
    struct card_em *em = enter(base, &status);
    TRY(status);
    struct card_request request = { .work = labels ? CARD_START : CARD_START_SOFT, .fit = em->fit };
    if (labels)
        TRY(put(em, labels, em->rows * sizeof *labels, em->labels));
    else
        TRY(put_responsibilities(em, responsibilities));
    TRY(device_check(
        cudaMemsetAsync(em->fit.means, 0, em->components * em->columns * sizeof(double), em->stream),
        "clearing a fit's means"));
    TRY(card_gather_do(em->gather, &request));
    hold(em, mixture, 1);
    return OK;
}

/* --------------------------------------------------------------------------------------------- iterations */

static enum status take_likelihoods(const struct card_em *em, double *log_likelihood)
{
    if (!log_likelihood) return OK;
    return take(em, em->fit.log_likelihood, em->rows * sizeof *log_likelihood, log_likelihood);
}

enum status card_em_step(struct em *base, struct mixture *mixture, int only_score, double *lower_bound,
                         double *log_likelihood)
{
    enum status status;
    struct card_em *em = enter(base, &status);
    TRY(status);
    if (em->held != mixture->means) TRY(put_mixture(em, mixture));
    struct card_request request = { .work = only_score ? CARD_SCORE : CARD_STEP, .fit = em->fit };
    TRY(card_gather_do(em->gather, &request));
    TRY(check_spread(&request));
    *lower_bound = request.lower_bound;
    if (!only_score) hold(em, mixture, 0);
    return take_likelihoods(em, log_likelihood);
}

enum status card_em_prepare(struct em *base, const struct mixture *mixture, const double *log_weights,
                            double *log_determinants)
{
    enum status status;
    struct card_em *em = enter(base, &status);
    TRY(status);
    struct card_request request = { .work = CARD_PREPARE, .log_determinants = log_determinants };
    TRY(put_mixture(em, mixture));
    TRY(put(em, log_weights, em->components * sizeof *log_weights, em->log_weights));
    request.fit = em->fit;
    request.fit.log_weights = em->log_weights;
    TRY(card_gather_do(em->gather, &request));
    return check_spread(&request);
}

enum status card_em_step_prepared(struct em *base, struct mixture *mixture, int only_score, double *entropy,
                                  double *log_likelihood)
{
    enum status status;
    struct card_em *em = enter(base, &status);
    TRY(status);
    struct card_request request = { .work = only_score ? CARD_SCORE_PREPARED : CARD_STEP_PREPARED,
                                    .fit = em->fit };
    TRY(card_gather_do(em->gather, &request));
    if (!only_score) {
        *entropy = request.entropy;
        hold(em, mixture, 1);
    }
    return take_likelihoods(em, log_likelihood);
}

/* ------------------------------------------------------------------------------------------------- k-means */

/* Rows as the fit's; its components are the trials of a step. */
static enum status reserve_trials(struct card_em *em, int trials)
{
    const size_t t = (size_t)trials, all = t * em->columns;
    struct mixture_fit *fit = &em->trial_fit;
    if (em->trials == trials) return OK;
    *fit = em->fit;
    fit->components = trials;
    fit->is_distance = 1;
    const struct piece pieces[] = {
        { &fit->means, all * sizeof(double) },
        { &fit->precisions, all * sizeof(double) },
        { &fit->high, all * sizeof(float) },
        { &fit->low, all * sizeof(float) },
        { &fit->scale, all * sizeof(float) },
        { &fit->offsets, t * sizeof(double) },
        { &fit->squared, em->rows * t * sizeof(double) },
        { &em->seed.random, em->components * t * sizeof(double) },
        { &em->seed.candidates, t * sizeof(int) },
        { &em->seed.closest, em->rows * sizeof(double) },
        { &em->seed.chosen, em->components * sizeof(int) },
    };
    TRY(reserve_pieces(em, pieces, sizeof pieces / sizeof *pieces));
    em->seed.components = (int)em->components;
    em->trials = trials;
    return OK;
}

enum status card_em_seed(struct em *base, const double *random, int trials, int *chosen)
{
    enum status status;
    struct card_em *em = enter(base, &status);
    TRY(status);
    TRY(reserve_trials(em, trials));
    struct card_request request = { .work = CARD_SEED, .fit = em->trial_fit, .seed = em->seed };
    TRY(put(em, random, em->components * (size_t)trials * sizeof *random, em->seed.random));
    TRY(card_gather_do(em->gather, &request));
    return take(em, em->seed.chosen, em->components * sizeof *chosen, chosen);
}

enum status card_em_lloyd(struct em *base, const double *centres, int *nearest, double *squared,
                          double *means)
{
    enum status status;
    struct card_em *em = enter(base, &status);
    const size_t bytes = em->components * em->columns * sizeof(double);
    TRY(status);
    struct card_request request = { .work = CARD_LLOYD, .fit = em->fit };
    request.fit.is_distance = 1;
    em->held = NULL; /* centres take the means' place */
    TRY(put(em, centres, bytes, em->fit.means));
    TRY(card_gather_do(em->gather, &request));
    TRY(take(em, em->labels, em->rows * sizeof *nearest, nearest));
    TRY(take(em, em->fit.squared, em->rows * sizeof *squared, squared));
    return take(em, em->fit.means, bytes, means);
}
