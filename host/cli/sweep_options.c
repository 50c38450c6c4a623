#include "cli/sweep_options.h"

#include "pipeline/run_rows.h"

#include <stddef.h>

#define FIELD(name) .offset = offsetof(struct sweep_command, name)

const struct option sweep_command_options[] = {
    { .name = "output",
      .type = OPTION_TEXT,
      FIELD(sweep.output),
      .letter = 'o',
      .metavar = "DIR",
      .help = "folder for features, results and report; a sweep that was stopped, or a smaller one, goes on "
              "there" },
    { .name = "recordings",
      .type = OPTION_TEXT,
      FIELD(recordings),
      .metavar = "PATHS",
      .help = "recordings and folders, with commas between, besides those named as words" },
    LIST_ROW(sweep.list),
    LIMIT_ROW(sweep.limit),
    { .name = "machines",
      .type = OPTION_TEXT,
      FIELD(sweep.machines),
      .metavar = "NAMES",
      .help = "judge only these: fan takes all fans, fan/id_00 one of them; features are made of all [all]" },
    { .name = "snr",
      .type = OPTION_TEXT,
      FIELD(sweep.snr),
      .metavar = "NAMES",
      .help =
          "judge only these signal-to-noise ratios; a single one is also that of recordings whose path does "
          "not tell [all]" },
    { .name = "shard",
      .type = OPTION_TEXT,
      FIELD(sweep.shard),
      .metavar = "i/n",
      .help = "only the parts k of each feature file with k mod n = i, without joining or judging them; "
              "auto: from "
              "a Slurm array or Kubernetes job" },
    SHARD_SIZE_ROW(sweep.shard_size),
    BATCH_ROW(sweep.batch),
    DEVICES_ROW(sweep.devices),
    { .name = "overwrite",
      .type = OPTION_FLAG,
      FIELD(sweep.overwrite),
      .standard = "0",
      .help = "make features anew that are there already" },
    { .name = "dry-run",
      .type = OPTION_FLAG,
      FIELD(dry_run),
      .standard = "0",
      .help = "only tell what would be computed, how it is shared, and how long it would take" },
    PROGRESS_ROW(sweep.progress, "a pass is"),
    { 0 },
};

const struct option sweep_detector_options[] = {
    { .name = "detector",
      .type = OPTION_TEXT,
      FIELD(detector),
      .standard = "gmm",
      .metavar = "NAME",
      .help = "what learns the features; `earshot detectors` lists them" },
    { 0 },
};
