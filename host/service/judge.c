#include "service/judge.h"

#include "core/memory.h"

#include <string.h>

void judge_release(struct judge *judge)
{
    rows_release(&judge->rows);
    memory_free(judge->scratch);
    *judge = (struct judge){ 0 };
}

/* Preparing may have left fewer columns than there were. */
static enum status make_rows(struct judge *judge, const struct batch *batch, struct hearing_place place,
                             int n_patches, int columns)
{
    rows_release(&judge->rows);
    TRY(rows_init(&judge->rows, n_patches, columns));
    memcpy(judge->rows.x.data, batch->features + place.patch * (size_t)columns,
           (size_t)n_patches * (size_t)columns * sizeof(float));
    return OK;
}

static void tell_rows(struct judge *judge, const struct hearing *hearing)
{
    int first = 0;
    for (size_t r = 0; r < hearing->decoded.n_rows; r++) {
        const struct batch_row *row = &hearing->decoded.rows[r];
        rows_tell(&judge->rows, first, row->n_patches, 0, row->level.rms_dbfs);
        first += row->n_patches;
    }
}

static enum status make_scratch(struct judge *judge, int n)
{
    if (n <= judge->scratch_capacity) return OK;
    memory_free(judge->scratch);
    judge->scratch_capacity = 0;
    TRY(memory_check(judge->scratch = memory_new((size_t)n, sizeof *judge->scratch)));
    judge->scratch_capacity = n;
    return OK;
}

/* pooler_score may put them into another order. */
static enum status pool(struct judge *judge, const struct model *model, struct heard *heard)
{
    TRY(make_scratch(judge, heard->n_patches));
    memcpy(judge->scratch, heard->patch_scores, (size_t)heard->n_patches * sizeof *judge->scratch);
    heard->score = pooler_score(&model->pooler, judge->scratch, heard->n_patches);
    return OK;
}

static void decide(const struct calibration *calibration, struct heard *heard)
{
    heard->decides = calibration->n > 0;
    if (!heard->decides) return;
    heard->threshold = calibration->threshold;
    heard->percentile = calibration_percentile(calibration, heard->score);
    heard->is_abnormal = calibration_is_abnormal(calibration, heard->score);
}

enum status judge_hearing(struct judge *judge, const struct hearing *hearing, const struct batch *batch,
                          struct hearing_place place, struct backend *backend)
{
    const struct asking *asking = hearing->asking;
    struct heard *heard = &asking->ask->heard[hearing->number];
    const size_t n = (size_t)heard->n_patches;
    TRY(make_rows(judge, batch, place, heard->n_patches, hearing_extractor(hearing)->setup.columns));
    tell_rows(judge, hearing);
    TRY(memory_check(heard->patch_scores = memory_new(n, sizeof *heard->patch_scores)));
    TRY(model_score(&asking->item->model, asking->group, backend, &judge->rows, heard->patch_scores));
    TRY(pool(judge, &asking->item->model, heard));
    decide(&asking->group->calibration, heard);
    return OK;
}
