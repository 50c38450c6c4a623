#include "eval/fit_estimate.h"

#include "core/clock.h"
#include "core/memory.h"
#include "core/rng.h"

#include <math.h>
#include <string.h>

int fit_rows_to_time(double largest)
{
    enum { MOST = 512, LEAST = 8 };
    const int n = (int)fmin(MOST, largest / 8);
    return n < LEAST ? 0 : n;
}

static enum status fill_rows(struct rows *rows, int n, int columns)
{
    struct rng rng = rng_seeded(0, 0xe571);
    TRY(rows_init(rows, n, columns));
    for (int r = 0; r < n; r++)
        for (int j = 0; j < columns; j++) matrix_row(&rows->x, r)[j] = (float)rng_normal(&rng);
    return OK;
}

static enum status time_detector(struct backend *backend, const struct contender *contender,
                                 const struct rows *rows, struct fit_timing *timing)
{
    const struct detector *detector = contender->detector;
    void *model = memory_new(1, detector->model_size);
    double *score = memory_new((size_t)rows->x.rows, sizeof *score);
    enum status status = model && score ? OK : ERR_MEMORY;
    const double started = clock_seconds();
    if (status == OK) status = detector->check(contender->settings, rows->x.rows, rows->x.columns);
    if (status == OK) status = detector->fit(backend, contender->settings, rows, model);
    const double fitted = clock_seconds();
    if (status == OK) status = detector->score(backend, model, rows, score);
    *timing = (struct fit_timing){ rows->x.rows, fitted - started, clock_seconds() - fitted };
    if (model) detector->release(model);
    memory_free(model);
    memory_free(score);
    return status;
}

/* The least of three, since other programs may have had their share; once where it takes long. */
static enum status time_thrice(struct backend *backend, const struct contender *contender,
                               const struct rows *rows, struct fit_timing *timing)
{
    enum { TIMES = 3 };
    const double long_s = 0.5;
    TRY(time_detector(backend, contender, rows, timing));
    for (int i = 1; i < TIMES && timing->fit_s + timing->score_s < long_s; i++) {
        struct fit_timing again;
        TRY(time_detector(backend, contender, rows, &again));
        timing->fit_s = fmin(timing->fit_s, again.fit_s);
        timing->score_s = fmin(timing->score_s, again.score_s);
    }
    return OK;
}

/* What an epoch of it takes is enough to know: *times is what the fit's time is multiplied by. */
static enum status shorten(const struct contender *contender, void **settings, double *times)
{
    const struct detector *detector = contender->detector;
    TRY(detector_seeded(detector, contender->settings, 0, settings));
    *times = 1;
    for (const struct option *option = detector->options; option->name; option++) {
        if (strcmp(option->name, "epochs") != 0) continue;
        int *epochs = (int *)(void *)((char *)*settings + option->offset);
        *times = *epochs;
        *epochs = 1;
    }
    return OK;
}

enum status fit_time(struct backend *backend, const struct contender *contender, int columns, int n_rows,
                     struct fit_timing *timing)
{
    void *settings = NULL;
    double times = 1;
    struct rows rows = { 0 };
    enum status status = shorten(contender, &settings, &times);
    const struct contender shortened = { contender->detector, settings };
    if (status == OK) status = fill_rows(&rows, n_rows, columns);
    if (status == OK) status = time_thrice(backend, &shortened, &rows, timing);
    timing->fit_s *= times;
    rows_release(&rows);
    memory_free(settings);
    return status;
}

double fit_carry_on(const struct fit_timing *timing, const struct detector *detector, double n_train,
                    double n_test)
{
    const double rows = timing->rows;
    return timing->fit_s * pow(n_train / rows, detector->fit_power) +
           timing->score_s * n_test / rows * pow(n_train / rows, detector->score_power);
}
