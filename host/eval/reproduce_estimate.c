/* How long a study would take: three recordings through each network, and small fits of each detector, whose
 * times are carried on to the whole by a power law. An estimate, no more: how many iterations a fit will need
 * is not known before it was done. */
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

static enum status fill_rows(struct rows *rows, int n, int columns, uint64_t stream)
{
    struct rng rng = rng_seeded(0, stream);
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

/* Two sizes. ERR_INPUT: the detector cannot learn from so few rows. */
static enum status time_both(struct backend *backend, const struct contender *contender, int columns,
                             int n_rows, struct timing timings[2])
{
    void *settings = NULL;
    double times = 1;
    enum status status = shorten(contender, &settings, &times);
    for (int i = 0; i < 2 && status == OK; i++) {
        const struct contender shortened = { contender->detector, settings };
        struct rows rows = { 0 };
        status = fill_rows(&rows, n_rows << i, columns, (uint64_t)i);
        if (status == OK) status = time_detector(backend, &shortened, &rows, &timings[i]);
        timings[i].fit_s *= times;
        rows_release(&rows);
    }
    memory_free(settings);
    return status;
}

/* The exponent by which a time grows with the rows, from two of them, 0 … 2. */
static double growth(double small_s, double large_s)
{
    return small_s > 0 && large_s > small_s ? fmin(log2(large_s / small_s), 2) : 0;
}

static double carry_on(const struct timing timings[2], double n_train, double n_test)
{
    const double rows = timings[1].rows;
    const double fit = growth(timings[0].fit_s, timings[1].fit_s);
    const double score = growth(timings[0].score_s, timings[1].score_s);
    return timings[1].fit_s * pow(n_train / rows, fit) +
           timings[1].score_s * n_test / rows * pow(n_train / rows, fmax(score - 1, 0));
}

/* Rows that one file's machine is learned from and tested by. */
static void count_rows(const struct study *study, const struct study_network *network,
                       const struct study_file *file, double *n_train, double *n_test)
{
    int held_out = study->options.held_out;
    if (held_out > file->n_abnormal) held_out = file->n_abnormal;
    if (held_out > file->n_normal / 2) held_out = file->n_normal / 2;
    *n_train = network->patches * (file->n_normal - held_out);
    *n_test = network->patches * 2 * held_out;
}

static int is_kept(const struct study *study, const struct study_network *network,
                   const struct study_file *file, const struct contender *contender)
{
    char group[256];
    if (file->slice.count == 0) return 0; /* a given file may have several groups: not looked into */
    recording_group(&file->slice.recordings[0], group);
    char *path = study_cell_path(study, network, contender, group);
    const int is_there = path && access(path, F_OK) == 0;
    memory_free(path);
    return is_there;
}

/* Timed on rows that are an eighth of the largest machine's at most, so that the estimate of a small study
 * takes no longer than the study. */
static enum status estimate_row(struct study *study, const struct study_network *network,
                                struct study_row *row)
{
    enum { MOST = 256, LEAST = 8 };
    struct timing timings[2];
    double n_train, n_test, largest = 0;
    for (size_t i = 0; i < network->n_files; i++) {
        count_rows(study, network, &network->files[i], &n_train, &n_test);
        largest = fmax(largest, n_train);
    }
    const int n_rows = (int)fmin(MOST, largest / 16);
    if (n_rows < LEAST) return OK;
    const enum status status =
        time_both(study->crew.whole, row->contender, network->columns, n_rows, timings);
    if (status == ERR_INPUT) return OK; /* too few for it: not counted */
    TRY(status);
    for (size_t i = 0; i < network->n_files; i++) {
        count_rows(study, network, &network->files[i], &n_train, &n_test);
        if (n_test > 0 && !is_kept(study, network, &network->files[i], row->contender))
            row->estimated_s += study->options.n_seeds * carry_on(timings, n_train, n_test);
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
        for (int r = 0; r < network->n_rows && network->columns > 0; r++)
            TRY(estimate_row(study, network, &network->rows[r]));
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
