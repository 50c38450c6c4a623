/* The options that are the sweep's own. */
#ifndef SWEEP_OPTIONS_H
#define SWEEP_OPTIONS_H

#include "core/options.h"
#include "eval/sweep.h"

struct sweep_command {
    struct sweep_settings sweep;
    const char *detector, *recordings;
    int dry_run;
};

extern const struct option sweep_command_options[], sweep_detector_options[]; /* of struct sweep_command */

#endif
