#include "cli/cmd.h"

#include "core/clock.h"
#include "eval/selftest.h"
#include "io/json_text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

struct selftest_settings {
    const char *backend;
    int threads, device;
    int speed;
};

static const struct option selftest_options[] = {
    { .name = "backend",
      .type = OPTION_TEXT,
      .offset = offsetof(struct selftest_settings, backend),
      .standard = "all",
      .metavar = "NAME",
      .help = "one of them, or all that open on this machine; `earshot devices` lists them" },
    { .name = "device",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct selftest_settings, device),
      .standard = "0",
      .low = 0,
      .high = 1024,
      .metavar = "N",
      .help = "card, where there are several" },
    { .name = "threads",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct selftest_settings, threads),
      .standard = "0",
      .low = 0,
      .high = 1024,
      .metavar = "N",
      .help = "0: all that this process may use" },
    { .name = "speed",
      .type = OPTION_FLAG,
      .offset = offsetof(struct selftest_settings, speed),
      .standard = "1",
      .help = "also time the whole line, and hold it to the cpu backend's" },
    { 0 },
};

/* One backend's page. */
struct page {
    const struct backend_ops *ops;
    char device[64];
    char reason[512]; /* why it does not open; "": it does */
    struct selftest_result results[SELFTEST_STAGES];
    int has_line;
    double recordings_per_second, least_cosine;
};

enum { MOST_BACKENDS = 8 };

struct selftest_job {
    struct selftest_settings settings;
    struct command_line line;
    struct page pages[MOST_BACKENDS];
    int n_pages, n_failed, n_short; /* short of memory, which says nothing of the answers: among the failed */
};

/* ------------------------------------------------------------------------------------------------- running */

/* A cosine below this is an answer that differs: float32 against float32. */
static const double least_cosine = 0.999999;

static void run_stages(struct selftest_job *job, struct backend *backend, const struct place *place,
                       struct page *page)
{
    for (int i = 0; i < SELFTEST_STAGES; i++) {
        page->results[i] = selftest_run(backend, place, i);
        job->n_failed += !page->results[i].passed;
        job->n_short += page->results[i].status == ERR_MEMORY;
    }
}

/* The definitions are too slow to be timed. */
static enum status run_line(struct selftest_job *job, const struct place *place, struct page *page)
{
    if (!job->settings.speed || strcmp(place->backend, "ref") == 0) return OK;
    TRY(selftest_line(place, &page->recordings_per_second, &page->least_cosine));
    page->has_line = 1;
    job->n_failed += !(page->least_cosine >= least_cosine);
    return OK;
}

static enum status run_backend(struct selftest_job *job, const struct backend_ops *ops)
{
    struct page *page = &job->pages[job->n_pages++];
    const struct place place = { .backend = ops->name,
                                 .device = job->settings.device,
                                 .threads = job->settings.threads };
    struct backend *backend = NULL;
    *page = (struct page){ .ops = ops };
    const enum status status = place_open(&backend, &place);
    if (status == ERR_MEMORY) return status;
    if (status != OK) {
        snprintf(page->reason, sizeof page->reason, "%s", status_sentence());
        return OK;
    }
    snprintf(page->device, sizeof page->device, "%s", ops->device(backend));
    run_stages(job, backend, &place, page);
    backend->ops->close(&backend);
    return run_line(job, &place, page);
}

static enum status run_all(struct selftest_job *job)
{
    const char *wanted = job->settings.backend;
    for (int i = 0; backend_number(i) && job->n_pages < MOST_BACKENDS; i++)
        if (strcmp(wanted, "all") == 0 || strcmp(wanted, backend_number(i)->name) == 0)
            TRY(run_backend(job, backend_number(i)));
    REQUIRE(job->n_pages > 0, ERR_USAGE, "--backend %s: there is no such backend; see earshot devices",
            wanted);
    REQUIRE(strcmp(wanted, "all") == 0 || !job->pages[0].reason[0], ERR_DEVICE, "%s", job->pages[0].reason);
    return OK;
}

/* -------------------------------------------------------------------------------------------- what came out */

/* The processor's name, as Linux tells it; "" elsewhere. */
static void processor(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    *name = '\0';
    while (file && !*name && fgets(line, sizeof line, file))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':'))
            snprintf(name, size, "%.*s", (int)strcspn(strchr(line, ':') + 2, "\n"), strchr(line, ':') + 2);
    if (file) fclose(file);
}

static void print_machine(void)
{
    struct utsname system;
    char name[256], now[32];
    processor(name, sizeof name);
    clock_utc(now, sizeof now);
    printf("earshot " EARSHOT_VERSION ", %s\n", now);
    if (uname(&system) == 0) printf("%s %s %s, %s\n", system.sysname, system.release, system.machine, name);
}

static void print_stage(int i, const struct selftest_result *result)
{
    const struct selftest_stage *stage = &selftest_stages[i];
    printf("%-14s %-28s ", stage->name, stage->what);
    if (result->status != OK)
        printf("FAILED: %s\n", result->sentence);
    else
        printf("%-7s %9.2e of %.0e  %8.3f s\n", result->passed ? "ok" : "DIFFERS", result->error,
               stage->bound, result->seconds);
}

static void print_page(const struct page *page)
{
    printf("\n%s", page->ops->name);
    if (page->reason[0]) {
        printf(": not tested: %s\n", page->reason);
        return;
    }
    printf(" (%s)\n%-14s %-28s %-7s %-18s %10s\n", page->device, "stage", "", "", "error of bound", "time");
    for (int i = 0; i < SELFTEST_STAGES; i++) print_stage(i, &page->results[i]);
    if (page->has_line)
        printf("%-14s %-28s %-7s %.7f cosine to cpu, at least; %.1f recordings of 10 s a second\n", "line",
               "resnet18, seeded weights", page->least_cosine >= least_cosine ? "ok" : "DIFFERS",
               page->least_cosine, page->recordings_per_second);
}

static json_t *stage_json(int i, const struct selftest_result *result)
{
    json_t *json = json_pack("{s:s, s:b, s:f, s:f}", "stage", selftest_stages[i].name, "passed",
                             result->passed, "bound", selftest_stages[i].bound, "seconds", result->seconds);
    if (json && result->status == OK) json_object_set_new(json, "error", json_real(result->error));
    if (json && result->status != OK) json_object_set_new(json, "reason", json_text(result->sentence));
    return json;
}

static json_t *page_json(const struct page *page)
{
    if (page->reason[0])
        return json_pack("{s:s, s:b, s:o}", "backend", page->ops->name, "opens", 0, "reason",
                         json_text(page->reason));
    json_t *stages = json_array();
    for (int i = 0; i < SELFTEST_STAGES; i++) json_array_append_new(stages, stage_json(i, &page->results[i]));
    json_t *json = json_pack("{s:s, s:b, s:o, s:o}", "backend", page->ops->name, "opens", 1, "device",
                             json_text(page->device), "stages", stages);
    if (json && page->has_line)
        json_object_update_new(json, json_pack("{s:f, s:f}", "least_cosine", page->least_cosine,
                                               "recordings_per_second", page->recordings_per_second));
    return json;
}

static enum status print_json(const struct selftest_job *job)
{
    json_t *backends = json_array();
    for (int i = 0; i < job->n_pages; i++) json_array_append_new(backends, page_json(&job->pages[i]));
    return command_json(json_pack("{s:s, s:i, s:o}", "version", EARSHOT_VERSION, "failed", job->n_failed,
                                  "backends", backends));
}

static enum status tell(const struct selftest_job *job)
{
    if (job->line.common.json) return print_json(job);
    print_machine();
    for (int i = 0; i < job->n_pages; i++) print_page(&job->pages[i]);
    return OK;
}

/* ------------------------------------------------------------------------------------------- the command */

static enum status work(struct selftest_job *job)
{
    TRY(run_all(job));
    TRY(tell(job));
    const int n_different = job->n_failed - job->n_short;
    REQUIRE(n_different == 0, ERR_VERIFY, "%d answers differ; please report the page above", n_different);
    REQUIRE(job->n_short == 0, ERR_MEMORY, "out of memory: %d stages could not be run", job->n_short);
    return OK;
}

static enum status run(const struct command *command, int argc, char **argv)
{
    struct selftest_job job = { 0 };
    const struct option_set sets[] = { { selftest_options, &job.settings, "Options of selftest" } };
    int done = 0;
    enum status status;
    TRY_OR_DONE(command_parse(command, &job.line, sets, 1, argc, argv, &done));
    if (done) goto done;
    TRY_OR_DONE(command_words(command, &job.line, 0, 0));
    status = work(&job);
done:
    command_release(&job.line);
    return status;
}

const struct command command_selftest = {
    .name = "selftest",
    .summary = "proves this machine: every stage against stored answers",
    .usage = "selftest [--backend all] [--no-speed]",
    .about =
        "Runs every stage of every backend that opens here, and compares some of its values with stored\n"
        "answers of the definitions; then the whole line with the cpu backend's, and how fast it is. One\n"
        "page, to be pasted into a report. A difference ends with exit code 7.",
    .example = "  earshot selftest --backend cpu",
    .run = run,
};
