/* Epochs of training, and the errors of what was trained. */
#include "core/clock.h"
#include "core/log.h"
#include "core/rng.h"
#include "detect/autoencoder_checkpoint.h"
#include "detect/autoencoder_run.h"

#include <math.h>
#include <string.h>

enum {
    SHUFFLE_STREAM = 1000, /* plus the epoch; the start uses those below */
    SCORED_AT_ONCE = 64,   /* patches */
};

struct training {
    struct autoencoder *ae;
    struct backend *backend;
    const struct autoencoder_settings *settings;
    const struct matrix *x;
    const struct checkpoint *checkpoint; /* or NULL */
    struct attributes told;              /* which training it is; empty where nothing is kept */
    struct autoencoder_run run;
    struct adam adam;
    int *order;     /* [rows] of the epoch */
    float *patches; /* [batch][cells] */
};

static int batch_rows(const struct training *t)
{
    return t->settings->batch_size < t->x->rows ? t->settings->batch_size : t->x->rows;
}

static enum status training_init(struct training *t)
{
    const size_t batch = (size_t)batch_rows(t), cells = (size_t)t->x->columns;
    TRY(autoencoder_run_init(&t->run, t->ae, t->backend, (int)batch, 1));
    TRY(adam_init(&t->adam, t->ae->n_parameters, t->settings->learning_rate));
    TRY(memory_check(t->order = memory_new((size_t)t->x->rows, sizeof *t->order)));
    return memory_check(t->patches = memory_new(batch * cells, sizeof *t->patches));
}

static void training_release(struct training *t)
{
    attributes_release(&t->told);
    autoencoder_run_release(&t->run);
    adam_release(&t->adam);
    memory_free(t->order);
    memory_free(t->patches);
}

/* ----------------------------------------------------------------------------------------- checkpoints */

/* All settings but the epochs: a training may go on to more of them. */
static enum status describe(struct training *t)
{
    const struct autoencoder_settings *s = t->settings;
    TRY(attributes_set_text(&t->told, "detector", t->ae->architecture->name));
    TRY(attributes_set_integer(&t->told, "batch_size", s->batch_size));
    TRY(attributes_set_real(&t->told, "learning_rate", s->learning_rate));
    TRY(attributes_set_integer(&t->told, "seed", s->seed));
    return checkpoint_describe(t->backend, t->x, &t->told);
}

static enum status go_on(struct training *t)
{
    if (!checkpoint_is_there(t->checkpoint)) return OK;
    const enum status status =
        autoencoder_resume(t->ae, &t->adam, t->checkpoint->path, &t->told, t->settings->epochs);
    if (status == OK)
        log_info("%s: goes on after epoch %d of %d", t->ae->architecture->name, t->ae->epochs,
                 t->settings->epochs);
    if (status == ERR_INPUT)
        log_warning("%s: the training starts anew: %s", t->ae->architecture->name, status_sentence());
    return status == ERR_INPUT ? OK : status;
}

static enum status training_begin(struct training *t)
{
    autoencoder_start(t->ae, t->settings->seed);
    t->ae->epochs = 0;
    if (!checkpoint_is_kept(t->checkpoint)) return OK;
    TRY(describe(t));
    return go_on(t);
}

static enum status check_stop(const struct training *t)
{
    if (!checkpoint_is_stopped(t->checkpoint)) return OK;
    return fail(ERR_STOPPED, "%s: stopped after %d of %d epochs%s", t->ae->architecture->name, t->ae->epochs,
                t->settings->epochs, checkpoint_is_kept(t->checkpoint) ? "; run again to go on" : "");
}

/* --------------------------------------------------------------------------------------------- training */

/* Rows first … of the epoch's order, one step of Adam; the sum of their errors, each as it was before the
 * step. */
static double train_batch(struct training *t, int first, int n)
{
    const size_t cells = (size_t)t->x->columns;
    for (int i = 0; i < n; i++)
        memcpy(t->patches + (size_t)i * cells, matrix_row(t->x, t->order[first + i]), cells * sizeof(float));
    autoencoder_forward(&t->run, t->patches, n);
    autoencoder_backward(&t->run);
    adam_step(&t->adam, t->backend, t->run.gradients, t->ae->parameters);
    return autoencoder_run_loss(&t->run) * n;
}

static enum status train_epoch(struct training *t, int epoch)
{
    const double started_s = clock_seconds();
    const int rows = t->x->rows, batch = batch_rows(t);
    struct rng rng = rng_seeded((uint64_t)t->settings->seed, SHUFFLE_STREAM + (uint64_t)epoch);
    double sum = 0;
    rng_permutation(&rng, rows, t->order);
    for (int first = 0; first < rows; first += batch) {
        TRY(check_stop(t));
        sum += train_batch(t, first, rows - first < batch ? rows - first : batch);
    }
    t->ae->epochs = epoch + 1;
    t->ae->loss = sum / rows;
    REQUIRE(isfinite(t->ae->loss), ERR_INPUT,
            "the loss of epoch %d is %g; a smaller --learning-rate than %g helps", epoch + 1, t->ae->loss,
            t->settings->learning_rate);
    log_info("%s: epoch %d of %d: loss %.6g, %.0f patches/s", t->ae->architecture->name, epoch + 1,
             t->settings->epochs, t->ae->loss, rows / (clock_seconds() - started_s));
    if (!checkpoint_is_kept(t->checkpoint)) return OK;
    return autoencoder_keep(t->ae, &t->adam, t->checkpoint->path, &t->told);
}

enum status autoencoder_train(struct autoencoder *ae, struct backend *backend,
                              const struct autoencoder_settings *settings, const struct matrix *x,
                              const struct checkpoint *checkpoint)
{
    struct training t = {
        .ae = ae, .backend = backend, .settings = settings, .x = x, .checkpoint = checkpoint
    };
    enum status status;
    TRY_OR_DONE(training_init(&t));
    TRY_OR_DONE(training_begin(&t));
    while (ae->epochs < settings->epochs) TRY_OR_DONE(train_epoch(&t, ae->epochs));
done:
    training_release(&t);
    return status;
}

enum status autoencoder_errors(const struct autoencoder *ae, struct backend *backend, const struct matrix *x,
                               double *error)
{
    struct autoencoder scoring = *ae; /* its numbers are read, not written */
    struct autoencoder_run run;
    const int at_once = x->rows < SCORED_AT_ONCE ? x->rows : SCORED_AT_ONCE;
    const enum status status = autoencoder_run_init(&run, &scoring, backend, at_once, 0);
    for (int first = 0; status == OK && first < x->rows; first += at_once) {
        const int n = x->rows - first < at_once ? x->rows - first : at_once;
        autoencoder_forward(&run, matrix_row(x, first), n);
        memcpy(error + first, run.error, (size_t)n * sizeof *error);
    }
    autoencoder_run_release(&run);
    return status;
}
