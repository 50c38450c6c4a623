/* Epochs of training, and the errors of what was trained. */
#include "core/clock.h"
#include "core/log.h"
#include "core/rng.h"
#include "detect/autoencoder_adam.h"
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
    autoencoder_run_release(&t->run);
    adam_release(&t->adam);
    memory_free(t->order);
    memory_free(t->patches);
}

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
    for (int first = 0; first < rows; first += batch)
        sum += train_batch(t, first, rows - first < batch ? rows - first : batch);
    t->ae->epochs = epoch + 1;
    t->ae->loss = sum / rows;
    REQUIRE(isfinite(t->ae->loss), ERR_INPUT,
            "the loss of epoch %d is %g; a smaller --learning-rate than %g helps", epoch + 1, t->ae->loss,
            t->settings->learning_rate);
    log_info("%s: epoch %d of %d: loss %.6g, %.0f patches/s", t->ae->architecture->name, epoch + 1,
             t->settings->epochs, t->ae->loss, rows / (clock_seconds() - started_s));
    return OK;
}

enum status autoencoder_train(struct autoencoder *ae, struct backend *backend,
                              const struct autoencoder_settings *settings, const struct matrix *x)
{
    struct training t = { .ae = ae, .backend = backend, .settings = settings, .x = x };
    enum status status;
    autoencoder_start(ae, settings->seed);
    TRY_OR_DONE(training_init(&t));
    for (int epoch = 0; epoch < settings->epochs; epoch++) TRY_OR_DONE(train_epoch(&t, epoch));
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
