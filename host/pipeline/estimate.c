#include "pipeline/estimate.h"

#include "core/clock.h"
#include "pipeline/batch.h"
#include "pipeline/lines.h"

enum { MEASURED = 3 };

static enum status measure(const struct setup *setup, const struct dataset *dataset,
                           const struct lines *lines, struct batch *batch, struct extract_estimate *estimate)
{
    const int n = (int)dataset->count, at[MEASURED] = { 0, n / 2, n - 1 };
    double seconds = 0, patches = 0;
    for (int i = 0; i < MEASURED; i++) {
        const double start = clock_seconds();
        TRY(batch_read(batch, setup, dataset, at[i], 1, NULL));
        TRY(batch_compute(batch, setup, &lines->spec, lines->line[0]));
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
    struct lines lines;
    struct batch batch = { 0 };
    *estimate = (struct extract_estimate){ 0 };
    enum status status = lines_init(&lines, setup, &setup->backend, 1);
    if (status == OK) status = measure(setup, dataset, &lines, &batch, estimate);
    batch_release(&batch);
    lines_release(&lines);
    return status;
}
