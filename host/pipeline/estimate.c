#include "pipeline/estimate.h"

#include "core/clock.h"
#include "pipeline/batch.h"

enum { MEASURED = 3 };

static enum status measure(const struct setup *setup, const struct dataset *dataset, struct line *line,
                           struct batch *batch, struct extract_estimate *estimate)
{
    const int n = (int)dataset->count, at[MEASURED] = { 0, n / 2, n - 1 };
    double seconds = 0, patches = 0;
    for (int i = 0; i < MEASURED; i++) {
        const double start = clock_seconds();
        TRY(batch_read(batch, setup, dataset, at[i], 1));
        TRY(batch_compute(batch, setup, line));
        seconds += clock_seconds() - start;
        patches += (double)batch->n_patches;
    }
    estimate->measured = MEASURED;
    estimate->seconds = seconds / MEASURED * n;
    estimate->patches = patches / MEASURED * n;
    estimate->bytes = estimate->patches * (double)setup->columns * sizeof(float);
    return OK;
}

enum status extract_estimate(const struct setup *setup, const struct dataset *dataset,
                             struct extract_estimate *estimate)
{
    struct line *line = NULL;
    struct batch batch = { 0 };
    *estimate = (struct extract_estimate){ 0 };
    enum status status = setup->backend->ops->line_open(setup->backend, &setup->spec, &line);
    if (status == OK) status = measure(setup, dataset, line, &batch, estimate);
    batch_release(&batch);
    setup->backend->ops->line_close(&line);
    return status;
}
