#include "pipeline/extract.h"

#include "pipeline/finished.h"
#include "pipeline/metrics.h"
#include "pipeline/pass.h"
#include "pipeline/plan.h"
#include "pipeline/plan_file.h"

/* What was asked for, and what stood under the output's name before. */
struct wish {
    const struct run_options *options;
    const struct dataset *dataset;
    const struct setup *setup;
    struct finished finished;
};

static enum status find_elsewhere(const struct wish *wish, enum status status, struct merge_result *counts)
{
    const int size = wish->options->shard_size;
    struct attributes provenance = { 0 };
    char kept[1024];
    snprintf(kept, sizeof kept, "%s", status_sentence());
    const enum status known = setup_provenance(wish->setup, &provenance);
    const struct plan wanted = { .dataset = wish->dataset,
                                 .options = &provenance,
                                 .shard_size = size,
                                 .n_parts = ((int)wish->dataset->count + size - 1) / size };
    json_t *plan = known == OK ? plan_file_json(&wanted) : NULL;
    status = finished_elsewhere(&wish->finished, plan, fail(status, "%s", kept), counts);
    json_decref(plan);
    attributes_release(&provenance);
    return status;
}

/* A run that failed because another one was quicker has what it wanted. */
static enum status settle(const struct wish *wish, enum status status, struct extract_result *result)
{
    struct merge_result counts = { 0 };
    if (status == OK) return OK;
    TRY(find_elsewhere(wish, status, &counts));
    result->recordings = counts.recordings;
    result->failed = counts.failed;
    result->patches = counts.patches;
    result->guards = counts.guards;
    result->is_merged = 1;
    return OK;
}

static enum status verdict(const struct run_options *options, const struct extract_result *result,
                           enum status status)
{
    TRY(status);
    REQUIRE(!result->is_merged || result->failed == 0 || options->shard, ERR_PARTIAL,
            "%lld of %lld recordings could not be used", result->failed, result->recordings);
    return OK;
}

enum status extract_run(const struct setup *setup, const struct run_options *options,
                        const struct dataset *dataset, const atomic_int *stop, struct extract_result *result)
{
    struct wish wish = { options, dataset, setup, { 0 } };
    struct pass_output output = { .setup = setup, .path = options->output };
    struct pass_watch watch = { .stop = stop };
    finished_look(&wish.finished, options->output, options->overwrite);
    metrics_start(&watch.metrics, options->metrics_file, options->output, options->shard,
                  setup->backend->ops->name, setup->backend->ops->device(setup->backend));
    enum status status = pass_run(&output, 1, options, dataset, &watch);
    if (status == OK && output.status != OK) status = fail(output.status, "%s", output.reason);
    status = settle(&wish, status, &output.result);
    *result = output.result;
    status = verdict(options, result, status);
    metrics_end(&watch.metrics, &watch.report, status);
    return status;
}

/* --------------------------------------------------------------------------- again, for other commands */

enum status extract_to_file(const struct attributes *provenance, const struct compute_options *compute,
                            const struct dataset *dataset, const char *output, const atomic_int *stop)
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
