/* What a sweep would take: three recordings of each feature file that is computed, and small fits. */
#include "core/log.h"
#include "core/memory.h"
#include "eval/crew_place.h"
#include "eval/fit_estimate.h"
#include "eval/sweep.h"
#include "pipeline/estimate.h"

#include <math.h>
#include <string.h>

/* --------------------------------------------------------------------------------------------- features */

static enum status estimate_features(struct sweep *sweep, struct sweep_features *f)
{
    struct extract_estimate estimate;
    if (f->pass < 0) return OK;
    TRY(extract_estimate(&f->setup, &sweep->dataset, &estimate));
    f->estimated_s = estimate.seconds;
    f->patches = estimate.patches / (double)sweep->dataset.count;
    return OK;
}

double sweep_alone_s(const struct sweep *sweep)
{
    double seconds = 0;
    for (size_t i = 0; i < sweep->n_features; i++) seconds += sweep->features[i]->estimated_s;
    return seconds;
}

double sweep_passes_s(const struct sweep *sweep)
{
    double seconds = 0;
    for (size_t i = 0; i < sweep->n_features; i++)
        if (!sweep->features[i]->source) seconds += sweep->features[i]->estimated_s;
    return seconds;
}

/* -------------------------------------------------------------------------------------------- detectors */

/* A group's recordings; the dataset is sorted by group. */
struct count {
    char group[256];
    const struct recording *of;
    int n_normal, n_abnormal;
};

static enum status count_groups(const struct sweep *sweep, struct count **out, size_t *n)
{
    struct count *counts = memory_new(sweep->dataset.count, sizeof *counts);
    TRY(memory_check(*out = counts));
    *n = 0;
    for (size_t i = 0; i < sweep->dataset.count; i++) {
        const struct recording *of = &sweep->dataset.recordings[i];
        char group[256];
        recording_group(of, group);
        if (!sweep_is_wanted(sweep, of, group)) continue;
        if (*n == 0 || strcmp(counts[*n - 1].group, group) != 0) {
            counts[*n].of = of;
            memcpy(counts[(*n)++].group, group, sizeof group);
        }
        counts[*n - 1].n_normal += strcmp(of->label, "normal") == 0;
        counts[*n - 1].n_abnormal += strcmp(of->label, "abnormal") == 0;
    }
    return OK;
}

static int held_out(const struct sweep *sweep, const struct count *count)
{
    int n = sweep->input.options->held_out;
    if (n > count->n_abnormal) n = count->n_abnormal;
    return n > count->n_normal / 2 ? count->n_normal / 2 : n;
}

static int count_missing(const struct sweep *sweep, const struct sweep_setting *setting,
                         const struct count *count)
{
    int n = 0;
    for (int i = 0; i < sweep->input.options->n_seeds; i++)
        n += !sweep_is_kept(sweep, setting, count->group, sweep->input.options->seed + i);
    return n;
}

static double train_rows(const struct sweep *sweep, const struct sweep_setting *setting,
                         const struct count *count)
{
    return setting->features->patches * (count->n_normal - held_out(sweep, count));
}

static enum status estimate_setting(struct sweep *sweep, struct sweep_setting *setting,
                                    const struct count *counts, size_t n)
{
    struct fit_timing timing;
    double largest = 0;
    for (size_t g = 0; g < n; g++)
        if (count_missing(sweep, setting, &counts[g]) > 0)
            largest = fmax(largest, train_rows(sweep, setting, &counts[g]));
    const int n_rows = fit_rows_to_time(largest);
    if (n_rows == 0) return OK;
    const enum status status =
        fit_time(sweep->crew.whole, &setting->contender,
                 preparation_columns(&setting->preparation, setting->features->columns), n_rows, &timing);
    if (status == ERR_INPUT) return OK; /* too few for it: not counted */
    TRY(status);
    for (size_t g = 0; g < n; g++)
        setting->estimated_s +=
            count_missing(sweep, setting, &counts[g]) *
            fit_carry_on(&timing, setting->contender.detector, train_rows(sweep, setting, &counts[g]),
                         2 * setting->features->patches * held_out(sweep, &counts[g]));
    return OK;
}

double sweep_fits_s(const struct sweep *sweep)
{
    double seconds = 0;
    for (size_t i = 0; i < sweep->n_settings; i++) seconds += sweep->settings[i]->estimated_s;
    return seconds;
}

enum status sweep_estimate(struct sweep *sweep)
{
    struct count *counts = NULL;
    size_t n = 0;
    for (size_t i = 0; i < sweep->n_features; i++) TRY(estimate_features(sweep, sweep->features[i]));
    TRY(crew_open_at(&sweep->crew, &sweep->input.compute->place, sweep->input.options->n_seeds));
    enum status status = count_groups(sweep, &counts, &n);
    for (size_t i = 0; i < sweep->n_settings && status == OK; i++) {
        status = estimate_setting(sweep, sweep->settings[i], counts, n);
        if (status == OK && *sweep->input.stop)
            status = fail(ERR_STOPPED, "stopped on a signal before anything was computed");
    }
    memory_free(counts);
    return status;
}
