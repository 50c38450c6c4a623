#include "pipeline/metrics.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/output.h"

#include <string.h>
#include <time.h>

#define PAUSE_S 10.0

enum outcome { RUNNING, ENDED };

void metrics_start(struct metrics *metrics, const char *path, const char *output, const char *shard,
                   const char *backend, const char *device)
{
    *metrics =
        (struct metrics){ path, output, shard ? shard : "", backend, device, (double)time(NULL), 0, 0 };
}

static void put_escaped(FILE *file, const char *name, const char *value)
{
    fprintf(file, "%s=\"", name);
    for (const char *c = value; *c; c++) {
        if (*c == '\n')
            fputs("\\n", file);
        else if (*c == '\\' || *c == '"')
            fprintf(file, "\\%c", *c);
        else
            fputc(*c, file);
    }
    fputc('"', file);
}

/* One value; `label` is one more label, which has the value `is`; NULL: none. */
static void put_value(FILE *file, const struct metrics *m, const char *name, const char *label,
                      const char *is, double value)
{
    fprintf(file, "earshot_%s{", name);
    put_escaped(file, "output", m->output);
    fputc(',', file);
    put_escaped(file, "shard", m->shard);
    if (label) {
        fputc(',', file);
        put_escaped(file, label, is);
    }
    fprintf(file, "} %.17g\n", value);
}

static void put_head(FILE *file, const char *name, const char *type, const char *help)
{
    fprintf(file, "# HELP earshot_%s %s\n# TYPE earshot_%s %s\n", name, help, name, type);
}

static void put_gauge(FILE *file, const struct metrics *m, const char *name, const char *help, double value)
{
    put_head(file, name, "gauge", help);
    put_value(file, m, name, NULL, NULL, value);
}

static void put_counter(FILE *file, const struct metrics *m, const char *name, const char *help, double value)
{
    put_head(file, name, "counter", help);
    put_value(file, m, name, NULL, NULL, value);
}

static void put_work(FILE *file, const struct metrics *m, const struct progress_report *r)
{
    /* of a recording that fails each channel may be counted */
    const double ok = r->done > r->failed ? (double)(r->done - r->failed) : 0;
    put_head(file, "recordings_processed_total", "counter", "Recordings of this run, by what came of them.");
    put_value(file, m, "recordings_processed_total", "status", "ok", ok);
    put_value(file, m, "recordings_processed_total", "status", "failed", (double)r->failed);
    put_gauge(file, m, "recordings_planned", "Recordings that this run has to process.", (double)r->total);
    put_counter(file, m, "patches_total", "Patches whose features were written.", (double)r->patches);
    put_counter(file, m, "audio_seconds_total", "Seconds of sound that were processed.", r->audio_s);
    put_counter(file, m, "read_bytes_total", "Bytes of the recordings' files.", r->bytes);
}

static void put_stages(FILE *file, const struct metrics *m, const struct progress_report *r)
{
    const struct {
        const char *stage;
        double seconds;
    } stages[] = { { "decode", r->decode_s },
                   { "compute", r->compute_s },
                   { "write", r->write_s },
                   { "merge", r->merge_s } };
    put_head(file, "stage_seconds_total", "counter", "Seconds of work, summed over the threads of a stage.");
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        put_value(file, m, "stage_seconds_total", "stage", stages[i].stage, stages[i].seconds);
    put_head(file, "stage_starved_seconds_total", "counter",
             "Seconds that a stage waited for the one before.");
    put_value(file, m, "stage_starved_seconds_total", "stage", "compute", r->starved_s);
}

static void put_outcome(FILE *file, const struct metrics *m, enum outcome outcome, enum status status)
{
    const double now = (double)time(NULL);
    const int is_success = outcome == ENDED && (status == OK || status == ERR_PARTIAL);
    put_gauge(file, m, "start_timestamp_seconds", "When the run began.", m->started_s);
    put_gauge(file, m, "update_timestamp_seconds", "When this file was written.", now);
    put_gauge(file, m, "running", "1 while it runs.", outcome == RUNNING);
    if (outcome == ENDED)
        put_gauge(file, m, "exit_code", "What the run ended with.", status_exit_code(status));
    if (is_success) put_gauge(file, m, "last_success_timestamp_seconds", "When it was done.", now);
    put_head(file, "build_info", "gauge", "The program, and where it computes.");
    fputs("earshot_build_info{", file);
    put_escaped(file, "version", EARSHOT_VERSION);
    fputc(',', file);
    put_escaped(file, "backend", m->backend);
    fputc(',', file);
    put_escaped(file, "device", m->device);
    fputc(',', file);
    put_escaped(file, "output", m->output);
    fputc(',', file);
    put_escaped(file, "shard", m->shard);
    fputs("} 1\n", file);
}

static enum status write_file(const struct metrics *m, const struct progress_report *r, enum outcome outcome,
                              enum status status)
{
    struct output *output;
    TRY(output_open(&output, m->path));
    put_work(output_stream(output), m, r);
    put_stages(output_stream(output), m, r);
    put_outcome(output_stream(output), m, outcome, status);
    return output_commit(&output);
}

/* The job's own sentence is kept: a file of metrics that cannot be written is nothing to end for. */
static void replace(struct metrics *m, const struct progress_report *r, enum outcome outcome,
                    enum status status)
{
    char kept[1024];
    snprintf(kept, sizeof kept, "%s", status_sentence());
    m->written_s = clock_seconds();
    if (write_file(m, r, outcome, status) != OK && !m->has_failed) {
        log_warning("%s; the run goes on", status_sentence());
        m->has_failed = 1;
    }
    if (status != OK) fail(status, "%s", kept);
}

void metrics_update(struct metrics *m, const struct progress_report *r)
{
    if (m->path && (m->written_s == 0 || clock_seconds() - m->written_s >= PAUSE_S))
        replace(m, r, RUNNING, OK);
}

void metrics_end(struct metrics *m, const struct progress_report *r, enum status status)
{
    if (m->path) replace(m, r, ENDED, status);
}
