#include "pipeline/extract.h"

#include "core/clock.h"
#include "core/log.h"
#include "pipeline/cards.h"
#include "pipeline/failures.h"
#include "pipeline/parts.h"
#include "pipeline/plan.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define FIELD(name) .offset = offsetof(struct run_options, name)

const struct option run_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      FIELD(output),
      .letter = 'o',
      .metavar = "F.h5",
      .help = "the feature file" },
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(overwrite),
      .standard = "0",
      .help = "replace an output that exists, and parts of other options" },
    { .name = "resume",
      .type = OPTION_FLAG,
      FIELD(resume),
      .standard = "0",
      .help = "an output that exists is what was wanted: do nothing; complete parts are always used again" },
    { .name = "shard",
      .type = OPTION_TEXT,
      FIELD(shard),
      .metavar = "i/n",
      .help = "only the parts k with k mod n = i, without joining them; auto: from a Slurm array or "
              "Kubernetes job" },
    { .name = "shard-size",
      .type = OPTION_INTEGER,
      FIELD(shard_size),
      .standard = "64",
      .low = 1,
      .high = 1e6,
      .metavar = "N",
      .help = "recordings of one part: what is lost at most when a run is killed" },
    { .name = "batch",
      .type = OPTION_INTEGER,
      FIELD(batch),
      .standard = "0",
      .low = 0,
      .high = 1024,
      .metavar = "N",
      .help = "recordings that go through the ring together, at most; 0: as many as the backend takes at "
              "once" },
    { .name = "devices",
      .type = OPTION_TEXT,
      FIELD(devices),
      .metavar = "LIST",
      .help = "share the recordings out to several GPUs of one model: their numbers, 0,1, or all" },
    { .name = "max-failures",
      .type = OPTION_INTEGER,
      FIELD(max_failures),
      .standard = "-1",
      .low = -1,
      .high = 1e9,
      .metavar = "N",
      .help = "stop when more recordings than that cannot be used; -1: go on whatever happens" },
    { .name = "failed-list",
      .type = OPTION_TEXT,
      FIELD(failed_list),
      .metavar = "FILE",
      .help = "write failed recordings and their reasons there, one a line" },
    { .name = "progress",
      .type = OPTION_CHOICE,
      FIELD(progress),
      .standard = "auto",
      .choices = "auto|bar|plain|json|none",
      .help = "how far it is, on stderr; auto: a bar on a terminal" },
    { 0 },
};

/* A reader takes 0.2 ms for 10 s of 8 channels that lie in memory:
 * four of them feed what any GPU can take, and each holds one batch more in memory. */
enum { LEAST_READERS = 2, MOST_READERS = 4 };

/* One run: the plan, what of it is to be done, and how far it is. */
struct run {
    const struct setup *setup;
    const struct run_options *options;
    const struct dataset *dataset;
    const volatile sig_atomic_t *stop;
    struct extract_result *result;
    struct attributes provenance;
    struct plan plan;
    struct span *spans; /* batches, none across two parts */
    int n_spans;
    struct quarantine *quarantine;
    struct cards cards;
    struct backend **lanes; /* whose line each is */
    struct ring *ring;
    struct part *part; /* the one that is being written */
    struct progress_state progress;
    struct progress_report report;
    long long n_rows, n_patches; /* written */
};

/* ---------------------------------------------------------------------------------- what is to be done */

static int is_to_do(const struct plan *plan, int part)
{
    return plan_is_mine(plan, part) && !plan->is_complete[part];
}

/* Into as few batches as hold it, of about one size: a card takes as long for a small one. */
static void cut_part(struct run *run, int first, int count, int most)
{
    const int n_batches = (count + most - 1) / most;
    for (int i = 0; i < n_batches; i++) {
        const int from = (int)((long long)count * i / n_batches);
        const int to = (int)((long long)count * (i + 1) / n_batches);
        run->spans[run->n_spans++] = (struct span){ first + from, to - from };
    }
    run->report.total += count;
}

static enum status cut_into_spans(struct run *run)
{
    const struct plan *plan = &run->plan;
    const struct setup *setup = run->setup;
    const int given = run->options->batch;
    const int most = given ? given : setup_recordings(setup, setup->spec.chunk);
    TRY(memory_check(run->spans = memory_new(run->dataset->count + 1, sizeof *run->spans)));
    for (int part = 0; part < plan->n_parts; part++)
        if (is_to_do(plan, part)) cut_part(run, plan_first(plan, part), plan_count(plan, part), most);
    return OK;
}

/* --------------------------------------------------------------------------------------------- writing */

static enum status begin_part(struct run *run, int number)
{
    char *path = parts_path(run->options->output, number);
    enum status status = memory_check(path);
    if (status == OK) status = part_create(&run->part, path, run->setup->columns, &run->provenance);
    memory_free(path);
    return status;
}

static enum status note_failures(struct run *run, const struct batch *batch)
{
    for (size_t r = 0; r < batch->n_rows; r++) {
        const struct batch_row *row = &batch->rows[r];
        if (!row->error[0]) continue;
        run->report.failed++;
        log_warning("%s", row->error);
    }
    const long long failed = run->plan.counts.failed + run->report.failed;
    const int most = run->options->max_failures;
    REQUIRE(most < 0 || failed <= most, ERR_INPUT, "%lld recordings failed, --max-failures allows %d", failed,
            most);
    return OK;
}

/* Appends a batch to its part; the last one of the part commits it. */
static enum status write_batch(struct run *run, const struct batch *batch)
{
    const int number = batch->first / run->plan.shard_size;
    const int end = plan_first(&run->plan, number) + plan_count(&run->plan, number);
    TRY(note_failures(run, batch));
    if (!run->part) TRY(begin_part(run, number));
    TRY(batch_write(batch, run->setup, run->dataset, run->part));
    run->report.done += batch->count;
    run->n_rows += (long long)batch->n_rows;
    run->n_patches += (long long)batch->n_patches;
    run->report.audio_s += batch->audio_s;
    progress_show(&run->progress, &run->report, 0);
    if (batch->first + batch->count < end) return OK;
    TRY(part_commit(&run->part));
    run->plan.is_complete[number] = 1;
    run->result->parts_done++;
    return OK;
}

static enum status stopped(const struct run *run)
{
    return fail(ERR_STOPPED,
                "stopped on a signal: %d of %d parts are complete; the same command goes on from there",
                plan_n_complete(&run->plan), run->plan.n_parts);
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
    const struct setup *setup = run->setup;
    const int n_cards = run->cards.n, n_lanes = n_cards * count_lanes(setup->backend);
    TRY(memory_check(run->lanes = memory_new((size_t)n_lanes, sizeof *run->lanes)));
    for (int i = 0; i < n_lanes; i++) run->lanes[i] = run->cards.backend[i % n_cards];
    return ring_open(&run->ring, setup, run->dataset, run->spans, run->n_spans,
                     count_readers(setup->backend, n_cards), run->lanes, n_lanes, run->quarantine);
}

static enum status carry_batch(struct run *run, struct extract_times *times)
{
    struct batch *batch;
    const double asked = clock_seconds();
    TRY(ring_take(run->ring, &batch));
    const double start = clock_seconds();
    TRY(write_batch(run, batch));
    ring_give(run->ring);
    times->waited_s += start - asked;
    times->write_s += clock_seconds() - start;
    return OK;
}

static enum status compute_parts(struct run *run)
{
    struct extract_times *times = &run->result->times;
    if (run->n_spans == 0) return OK;
    TRY(quarantine_open(&run->quarantine, run->plan.folder, run->dataset->count, &run->options->decode));
    TRY(open_ring(run));
    for (int i = 0; i < run->n_spans; i++) {
        TRY(carry_batch(run, times));
        if (*run->stop) return stopped(run);
    }
    progress_show(&run->progress, &run->report, 1);
    times->ring = ring_times(run->ring);
    log_debug("read %.2f s, computed %.2f s, waited for reading %.2f s, wrote %.2f s", times->ring.read_s,
              times->ring.compute_s, times->ring.starved_s, times->write_s);
    return OK;
}

/* --------------------------------------------------------------------------------------------- the run */

static enum status merge(struct run *run)
{
    struct merge_result merged;
    int n_parts;
    const double start = clock_seconds();
    TRY(parts_join(run->options->output, &n_parts, &merged));
    run->result->times.merge_s = clock_seconds() - start;
    run->result->recordings = merged.recordings;
    run->result->failed = merged.failed;
    run->result->patches = merged.patches;
    run->result->guards = merged.guards;
    run->result->is_merged = 1;
    return OK;
}

static enum status prepare(struct run *run)
{
    const struct run_options *o = run->options;
    TRY(setup_provenance(run->setup, &run->provenance));
    TRY(plan_init(&run->plan, o->output, run->dataset, &run->provenance, o->shard_size, o->shard,
                  o->overwrite));
    run->result->n_parts = run->plan.n_parts;
    run->result->parts_there = plan_n_complete(&run->plan);
    if (run->result->parts_there > 0)
        log_info("%d of %d parts are there already", run->result->parts_there, run->plan.n_parts);
    if (o->shard) log_info("part %d of %d", run->plan.shard, run->plan.n_shards);
    return cut_into_spans(run);
}

static enum status work(struct run *run)
{
    TRY(cards_init(&run->cards, run->setup, run->options->devices));
    TRY(prepare(run));
    const enum status status = compute_parts(run);
    run->result->recordings = run->plan.counts.recordings + run->n_rows;
    run->result->failed = run->plan.counts.failed + run->report.failed;
    run->result->patches = run->plan.counts.patches + run->n_patches;
    TRY(status);
    if (run->options->failed_list) TRY(failures_of_parts(run->options->failed_list, &run->plan));
    return run->options->shard ? OK : merge(run);
}

static void release(struct run *run)
{
    ring_close(&run->ring);
    quarantine_close(&run->quarantine);
    cards_release(&run->cards);
    memory_free(run->lanes);
    part_close(&run->part);
    plan_release(&run->plan);
    attributes_release(&run->provenance);
    memory_free(run->spans);
}

enum status extract_run(const struct setup *setup, const struct run_options *options,
                        const struct dataset *dataset, const volatile sig_atomic_t *stop,
                        struct extract_result *result)
{
    struct run run = {
        .setup = setup, .options = options, .dataset = dataset, .stop = stop, .result = result
    };
    *result = (struct extract_result){ 0 };
    progress_start(&run.progress, options->progress);
    const enum status status = work(&run);
    result->seconds = clock_seconds() - run.progress.started_s;
    result->audio_s = run.report.audio_s;
    result->computed = run.report.done;
    release(&run);
    TRY(status);
    REQUIRE(!result->is_merged || result->failed == 0, ERR_PARTIAL,
            "%lld of %lld recordings could not be used", result->failed, result->recordings);
    return OK;
}

/* --------------------------------------------------------------------------- again, for other commands */

enum status extract_to_file(const struct attributes *provenance, const struct compute_options *compute,
                            const struct dataset *dataset, const char *output,
                            const volatile sig_atomic_t *stop)
{
    const struct run_options options = {
        .output = output, .shard_size = 64, .overwrite = 1, .max_failures = -1
    };
    struct extract_settings settings;
    struct extract_result result;
    struct setup setup;
    TRY(extract_settings_restore(&settings, provenance));
    TRY(setup_like(&setup, &settings, compute, provenance));
    const enum status status = extract_run(&setup, &options, dataset, stop, &result);
    setup_release(&setup);
    return status;
}
