/* One pass over recordings: each is decoded once and its features are computed under every setup, into a feature
 * file each. Where the patches of one are among those of another, they go through the network once (setup.h). */
#ifndef PASS_H
#define PASS_H

#include "pipeline/extract.h"
#include "pipeline/metrics.h"
#include "pipeline/progress.h"

/* A feature file that the pass makes. */
struct pass_output {
    const struct setup *setup;
    const char *path; /* F.h5 */
    struct extract_result result;
    enum status status; /* OK, or ERR_INPUT: none of its recordings could be used; others are not concerned */
    char reason[1024];  /* the sentence, where not OK */
};

/* How it is stopped, and what is told of it while it runs. */
struct pass_watch {
    const atomic_int *stop;
    struct metrics metrics;        /* started by the caller, who ends them; zeroed: none are kept */
    struct progress_report report; /* out */
};

/* As extract_run, for all outputs; all setups hear alike (setup_hears_alike) and are on one backend. Which parts
 * are there is looked up for each output alone, and what is missing of any is computed. What is in `options` of
 * output is not looked at; failed_list is that of the first. ERR_STOPPED: complete parts of all outputs are kept. */
enum status pass_run(struct pass_output *outputs, int n_outputs, const struct run_options *options,
                     const struct dataset *dataset, struct pass_watch *watch) MUST_CHECK;

#endif
