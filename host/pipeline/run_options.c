/* How an extraction runs: the options that change no number. */
#include "pipeline/extract.h"

#include "pipeline/run_rows.h"

#include <stddef.h>

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
    SHARD_SIZE_ROW(shard_size),
    BATCH_ROW(batch),
    DEVICES_ROW(devices),
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
    PROGRESS_ROW(progress, "it is"),
    { .name = "metrics-file",
      .type = OPTION_TEXT,
      FIELD(metrics_file),
      .metavar = "FILE",
      .help = "keep a file for Prometheus' textfile collector there: work done, where the time goes, how it "
              "ended" },
    { 0 },
};
