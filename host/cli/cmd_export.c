#include "cli/cmd.h"
#include "cli/show.h"

#include "core/csv.h"
#include "core/memory.h"
#include "core/output.h"
#include "io/features.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { BLOCK_BYTES = 4 << 20 };

struct settings {
    const char *output;
    int standardized, overwrite;
};

#define FIELD(name) .offset = offsetof(struct settings, name)

static const struct option export_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      FIELD(output),
      .letter = 'o',
      .metavar = "OUT.csv|OUT.npy",
      .help = "what to write; the ending tells the format" },
    { .name = "standardized",
      .type = OPTION_FLAG,
      FIELD(standardized),
      .standard = "0",
      .alias = "standardised",
      .help = "rows as the file holds them, instead of the raw ones" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(overwrite),
      .standard = "0",
      .help = "replace files that exist" },
    { 0 },
};

struct export_job {
    struct settings settings;
    struct features *features;
    int is_npy;
    char *table_path; /* OUT.recordings.csv, beside OUT.npy */
    int columns, block_rows;
    float *block;    /* [block_rows][columns] */
    double *start_s; /* [block_rows] */
};

/* ------------------------------------------------------------------------------------------------- CSV */

/* Nine digits bring every float32 back. */
static void put_csv_rows(const struct export_job *job, const struct feature_recording *row, int n,
                         FILE *stream)
{
    for (int p = 0; p < n; p++) {
        csv_put(stream, row->of.path);
        fprintf(stream, ",%.9g", job->start_s[p]);
        for (int j = 0; j < job->columns; j++)
            fprintf(stream, ",%.9g", (double)job->block[(size_t)p * job->columns + j]);
        fputc('\n', stream);
    }
}

static void put_csv_header(const struct export_job *job, FILE *stream)
{
    fputs("recording,start_s", stream);
    for (int j = 0; j < job->columns; j++) fprintf(stream, ",%d", j);
    fputc('\n', stream);
}

/* ------------------------------------------------------------------------------------------------- NPY */

/* Format version 1.0: magic, length of the header, the header filled up with spaces so that data is aligned. */
static void put_npy_header(const struct export_job *job, FILE *stream)
{
    enum { PREFIX = 10, ALIGNMENT = 64 };
    char header[192];
    const int length =
        snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld, %d), }",
                 features_patches(job->features), job->columns);
    const int padded = (PREFIX + length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - PREFIX;
    const unsigned char prefix[PREFIX] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(padded & 0xff), (unsigned char)(padded >> 8)
    };
    fwrite(prefix, 1, PREFIX, stream);
    fprintf(stream, "%-*s\n", padded - 1, header);
}

static void put_npy_rows(const struct export_job *job, int n, FILE *stream)
{
    fwrite(job->block, sizeof *job->block, (size_t)n * (size_t)job->columns, stream);
}

/* ------------------------------------------------------------------------------------------------ rows */

static enum status read_block(struct export_job *job, long long first, int n)
{
    TRY(features_read_starts(job->features, first, n, job->start_s));
    if (job->settings.standardized) return features_read_stored(job->features, first, n, job->block);
    return features_read(job->features, first, n, job->block);
}

static enum status put_recording(struct export_job *job, const struct feature_recording *row, FILE *stream)
{
    for (int done = 0, n; done < row->n_patches; done += n) {
        n = row->n_patches - done < job->block_rows ? row->n_patches - done : job->block_rows;
        TRY(read_block(job, row->first_patch + done, n));
        if (job->is_npy)
            put_npy_rows(job, n, stream);
        else
            put_csv_rows(job, row, n, stream);
    }
    return OK;
}

static enum status put_features(struct export_job *job, FILE *stream)
{
    const struct features_table *table = features_recordings(job->features);
    if (job->is_npy)
        put_npy_header(job, stream);
    else
        put_csv_header(job, stream);
    for (size_t i = 0; i < table->count; i++) TRY(put_recording(job, &table->rows[i], stream));
    return OK;
}

/* ------------------------------------------------------------------------------- the recordings' table */

static void put_table_row(const struct feature_recording *row, FILE *stream)
{
    const struct recording *of = &row->of;
    const char *const texts[] = { of->path,    of->root,   of->machine, of->id,    of->snr,
                                  of->section, of->domain, of->split,   of->label, of->attributes };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        csv_put(stream, texts[i]);
        fputc(',', stream);
    }
    fprintf(stream, "%d,%d,%lld,%.9g,%.9g,%.9g,%lld,%lld,%d,%s,", row->channel, row->sample_rate,
            row->samples, row->level.rms_dbfs, row->level.peak, row->level.dc, row->level.clipped,
            row->first_patch, row->n_patches, row->status == RECORDING_OK ? "ok" : "failed");
    csv_put(stream, row->error);
    fprintf(stream, ",%s\n", row->hash);
}

static enum status put_table(struct export_job *job, FILE *stream)
{
    const struct features_table *table = features_recordings(job->features);
    fputs("path,root,machine,id,snr,section,domain,split,label,attributes,channel,sample_rate,samples,level_"
          "dbfs,peak,"
          "dc,clipped,first_patch,n_patches,status,error,hash\n",
          stream);
    for (size_t i = 0; i < table->count; i++) put_table_row(&table->rows[i], stream);
    return OK;
}

/* ----------------------------------------------------------------------------------------------- files */

static enum status write_file(struct export_job *job, const char *path,
                              enum status (*put)(struct export_job *job, FILE *stream))
{
    struct output *output = NULL;
    enum status status = output_open(&output, path);
    if (status == OK) status = put(job, output_stream(output));
    if (status == OK) status = output_commit(&output);
    output_close(&output);
    return status;
}

static int ends_with(const char *text, const char *ending)
{
    const size_t length = strlen(text), wanted = strlen(ending);
    return length > wanted && strcasecmp(text + length - wanted, ending) == 0;
}

static enum status check_outputs(struct export_job *job, const struct command_line *line)
{
    const char *path = job->settings.output;
    TRY(command_output(line, path, job->settings.overwrite));
    job->is_npy = ends_with(path, ".npy");
    REQUIRE(job->is_npy || ends_with(path, ".csv"), ERR_USAGE,
            "-o %s: expected a name that ends in .csv or .npy", path);
    if (!job->is_npy) return OK;
    TRY(memory_check(job->table_path = memory_print("%.*s.recordings.csv", (int)strlen(path) - 4, path)));
    return command_output(line, job->table_path, job->settings.overwrite);
}

static enum status prepare(struct export_job *job, const char *path)
{
    TRY(features_open(&job->features, path));
    job->columns = features_columns(job->features);
    const int rows = BLOCK_BYTES / (int)sizeof *job->block / job->columns;
    job->block_rows = rows > 0 ? rows : 1;
    TRY(memory_check(job->block =
                         memory_new((size_t)job->block_rows * (size_t)job->columns, sizeof *job->block)));
    return memory_check(job->start_s = memory_new((size_t)job->block_rows, sizeof *job->start_s));
}

static enum status report(const struct export_job *job, int as_json)
{
    const long long patches = features_patches(job->features);
    const char *kind = job->settings.standardized ? "standardised" : "raw";
    if (as_json)
        return command_json(json_pack("{s:o, s:o, s:I, s:i, s:s}", "output", json_text(job->settings.output),
                                      "recordings_table",
                                      job->table_path ? json_text(job->table_path) : json_null(), "patches",
                                      (json_int_t)patches, "columns", job->columns, "rows", kind));
    printf("%s: %lld patches × %d, %s\n", job->settings.output, patches, job->columns, kind);
    if (job->table_path) printf("%s: their recordings\n", job->table_path);
    return OK;
}

static enum status export(struct export_job *job, const struct command_line *line) {
    TRY(check_outputs(job, line)); TRY(prepare(job, line->options.words[0]));
    TRY(write_file(job, job->settings.output, put_features));
    if (job->table_path) TRY(write_file(job, job->table_path, put_table));
    return report(job, line->common.json);
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct export_job job = { 0 };
    const struct option_set set = { export_options, &job.settings, "Options" };
    struct command_line line;
    int done;
    enum status status;
    TRY_OR_DONE(command_parse(command, &line, &set, 1, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &line, 1, 1));
    status = export(&job, &line);
done:
    features_close(&job.features);
    memory_free(job.table_path);
    memory_free(job.block);
    memory_free(job.start_s);
    command_release(&line);
    return status;
}

const struct command command_export = {
    .name = "export",
    .summary = "features as CSV or NPY",
    .usage = "export F.h5 -o OUT.csv|OUT.npy [options]",
    .about = "Writes one line a patch: recording, start_s and the features, raw unless --standardized; or a "
             "float32 "
             "matrix for\nNumPy, with the recordings in OUT.recordings.csv (first_patch and n_patches point "
             "into the "
             "matrix).",
    .example = "  earshot synth corpus\n"
               "  earshot extract corpus -o features.h5 --weights seeded:1\n"
               "  earshot export features.h5 -o features.npy",
    .run = run,
};
