#include "pipeline/pass.h"

#include "core/clock.h"
#include "core/log.h"
#include "pipeline/cards.h"
#include "pipeline/failures.h"
#include "pipeline/parts.h"
#include "pipeline/plan.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* A reader takes 0.2 ms for 10 s of 8 channels that lie in memory:
 * four of them feed what any GPU can take, and each holds one batch more in memory. */
enum { LEAST_READERS = 2, MOST_READERS = 4 };

/* One feature file on its way. */
struct making_of {
    struct pass_output *output;
    struct attributes provenance;
    struct plan plan;
    struct part *part;                     /* the one that is being written */
    long long n_rows, n_patches, n_failed; /* written */
};

/* One run: the plans, what of them is to be done, and how far it is. */
struct run {
    struct making_of *files; /* [n_files] */
    struct member *members;  /* [n_files] */
    int n_files;
    const struct run_options *options;
    const struct dataset *dataset;
    struct pass_watch *watch;
    char *is_to_do;     /* [n_parts][n_files] */
    struct span *spans; /* batches, none across two parts */
    int n_spans;
    struct cards cards;
    struct backend **lanes; /* whose line each is */
    struct quarantine *quarantine;
    struct ring *ring;
    struct extract_times times;
    struct progress_state progress;
};

static const struct setup *first_setup(const struct run *run)
{
    return run->files[0].output->setup;
}

/* All plans are cut alike. */
static const struct plan *first_plan(const struct run *run)
{
    return &run->files[0].plan;
}

/* ---------------------------------------------------------------------------------- what is to be done */

/* Into as few batches as hold it, of about one size: a card takes as long for a small one. */
static void cut_part(struct run *run, int part, int most)
{
    const int first = plan_first(first_plan(run), part), count = plan_count(first_plan(run), part);
    const int n_batches = (count + most - 1) / most;
    for (int i = 0; i < n_batches; i++) {
        const int from = (int)((long long)count * i / n_batches);
        const int to = (int)((long long)count * (i + 1) / n_batches);
        run->spans[run->n_spans++] =
            (struct span){ first + from, to - from, run->is_to_do + (size_t)part * (size_t)run->n_files };
    }
    run->watch->report.total += count;
}

/* Recordings of a batch: what the setup that takes most takes at once. */
static int batch_size(const struct run *run)
{
    int most = 1;
    if (run->options->batch) return run->options->batch;
    for (int f = 0; f < run->n_files; f++) {
        const struct setup *setup = run->files[f].output->setup;
        const int n = setup_recordings(setup, setup->spec.chunk);
        if (n > most) most = n;
    }
    return most;
}

static enum status cut_into_spans(struct run *run)
{
    const int n_parts = first_plan(run)->n_parts, most = batch_size(run);
    TRY(memory_check(run->spans = memory_new(run->dataset->count + 1, sizeof *run->spans)));
    TRY(memory_check(run->is_to_do = memory_new((size_t)n_parts * (size_t)run->n_files + 1, 1)));
    for (int part = 0; part < n_parts; part++) {
        int is_any = 0;
        for (int f = 0; f < run->n_files; f++) {
            const struct plan *plan = &run->files[f].plan;
            const int is_due = plan_is_mine(plan, part) && !plan->is_complete[part];
            run->is_to_do[(size_t)part * (size_t)run->n_files + (size_t)f] = (char)is_due;
            is_any |= is_due;
        }
        if (is_any) cut_part(run, part, most);
    }
    return OK;
}

/* --------------------------------------------------------------------------------------------- writing */

static enum status begin_part(struct making_of *file, int number)
{
    char *path = parts_path(file->output->path, number);
    enum status status = memory_check(path);
    if (status == OK)
        status = part_create(&file->part, path, file->output->setup->columns, &file->provenance);
    memory_free(path);
    return status;
}

/* `told`: the batch whose reasons were told already; NULL: none. */
static enum status note_failures(struct run *run, struct making_of *file, const struct batch *batch,
                                 const struct batch *told)
{
    for (size_t r = 0; r < batch->n_rows; r++) {
        const struct batch_row *row = &batch->rows[r];
        if (!row->error[0]) continue;
        file->n_failed++;
        if (told && strcmp(told->rows[r].error, row->error) == 0) continue;
        run->watch->report.failed++;
        log_warning("%s", row->error);
    }
    const long long failed = file->plan.counts.failed + file->n_failed;
    const int most = run->options->max_failures;
    REQUIRE(most < 0 || failed <= most, ERR_INPUT, "%lld recordings failed, --max-failures allows %d", failed,
            most);
    return OK;
}

/* Appends a batch to its part; the last one of the part commits it. */
static enum status write_batch(struct run *run, struct making_of *file, const struct batch *batch)
{
    const int number = batch->first / file->plan.shard_size;
    const int end = plan_first(&file->plan, number) + plan_count(&file->plan, number);
    struct extract_result *result = &file->output->result;
    if (!file->part) TRY(begin_part(file, number));
    TRY(batch_write(batch, file->output->setup, run->dataset, file->part));
    file->n_rows += (long long)batch->n_rows;
    file->n_patches += (long long)batch->n_patches;
    result->computed += batch->count;
    result->audio_s += batch->audio_s;
    if (batch->first + batch->count < end) return OK;
    TRY(part_commit(&file->part));
    file->plan.is_complete[number] = 1;
    result->parts_done++;
    return OK;
}

static enum status write_span(struct run *run, const struct span *span, const struct batch *batches)
{
    struct progress_report *report = &run->watch->report;
    const struct batch *told = NULL;
    report->done += span->count;
    for (int f = 0; f < run->n_files; f++) {
        if (!span->is_wanted[f]) continue;
        TRY(note_failures(run, &run->files[f], &batches[f], told));
        TRY(write_batch(run, &run->files[f], &batches[f]));
        report->patches += (long long)batches[f].n_patches;
        if (!told) report->audio_s += batches[f].audio_s;
        if (!told) report->bytes += batches[f].bytes;
        told = &batches[f];
    }
    return OK;
}

static enum status stopped(const struct run *run)
{
    int n_complete = 0, n_parts = 0;
    for (int f = 0; f < run->n_files; f++) {
        n_complete += plan_n_complete(&run->files[f].plan);
        n_parts += run->files[f].plan.n_parts;
    }
    return fail(ERR_STOPPED,
                "stopped on a signal: %d of %d parts are complete; the same command goes on from there",
                n_complete, n_parts);
}

static int count_readers(const struct backend *backend, int n_cards)
{
    const int half = backend->ops->threads(backend) / 2, most = MOST_READERS * n_cards;
    return half < LEAST_READERS ? LEAST_READERS : half > most ? most : half;
}

static int count_lanes(const struct backend *backend)
{
    return backend->ops->lanes > 1 ? backend->ops->lanes : 1;
}

/* Neighbouring lanes are on different cards. */
static enum status open_ring(struct run *run)
{
    const struct backend *backend = first_setup(run)->backend;
    const int n_cards = run->cards.n, n_lanes = n_cards * count_lanes(backend);
    const struct work work = { run->members, run->n_files, run->dataset,
                               run->spans,   run->n_spans, run->quarantine };
    TRY(memory_check(run->lanes = memory_new((size_t)n_lanes, sizeof *run->lanes)));
    for (int i = 0; i < n_lanes; i++) run->lanes[i] = run->cards.backend[i % n_cards];
    return ring_open(&run->ring, &work, count_readers(backend, n_cards), run->lanes, n_lanes);
}

/* Where the seconds went is told with what they gave. */
static void tell_progress(struct run *run, int last)
{
    struct extract_times *times = &run->times;
    struct progress_report *report = &run->watch->report;
    times->ring = ring_times(run->ring);
    report->decode_s = times->ring.read_s;
    report->compute_s = times->ring.compute_s;
    report->starved_s = times->ring.starved_s;
    report->write_s = times->write_s;
    progress_show(&run->progress, report, last);
    metrics_update(&run->watch->metrics, report);
}

static enum status carry_span(struct run *run, const struct span *span)
{
    const struct batch *batches;
    const double asked = clock_seconds();
    TRY(ring_take(run->ring, &batches));
    const double start = clock_seconds();
    TRY(write_span(run, span, batches));
    ring_give(run->ring);
    run->times.waited_s += start - asked;
    run->times.write_s += clock_seconds() - start;
    return OK;
}

static enum status compute_parts(struct run *run)
{
    struct extract_times *times = &run->times;
    if (run->n_spans == 0) return OK;
    TRY(quarantine_open(&run->quarantine, first_plan(run)->folder, run->dataset->count,
                        &run->options->decode));
    TRY(open_ring(run));
    for (int i = 0; i < run->n_spans; i++) {
        TRY(carry_span(run, &run->spans[i]));
        tell_progress(run, i == run->n_spans - 1);
        if (*run->watch->stop) return stopped(run);
    }
    log_debug("read %.2f s, computed %.2f s, waited for reading %.2f s, wrote %.2f s", times->ring.read_s,
              times->ring.compute_s, times->ring.starved_s, times->write_s);
    return OK;
}

/* --------------------------------------------------------------------------------------------- the run */

static enum status merge(struct run *run, struct pass_output *output)
{
    struct extract_result *result = &output->result;
    struct merge_result merged;
    int n_parts;
    const double start = clock_seconds();
    TRY(parts_join(output->path, run->watch->stop, &n_parts, &merged));
    result->times.merge_s = clock_seconds() - start;
    run->watch->report.merge_s += result->times.merge_s;
    result->recordings = merged.recordings;
    result->failed = merged.failed;
    result->patches = merged.patches;
    result->guards = merged.guards;
    result->is_merged = 1;
    return OK;
}

static enum status merge_all(struct run *run)
{
    for (int f = 0; f < run->n_files; f++) {
        struct pass_output *output = run->files[f].output;
        output->status = merge(run, output);
        if (output->status == ERR_INPUT)
            snprintf(output->reason, sizeof output->reason, "%s", status_sentence());
        else
            TRY(output->status);
    }
    return OK;
}

static enum status prepare_file(const struct run *run, struct making_of *file)
{
    const struct run_options *o = run->options;
    TRY(setup_provenance(file->output->setup, &file->provenance));
    TRY(plan_init(&file->plan, file->output->path, run->dataset, &file->provenance, o->shard_size, o->shard,
                  o->overwrite));
    file->output->result.n_parts = file->plan.n_parts;
    file->output->result.parts_there = plan_n_complete(&file->plan);
    REQUIRE(o->overwrite || access(file->output->path, F_OK) != 0, ERR_OUTPUT,
            "%s exists; --overwrite replaces it", file->output->path);
    return OK;
}

static enum status prepare(struct run *run)
{
    int n_there = 0, n_parts = 0;
    for (int f = 0; f < run->n_files; f++) {
        TRY(prepare_file(run, &run->files[f]));
        n_there += run->files[f].output->result.parts_there;
        n_parts += run->files[f].plan.n_parts;
    }
    TRY(members_find_shares(run->members, run->n_files));
    if (n_there > 0) log_info("%d of %d parts are there already", n_there, n_parts);
    return cut_into_spans(run);
}

static void count_file(struct making_of *file)
{
    struct extract_result *result = &file->output->result;
    result->recordings = file->plan.counts.recordings + file->n_rows;
    result->failed = file->plan.counts.failed + file->n_failed;
    result->patches = file->plan.counts.patches + file->n_patches;
}

static enum status work(struct run *run)
{
    TRY(cards_init(&run->cards, first_setup(run), run->options->devices));
    TRY(prepare(run));
    const enum status status = compute_parts(run);
    for (int f = 0; f < run->n_files; f++) count_file(&run->files[f]);
    TRY(status);
    if (run->options->failed_list) TRY(failures_of_parts(run->options->failed_list, first_plan(run)));
    return run->options->shard ? OK : merge_all(run);
}

static enum status begin(struct run *run, struct pass_output *outputs)
{
    const size_t n = (size_t)run->n_files;
    TRY(memory_check(run->members = memory_new(n, sizeof *run->members)));
    TRY(memory_check(run->files = memory_new(n, sizeof *run->files)));
    for (size_t f = 0; f < n; f++) {
        run->files[f].output = &outputs[f];
        run->members[f].setup = outputs[f].setup;
        outputs[f].result = (struct extract_result){ 0 };
        outputs[f].status = OK;
    }
    return work(run);
}

static void finish(struct run *run)
{
    ring_close(&run->ring);
    quarantine_close(&run->quarantine);
    cards_release(&run->cards);
    for (int f = 0; run->files && f < run->n_files; f++) {
        part_close(&run->files[f].part);
        plan_release(&run->files[f].plan);
        attributes_release(&run->files[f].provenance);
    }
    memory_free(run->lanes);
    memory_free(run->files);
    memory_free(run->members);
    memory_free(run->spans);
    memory_free(run->is_to_do);
}

enum status pass_run(struct pass_output *outputs, int n_outputs, const struct run_options *options,
                     const struct dataset *dataset, struct pass_watch *watch)
{
    struct run run = { .n_files = n_outputs, .options = options, .dataset = dataset, .watch = watch };
    progress_start(&run.progress, options->progress);
    const enum status status = begin(&run, outputs);
    for (int f = 0; f < n_outputs; f++) {
        struct extract_result *result = &outputs[f].result;
        const double merge_s = result->times.merge_s;
        result->seconds = clock_seconds() - run.progress.started_s;
        result->times = run.times;
        result->times.merge_s = merge_s;
    }
    finish(&run);
    return status;
}
