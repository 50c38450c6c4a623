/* log p(x) = log Σ_n exp(-|x - x_n|² / 2h²) - log N - D/2 log 2π - D log h
 *
 * With hundreds of columns and h = 0.1 the exponents are around -5·10⁴ and the sum is decided by a few rows, so
 * it is taken with a running maximum; exponents that reach it are exact, and what is below the last digit of
 * the sum is left out. */
#include "detect/kde.h"

#include "core/memory.h"
#include "detect/kept.h"
#include "detect/saved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double LOG_2_PI = 1.8378770664093453;
static const double LAST_DIGIT = 37;                    /* exp(-37) is below half an ulp of 1 */
static const double NARROWEST = 1e-100, WIDEST = 1e100; /* bandwidths whose squares are still numbers */

static const struct option options[] = {
    { .name = "bandwidth",
      .type = OPTION_TEXT,
      .offset = offsetof(struct kde_settings, bandwidth),
      .standard = "0.1",
      .metavar = "H",
      .help = "standard deviation of the kernel: a number, or a rule, scott or silverman",
      .shapes = 1 },
    { 0 },
};

static void release(void *model)
{
    matrix_release(&((struct kde_model *)model)->rows);
}

/* Scott 1992 and Silverman 1986 for data of variance 1, as KernelDensity computes them. */
static enum status bandwidth_of(const char *words, int rows, int columns, double *bandwidth)
{
    char *end;
    const double power = -1 / (columns + 4.0);
    if (strcmp(words, "scott") == 0) {
        *bandwidth = pow(rows, power);
        return OK;
    }
    if (strcmp(words, "silverman") == 0) {
        *bandwidth = pow(rows * (columns + 2.0) / 4, power);
        return OK;
    }
    *bandwidth = strtod(words, &end);
    REQUIRE(*words && !*end && *bandwidth >= NARROWEST && *bandwidth <= WIDEST, ERR_USAGE,
            "--bandwidth %s: expected a number between %g and %g, scott or silverman", words, NARROWEST,
            WIDEST);
    return OK;
}

static enum status check(const void *settings, int rows, int columns)
{
    const struct kde_settings *s = settings;
    double bandwidth;
    REQUIRE(rows >= 1, ERR_INPUT, "%d patches to learn from, at least 1 is needed", rows);
    return bandwidth_of(s->bandwidth, rows, columns, &bandwidth);
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *model)
{
    const struct kde_settings *s = settings;
    struct kde_model *kde = model;
    (void)backend;
    TRY(bandwidth_of(s->bandwidth, rows->x.rows, rows->x.columns, &kde->bandwidth));
    return kept_copy(&rows->x, &kde->rows);
}

/* ----------------------------------------------------------------------------------------------- score */

/* A row's sum so far: exp(-least) · sum. */
struct density {
    double least; /* squared distance / 2h² of the nearest row; infinite where there is none yet */
    double sum;
};

struct scoring {
    const struct matrix *x;
    const struct kde_model *kde;
    double scale;  /* 1 / 2h² */
    double margin; /* what is this much above the least exponent, N times, is below the last digit */
    struct density *density; /* [rows of x] */
};

static void add(struct density *density, double exponent)
{
    if (exponent < density->least) {
        density->sum = density->sum * exp(exponent - density->least) + 1;
        density->least = exponent;
    } else {
        density->sum += exp(density->least - exponent);
    }
}

/* The largest rough squared distance that can still be seen in a row's sum. */
static double reach_of(const struct scoring *s, const struct density *density, double error)
{
    return distance_reach((density->least + s->margin) / s->scale, error);
}

static void add_row(const struct scoring *s, const struct distance_tile *tile, int i)
{
    const struct matrix *rows = &s->kde->rows;
    const float *x = matrix_row(s->x, tile->x_first + i), *rough = tile->squared + (size_t)i * tile->stride;
    struct density *density = &s->density[tile->x_first + i];
    double reach = reach_of(s, density, tile->error);
    for (int j = 0; j < tile->y_rows; j++) {
        if ((double)rough[j] > reach) continue;
        add(density, tile->exact(x, matrix_row(rows, tile->y_first + j), rows->columns) * s->scale);
        reach = reach_of(s, density, tile->error);
    }
}

static void add_tile(void *context, const struct distance_tile *tile)
{
    for (int i = 0; i < tile->x_rows; i++) add_row(context, tile, i);
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct kde_model *kde = model;
    TRY(kept_check(&kde->rows, &rows->x));
    const double constant = log(kde->rows.rows) + kde->rows.columns * (LOG_2_PI / 2 + log(kde->bandwidth));
    struct scoring s = { .x = &rows->x,
                         .kde = kde,
                         .scale = 1 / (2 * kde->bandwidth * kde->bandwidth),
                         .margin = LAST_DIGIT + log(kde->rows.rows) };
    const struct distance_taker taker = { .take = add_tile, .context = &s };
    TRY(memory_check(s.density = memory_new((size_t)rows->x.rows, sizeof *s.density)));
    for (int n = 0; n < rows->x.rows; n++) s.density[n].least = (double)INFINITY;
    const enum status status = backend->ops->distance(backend, &rows->x, &kde->rows, &taker);
    for (int n = 0; status == OK && n < rows->x.rows; n++)
        score[n] = s.density[n].least - log(s.density[n].sum) + constant;
    memory_free(s.density);
    return status;
}

/* ----------------------------------------------------------------------------------------------- files */

static enum status describe(const void *model, struct attributes *told)
{
    return attributes_set_real(told, "bandwidth", ((const struct kde_model *)model)->bandwidth);
}

static enum status save(const void *model, struct store *store, const char *name)
{
    TRY(kept_save(&((const struct kde_model *)model)->rows, store, name));
    return saved_told(store, name, model, describe);
}

static enum status load(void *model, struct store *store, const char *name)
{
    struct kde_model *kde = model;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(kept_load(&kde->rows, store, name));
    TRY_OR_DONE(store_get(store, name, &told));
    TRY_OR_DONE(kept_number(store, name, &told, "bandwidth", NARROWEST, WIDEST, &kde->bandwidth));
done:
    attributes_release(&told);
    return status;
}

const struct detector detector_kde = {
    .name = "kde",
    .summary = "Gaussian kernel density; a patch's score is its negative log-density",
    .options = options,
    .settings_size = sizeof(struct kde_settings),
    .model_size = sizeof(struct kde_model),
    .fit_power = 1,
    .score_power = 1,
    .check = check,
    .fit = fit,
    .score = score,
    .save = save,
    .load = load,
    .release = release,
    .describe = describe,
};
