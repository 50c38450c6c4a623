#include "pipeline/recompute.h"

#include "pipeline/batch.h"
#include "pipeline/lines.h"

struct recompute {
    const struct features *features;
    struct setup setup;
    struct lines lines; /* one */
    struct batch batch;
    int is_elsewhere; /* on another backend or instruction set than the file's */
};

static enum status open_setup(struct recompute *r, const struct compute_options *compute)
{
    const struct attributes *recorded = features_provenance(r->features);
    struct extract_settings settings;
    struct attributes now = { 0 };
    TRY(extract_settings_restore(&settings, recorded));
    TRY(setup_like(&r->setup, &settings, compute, recorded));
    enum status status = setup_provenance(&r->setup, &now);
    const struct making then = { recorded, "the file was made" }, again = { &now, "this run works" };
    if (status == OK) status = provenance_compare(then, again, &r->is_elsewhere);
    attributes_release(&now);
    TRY(status);
    return lines_init(&r->lines, &r->setup, &r->setup.backend, 1);
}

enum status recompute_open(struct recompute **out, const struct features *features,
                           const struct compute_options *compute)
{
    struct recompute *r = *out = memory_new(1, sizeof *r);
    TRY(memory_check(r));
    r->features = features;
    const enum status status = open_setup(r, compute);
    if (status != OK) recompute_close(out);
    return status;
}

void recompute_close(struct recompute **recompute)
{
    struct recompute *r = *recompute;
    if (!r) return;
    batch_release(&r->batch);
    lines_release(&r->lines);
    setup_release(&r->setup);
    memory_free(r);
    *recompute = NULL;
}

static enum status read_again(struct recompute *r, const struct feature_recording *row, char *file)
{
    struct recording recording = { .path = file, .file = file };
    const struct dataset dataset = { .recordings = &recording, .count = 1 };
    char channel[16];
    snprintf(channel, sizeof channel, "%d", row->channel);
    r->setup.settings.channel = row->channel == CHANNEL_MEAN ? "mean" : channel;
    TRY(batch_read(&r->batch, &r->setup, &dataset, 0, 1, NULL));
    REQUIRE(!r->batch.rows[0].error[0], ERR_INPUT, "%s", r->batch.rows[0].error);
    return OK;
}

enum status recompute_row(struct recompute *r, int row, struct recomputed *out)
{
    const struct feature_recording *of = &features_recordings(r->features)->rows[row];
    char *file = recording_file(&of->of);
    enum status status = memory_check(file);
    if (status == OK) status = read_again(r, of, file);
    memory_free(file);
    TRY(status);
    TRY(batch_compute(&r->batch, &r->setup, &r->lines.spec, r->lines.line[0]));
    *out = (struct recomputed){ r->batch.features, r->batch.rows[0].n_patches, r->batch.rows[0].hash };
    return OK;
}

int recompute_is_elsewhere(const struct recompute *r)
{
    return r->is_elsewhere;
}
