/* --metrics-file: how far a batch job is, in the text format of Prometheus, for the textfile collector of its node
 * exporter. The file is replaced whole. Names begin with earshot_, units are seconds and bytes; every line carries
 * the output and the share, so that tasks on one node can be told apart. */
#ifndef METRICS_H
#define METRICS_H

#include "core/status.h"
#include "pipeline/progress.h"

struct metrics {
    const char *path; /* NULL: nothing is written. Borrowed, as are the following */
    const char *output, *shard, *backend, *device;
    double started_s, written_s;
    int has_failed; /* it was told once that the file cannot be written; the job goes on */
};

void metrics_start(struct metrics *metrics, const char *path, const char *output, const char *shard,
                   const char *backend, const char *device);

/* Every ten seconds. */
void metrics_update(struct metrics *metrics, const struct progress_report *report);

/* Once more at the end: how it came out, and when it was successful (0 and 3 are: what can be used was). */
void metrics_end(struct metrics *metrics, const struct progress_report *report, enum status status);

#endif
