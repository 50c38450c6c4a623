#include "pipeline/failures.h"

#include "core/output.h"
#include "pipeline/parts.h"

static void put_line(FILE *stream, const struct feature_recording *row)
{
    for (const char *c = row->of.path; *c; c++) fputc((unsigned char)*c < 32 ? '?' : *c, stream);
    fprintf(stream, "\t%s\n", row->error);
}

static void put_table(FILE *stream, const struct features_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].status == RECORDING_FAILED) put_line(stream, &table->rows[i]);
}

static enum status put_part(FILE *stream, const char *output, int part)
{
    char *path = parts_path(output, part);
    struct features *features = NULL;
    enum status status = memory_check(path);
    if (status == OK) status = features_open_part(&features, path);
    if (status == OK) put_table(stream, features_recordings(features));
    features_close(&features);
    memory_free(path);
    return status;
}

enum status failures_of_parts(const char *list, const struct plan *plan)
{
    struct output *output;
    enum status status;
    TRY(output_open(&output, list));
    for (int part = 0; part < plan->n_parts; part++)
        if (plan_is_mine(plan, part) && plan->is_complete[part])
            TRY_OR_DONE(put_part(output_stream(output), plan->output, part));
    status = output_commit(&output);
done:
    output_close(&output);
    return status;
}

enum status failures_of_file(const char *list, const char *path)
{
    struct features *features;
    struct output *output = NULL;
    enum status status;
    TRY(features_open(&features, path));
    TRY_OR_DONE(output_open(&output, list));
    put_table(output_stream(output), features_recordings(features));
    status = output_commit(&output);
done:
    output_close(&output);
    features_close(&features);
    return status;
}
