/* How long a study would take: three recordings through each network, and small fits of each detector, whose
 * times are carried on to the whole by the powers that the detector tells. An estimate, no more: how many
 * iterations a fit will need is not known before it was done. */
#include "core/log.h"
#include "core/memory.h"
#include "eval/fit_estimate.h"
#include "eval/reproduce.h"
#include "pipeline/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ----------------------------------------------------------------------------------------- extraction */

static size_t count_to_extract(const struct study_network *network, const struct study_file **first)
{
    size_t n = 0;
    *first = NULL;
    for (size_t i = 0; i < network->n_files; i++) {
        const struct study_file *file = &network->files[i];
        if (file->features || features_is_file(file->path)) continue;
        if (!*first) *first = file;
        n += file->slice.count;
    }
    return n;
}

/* What a file that is there tells of the others. */
static enum status look_into(struct study_network *network, const char *path)
{
    struct features *features;
    TRY(features_open(&features, path));
    const struct merge_result *counts = features_counts(features);
    network->columns = features_columns(features);
    if (counts->recordings > 0) network->patches = (double)counts->patches / (double)counts->recordings;
    features_close(&features);
    return OK;
}

static enum status time_network(struct study *study, struct study_network *network)
{
    const struct study_file *first;
    struct extract_estimate estimate;
    struct setup setup;
    const size_t n = count_to_extract(network, &first);
    if (!first) return network->columns ? OK : look_into(network, network->files[0].path);
    TRY(study_setup(study, network, &setup));
    const enum status status = extract_estimate(&setup, &first->slice, &estimate);
    network->columns = setup.columns;
    network->is_random = setup.weights && setup.weights->is_seeded;
    setup_release(&setup);
    TRY(status);
    network->estimated_s = estimate.seconds / (double)first->slice.count * (double)n;
    network->patches = estimate.patches / (double)first->slice.count;
    return OK;
}

/* A network without weights has no features: noted, and the command that gets them. */
static enum status estimate_network(struct study *study, struct study_network *network)
{
    const enum status status = time_network(study, network);
    if (status != ERR_INPUT && status != ERR_DEVICE) return status;
    log_warning("%s: %s", network->name, status_sentence());
    memory_free(network->reason);
    return memory_check(network->reason = memory_text(status_sentence()));
}

/* ---------------------------------------------------------------------------------------------- detectors */

static int is_kept(const struct study *study, const struct study_network *network,
                   const struct contender *contender, const char *group)
{
    char *path = study_cell_path(study, network, contender, group);
    const int is_there = path && access(path, F_OK) == 0;
    memory_free(path);
    return is_there;
}

/* Whether all cells of the file's groups with that detector are kept. */
static int are_kept(const struct study *study, const struct study_network *network,
                    const struct study_file *file, const struct contender *contender)
{
    const struct groups *groups = &file->evaluation.groups;
    char group[256];
    for (int g = 0; g < groups->count; g++)
        if (!is_kept(study, network, contender, groups->items[g].name)) return 0;
    if (groups->count > 0) return 1;
    recording_group(&file->slice.recordings[0], group);
    return is_kept(study, network, contender, group);
}

/* What one file's machine is learned from and tested by, in rows; none where that is kept already. */
static void count_rows(const struct study *study, const struct study_network *network,
                       const struct study_file *file, const struct contender *contender, double *n_train,
                       double *n_test)
{
    int held_out = study->options.held_out;
    if (held_out > file->n_abnormal) held_out = file->n_abnormal;
    if (held_out > file->n_normal / 2) held_out = file->n_normal / 2;
    if (are_kept(study, network, file, contender)) held_out = 0;
    *n_train = held_out ? network->patches * (file->n_normal - held_out) : 0;
    *n_test = network->patches * 2 * held_out;
}

/* Timed on an eighth of the largest machine's rows at most, so that the estimate of a small study takes no
 * longer than the study. */
static enum status estimate_row(struct study *study, const struct study_network *network,
                                struct study_row *row)
{
    struct fit_timing timing;
    double n_train, n_test, largest = 0;
    for (size_t i = 0; i < network->n_files; i++) {
        count_rows(study, network, &network->files[i], row->contender, &n_train, &n_test);
        largest = fmax(largest, n_train);
    }
    const int n_rows = fit_rows_to_time(largest);
    if (n_rows == 0) return OK;
    const enum status status = fit_time(study->crew.whole, row->contender, network->columns, n_rows, &timing);
    if (status == ERR_INPUT) return OK; /* too few for it: not counted */
    TRY(status);
    for (size_t i = 0; i < network->n_files; i++) {
        count_rows(study, network, &network->files[i], row->contender, &n_train, &n_test);
        if (n_test > 0)
            row->estimated_s +=
                study->options.n_seeds * fit_carry_on(&timing, row->contender->detector, n_train, n_test);
    }
    return OK;
}

/* -------------------------------------------------------------------------------------------------- order */

static int by_row_cost(const void *a, const void *b)
{
    const double left = ((const struct study_row *)a)->estimated_s,
                 right = ((const struct study_row *)b)->estimated_s;
    return (left > right) - (left < right);
}

static double network_cost(const struct study_network *network)
{
    double seconds = network->estimated_s;
    for (int r = 0; r < network->n_rows; r++) seconds += network->rows[r].estimated_s;
    return seconds;
}

static int by_network_cost(const void *a, const void *b)
{
    const double left = network_cost(a), right = network_cost(b);
    return (left > right) - (left < right);
}

enum status study_estimate(struct study *study)
{
    for (int n = 0; n < study->n_networks; n++) {
        struct study_network *network = &study->networks[n];
        TRY(estimate_network(study, network));
        for (int r = 0; r < network->n_rows && network->columns > 0; r++) {
            REQUIRE(!*study->input.stop, ERR_STOPPED, "stopped on a signal before anything was computed");
            TRY(estimate_row(study, network, &network->rows[r]));
        }
        qsort(network->rows, (size_t)network->n_rows, sizeof *network->rows, by_row_cost);
    }
    qsort(study->networks, (size_t)study->n_networks, sizeof *study->networks, by_network_cost);
    return OK;
}

double study_estimated_s(const struct study *study)
{
    double seconds = 0;
    for (int n = 0; n < study->n_networks; n++) seconds += network_cost(&study->networks[n]);
    return seconds;
}
