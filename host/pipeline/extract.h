/* Recordings → feature file: the main job. Reader threads decode, lanes compute, the caller's thread writes
 * parts in order; the last step joins the parts. */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "io/dataset.h"
#include "io/features.h"
#include "pipeline/progress.h"
#include "pipeline/quarantine.h"
#include "pipeline/ring.h"
#include "pipeline/setup.h"

#include <stdatomic.h>

/* How to run: nothing here changes the numbers, so nothing of it is recorded. */
struct run_options {
    const char *output;
    const char *shard; /* "i/n", "auto"; NULL: everything, and merge */
    const char *failed_list;
    const char *devices;      /* cards.h */
    const char *metrics_file; /* metrics.h */
    int shard_size, batch, overwrite, resume, max_failures, progress;
    struct decode_options decode;
};
extern const struct option run_options[];

/* Where the seconds of a run went. */
struct extract_times {
    struct ring_times ring;
    double waited_s, write_s, merge_s; /* of the caller's thread: for batches, writing parts, joining them */
};

struct extract_result {
    long long recordings, failed, patches; /* of the output */
    double seconds, audio_s;               /* of this run, from the first read to the rename */
    long long computed;                    /* recordings of this run */
    int parts_there, parts_done, n_parts;
    int is_merged;
    struct guards guards; /* of the output, once merged */
    struct extract_times times;
};

/* ERR_PARTIAL: finished, some recordings failed. ERR_STOPPED: *stop became non-zero; complete parts are kept.
 * ERR_INPUT: no recording could be used. ERR_OUTPUT, ERR_USAGE (going on under other options), ERR_DEVICE. */
enum status extract_run(const struct setup *setup, const struct run_options *options,
                        const struct dataset *dataset, const atomic_int *stop,
                        struct extract_result *result) MUST_CHECK;

/* For `score`: extracts with the options that a model recorded. *stop as in extract_run. */
enum status extract_to_file(const struct attributes *provenance, const struct compute_options *compute,
                            const struct dataset *dataset, const char *output,
                            const atomic_int *stop) MUST_CHECK;

#endif
