/* How long a study would take: three recordings through each network, and small fits of each detector, whose
 * times are carried on to the whole by the powers that the detector tells. An estimate, no more: how many
 * iterations a fit will need is not known before it was done. */
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/rng.h"
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

/* Seconds of one fit and score of n random rows each. */
struct timing {
    int rows;
    double fit_s, score_s;
};

static enum status fill_rows(struct rows *rows, int n, int columns)
{
    struct rng rng = rng_seeded(0, 0xe571);
    TRY(rows_init(rows, n, columns));
    for (int r = 0; r < n; r++)
        for (int j = 0; j < columns; j++) matrix_row(&rows->x, r)[j] = (float)rng_normal(&rng);
    return OK;
}

static enum status time_detector(struct backend *backend, const struct contender *contender,
                                 const struct rows *rows, struct timing *timing)
{
    const struct detector *detector = contender->detector;
    void *model = memory_new(1, detector->model_size);
    double *score = memory_new((size_t)rows->x.rows, sizeof *score);
    enum status status = model && score ? OK : ERR_MEMORY;
    const double started = clock_seconds();
    if (status == OK) status = detector->check(contender->settings, rows->x.rows, rows->x.columns);
    if (status == OK) status = detector->fit(backend, contender->settings, rows, model);
    const double fitted = clock_seconds();
    if (status == OK) status = detector->score(backend, model, rows, score);
    *timing = (struct timing){ rows->x.rows, fitted - started, clock_seconds() - fitted };
    if (model) detector->release(model);
    memory_free(model);
    memory_free(score);
    return status;
}

/* The least of three, since other programs may have had their share; once where it takes long. */
static enum status time_thrice(struct backend *backend, const struct contender *contender,
                               const struct rows *rows, struct timing *timing)
{
    enum { TIMES = 3 };
    const double long_s = 0.5;
    TRY(time_detector(backend, contender, rows, timing));
    for (int i = 1; i < TIMES && timing->fit_s + timing->score_s < long_s; i++) {
        struct timing again;
        TRY(time_detector(backend, contender, rows, &again));
        timing->fit_s = fmin(timing->fit_s, again.fit_s);
        timing->score_s = fmin(timing->score_s, again.score_s);
    }
    return OK;
}

/* What an epoch of it takes is enough to know: *times is what the fit's time is multiplied by. */
static enum status shorten(const struct contender *contender, void **settings, double *times)
{
    const struct detector *detector = contender->detector;
    TRY(detector_seeded(detector, contender->settings, 0, settings));
    *times = 1;
    for (const struct option *option = detector->options; option->name; option++) {
        if (strcmp(option->name, "epochs") != 0) continue;
        int *epochs = (int *)(void *)((char *)*settings + option->offset);
        *times = *epochs;
        *epochs = 1;
    }
    return OK;
}

/* ERR_INPUT: the detector cannot learn from so few rows. */
static enum status time_shortened(struct backend *backend, const struct contender *contender, int columns,
                                  int n_rows, struct timing *timing)
{
    void *settings = NULL;
    double times = 1;
    struct rows rows = { 0 };
    enum status status = shorten(contender, &settings, &times);
    const struct contender shortened = { contender->detector, settings };
    if (status == OK) status = fill_rows(&rows, n_rows, columns);
    if (status == OK) status = time_thrice(backend, &shortened, &rows, timing);
    timing->fit_s *= times;
    rows_release(&rows);
    memory_free(settings);
    return status;
}

static double carry_on(const struct timing *timing, const struct detector *detector, double n_train,
                       double n_test)
{
    const double rows = timing->rows;
    return timing->fit_s * pow(n_train / rows, detector->fit_power) +
           timing->score_s * n_test / rows * pow(n_train / rows, detector->score_power);
}

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
    enum { MOST = 512, LEAST = 8 };
    const struct detector *detector = row->contender->detector;
    struct timing timing;
    double n_train, n_test, largest = 0;
    for (size_t i = 0; i < network->n_files; i++) {
        count_rows(study, network, &network->files[i], row->contender, &n_train, &n_test);
        largest = fmax(largest, n_train);
    }
    const int n_rows = (int)fmin(MOST, largest / 8);
    if (n_rows < LEAST) return OK;
    const enum status status =
        time_shortened(study->crew.whole, row->contender, network->columns, n_rows, &timing);
    if (status == ERR_INPUT) return OK; /* too few for it: not counted */
    TRY(status);
    for (size_t i = 0; i < network->n_files; i++) {
        count_rows(study, network, &network->files[i], row->contender, &n_train, &n_test);
        if (n_test > 0)
            row->estimated_s += study->options.n_seeds * carry_on(&timing, detector, n_train, n_test);
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
