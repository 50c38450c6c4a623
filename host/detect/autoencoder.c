/* The two autoencoders as detectors: options, what they refuse, score. */
#include "detect/autoencoder.h"

#include <math.h>

static const struct option options[] = {
    { .name = "epochs",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct autoencoder_settings, epochs),
      .standard = "80",
      .low = 1,
      .high = 1000000,
      .metavar = "N",
      .help = "times that every patch is learned from",
      .shapes = 1 },
    { .name = "batch-size",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct autoencoder_settings, batch_size),
      .standard = "128",
      .low = 1,
      .high = 4096,
      .metavar = "N",
      .help = "patches of one step",
      .shapes = 1 },
    { .name = "learning-rate",
      .type = OPTION_REAL,
      .offset = offsetof(struct autoencoder_settings, learning_rate),
      .standard = "1e-4",
      .low = 1e-12,
      .high = 1,
      .metavar = "R",
      .help = "of Adam",
      .shapes = 1 },
    DETECTOR_SEED(struct autoencoder_settings),
    { 0 },
};

static void release(void *model)
{
    autoencoder_release(model);
}

static enum status check_columns(const struct architecture *architecture, int columns)
{
    const int side = architecture->side;
    return columns == side * side ? OK
                                  : fail(ERR_INPUT,
                                         "%s takes patches of %d × %d cells, %d columns; %d found: --patch "
                                         "%d --n-mels %d makes them",
                                         architecture->name, side, side, side * side, columns, side, side);
}

static enum status check(const struct architecture *architecture, int rows, int columns)
{
    REQUIRE(rows >= 2, ERR_INPUT, "%d patch%s to learn from, at least 2 are needed", rows,
            rows == 1 ? "" : "es");
    return check_columns(architecture, columns);
}

static enum status check_finite(const struct matrix *x)
{
    for (int n = 0; n < x->rows; n++)
        for (int j = 0; j < x->columns; j++)
            REQUIRE(isfinite(matrix_row(x, n)[j]), ERR_INPUT, "patch %d: cell %d is not a finite number", n,
                    j);
    return OK;
}

static enum status fit(struct backend *backend, const struct architecture *architecture, const void *settings,
                       const struct rows *rows, const struct checkpoint *checkpoint, void *model)
{
    struct autoencoder *ae = model;
    TRY(check_columns(architecture, rows->x.columns));
    TRY(check_finite(&rows->x));
    TRY(autoencoder_init(ae, architecture));
    return autoencoder_train(ae, backend, settings, &rows->x, checkpoint);
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct autoencoder *ae = model;
    TRY(check_columns(ae->architecture, rows->x.columns));
    return autoencoder_errors(ae, backend, &rows->x, score);
}

static enum status check_lenet(const void *settings, int rows, int columns)
{
    (void)settings;
    return check(&architecture_lenet, rows, columns);
}

static enum status check_small(const void *settings, int rows, int columns)
{
    (void)settings;
    return check(&architecture_small, rows, columns);
}

static enum status fit_lenet(struct backend *backend, const void *settings, const struct rows *rows,
                             void *model)
{
    return fit(backend, &architecture_lenet, settings, rows, NULL, model);
}

static enum status fit_lenet_on(struct backend *backend, const void *settings, const struct rows *rows,
                                const struct checkpoint *checkpoint, void *model)
{
    return fit(backend, &architecture_lenet, settings, rows, checkpoint, model);
}

static enum status fit_small(struct backend *backend, const void *settings, const struct rows *rows,
                             void *model)
{
    return fit(backend, &architecture_small, settings, rows, NULL, model);
}

static enum status fit_small_on(struct backend *backend, const void *settings, const struct rows *rows,
                                const struct checkpoint *checkpoint, void *model)
{
    return fit(backend, &architecture_small, settings, rows, checkpoint, model);
}

static enum status load_lenet(void *model, struct store *store, const char *name)
{
    return autoencoder_load(model, &architecture_lenet, store, name);
}

static enum status load_small(void *model, struct store *store, const char *name)
{
    return autoencoder_load(model, &architecture_small, store, name);
}

const struct detector detector_lenet_dcae = {
    .name = "lenet_dcae",
    .summary =
        "convolutional autoencoder with a code of 128 numbers, on --network patch; a patch's score is its "
        "mean squared reconstruction error",
    .options = options,
    .settings_size = sizeof(struct autoencoder_settings),
    .model_size = sizeof(struct autoencoder),
    .takes_cells = 1,
    .fit_power = 1,
    .check = check_lenet,
    .fit = fit_lenet,
    .fit_on = fit_lenet_on,
    .score = score,
    .save = autoencoder_save,
    .load = load_lenet,
    .release = release,
    .describe = autoencoder_describe,
};

const struct detector detector_small_dcae = {
    .name = "small_dcae",
    .summary = "smaller convolutional autoencoder, a code of 48 channels of 8 × 8, on --network patch; the "
               "same score",
    .options = options,
    .settings_size = sizeof(struct autoencoder_settings),
    .model_size = sizeof(struct autoencoder),
    .takes_cells = 1,
    .fit_power = 1,
    .check = check_small,
    .fit = fit_small,
    .fit_on = fit_small_on,
    .score = score,
    .save = autoencoder_save,
    .load = load_small,
    .release = release,
    .describe = autoencoder_describe,
};
